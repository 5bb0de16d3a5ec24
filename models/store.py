"""Opening the database, and the two ways to use it: to read, and to read and write."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.orm import ORMExecuteState, Session

BUSY_TIMEOUT_MS: Final = 5_000
"""How long a statement waits for somebody else's lock before it gives up."""
POOL_SIZE: Final = 10
POOL_TIMEOUT_SECONDS: Final = 5
ON_POSTGRESQL: Final[Mapping[str, str]] = {
    "connect_timeout": "5",
    # A server whose machine is gone is noticed within seconds, and not after the quarter of an hour that TCP takes.
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    # A process that hangs in the middle of a transaction must not hold its locks for ever.
    "options": f"-c lock_timeout={BUSY_TIMEOUT_MS} -c idle_in_transaction_session_timeout=300000",
}
"""What a connection is made with where the URL says nothing else of it
(https://www.postgresql.org/docs/current/libpq-connect.html)."""


DONE_AGAIN: Final = frozenset({"40001", "40P01", "23505"})
"""PostgreSQL's codes for what two transactions at once did to each other, with nothing of this one written:
they could not be put in an order, they waited for each other, or both wrote the same key."""


def passes(error: DBAPIError) -> bool:
    """Whether a transaction that failed so may succeed when it is done again at once."""
    return getattr(error.orig, "sqlstate", None) in DONE_AGAIN


class _Look(Session):
    """A session that only reads. PostgreSQL refuses to lock rows in one; so that it shows, SQLite does too."""


@event.listens_for(_Look, "do_orm_execute")
def _refuse_locks(state: ORMExecuteState) -> None:
    if getattr(state.statement, "_for_update_arg", None) is not None:
        raise InvalidRequestError("reading locks nothing: use write(), or a query without a lock")


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
        if self.is_sqlite:
            self._writer = self._steady = create_engine(url, hide_parameters=True)
            self._reader = create_engine(url, hide_parameters=True)
            _prepare_sqlite(self._writer, begin="BEGIN IMMEDIATE")
            _prepare_sqlite(self._reader, begin="BEGIN")
        else:
            self._writer = _postgresql(self.url)
            self._steady = self._writer.execution_options(isolation_level="REPEATABLE READ")
            self._reader = self._steady.execution_options(postgresql_readonly=True)

    @property
    def engine(self) -> Engine:
        """The engine that may write; for migrations."""
        return self._writer

    @contextmanager
    def write(self, *, steady: bool = False) -> Iterator[Session]:
        """One transaction that may write: committed at the end, rolled back on any error.

        Args:
            steady: whether all that it reads must be as of one moment, as it always is on SQLite. On
                PostgreSQL it then fails, and can be done again, when somebody else changes what it changes.
        """
        engine = self._steady if steady else self._writer
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One consistent look that writes nothing and waits for no writer."""
        with _Look(self._reader, expire_on_commit=False) as session:
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


def _postgresql(url: URL) -> Engine:
    given = {name: value for name, value in ON_POSTGRESQL.items() if name not in url.query}
    return create_engine(
        url,
        hide_parameters=True,
        connect_args=given,
        pool_size=POOL_SIZE,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        pool_pre_ping=True,  # a connection that a restart or failover cut is replaced before it is used
    )


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
