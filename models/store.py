"""Opening the database, and the two ways to use it: to read, and to read and write."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session

BUSY_TIMEOUT_MS = 5_000  # how long SQLite waits for another writer before it gives up


class Store:
    """The database.

    Args:
        url: an SQLAlchemy URL; `sqlite:///…` or `postgresql+psycopg://…`. The folder of an SQLite file is
            made when it isn't there.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        # hide_parameters: a database error must not print a tenant's words into a traceback.
        self._writer = create_engine(url, hide_parameters=True, pool_pre_ping=not self.is_sqlite)
        self._reader = self._writer
        if self.is_sqlite:
            self._reader = create_engine(url, hide_parameters=True)
            _prepare_sqlite(self._writer, begin="BEGIN IMMEDIATE")
            _prepare_sqlite(self._reader, begin="BEGIN")

    @property
    def engine(self) -> Engine:
        """The engine that may write; for migrations."""
        return self._writer

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction that may write: committed at the end, rolled back on any error."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One consistent look that writes nothing and, on SQLite, waits for no writer."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    def checkpoint(self) -> None:
        """On SQLite, bring everything into the file and cut the write-ahead log to nothing.

        secure_delete overwrites what is erased in the file, but the log keeps older copies of its pages
        until it is cut (https://www.sqlite.org/wal.html). It waits for readers, within the busy time-out;
        when they are slower than that the log is cut the next time.
        """
        if not self.is_sqlite:
            return
        raw = self._writer.raw_connection()
        try:
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            raw.close()

    def close(self) -> None:
        """Give all connections back."""
        self._writer.dispose()
        self._reader.dispose()


def _prepare_sqlite(engine: Engine, begin: str) -> None:
    """Set what SQLite leaves to each connection.

    A transaction that reads and then writes must take the write lock at its start (`BEGIN IMMEDIATE`):
    with a plain BEGIN, SQLite answers "database is locked" at once when two such transactions meet,
    whatever the time-out (https://www.sqlite.org/lang_transaction.html).
    """

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the BEGIN below is ours
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")  # an acknowledged story survives a power cut
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
