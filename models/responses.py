"""Responses: what a landlord says it did about what it was told, and whom it was told to."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id, Moment
from models.landlords import Landlord
from models.people import Contact
from models.stories import BACK, Consent, Story

PLANNED: Final = "planned"
TOLD: Final = "told"
NOT_TOLD: Final = "not_told"


class Response(Base):
    """What staff answer to a theme, an area or a release: "you said, we did"."""

    __tablename__ = "response"
    __table_args__ = (Index("ix_response_landlord_id_id", "landlord_id", "id"),)

    id: Mapped[Id]
    landlord_id: Mapped[int] = mapped_column(ForeignKey("landlord.id"))
    about: Mapped[str]
    """A theme with its sign ("time-"), an area ("repairs"), or "release"."""
    release_id: Mapped[int | None] = mapped_column(ForeignKey("release.id"))
    """The release that it answers, where it is about one."""
    kind: Mapped[str]
    """`did`, `will` (a promise) or `cannot`."""
    words: Mapped[str]
    """Written by staff for everybody to read: it tells of no person."""
    made_at: Mapped[Moment]
    final_at: Mapped[Moment]
    """Until then whoever wrote it can take it back; nobody is told before."""
    due_on: Mapped[date | None]
    """By when a promise is to be kept."""
    became: Mapped[str | None]
    """What became of a promise: `kept`, or `not_kept`."""
    became_words: Mapped[str | None]
    became_at: Mapped[Moment | None]
    not_so: Mapped[int] = mapped_column(default=0)
    """At least so many people say that it is not so, in whole groups, as the last release published it."""


class Hearing(Base):
    """One person who is to hear of a response: once, ever."""

    __tablename__ = "hearing"
    __table_args__ = (
        UniqueConstraint("response_id", "contact_id"),
        Index("ix_hearing_state_due_at", "state", "due_at"),
    )

    id: Mapped[Id]
    response_id: Mapped[int] = mapped_column(ForeignKey("response.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), index=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    """The line that they told their story on."""
    state: Mapped[str] = mapped_column(default=PLANNED)
    reason: Mapped[str | None]
    """Why it was not told."""
    due_at: Mapped[Moment]
    told_at: Mapped[Moment | None]
    confirmed: Mapped[bool | None]
    """What they say: it is so, or it is not; None while they have not said."""


def responses_of(session: Session, landlord_id: int) -> Sequence[Response]:
    """A landlord's responses, newest first."""
    query = select(Response).where(Response.landlord_id == landlord_id).order_by(Response.id.desc())
    return session.scalars(query).all()


def promises_due(session: Session, landlord_id: int, today: date) -> tuple[int, date | None]:
    """How many of a landlord's promises have had their day and nobody says what became of them; the oldest day."""
    query = select(func.count(), func.min(Response.due_on)).where(
        Response.landlord_id == landlord_id, Response.due_on < today, Response.became.is_(None)
    )
    count, oldest = session.execute(query).one()
    return count, oldest


def public_responses(session: Session) -> Sequence[tuple[Landlord, Response]]:
    """Every response of the landlords that show theirs, by landlord, newest first."""
    query = (
        select(Landlord, Response)
        .join(Response, Response.landlord_id == Landlord.id)
        .where(Landlord.shows_responses)
        .order_by(Landlord.name_key, Response.id.desc())
    )
    return [(row.Landlord, row.Response) for row in session.execute(query)]


def due_hearings(session: Session, now: datetime, limit: int) -> Sequence[int]:
    """The ids of those whose time to be told has come."""
    query = select(Hearing.id).where(Hearing.state == PLANNED, Hearing.due_at <= now).order_by(Hearing.id)
    return session.scalars(query.limit(limit)).all()


def last_told(session: Session, contact_ids: Sequence[int]) -> datetime | None:
    """When one of these contacts last heard of any response."""
    query = select(func.max(Hearing.told_at)).where(Hearing.contact_id.in_(contact_ids))
    return session.scalar(query)


def judge(session: Session, response_id: int, contact_id: int, *, confirmed: bool) -> None:
    """What somebody says to a response that they were told."""
    query = update(Hearing).where(Hearing.response_id == response_id, Hearing.contact_id == contact_id)
    session.execute(query.values(confirmed=confirmed))


def agrees(session: Session, contact_id: int) -> bool:
    """Whether the person still wants to hear what came of a story."""
    query = (
        select(Consent.id)
        .join(Story, Story.id == Consent.story_id)
        .where(Story.contact_id == contact_id, Consent.use == BACK, Consent.given)
    )
    return session.scalar(query.limit(1)) is not None


def objections(session: Session, response_ids: Sequence[int]) -> dict[int, int]:
    """How many people say of each response that it is not so. Raw: nothing of it leaves but through a release."""
    query = (
        select(Hearing.response_id, func.count(func.distinct(Contact.person)))
        .join(Contact, Contact.id == Hearing.contact_id)
        .where(Hearing.response_id.in_(response_ids), Hearing.confirmed.is_(False))
        .group_by(Hearing.response_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def publish_objections(session: Session, landlord_id: int, rounded: Callable[[int], int]) -> None:
    """With a release, write down of each response how many say that it is not so, as far as that may leave."""
    responses = responses_of(session, landlord_id)
    counts = objections(session, [one.id for one in responses])
    for one in responses:
        one.not_so = max(one.not_so, rounded(counts.get(one.id, 0)))


def words_of_response(session: Session, response_id: int) -> str:
    """What a landlord answers; "" when the response is gone."""
    return session.scalar(select(Response.words).where(Response.id == response_id)) or ""
