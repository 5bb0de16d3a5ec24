"""Rotation: bringing all that is stored to the newest keys, a little at a time, while everything goes on.

A sealed value begins with the id of its key, and a keyed hash with its generation: so what is left is known
from the rows themselves, and a rotation that was cut off at any point goes on where it stood.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    LargeBinary,
    Table,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from bot.failpoints import failpoint
from bot.log import get_logger
from bot.privacy.keys import HASH_BYTES, ID_BYTES, KeyProblem, Keyring
from models import Base, Store
from models.base import HASHED, HOLDS, SEALED
from models.people import Contact, Suppression

BATCH: Final = 200
PAUSE_SECONDS: Final = 0.02
"""Between two batches, so that whoever waits to write on SQLite gets a turn."""

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did."""

    done: int
    left: int
    """What was written with an older key meanwhile, or could not be brought over."""
    broken: int
    """Of those: sealed values that can't be opened, because they were changed or moved."""


def columns_that_hold(what: str) -> list[Column[Any]]:
    """Every column of sealed values, or of keyed hashes, as the models say."""
    tables = Base.metadata.sorted_tables
    return [column for table in tables for column in table.columns if column.info.get(HOLDS) == what]


def left(store: Store, keys: Keyring) -> int:
    """How many values are not of the newest keys yet."""
    with store.read() as session:
        return sum(_count(session, column, old) for column, old in _old(keys))


def unreadable(store: Store, keys: Keyring) -> int:
    """How many sealed values need a key that we don't have."""
    with store.read() as session:
        return sum(
            _count(session, column, _begins(column, ID_BYTES).not_in(keys.ids))
            for column in columns_that_hold(SEALED)
        )


def rotate(
    store: Store, keys: Keyring, progress: Progress = lambda _column, _count: None, batch: int = BATCH
) -> Rotated:
    """Seal everything with the newest data key, and wrap every keyed hash with the newest look-up key.

    Args:
        store: the database; one transaction a batch.
        keys: those of the settings, with the database's chain.
        progress: told after each batch of which column, and how many values.
        batch: how many values a transaction.
    """
    done = broken = 0
    for column in columns_that_hold(SEALED):
        sealed, unopened = _each_batch(column, progress, partial(_reseal, store, keys, column, batch))
        done, broken = done + sealed, broken + unopened
    if keys.generation:
        for column in columns_that_hold(HASHED):
            done += _each_batch(column, progress, partial(_wrap, store, keys, column, batch))[0]
    store.checkpoint()
    get_logger().info("keys_rotated", done=done, broken=broken)
    return Rotated(done, left(store, keys), broken)


@dataclass(frozen=True, slots=True)
class _Step:
    """One batch: where the next one begins (None: there is none), how many were done, how many can't be."""

    cursor: Any
    done: int
    broken: int = 0


def _each_batch(column: Column[Any], progress: Progress, step: Callable[[Any], _Step]) -> tuple[int, int]:
    cursor, done, broken = None, 0, 0
    while True:
        one = step(cursor)
        done, broken = done + one.done, broken + one.broken
        if one.cursor is None:
            return done, broken
        progress(str(column), one.done)
        failpoint("rotated")
        cursor = one.cursor
        time.sleep(PAUSE_SECONDS)


def _reseal(store: Store, keys: Keyring, column: Column[Any], batch: int, cursor: Any) -> _Step:
    table: Table = column.table
    query = select(table.c.id, column).where(_sealed_before(column, keys))
    if cursor is not None:
        query = query.where(table.c.id > cursor)
    anew: list[dict[str, Any]] = []
    with store.write() as session:
        rows = session.execute(query.order_by(table.c.id).limit(batch).with_for_update()).all()
        for row_id, sealed in rows:
            with contextlib.suppress(KeyProblem):  # counted below, and the others go on
                text = keys.open(table.name, row_id, column.name, sealed)
                resealed = keys.seal(table.name, row_id, column.name, text)
                anew.append({"row_id": row_id, "resealed": resealed})
        if anew:
            one = update(table).where(table.c.id == bindparam("row_id"))
            session.connection().execute(one.values({column: bindparam("resealed")}), anew)
        if rows:
            failpoint("rotating")
    return _Step(rows[-1][0] if rows else None, len(anew), len(rows) - len(anew))


def _wrap(store: Store, keys: Keyring, column: Column[Any], batch: int, cursor: Any) -> _Step:
    query = select(column).where(_hashed_before(column, keys)).distinct()
    if cursor is not None:
        query = query.where(column > cursor)
    done = 0
    with store.write() as session:
        stored = session.scalars(query.order_by(column).limit(batch)).all()
        if stored:
            done = _wrap_everywhere(session, column, {one: keys.wrap(one) for one in stored})
            failpoint("rotating")
    return _Step(stored[-1] if stored else None, done)


def _wrap_everywhere(session: Session, column: Column[Any], wrapped: Mapping[bytes, bytes]) -> int:
    """Wrap values wherever they stand, at once: a stop and its person are compared with each other."""
    # Two processes wrote one down with different keys: both rows are found by both keys, and stay.
    double = set(session.scalars(select(column).where(column.in_(wrapped.values()))))
    pairs = [{"old": old, "new": new} for old, new in wrapped.items() if new not in double]
    for same in _the_same_as(column) if pairs else ():
        one = update(same.table).where(same == bindparam("old")).values({same: bindparam("new")})
        session.connection().execute(one, pairs)
    return len(pairs)


def _the_same_as(column: Column[Any]) -> Sequence[Any]:
    contact, listed = Contact.__table__.c, Suppression.__table__.c
    people = (contact.lookup, contact.person, listed.lookup)
    return people if any(column is one for one in people) else (column,)


def _old(keys: Keyring) -> Iterator[tuple[Column[Any], ColumnElement[bool]]]:
    for column in columns_that_hold(SEALED):
        yield column, _sealed_before(column, keys)
    if keys.generation:
        for column in columns_that_hold(HASHED):
            yield column, _hashed_before(column, keys)


def _sealed_before(column: Column[Any], keys: Keyring) -> ColumnElement[bool]:
    return and_(column.is_not(None), _begins(column, ID_BYTES) != keys.newest_id)


def _hashed_before(column: Column[Any], keys: Keyring) -> ColumnElement[bool]:
    mark = literal(bytes([keys.generation]), LargeBinary)
    return and_(column.is_not(None), or_(func.length(column) == HASH_BYTES, _begins(column, 1) != mark))


def _begins(column: Column[Any], length: int) -> ColumnElement[bytes]:
    return func.substr(column, 1, length, type_=LargeBinary)


def _count(session: Session, column: Column[Any], which: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(column.table).where(column.is_not(None), which)
    return session.scalar(query) or 0
