"""The life of anything that is sent: what messages, digests and requests to forget have in common."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Final

from sqlalchemy import ColumnElement, Update, bindparam, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Id, Moment

QUEUED: Final = "queued"
SENDING: Final = "sending"
SENT: Final = "sent"
FAILED: Final = "failed"
UNKNOWN: Final = "unknown"
"""The other side's answer was lost: it may have arrived."""
UNFINISHED: Final = (QUEUED, SENDING)


class Sendable:
    """Columns of a row that a worker claims, sends and settles."""

    id: Mapped[Id]
    state: Mapped[str] = mapped_column(default=QUEUED)
    due_at: Mapped[Moment]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None]
    """A provider's code or our own word for what went wrong; never a text, which may quote a person."""
    settled_at: Mapped[Moment | None]
    leased_until: Mapped[Moment | None]
    """While it is being sent: when whoever sends it must be dead."""


def mark_sending(session: Session, table: type[Sendable], ids: Sequence[int], until: datetime) -> None:
    """These rows are about to be sent by somebody who will be done by then."""
    if ids:
        marking = _sending(table)  # type: ignore[arg-type]  # mypy takes a class's hash for that of its rows
        session.connection().execute(marking, {"ids": ids, "until": until})


@cache
def _sending(table: type[Sendable]) -> Update:
    attempt = {"state": SENDING, "attempts": table.attempts + 1, "leased_until": bindparam("until")}
    return update(table).where(table.id.in_(bindparam("ids", expanding=True))).values(attempt)


def settle(  # noqa: PLR0913 - one row's outcome
    session: Session,
    table: type[Sendable],
    row_id: int,
    state: str,
    now: datetime,
    error: str | None = None,
    **columns: str | None,
) -> None:
    """Record how sending ended, with further columns of that table; what is settled already stays."""
    values = {"state": state, "settled_at": now, "error": error, **columns}
    session.execute(update(table).where(table.id == row_id, table.state == SENDING).values(values))


def retry_at(  # noqa: PLR0913 - one row's next try
    session: Session,
    table: type[Sendable],
    row_id: int,
    due_at: datetime,
    error: str,
    *,
    attempted: bool = True,
) -> None:
    """Put back into the queue what is to be sent again; `attempted` says whether this time counts as a try."""
    values = {"state": QUEUED, "due_at": due_at, "error": error}
    if not attempted:
        values["attempts"] = table.attempts - 1
    session.execute(update(table).where(table.id == row_id, table.state == SENDING).values(values))


def settle_interrupted(
    session: Session,
    table: type[Sendable],
    now: datetime,
    *,
    alone: bool,
    again: ColumnElement[bool] | None = None,
) -> int:
    """Settle what a dead process left in `sending`; says how many rows there were.

    Args:
        session: a transaction that may write.
        table: which kind of row.
        now: the current time.
        alone: whether nobody else can be sending; otherwise only rows whose lease has run out are settled.
        again: which rows are sent once more; all others become `unknown`.
    """
    left = update(table).where(table.state == SENDING)
    if not alone:
        left = left.where(table.leased_until < now)
    count = 0
    if again is not None:
        resent = left.where(again).values(state=QUEUED, due_at=now, error="interrupted")
        count += len(session.execute(resent.returning(table.id)).all())
    lost = left.values(state=UNKNOWN, settled_at=now, error="interrupted")
    return count + len(session.execute(lost.returning(table.id)).all())
