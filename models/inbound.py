"""What came in: each event of a provider, once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, UniqueConstraint, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Hashed, Id, Moment, Sealed

DONE: Final = "done"
WAITING: Final = "waiting"
"""Stored, but what follows from it is still to be worked out: it is tried again."""
QUARANTINED: Final = "quarantined"
"""Tried often enough; a person must look at it. Nothing else waits for it."""


class Inbound(Base):
    """One event from a provider, once."""

    __tablename__ = "inbound"
    __table_args__ = (UniqueConstraint("key"), Index("ix_inbound_state_due_at", "state", "due_at"))

    id: Mapped[Id]
    key: Mapped[Hashed]
    """Keyed hash of (channel, account, the provider's id): the same message twice is one message."""
    message_key: Mapped[Hashed | None] = mapped_column(index=True)
    """Keyed hash of the message whose words these are: an edit has the same one as what it edits."""
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("line.id"))
    channel: Mapped[str]
    body: Mapped[Sealed | None]
    received_at: Mapped[Moment]
    state: Mapped[str] = mapped_column(default=DONE)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[Moment | None]
    """While it waits: when it is tried again."""
    cleared: Mapped[bool] = mapped_column(default=False)
    """Whether the provider has been asked to forget its copy of the words."""


def take_in(session: Session, row: Inbound) -> bool:
    """Store an inbound event; False when it is already there, and then nothing is changed."""
    columns = ("id", "key", "message_key", "channel", "body", "received_at")
    values = {name: getattr(row, name) for name in columns} | {"state": DONE, "attempts": 0, "cleared": False}
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    # RETURNING and not rowcount: PostgreSQL gives -1 for an INSERT … ON CONFLICT DO NOTHING.
    query = dialect.insert(Inbound).values(values).on_conflict_do_nothing().returning(Inbound.id)
    return session.execute(query).first() is not None


def is_known(session: Session, keys: Sequence[bytes]) -> bool:
    """Whether an event is there already under one of these keyed hashes."""
    return bool(keys) and session.scalar(select(exists().where(Inbound.key.in_(keys)))) is True


def assign(session: Session, inbound_id: int, contact_id: int, line_id: int) -> None:
    """Say whose an inbound message is."""
    query = update(Inbound).where(Inbound.id == inbound_id)
    session.execute(query.values(contact_id=contact_id, line_id=line_id))


def of_message(session: Session, message_keys: Sequence[bytes], but: int) -> Sequence[Inbound]:
    """The other events that are about the same message, oldest first."""
    query = select(Inbound).where(Inbound.message_key.in_(message_keys), Inbound.id != but)
    return session.scalars(query.order_by(Inbound.id)).all()


def put_off(session: Session, inbound_id: int, state: str, due_at: datetime | None) -> None:
    """Say that what follows from an inbound event is still to be worked out, or is given up."""
    query = update(Inbound).where(Inbound.id == inbound_id)
    session.execute(query.values(state=state, due_at=due_at, attempts=Inbound.attempts + 1))


def waiting(session: Session, now: datetime, limit: int) -> Sequence[Inbound]:
    """Inbound events to try again, oldest first."""
    query = select(Inbound).where(Inbound.state == WAITING, Inbound.due_at <= now)
    return session.scalars(query.order_by(Inbound.id).limit(limit)).all()


def count_quarantined(session: Session) -> int:
    """How many inbound events wait for a person to look at them."""
    return session.scalar(select(func.count()).where(Inbound.state == QUARANTINED)) or 0


def release_quarantined(session: Session, now: datetime) -> int:
    """Try everything in quarantine once more; says how many there are."""
    query = update(Inbound).where(Inbound.state == QUARANTINED).returning(Inbound.id)
    return len(session.execute(query.values(state=WAITING, attempts=0, due_at=now)).all())


def not_cleared(session: Session, channel: str, before: datetime, limit: int) -> Sequence[Inbound]:
    """Messages whose words the provider still holds and we have had since before that moment."""
    query = select(Inbound).where(
        Inbound.channel == channel,
        Inbound.cleared.is_(False),
        Inbound.state == DONE,
        Inbound.received_at < before,
        Inbound.body.is_not(None),
    )
    return session.scalars(query.order_by(Inbound.id).limit(limit)).all()
