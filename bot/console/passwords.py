"""Passwords by argon2, and codes of an authenticator app (TOTP, RFC 6238)."""

import threading
from datetime import datetime
from functools import cached_property
from typing import Final

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

SHORTEST: Final = 12
"""NIST SP 800-63B-4 §3.1.1.2 asks for 15 where a password stands alone and 8 beside a second factor."""
LONGEST: Final = 200
STEP_SECONDS: Final = 30
LENIENT_STEPS: Final = 1
"""How many half minutes an app's clock may be off, either way."""


class Passwords:
    """Hashes and checks passwords, one at a time: each takes 64 MiB, and a flood of them must not take all.

    It is slow on purpose: call it in a thread and outside of any transaction.

    Args:
        hasher: with which parameters; by default those of argon2-cffi, which are RFC 9106's for little memory.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._one_at_a_time = threading.Lock()

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """What is kept of a password."""
        with self._one_at_a_time:
            return self._hasher.hash(password)

    def is_right(self, hashed: str | None, password: str) -> bool:
        """Whether it is the password; for somebody without one, no, and after the same time."""
        try:
            with self._one_at_a_time:
                self._hasher.verify(hashed or self._nobodys, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
        return hashed is not None


def problem_with(password: str, email: str) -> str | None:
    """Why a password can't be used, as the end of a key in the wording; None when it can."""
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    if len(set(password)) < SHORTEST // 2:
        return "simple"
    name = email.partition("@")[0].casefold()
    return "own_name" if len(name) > 2 and name in password.casefold() else None


def new_secret() -> str:
    """A secret for an authenticator app."""
    return pyotp.random_base32()


def app_address(secret: str, email: str, issuer: str) -> str:
    """What the QR code holds that an authenticator app scans."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def step_of_code(secret: str, code: str, now: datetime, used: int | None) -> int | None:
    """The half minute that a code belongs to, or None when it is wrong or was used before.

    Args:
        secret: the app's secret.
        code: six digits; spaces are forgiven.
        now: the current time.
        used: the last half minute whose code was used.
    """
    digits = "".join(code.split())
    current = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    for step in range(current - LENIENT_STEPS, current + LENIENT_STEPS + 1):
        if (used is None or step > used) and totp.verify(digits, for_time=step * STEP_SECONDS):
            return step
    return None
