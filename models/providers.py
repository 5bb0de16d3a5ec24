"""What providers still owe us: messages that we have not fetched, and words that they are to forget."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Moment, Sealed
from models.sending import QUEUED, Sendable, mark_sending


class Watermark(Base):
    """Up to when we know everything that a provider received for one of our numbers."""

    __tablename__ = "watermark"

    channel: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[Moment]


class Clearing(Sendable, Base):
    """A provider is to forget a message: its words, or the message entirely."""

    __tablename__ = "clearing"
    __table_args__ = (Index("ix_clearing_state_due_at", "state", "due_at"),)

    channel: Mapped[str]
    external_id: Mapped[Sealed]
    entirely: Mapped[bool]


def watermark(session: Session, channel: str, account: str) -> Watermark | None:
    """Up to when that number's messages are known to be complete."""
    return session.get(Watermark, (channel, account))


def claim_clearings(session: Session, now: datetime, limit: int, lease: timedelta) -> Sequence[Clearing]:
    """Take requests to forget that are due and mark them as being made."""
    query = select(Clearing).where(Clearing.state == QUEUED, Clearing.due_at <= now)
    rows = session.scalars(query.order_by(Clearing.id).limit(limit).with_for_update(skip_locked=True)).all()
    mark_sending(session, Clearing, [row.id for row in rows], now + lease)
    return rows
