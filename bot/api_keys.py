"""API keys: by which a landlord's system, and no person, tells us of visits. Shown once, kept as keyed hashes."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.audit import record
from bot.privacy.keys import Keyring
from models import Store
from models.api_keys import ApiKey, api_key_by_lookup, api_keys_of
from models.base import new_id
from models.landlords import Landlord, row_of_landlord

BEGINS: Final = "listened_"
"""So that whoever finds one in a file knows what it opens."""
WINDOW: Final = timedelta(minutes=1)
MOST_IN_WINDOW: Final = 60
MOST_KEYS: Final = 20
LONGEST_NAME: Final = 60


class KeyRefused(ValueError):
    """No key is made. A sentence that says why and how to mend it."""


class TooOften(Exception):
    """A key was used too often; it works again after that many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds


@dataclass(frozen=True, slots=True, repr=False)
class Admitted:
    """Whose key it was."""

    key_id: int
    landlord: Landlord


class ApiKeys:
    """Makes keys, takes them back, and says whose one is.

    Args:
        store: the database.
        keys: to hash with.
        clock: gives the current time, aware.
    """

    def __init__(self, store: Store, keys: Keyring, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock

    def all(self, landlord: Landlord) -> Sequence[ApiKey]:
        """A landlord's keys, oldest first."""
        with self._store.read() as session:
            return api_keys_of(session, landlord.id)

    def make(self, landlord: Landlord, name: str, who: str) -> str:
        """Make a key.

        Args:
            landlord: whose visits it may tell of.
            name: the system that will have it.
            who: who makes it, for the audit.

        Returns:
            The key. Nobody can see it again: it is kept as a keyed hash alone.

        Raises:
            KeyRefused: when it has no name or too long a one, or there are very many.
        """
        name = " ".join(name.split())
        if not name or len(name) > LONGEST_NAME:
            raise KeyRefused(f"Say which system will have it, in at most {LONGEST_NAME} letters.")
        token, key_id, now = BEGINS + secrets.token_urlsafe(32), new_id(), self._clock()
        with self._store.write() as session:
            if len(api_keys_of(session, landlord.id)) >= MOST_KEYS:
                raise KeyRefused(f"There are {MOST_KEYS} keys already. Take back those that nobody uses.")
            session.add(
                ApiKey(
                    id=key_id,
                    landlord_id=landlord.id,
                    lookup=self._keys.lookup("api_key", token),
                    name=name,
                    created_at=now,
                )
            )
            record(session, self._keys, now, who, "api_key_made", "api_key", key_id)
        return token

    def revoke(self, landlord: Landlord, key_id: int, who: str) -> None:
        """Take a key back: the next request with it is refused.

        Raises:
            LookupError: when that landlord has no such key.
        """
        with self._store.write() as session:
            session.delete(row_of_landlord(session, ApiKey, key_id, landlord.id))
            record(session, self._keys, self._clock(), who, "api_key_revoked", "api_key", key_id)

    def admit(self, token: str) -> Admitted | None:
        """Whose key it is; None when it is nobody's. Counts the request.

        The key is looked up by its keyed hash, so that the time that takes tells nothing of a key: whoever tries
        does not know which hash a guess has. A guess that is wrong writes nothing.

        Raises:
            TooOften: when it was used too often within a minute.
        """
        lookups = self._keys.lookups("api_key", token)
        with self._store.read() as session:
            if api_key_by_lookup(session, lookups) is None:
                return None
        with self._store.write() as session:
            row, now = api_key_by_lookup(session, lookups, lock=True), self._clock()
            if row is None:
                return None
            if row.window_at is None or now - row.window_at >= WINDOW:
                row.window_at, row.used = now, 0
            if row.used >= MOST_IN_WINDOW:
                left = row.window_at + WINDOW - now
                raise TooOften(max(1, round(left.total_seconds())))
            row.used, row.used_at = row.used + 1, now
            return Admitted(row.id, session.get_one(Landlord, row.landlord_id))
