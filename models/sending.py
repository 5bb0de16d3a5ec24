"""The life of anything that is sent: what messages and digests have in common."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Id, Moment

QUEUED: Final = "queued"
SENDING: Final = "sending"
SENT: Final = "sent"
FAILED: Final = "failed"
UNKNOWN: Final = "unknown"
"""The other side's answer was lost: it may have arrived, so it is not sent again."""
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


def mark_sending(session: Session, table: type[Sendable], ids: Sequence[int]) -> None:
    """These rows are about to be sent."""
    if ids:
        attempt = {"state": SENDING, "attempts": table.attempts + 1}
        session.execute(update(table).where(table.id.in_(ids)).values(attempt))


def settle(  # noqa: PLR0913 - one row's outcome
    session: Session,
    table: type[Sendable],
    row_id: int,
    state: str,
    now: datetime,
    error: str | None = None,
    **columns: str | None,
) -> None:
    """Record how sending ended, with further columns of that table."""
    values = {"state": state, "settled_at": now, "error": error, **columns}
    session.execute(update(table).where(table.id == row_id).values(values))


def retry_at(session: Session, table: type[Sendable], row_id: int, due_at: datetime, error: str) -> None:
    """Put back into the queue what was certainly not sent."""
    values = {"state": QUEUED, "due_at": due_at, "error": error}
    session.execute(update(table).where(table.id == row_id).values(values))


def settle_interrupted(session: Session, table: type[Sendable], now: datetime) -> int:
    """Mark what a dead process left in `sending` as `unknown`; says how many rows there were."""
    query = update(table).where(table.state == SENDING).returning(table.id)
    return len(session.execute(query.values(state=UNKNOWN, settled_at=now, error="interrupted")).all())
