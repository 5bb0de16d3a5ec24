"""What came in and what is to go out: the inbox's and the outbox's rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, Row, UniqueConstraint, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from models.base import Base, Id, Moment, Sealed
from models.landlords import Line
from models.people import Contact, Suppression
from models.sending import QUEUED, UNFINISHED, Sendable, mark_sending

SUPPRESSED: Final = "suppressed"
"""Not sent, because the person had said stop by then."""


class Inbound(Base):
    """One message from a provider, once."""

    __tablename__ = "inbound"
    __table_args__ = (UniqueConstraint("key"),)

    id: Mapped[Id]
    key: Mapped[Sealed]
    """Keyed hash of (channel, account, the provider's id): the same message twice is one message."""
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("line.id"))
    channel: Mapped[str]
    body: Mapped[Sealed | None]
    received_at: Mapped[Moment]


class Outbound(Sendable, Base):
    """One message to a contact: a row before it is sent."""

    __tablename__ = "outbound"
    __table_args__ = (
        Index("ix_outbound_state_due_at", "state", "due_at"),
        Index("ix_outbound_contact_id_state_id", "contact_id", "state", "id"),
    )

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    kind: Mapped[str]
    body: Mapped[Sealed | None]
    provider_id: Mapped[str | None] = mapped_column(index=True)
    created_at: Mapped[Moment]


Claimed = Row[Outbound, Contact, Line]


def take_in(session: Session, row: Inbound) -> bool:
    """Store an inbound message; False when it is already there, and then nothing is changed."""
    values = {
        "id": row.id,
        "key": row.key,
        "channel": row.channel,
        "body": row.body,
        "received_at": row.received_at,
    }
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    # RETURNING and not rowcount: PostgreSQL gives -1 for an INSERT … ON CONFLICT DO NOTHING.
    query = dialect.insert(Inbound).values(values).on_conflict_do_nothing().returning(Inbound.id)
    return session.execute(query).first() is not None


def assign(session: Session, inbound_id: int, contact_id: int, line_id: int) -> None:
    """Say whose an inbound message is."""
    query = update(Inbound).where(Inbound.id == inbound_id)
    session.execute(query.values(contact_id=contact_id, line_id=line_id))


def claim(session: Session, now: datetime, limit: int) -> Sequence[Claimed]:
    """Take messages that are due and mark them as being sent.

    One message a contact at a time, and none while an earlier one is unfinished, so that nobody gets
    answers out of order. Several workers may claim at once: on PostgreSQL by SKIP LOCKED, on SQLite
    because a writer is alone.
    """
    earlier = aliased(Outbound)
    waits = exists().where(
        earlier.contact_id == Outbound.contact_id,
        earlier.state.in_(UNFINISHED),
        earlier.id < Outbound.id,
    )
    query = (
        select(Outbound, Contact, Line)
        .join(Contact, Contact.id == Outbound.contact_id)
        .join(Line, Line.id == Outbound.line_id)
        .where(Outbound.state == QUEUED, Outbound.due_at <= now, ~waits)
        .order_by(Outbound.id)
        .limit(limit)
        .with_for_update(of=Outbound, skip_locked=True)
    )
    rows = session.execute(query).all()
    mark_sending(session, Outbound, [row.Outbound.id for row in rows])
    return rows


def suppress(session: Session, farewell: str, now: datetime) -> None:
    """Settle what waits for people who have said stop meanwhile; only a farewell still goes to them."""
    stopped = (
        select(Contact.id)
        .join(Suppression, Suppression.lookup == Contact.lookup)
        .where(Contact.id == Outbound.contact_id)
    )
    query = update(Outbound).where(Outbound.state == QUEUED, Outbound.kind != farewell, stopped.exists())
    session.execute(query.values(state=SUPPRESSED, settled_at=now))


def next_due(session: Session) -> datetime | None:
    """When the earliest queued message is due, or None when the queue is empty."""
    return session.scalar(select(func.min(Outbound.due_at)).where(Outbound.state == QUEUED))
