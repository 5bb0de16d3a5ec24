"""What came in: each event of a provider, once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, UniqueConstraint, bindparam, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Hashed, Id, Moment, Sealed
from models.bulk import Row, insert_all

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


def take_in(session: Session, rows: Sequence[Row]) -> None:
    """Store inbound events that are not there yet.

    Raises:
        sqlalchemy.exc.IntegrityError: when one of them has come in meanwhile through another process.
    """
    insert_all(session, Inbound, rows)


def known_events(session: Session, keys: Sequence[bytes]) -> frozenset[bytes]:
    """Which of these keyed hashes are events that are there already."""
    return frozenset(session.scalars(_KNOWN, {"keys": keys}))


_KNOWN: Final = select(Inbound.key).where(Inbound.key.in_(bindparam("keys", expanding=True)))


def assign(session: Session, inbound_id: int, contact_id: int, line_id: int) -> None:
    """Say whose an inbound message is, now that what follows from it has been worked out."""
    query = update(Inbound).where(Inbound.id == inbound_id)
    session.execute(query.values(contact_id=contact_id, line_id=line_id, state=DONE))


def of_messages(session: Session, message_keys: Sequence[bytes]) -> Sequence[tuple[bytes, int]]:
    """(keyed hash, id) of the events that are about these messages, oldest first."""
    return [(row.message_key, row.id) for row in session.execute(_OF_MESSAGES, {"keys": message_keys})]


_OF_MESSAGES: Final = (
    select(Inbound.message_key, Inbound.id)
    .where(Inbound.message_key.in_(bindparam("keys", expanding=True)))
    .order_by(Inbound.id)
)


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
