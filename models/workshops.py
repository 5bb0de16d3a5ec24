"""Workshops: when and where, who comes, what they were asked and answered, and what is asked in the room."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Hashed, Id, Moment, Sealed
from models.landlords import Landlord
from models.sending import QUEUED, Sendable, mark_sending

INVITED: Final = "invited"
COMING: Final = "coming"
WAITING: Final = "waiting"
LEFT: Final = "left"
DECLINED: Final = "declined"
HERE: Final = (COMING, WAITING)

APPROVED: Final = "approved"
SET_ASIDE: Final = "set_aside"

# What belongs to a workshop, or to somebody on one of its lists, goes when they go.
OfWorkshop = Annotated[int, mapped_column(ForeignKey("workshop.id", ondelete="CASCADE"))]
OfOrganiser = Annotated[int, mapped_column(ForeignKey("organiser.id", ondelete="CASCADE"))]
OfParticipant = Annotated[int, mapped_column(ForeignKey("participant.id", ondelete="CASCADE"))]


class Workshop(Base):
    """One session. Its title and place are said to everybody who joins, and name no person."""

    __tablename__ = "workshop"
    __table_args__ = (UniqueConstraint("code"), UniqueConstraint("live_key"))

    id: Mapped[Id]
    code: Mapped[str]
    """What the poster says. Anybody may know it: it lets one in and proves nothing."""
    live_key: Mapped[str]
    """The unguessable part of the projector page's address."""
    title: Mapped[str]
    place: Mapped[str]
    starts_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    timezone: Mapped[str]
    languages: Mapped[list[str]] = mapped_column(JSON)
    capacity: Mapped[int]
    prompts: Mapped[list[str]] = mapped_column(JSON)
    """The moments (ISO, UTC) at which participants are asked before it, at most three."""
    changed_at: Mapped[Moment | None]
    """When its title, time or place last became another one: whoever was on the list before is told."""
    closed_at: Mapped[Moment | None]
    """Set when it was called off: nobody is asked any more."""
    created_at: Mapped[Moment]


class WorkshopLandlord(Base):
    """A landlord whose tenants and staff meet there."""

    __tablename__ = "workshop_landlord"

    workshop_id: Mapped[OfWorkshop] = mapped_column(primary_key=True)
    landlord_id: Mapped[int] = mapped_column(ForeignKey("landlord.id"), primary_key=True)


class Organiser(Base):
    """Somebody who gets a workshop's pack and digest, and so moderates none of its words."""

    __tablename__ = "organiser"
    __table_args__ = (UniqueConstraint("workshop_id", "lookup"),)

    id: Mapped[Id]
    workshop_id: Mapped[OfWorkshop]
    lookup: Mapped[Hashed]
    address: Mapped[Sealed]


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


class RoomQuestion(Base):
    """A question to everybody in the room."""

    __tablename__ = "room_question"
    __table_args__ = (Index("ix_room_question_workshop_id", "workshop_id"),)

    id: Mapped[Id]
    workshop_id: Mapped[OfWorkshop]
    kind: Mapped[str]
    asks: Mapped[str]
    opened_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]


class WorkshopRelease(Base):
    """What may be said of one workshop under one name. Its figures are counted once."""

    __tablename__ = "workshop_release"
    __table_args__ = (UniqueConstraint("workshop_id", "name"),)

    id: Mapped[Id]
    workshop_id: Mapped[OfWorkshop]
    name: Mapped[str]
    contents: Mapped[Sealed]
    made_at: Mapped[Moment]


class WorkshopMail(Sendable, Base):
    """One organiser's mail about a workshop: at most one of each kind."""

    __tablename__ = "workshop_mail"
    __table_args__ = (
        UniqueConstraint("organiser_id", "kind"),
        Index("ix_workshop_mail_state_due_at", "state", "due_at"),
    )

    organiser_id: Mapped[OfOrganiser]
    kind: Mapped[str]


def all_workshops(session: Session) -> Sequence[Workshop]:
    """Every workshop, the next one first."""
    return session.scalars(select(Workshop).order_by(Workshop.starts_at, Workshop.id)).all()


def workshop_of(session: Session, code: str) -> Workshop | None:
    """The workshop with that code, or None."""
    return session.scalar(select(Workshop).where(Workshop.code == code))


def with_live_key(session: Session, key: str) -> Workshop | None:
    """The workshop whose projector page has that key, or None."""
    return session.scalar(select(Workshop).where(Workshop.live_key == key))


