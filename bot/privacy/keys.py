"""Keys: a keyed hash to find somebody by, and sealing for what they told and can be reached at.

What it gives: whoever has the database file alone has neither stories nor addresses, and can't move a
sealed value to another row. What it does not give: protection from whoever has the keys too.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12  # the size that NIST SP 800-38D §8.2 recommends for GCM
ID_BYTES: Final = 4


class KeyProblem(ValueError):
    """A key is missing, malformed, or not the one that sealed the value. Never carries key material."""


def new_key() -> str:
    """A fresh random key in the form that DATA_KEYS and LOOKUP_KEYS take."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


def parse_keys(text: str) -> tuple[bytes, ...]:
    """Read comma-separated url-safe base64 keys, newest first.

    Raises:
        KeyProblem: when there is none, or one is not 32 bytes.
    """
    keys = []
    for number, part in enumerate((part.strip() for part in text.split(",") if part.strip()), start=1):
        try:
            key = base64.urlsafe_b64decode(part)
        except (ValueError, binascii.Error):
            key = b""
        if len(key) != KEY_BYTES:
            raise KeyProblem(f"key {number} is not {KEY_BYTES} bytes in url-safe base64")
        keys.append(key)
    if not keys:
        raise KeyProblem("no key is given")
    return tuple(keys)


class Keyring:
    """Seals, opens and looks up.

    Args:
        data_keys: 32-byte keys for sealing, newest first: the first seals, any opens.
        lookup_keys: 32-byte keys for keyed hashes, newest first.
    """

    def __init__(self, data_keys: Sequence[bytes], lookup_keys: Sequence[bytes]) -> None:
        self._sealers = {_key_id(key): AESGCM(key) for key in data_keys}
        self._newest = _key_id(data_keys[0])
        self._lookup_keys = tuple(lookup_keys)

    def seal(self, table: str, row_id: int, column: str, text: str) -> bytes:
        """Encrypt a text with AES-256-GCM and bind it to its place in the database."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._sealers[self._newest].encrypt(nonce, text.encode(), _place(table, row_id, column))
        return self._newest + nonce + sealed

    def open(self, table: str, row_id: int, column: str, sealed: bytes) -> str:
        """Decrypt what `seal` made for the same place.

        Raises:
            KeyProblem: when its key is not ours, or it was changed or moved.
        """
        key_id, nonce = sealed[:ID_BYTES], sealed[ID_BYTES : ID_BYTES + NONCE_BYTES]
        sealer = self._sealers.get(key_id)
        if sealer is None:
            raise KeyProblem(f"{table}.{column} was sealed with a key that DATA_KEYS does not hold")
        try:
            opened = sealer.decrypt(nonce, sealed[ID_BYTES + NONCE_BYTES :], _place(table, row_id, column))
        except InvalidTag:
            raise KeyProblem(f"{table}.{column} was changed or moved after it was sealed") from None
        return opened.decode()

    def lookup(self, purpose: str, *parts: str) -> bytes:
        """The keyed hash under which something is stored now (HMAC-SHA256, newest key).

        A plain hash would not do: all UK mobile numbers can be tried in minutes.
        """
        return _hash(self._lookup_keys[0], purpose, parts)

    def lookups(self, purpose: str, *parts: str) -> list[bytes]:
        """The keyed hashes under which it may have been stored, one a key, newest first."""
        return [_hash(key, purpose, parts) for key in self._lookup_keys]


def _hash(key: bytes, purpose: str, parts: Sequence[str]) -> bytes:
    # Lengths go in, so that ("ab", "c") and ("a", "bc") differ.
    message = b"".join(len(raw).to_bytes(4) + raw for raw in (part.encode() for part in (purpose, *parts)))
    return hmac.digest(key, message, hashlib.sha256)


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"listened key id" + key).digest()[:ID_BYTES]


def _place(table: str, row_id: int, column: str) -> bytes:
    return f"{table}|{row_id}|{column}".encode()
