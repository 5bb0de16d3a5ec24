"""Hand-overs: what was passed to somebody who must act, to whom, and whether they took it on."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, Row, Select, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Hashed, Id, Moment, Sealed
from models.sending import QUEUED, Sendable, mark_sending

OPEN: Final = "open"
TAKEN: Final = "taken"
CLOSED: Final = "closed"
DECLINED: Final = "declined"
"""The teller said no: it is kept that they were asked, and nobody is told."""
LIVE: Final = (OPEN, TAKEN)


class DutyContact(Base):
    """Somebody who is told of hand-overs of one landlord."""

    __tablename__ = "duty_contact"
    __table_args__ = (UniqueConstraint("landlord_id", "role", "lookup"),)

    id: Mapped[Id]
    landlord_id: Mapped[int] = mapped_column(ForeignKey("landlord.id"))
    role: Mapped[str]
    lookup: Mapped[Hashed]
    email: Mapped[Sealed]
    mobile: Mapped[Sealed | None]
    created_at: Mapped[Moment]


class HandOver(Base):
    """One hand-over. The alert about it carries its link and no words."""

    __tablename__ = "hand_over"
    __table_args__ = (Index("ix_hand_over_state_escalate_at", "state", "escalate_at"),)

    id: Mapped[Id]
    landlord_id: Mapped[int] = mapped_column(ForeignKey("landlord.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id", ondelete="SET NULL"), index=True)
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id", ondelete="SET NULL"))
    kind: Mapped[str]
    role: Mapped[str]
    state: Mapped[str] = mapped_column(default=OPEN)
    level: Mapped[int] = mapped_column(default=0)
    """How often it has been escalated."""
    made_at: Mapped[Moment]
    escalate_at: Mapped[Moment | None]
    taken_at: Mapped[Moment | None]
    taken_by: Mapped[Sealed | None]
    closed_at: Mapped[Moment | None]
    note: Mapped[Sealed | None]


class HandOverEvent(Base):
    """Somebody opened a hand-over, and why, or wrote a note on it."""

    __tablename__ = "hand_over_event"

    id: Mapped[Id]
    hand_over_id: Mapped[int] = mapped_column(ForeignKey("hand_over.id", ondelete="CASCADE"), index=True)
    at: Mapped[Moment]
    what: Mapped[str]
    who: Mapped[Sealed]
    words: Mapped[Sealed]


class Alert(Sendable, Base):
    """One message to one duty contact."""

    __tablename__ = "alert"
    __table_args__ = (Index("ix_alert_state_due_at", "state", "due_at"),)

    hand_over_id: Mapped[int | None] = mapped_column(ForeignKey("hand_over.id", ondelete="CASCADE"))
    """None for an alert about the service itself."""
    topic: Mapped[str | None] = mapped_column(index=True)
    """What an alert about the service is about, so that it is said once."""
    medium: Mapped[str]
    address: Mapped[Sealed]
    subject: Mapped[str]
    body: Mapped[Sealed]


def contacts_for(session: Session, landlord_id: int, roles: Sequence[str]) -> Sequence[DutyContact]:
    """Who is told, of these roles, in the order in which they were added."""
    query = select(DutyContact).where(DutyContact.landlord_id == landlord_id, DutyContact.role.in_(roles))
    return session.scalars(query.order_by(DutyContact.id)).all()


def live_hand_over(session: Session, contact_id: int, kind: str) -> HandOver | None:
    """A hand-over of that kind about that contact that is not closed; None when there is none."""
    query = select(HandOver).where(
        HandOver.contact_id == contact_id, HandOver.kind == kind, HandOver.state.in_(LIVE)
    )
    return session.scalar(query.limit(1))


def live_hand_overs(session: Session, contact_ids: Sequence[int]) -> frozenset[int]:
    """Those of these contacts about whom anything is still being dealt with."""
    query = select(HandOver.contact_id).where(HandOver.contact_id.in_(contact_ids), HandOver.state.in_(LIVE))
    return frozenset(one for one in session.scalars(query) if one is not None)


def roles_on_duty(session: Session, landlord_id: int, lookups: Sequence[bytes]) -> set[str]:
    """The roles in which whoever has one of these keyed hashes of an address is told of hand-overs."""
    query = select(DutyContact.role).where(
        DutyContact.landlord_id == landlord_id, DutyContact.lookup.in_(lookups)
    )
    return set(session.scalars(query))


def hand_overs_for(landlord_id: int, roles: Collection[str]) -> Select[HandOver]:
    """What somebody in these roles need know of: theirs, and what escalated; an allegation never does."""
    escalated = (HandOver.level > 0) & (HandOver.role != "second")
    theirs = HandOver.role.in_(roles) | escalated if roles else HandOver.role.in_(())
    query = select(HandOver).where(HandOver.landlord_id == landlord_id, HandOver.state != DECLINED, theirs)
    return query.order_by(HandOver.id)


def events_of(session: Session, hand_over_id: int) -> Sequence[HandOverEvent]:
    """What was done with a hand-over, in order."""
    query = select(HandOverEvent).where(HandOverEvent.hand_over_id == hand_over_id)
    return session.scalars(query.order_by(HandOverEvent.id)).all()


def to_escalate(session: Session, now: datetime, limit: int) -> Sequence[HandOver]:
    """Open hand-overs that nobody has taken on in time."""
    query = select(HandOver).where(HandOver.state == OPEN, HandOver.escalate_at <= now)
    return session.scalars(query.order_by(HandOver.id).limit(limit).with_for_update(skip_locked=True)).all()


def claim_alerts(session: Session, now: datetime, limit: int, until: datetime) -> Sequence[Alert]:
    """Take alerts that are due and mark them as being sent."""
    query = select(Alert).where(Alert.state == QUEUED, Alert.due_at <= now).order_by(Alert.id)
    rows = session.scalars(query.limit(limit).with_for_update(skip_locked=True)).all()
    mark_sending(session, Alert, [row.id for row in rows], until)
    return rows


def has_topic(session: Session, topic: str) -> bool:
    """Whether people have been told of that already."""
    return session.scalar(select(Alert.id).where(Alert.topic == topic).limit(1)) is not None


def next_alert(session: Session) -> datetime | None:
    """When the next alert is due."""
    return session.scalar(select(func.min(Alert.due_at)).where(Alert.state == QUEUED))


def hand_overs_of(session: Session, landlord_id: int) -> Sequence[Row[str, str, int]]:
    """(kind, state, how many) of one landlord's hand-overs."""
    query = select(HandOver.kind, HandOver.state, func.count()).where(HandOver.landlord_id == landlord_id)
    return session.execute(query.group_by(HandOver.kind, HandOver.state)).all()
