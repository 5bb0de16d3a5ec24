"""Writing many rows of one table at once: a statement is put together once, and a moment converted once.

SQLAlchemy converts every value of every row by itself, which costs more than the database does. What is written here
is the same, made by SQLAlchemy's own compiler and types.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Column, Connection, Dialect, LargeBinary, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.base import Base, UtcDateTime

STATEMENTS_KEPT: Final = 128

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Insert:
    """A statement, and how the values of its columns come to it."""

    sql: str
    names: tuple[str, ...]
    columns: tuple["Column[Any]", ...]
    by_place: bool
    """Whether values come in the order of `names`; by name otherwise."""

    def execute(self, connection: Connection, rows: Sequence[Row]) -> None:
        values = [_values(column, rows, connection.dialect) for column in self.columns]
        places = zip(*values, strict=True)
        if self.by_place:
            connection.exec_driver_sql(self.sql, list(places))
        else:
            connection.exec_driver_sql(
                self.sql, [dict(zip(self.names, place, strict=True)) for place in places]
            )


def insert_all(session: Session, table: type[Base], rows: Sequence[Row], key: tuple[str, ...] = ()) -> None:
    """Write many rows at once.

    Args:
        session: a transaction that may write.
        table: whose rows.
        rows: their values by column, each of the same columns; those that are left out have their defaults.
        key: columns that no two rows share: a row takes the place of the one that is there.
    """
    if rows:
        connection = session.connection()
        given: Table = table.__table__  # type: ignore[assignment]  # a table it is
        _statement(given, tuple(rows[0]), key, connection.dialect).execute(connection, rows)


@lru_cache(STATEMENTS_KEPT)
def _statement(table: Table, given: tuple[str, ...], key: tuple[str, ...], dialect: Dialect) -> _Insert:
    named = [column.name for column in table.columns if column.name in given or column.default is not None]
    insert: Any = (postgresql if dialect.name == "postgresql" else sqlite).insert(table)
    if key:
        taken = {name: insert.excluded[name] for name in named}
        insert = insert.on_conflict_do_update(index_elements=key, set_=taken)
    compiled = insert.compile(dialect=dialect, column_keys=named)
    names = tuple(compiled.positiontup or named)
    columns = tuple(table.columns[name] for name in names)
    return _Insert(str(compiled), names, columns, by_place=compiled.positiontup is not None)


def _values(column: "Column[Any]", rows: Sequence[Row], dialect: Dialect) -> list[Any]:
    """What the database is given for one column of these rows."""
    name = column.name
    if name not in rows[0]:
        default: Any = column.default
        values = [default.arg] * len(rows)
    else:
        values = [row[name] for row in rows]
    convert: Callable[[Any], Any] | None = column.type.dialect_impl(dialect).bind_processor(dialect)
    if convert is None or isinstance(column.type, LargeBinary):
        return values  # bytes are taken as they are by both drivers
    if isinstance(column.type, UtcDateTime):
        moments = {moment: convert(moment) for moment in set(values)}
        return [moments[moment] for moment in values]
    return [convert(value) for value in values]
