"""Who is on a workshop's list, what they were asked, and what they answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id, Moment, Sealed
from models.workshops import OfWorkshop, Workshop

INVITED: Final = "invited"
COMING: Final = "coming"
WAITING: Final = "waiting"
LEFT: Final = "left"
DECLINED: Final = "declined"
HERE: Final = (COMING, WAITING)

APPROVED: Final = "approved"
SET_ASIDE: Final = "set_aside"

OfParticipant = Annotated[int, mapped_column(ForeignKey("participant.id", ondelete="CASCADE"))]


class Participant(Base):
    """Somebody who was invited, comes, waits for a place, or came no more."""

    __tablename__ = "participant"
    __table_args__ = (
        UniqueConstraint("workshop_id", "contact_id"),
        Index("ix_participant_contact_id", "contact_id"),
    )

    id: Mapped[Id]
    workshop_id: Mapped[OfWorkshop]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    state: Mapped[str]
    role: Mapped[str | None]
    agreed: Mapped[bool | None]
    """Whether their words may be shown at the workshop; None while that was not decided."""
    private: Mapped[bool] = mapped_column(default=False)
    """Whether nothing of theirs is ever to be used: they are under 18."""
    joined_at: Mapped[Moment | None]


class Prompted(Base):
    """That a participant was asked something, once."""

    __tablename__ = "prompted"
    __table_args__ = (UniqueConstraint("participant_id", "name"),)

    id: Mapped[Id]
    participant_id: Mapped[OfParticipant]
    name: Mapped[str]
    at: Mapped[Moment]


class Contribution(Base):
    """What a participant answered to one question; when it was approved, the redacted words that may be shown."""

    __tablename__ = "contribution"
    __table_args__ = (UniqueConstraint("participant_id", "question"),)

    id: Mapped[Id]
    participant_id: Mapped[OfParticipant]
    question: Mapped[str]
    words: Mapped[Sealed]
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id", ondelete="SET NULL"))
    """The message that said it, so that an edit of that message changes it."""
    language: Mapped[str]
    told_at: Mapped[Moment]
    verdict: Mapped[str | None]
    shown: Mapped[Sealed | None]
    """What may be shown: redacted, and approved."""
    decided_at: Mapped[Moment | None]


def participants_of(session: Session, workshop_id: int, *states: str) -> Sequence[Participant]:
    """Who is on its list in one of these states, in the order in which they came."""
    query = select(Participant).where(Participant.workshop_id == workshop_id, Participant.state.in_(states))
    return session.scalars(query.order_by(Participant.joined_at, Participant.id)).all()


def participant(session: Session, workshop_id: int, contact_ids: Sequence[int]) -> Participant | None:
    """The place of one person, known by any of these contacts, on a workshop's list."""
    query = select(Participant).where(
        Participant.workshop_id == workshop_id, Participant.contact_id.in_(contact_ids)
    )
    return session.scalar(query.order_by(Participant.id).limit(1))


def places_of(
    session: Session, contact_ids: Sequence[int], ended_after: datetime
) -> Sequence[tuple[Participant, Workshop]]:
    """(place, workshop) of one person wherever they come or wait, and it is not over, the next one first."""
    query = (
        select(Participant, Workshop)
        .join(Workshop, Workshop.id == Participant.workshop_id)
        .where(Participant.contact_id.in_(contact_ids), Participant.state.in_(HERE))
        .where(Workshop.ends_at > ended_after, Workshop.closed_at.is_(None))
        .order_by(Workshop.starts_at, Participant.id)
    )
    return [(row.Participant, row.Workshop) for row in session.execute(query)]


def count_in(session: Session, workshop_id: int, *states: str) -> int:
    """How many people are on its list in one of these states."""
    query = select(func.count()).where(Participant.workshop_id == workshop_id, Participant.state.in_(states))
    return session.scalar(query) or 0


def prompted(session: Session, participant_id: int) -> frozenset[str]:
    """What a participant was asked already."""
    return frozenset(session.scalars(select(Prompted.name).where(Prompted.participant_id == participant_id)))


def contributions_of(session: Session, participant_ids: Sequence[int]) -> Sequence[Contribution]:
    """All that these participants answered, oldest first."""
    query = select(Contribution).where(Contribution.participant_id.in_(participant_ids))
    return session.scalars(query.order_by(Contribution.id)).all()


def contribution(session: Session, participant_id: int, question: str) -> Contribution | None:
    """A participant's answer to one question, or None."""
    return session.scalar(
        select(Contribution).where(
            Contribution.participant_id == participant_id, Contribution.question == question
        )
    )


def told_in(session: Session, inbound_ids: Sequence[int]) -> Sequence[Contribution]:
    """What was answered with one of these messages."""
    return session.scalars(select(Contribution).where(Contribution.inbound_id.in_(inbound_ids))).all()


def take_back(session: Session, contact_ids: Sequence[int]) -> None:
    """Nothing of these people's words is shown at any workshop from now on."""
    query = update(Participant).where(Participant.contact_id.in_(contact_ids), Participant.agreed.is_(True))
    session.execute(query.values(agreed=False))


def values_of(
    session: Session, workshop_id: int, question: str
) -> Sequence[tuple[Contribution, Participant]]:
    """(answer, who) of everybody on its list who answered a question, oldest first."""
    query = (
        select(Contribution, Participant)
        .join(Participant, Participant.id == Contribution.participant_id)
        .where(Participant.workshop_id == workshop_id, Contribution.question == question)
        .order_by(Contribution.id)
    )
    return [(row.Contribution, row.Participant) for row in session.execute(query)]
