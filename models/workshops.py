"""Workshops: when and where, whose tenants meet, who organises, what is asked in the room, and what is released."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Hashed, Id, Moment, Sealed
from models.landlords import Landlord
from models.sending import QUEUED, Sendable, mark_sending

# What belongs to a workshop, or to somebody on one of its lists, goes when they go.
OfWorkshop = Annotated[int, mapped_column(ForeignKey("workshop.id", ondelete="CASCADE"))]
OfOrganiser = Annotated[int, mapped_column(ForeignKey("organiser.id", ondelete="CASCADE"))]


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