def landlords_of(session: Session, workshop_id: int) -> Sequence[Landlord]:
    """Whose tenants and staff meet there, in the order in which they became landlords of ours."""
    query = select(Landlord).join(WorkshopLandlord, WorkshopLandlord.landlord_id == Landlord.id)
    return session.scalars(
        query.where(WorkshopLandlord.workshop_id == workshop_id).order_by(Landlord.id)
    ).all()


def drop_landlords(session: Session, workshop_id: int) -> None:
    """Nobody's tenants and staff meet there, until it is said anew whose do."""
    session.execute(delete(WorkshopLandlord).where(WorkshopLandlord.workshop_id == workshop_id))


def organisers_of(session: Session, workshop_id: int) -> Sequence[Organiser]:
    """Who gets its pack, in the order in which they were added."""
    query = select(Organiser).where(Organiser.workshop_id == workshop_id)
    return session.scalars(query.order_by(Organiser.id)).all()


def is_organiser(session: Session, workshop_id: int, lookups: Sequence[bytes]) -> bool:
    """Whether one of these keyed hashes is the address of one of its organisers."""
    query = select(Organiser.id).where(Organiser.workshop_id == workshop_id, Organiser.lookup.in_(lookups))
    return session.scalar(query.limit(1)) is not None


def organises_at(session: Session, landlord_id: int, lookups: Sequence[bytes], ended_after: datetime) -> bool:
    """Whether one of these keyed hashes is the address of an organiser of a workshop of that landlord."""
    query = (
        select(Organiser.id)
        .join(WorkshopLandlord, WorkshopLandlord.workshop_id == Organiser.workshop_id)
        .join(Workshop, Workshop.id == Organiser.workshop_id)
        .where(WorkshopLandlord.landlord_id == landlord_id, Organiser.lookup.in_(lookups))
        .where(Workshop.ends_at > ended_after)
    )
    return session.scalar(query.limit(1)) is not None


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


def open_question(session: Session, workshop_id: int) -> RoomQuestion | None:
    """The question that is open in its room, or None."""
    query = select(RoomQuestion).where(
        RoomQuestion.workshop_id == workshop_id, RoomQuestion.closed_at.is_(None)
    )
    return session.scalar(query.order_by(RoomQuestion.id.desc()).limit(1))


def release_named(session: Session, workshop_id: int, name: str) -> WorkshopRelease | None:
    """What was released of a workshop under a name, or None."""
    return session.scalar(
        select(WorkshopRelease).where(
            WorkshopRelease.workshop_id == workshop_id, WorkshopRelease.name == name
        )
    )


def releases_of(session: Session, workshop_ids: Sequence[int]) -> Sequence[WorkshopRelease]:
    """All that was released of these workshops, oldest first."""
    query = select(WorkshopRelease).where(WorkshopRelease.workshop_id.in_(workshop_ids))
    return session.scalars(query.order_by(WorkshopRelease.id)).all()


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


def claim_mails(
    session: Session, now: datetime, limit: int, lease: timedelta
) -> Sequence[tuple[WorkshopMail, Organiser, Workshop]]:
    """Take mails that are due and mark them as being sent, for as long as the lease lasts."""
    query = (
        select(WorkshopMail, Organiser, Workshop)
        .join(Organiser, Organiser.id == WorkshopMail.organiser_id)
        .join(Workshop, Workshop.id == Organiser.workshop_id)
        .where(WorkshopMail.state == QUEUED, WorkshopMail.due_at <= now)
        .order_by(WorkshopMail.id)
        .limit(limit)
        .with_for_update(of=WorkshopMail, skip_locked=True)
    )
    rows = [(row.WorkshopMail, row.Organiser, row.Workshop) for row in session.execute(query)]
    mark_sending(session, WorkshopMail, [mail.id for mail, _, _ in rows], now + lease)
    return rows


def workshops_of(session: Session, lookups: Sequence[bytes]) -> Sequence[Workshop]:
    """Every workshop with an organiser under one of these keyed hashes, oldest first."""
    query = select(Workshop).join(Organiser, Organiser.workshop_id == Workshop.id)
    return session.scalars(query.where(Organiser.lookup.in_(lookups)).order_by(Workshop.starts_at)).all()


def workshops_at(session: Session, landlord_id: int) -> Sequence[Workshop]:
    """Every workshop of one landlord, the next one first."""
    query = select(Workshop).join(WorkshopLandlord, WorkshopLandlord.workshop_id == Workshop.id)
    return session.scalars(
        query.where(WorkshopLandlord.landlord_id == landlord_id).order_by(Workshop.starts_at.desc())
    ).all()
