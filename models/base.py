"""What all tables share: names for constraints, aware times, ids made by us."""

import secrets
import threading
import time
from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, MetaData
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in time: aware in, UTC in the database, aware out (SQLite keeps no time zones)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse a time without a zone: it would be somebody's guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a time zone can't be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the zone back."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


# The kinds of column that many tables have.
# INTEGER and not BIGINT on SQLite, where only INTEGER PRIMARY KEY is the row's own key.
Id = Annotated[
    int, mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)
]
IdElsewhere = Annotated[int, mapped_column(BigInteger)]
"""The id of a row of one of several tables; no foreign key can say which."""
Moment = Annotated[datetime, mapped_column(UtcDateTime)]
# What a column of bytes holds is said in its `info`, so that rotating keys finds every one of them from here.
HOLDS = "holds"
SEALED = "sealed"
HASHED = "hashed"
Sealed = Annotated[bytes, mapped_column(LargeBinary, info={HOLDS: SEALED})]
"""Encrypted, and bound to its table, row and column."""
Hashed = Annotated[bytes, mapped_column(LargeBinary, info={HOLDS: HASHED})]
"""A keyed hash to find something by; rotating the look-up keys wraps it once more."""
Fixed = Annotated[bytes, mapped_column(LargeBinary)]
"""A keyed hash that stays as it was written: the audit's, whose links would break."""


class Base(DeclarativeBase):
    """The one collection of tables."""

    metadata = MetaData(naming_convention=NAMING)


class _Ids:
    """63-bit ids that rise with time: milliseconds since 2026, then this process's mark, then a counter.

    They are ours and not the database's, because a sealed value is bound to the id of its row before the
    row is written. Two processes that draw the same 10-bit mark and meet in the same millisecond at the
    same count would collide; the primary key refuses the second, and its transaction is done again.
    """

    EPOCH_MS = 1_767_225_600_000  # 2026-01-01T00:00Z
    COUNT_BITS = 12
    MARK_BITS = 10

    def __init__(self) -> None:
        self._mark = secrets.randbits(self.MARK_BITS) << self.COUNT_BITS
        self._last = 0
        self._lock = threading.Lock()

    def __call__(self) -> int:
        """A new id, greater than all that this process made before."""
        with self._lock:
            tick = (time.time_ns() // 1_000_000 - self.EPOCH_MS) << self.COUNT_BITS
            self._last = max(self._last + 1, tick)
            high, count = divmod(self._last, 1 << self.COUNT_BITS)
        return (high << (self.MARK_BITS + self.COUNT_BITS)) | self._mark | count


new_id = _Ids()
