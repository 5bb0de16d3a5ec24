"""Leadership: of all processes on one database, one does what must be done once."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from models import Store

LOCK_NUMBER: Final = 0x4C495354
"""PostgreSQL's advisory locks are numbers; this one is "LIST"."""


class FileLead:
    """The lead on an SQLite database: a lock on a file beside it, which the system takes back at death."""

    def __init__(self, path: str) -> None:
        self._handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)

    def take(self) -> bool:
        """Take the lead if nobody has it."""
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def is_held(self) -> bool:
        """A lock on a file is kept until it is given back."""
        return True

    def give_back(self) -> None:
        """Let somebody else lead."""
        os.close(self._handle)


class AdvisoryLead:
    """The lead on PostgreSQL: an advisory lock on a connection of its own, gone when that connection is."""

    def __init__(self, store: Store) -> None:
        self._engine = store.engine
        self._connection: Connection | None = None

    def take(self) -> bool:
        """Take the lead if nobody has it."""
        lock = text("SELECT pg_try_advisory_lock(:number)")
        try:
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            return bool(self._connection.execute(lock, {"number": LOCK_NUMBER}).scalar())
        except SQLAlchemyError:
            return False

    def is_held(self) -> bool:
        """Whether the connection still stands."""
        try:
            return self._connection is not None and bool(self._connection.execute(text("SELECT 1")).scalar())
        except SQLAlchemyError:
            return False

    def give_back(self) -> None:
        """Let somebody else lead."""
        if self._connection is not None:
            # Closed for good and not put back into the pool, where the lock would live on.
            with contextlib.suppress(SQLAlchemyError):
                self._connection.invalidate()
            self._connection.close()


@contextlib.contextmanager
def leading(store: Store) -> Iterator[FileLead | AdvisoryLead]:
    """Somebody's wish to lead, for as long as the block lasts."""
    lead = FileLead(f"{store.url.database}.lock") if store.is_sqlite else AdvisoryLead(store)
    try:
        yield lead
    finally:
        lead.give_back()
