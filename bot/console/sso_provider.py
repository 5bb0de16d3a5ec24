"""The employer's sign-in as it describes itself (OpenID Connect Discovery 1.0): its addresses and its keys."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bot.console.vouching import Away
from bot.log import get_logger, log_error

KEPT: Final = timedelta(hours=1)
"""How long we go by what it said: keys change."""
REST: Final = timedelta(seconds=15)
"""How long it is left alone when it gave no answer: strangers could keep our threads waiting with it."""
TIMEOUT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True, repr=False)
class Described:
    """What the provider says of itself."""

    about: Mapping[str, Any]
    keys: KeySet
    until: datetime


class Provider:
    """Asks the provider what it says of itself, now and then.

    Args:
        issuer: its address, as it stands in its tokens; its configuration is found beneath.
        clock: gives the current time, aware.
    """

    def __init__(self, issuer: str, clock: Callable[[], datetime]) -> None:
        self.issuer = issuer
        self._clock = clock
        self._described: Described | None = None
        self._rests_until: datetime | None = None

    def described(self, *, anew: bool = False) -> Described:
        """What it says of itself.

        Args:
            anew: ask it, even if that was done lately.

        Raises:
            Away: when it can't be reached, or describes another provider.
        """
        now = self._clock()
        if self._described and self._described.until > now and not anew:
            return self._described
        if self._rests_until and self._rests_until > now:
            raise Away
        try:
            about = self.get(f"{self.issuer}/.well-known/openid-configuration").raise_for_status().json()
            keys = KeySet.import_key_set(self.get(about["jwks_uri"]).raise_for_status().json())
            ours = about["issuer"].rstrip("/") == self.issuer and _is_safe(about["token_endpoint"])
        except (httpx.HTTPError, JoseError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise self.away(error) from None
        if not ours:
            get_logger().error("sso_issuer_differs")
            raise Away
        self._described = Described(about, keys, now + KEPT)
        return self._described

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Ask for something there."""
        with httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            return client.get(url, headers=headers)

    def away(self, error: Exception) -> Away:
        """Note that it gave no answer that can be used: it is left alone for a little."""
        self._rests_until = self._clock() + REST
        log_error("sso_unreachable", error)
        return Away()


def _is_safe(url: str) -> bool:
    """Whether our secret may be sent there: over TLS, or to this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in ("127.0.0.1", "localhost", "::1")
