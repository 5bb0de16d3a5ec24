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
HASH_BYTES: Final = 32


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

    What people are found by is a chain of keyed hashes, one link a generation of look-up keys: the first
    key hashes the value, each later key hashes what came before. So a stored hash can be brought to a new
    key without knowing the value behind it, and whoever learnt an old key can't try numbers against it.

    Args:
        data_keys: 32-byte keys for sealing, newest first: the first seals, any opens.
        lookup_keys: 32-byte keys for keyed hashes that are in use, newest first.
        chain: every look-up key that was ever used, oldest first; those in use by default.
    """

    def __init__(
        self, data_keys: Sequence[bytes], lookup_keys: Sequence[bytes], chain: Sequence[bytes] = ()
    ) -> None:
        self._data_keys = tuple(data_keys)
        self._sealers = {_key_id(key): AESGCM(key) for key in data_keys}
        self._newest = _key_id(data_keys[0])
        self.lookup_keys = tuple(lookup_keys)
        self.chain = tuple(chain) or tuple(reversed(self.lookup_keys))
        # Keyed once and copied for each hash, which takes half the time of keying anew.
        self._keyed = [hmac.new(key, digestmod=hashlib.sha256) for key in self.chain]

    def __repr__(self) -> str:
        return f"Keyring({len(self._sealers)} data keys, {len(self.chain)} look-up keys)"

    def with_chain(self, chain: Sequence[bytes]) -> "Keyring":
        """The same keys, with another chain of look-up keys."""
        return Keyring(self._data_keys, self.lookup_keys, chain)

    @property
    def newest_id(self) -> bytes:
        """What every value begins with that the newest data key sealed."""
        return self._newest

    @property
    def ids(self) -> list[bytes]:
        """What values begin with that one of our data keys sealed."""
        return list(self._sealers)

    @property
    def generation(self) -> int:
        """Which link of the chain new keyed hashes end with; the first is 0."""
        return len(self.chain) - 1

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
        """The keyed hash under which something is stored now (HMAC-SHA256, through the whole chain).

        A plain hash would not do: all UK mobile numbers can be tried in minutes.
        """
        return self.lookups(purpose, *parts)[0]

    def lookups(self, purpose: str, *parts: str) -> list[bytes]:
        """The keyed hashes under which it may have been stored, one a generation, newest first."""
        hashes = [_digest(self._keyed[0], _message(purpose, parts))]
        for generation in range(1, len(self.chain)):
            hashes.append(self._wrapped_once(hashes[-1], generation))
        return hashes[::-1]

    def proofs(self, purpose: str, *parts: str) -> list[bytes]:
        """The keyed hashes that prove that we gave them out, newest first.

        Only those that end with a key in use: whoever learnt a retired one could make the others.
        """
        by_generation = zip(reversed(self.chain), self.lookups(purpose, *parts), strict=True)
        return [made for key, made in by_generation if key in self.lookup_keys]

    def wrap(self, stored: bytes) -> bytes:
        """Bring a stored keyed hash to the newest generation."""
        for generation in range(generation_of(stored) + 1, len(self.chain)):
            stored = self._wrapped_once(stored, generation)
        return stored

    def _wrapped_once(self, stored: bytes, generation: int) -> bytes:
        return bytes([generation]) + _digest(self._keyed[generation], stored[-HASH_BYTES:])


def generation_of(stored: bytes) -> int:
    """Which generation of look-up keys a stored keyed hash is of: of the first, it is the bare hash."""
    return stored[0] if len(stored) > HASH_BYTES else 0


def _message(purpose: str, parts: Sequence[str]) -> bytes:
    # Lengths go in, so that ("ab", "c") and ("a", "bc") differ.
    message = b""
    for part in (purpose, *parts):
        raw = part.encode()
        message += len(raw).to_bytes(4) + raw
    return message


def _digest(keyed: hmac.HMAC, message: bytes) -> bytes:
    hashing = keyed.copy()
    hashing.update(message)
    return hashing.digest()


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"listened key id" + key).digest()[:ID_BYTES]


def _place(table: str, row_id: int, column: str) -> bytes:
    return f"{table}|{row_id}|{column}".encode()
