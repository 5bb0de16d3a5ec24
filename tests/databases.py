"""Databases for tests, on whichever engine is chosen: each made from a template that was migrated once.

A path names a database. On SQLite it is that file. On PostgreSQL (`pytest --engine postgresql`, or
TEST_DATABASE_URL set) it is a database of its own on that server, and the file is never made.
"""

import atexit
import contextlib
import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import psycopg
from postgresql import ADDRESS
from sqlalchemy import make_url, text

from bot.migrations import upgrade
from bot.privacy.keys import Keyring
from models import Base, Store

TEMPLATE: Final = "listened_template"

_made: dict[str, Path] = {}
"""The databases on PostgreSQL that this process has made, by name."""
_open: list[Store] = []
_may_be_used = [True]
"""Whether the test that runs says that it uses the database."""


def on_postgresql() -> bool:
    """Whether PostgreSQL is the engine under test."""
    return bool(os.environ.get(ADDRESS))


def address(path: Path) -> str:
    """The SQLAlchemy URL of the database that a path names, whether it is there or not."""
    assert _may_be_used[0], "a test that uses the database must be marked: pytestmark = pytest.mark.database"
    return _address(_name(path)) if on_postgresql() else f"sqlite:///{path}"


def empty(path: Path) -> str:
    """The address of a database without any tables, made when it isn't there."""
    if on_postgresql() and not exists(path):
        _create(path, "template1")
    return address(path)


def migrated(path: Path) -> str:
    """The address of a database with all tables, made when it isn't there."""
    if exists(path):
        return address(path)
    if on_postgresql():
        _create(path, TEMPLATE)
    else:
        shutil.copy(_template_file(), path)
    return address(path)


def exists(path: Path) -> bool:
    """Whether the database that a path names has been made."""
    return _name(path) in _made if on_postgresql() else path.exists()


def store(url: str) -> Store:
    """A database opened, and closed at the latest when the test ends."""
    made = Store(url)
    _open.append(made)
    return made


def allow(*, marked: bool) -> None:
    """Say whether the test that begins says that it uses the database; the others must not."""
    _may_be_used[0] = marked


@contextlib.contextmanager
def one_test() -> Iterator[None]:
    """What one test opens is closed when it ends, and what it makes on PostgreSQL is dropped."""
    before, opened_before = set(_made), len(_open)
    try:
        yield
    finally:
        for made in _open[opened_before:]:
            made.close()
        del _open[opened_before:]
        for name in set(_made) - before:
            drop(_made[name])


def drop(path: Path) -> None:
    """Drop a database on PostgreSQL; what lies in a file goes with its folder."""
    if _made.pop(_name(path), None):
        _command(f'DROP DATABASE "{_name(path)}" WITH (FORCE)')


def make_template() -> None:
    """Make the database on PostgreSQL that all others are copies of."""
    _command(f"CREATE DATABASE {TEMPLATE}")
    made = Store(_address(TEMPLATE))
    upgrade(made, _no_keys)
    made.close()


@contextlib.contextmanager
def locked(store: Store) -> Iterator[None]:
    """Everything in a database locked for as long as the block lasts: whoever wants to write waits."""
    if store.is_sqlite:
        lock = sqlite3.connect(store.url.database or "", isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            lock.execute("ROLLBACK")
            lock.close()
    else:
        with store.engine.connect() as connection:
            names = ", ".join(f'"{name}"' for name in Base.metadata.tables)
            connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))
            yield


@cache
def _template_file() -> Path:
    folder = tempfile.mkdtemp(prefix="listened-template-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "template.db"
    made = Store(f"sqlite:///{path}")
    upgrade(made, _no_keys)
    made.close()  # the last to close brings its write-ahead log into the file
    return path


def _no_keys() -> Keyring:
    raise AssertionError("nothing has been told yet, so nothing is there to be sealed")


def _create(path: Path, template: str) -> None:
    _command(f'CREATE DATABASE "{_name(path)}" TEMPLATE {template}{_by_copying()}')
    _made[_name(path)] = path


@cache
def _by_copying() -> str:
    """What has a database made by copying files: without fsync it takes half the time of writing a log of each block.

    PostgreSQL has the choice since 15, and did so always before
    (https://www.postgresql.org/docs/15/sql-createdatabase.html).
    """
    with _connected() as connection:
        return " STRATEGY FILE_COPY" if connection.info.server_version >= 150_000 else ""


def _name(path: Path) -> str:
    return f"t{hashlib.sha256(str(path).encode()).hexdigest()[:24]}"


def _address(name: str) -> str:
    return make_url(os.environ[ADDRESS]).set(database=name).render_as_string(hide_password=False)


def _command(statement: str) -> None:
    with _connected() as connection:
        connection.execute(statement.encode())


def _connected() -> "psycopg.Connection[Any]":
    url = make_url(os.environ[ADDRESS]).set(drivername="postgresql")
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)
