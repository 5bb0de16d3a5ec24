"""Stories: what was told, in parts, with its answers, its consents and the excerpt that may leave."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id, IdElsewhere, Moment, Sealed
from models.conversations import Conversation
from models.handovers import DECLINED, HandOver

APPROVED: Final = "approved"
SET_ASIDE: Final = "set_aside"
DIGEST: Final = "digest"
"""The use that is asked about after a story: consents are given per use."""
BACK: Final = "response"
"""The use of somebody's address: to tell them what came of their story."""


class Story(Base):
    """What one contact told about one landlord in one conversation."""

    __tablename__ = "story"
    __table_args__ = (
        Index("ix_story_scope_id_release_id", "scope_id", "release_id"),
        Index("ix_story_landlord_id_read_at", "landlord_id", "read_at"),
    )

    id: Mapped[Id]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), index=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id", ondelete="CASCADE"))
    landlord_id: Mapped[int] = mapped_column(ForeignKey("landlord.id"))
    scope_id: Mapped[IdElsewhere]
    """The one scope that it is counted in: its landlord, or the pool of landlords that that is in."""
    language: Mapped[str]
    told_at: Mapped[Moment]
    release_id: Mapped[int | None] = mapped_column(ForeignKey("release.id"))
    """The release that counted it: set once, so that no story is ever counted twice."""
    private: Mapped[bool] = mapped_column(default=False)
    """Whether it is never to be used, counted or shown: its teller is under 18."""
    read_at: Mapped[Moment | None]
    """When a person first read it. Each is to be read on the working day on which it was told."""


class StoryPart(Base):
    """The words of one message of a story."""

    __tablename__ = "story_part"
    __table_args__ = (UniqueConstraint("story_id", "inbound_id"),)

    id: Mapped[Id]
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id", ondelete="CASCADE"))
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id", ondelete="SET NULL"))
    words: Mapped[Sealed]


class Answer(Base):
    """The answer to one question of a story's script."""

    __tablename__ = "answer"
    __table_args__ = (UniqueConstraint("story_id", "question"),)

    id: Mapped[Id]
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id", ondelete="CASCADE"))
    question: Mapped[str]
    value: Mapped[Sealed]
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id", ondelete="SET NULL"))
    """The message that gave it, so that an edit of that message changes it."""


class Consent(Base):
    """Whether the teller's words may be used, for one use."""

    __tablename__ = "consent"
    __table_args__ = (UniqueConstraint("story_id", "use"),)

    id: Mapped[Id]
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id", ondelete="CASCADE"))
    use: Mapped[str]
    given: Mapped[bool]
    decided_at: Mapped[Moment]


class Excerpt(Base):
    """A moderator's decision on a story's words; when approved, the redacted words that may leave.

    Who decided is in the audit, as a keyed hash, and nowhere else.
    """

    __tablename__ = "excerpt"
    __table_args__ = (
        UniqueConstraint("story_id"),
        Index("ix_excerpt_verdict_release_id", "verdict", "release_id"),
    )

    id: Mapped[Id]
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id", ondelete="CASCADE"))
    verdict: Mapped[str]
    words: Mapped[Sealed | None]
    reason: Mapped[str | None]
    """Why it was set aside: a key of the policy."""
    language: Mapped[str] = mapped_column(default="en")
    """The BCP 47 code of the language of the words; "und" where that can't be told."""
    translation: Mapped[Sealed | None]
    """A machine's English for the words, where the operator has one do that."""
    translate_at: Mapped[Moment | None] = mapped_column(index=True)
    """When a machine is to be asked, for the first time or again; None when it need not be."""
    decided_at: Mapped[Moment]
    release_id: Mapped[int | None] = mapped_column(ForeignKey("release.id"))
    """The release that it left with: set once, so that no excerpt is ever used twice."""


def story_of(session: Session, conversation_id: int) -> Story | None:
    """The story told in that conversation, or None while nothing has been told."""
    return session.scalar(select(Story).where(Story.conversation_id == conversation_id))


def parts_of(session: Session, story_ids: Sequence[int]) -> Sequence[StoryPart]:
    """The parts of these stories, in the order in which they were told."""
    return session.scalars(_PARTS, {"stories": story_ids}).all()


_PARTS: Final = (
    select(StoryPart)
    .where(StoryPart.story_id.in_(bindparam("stories", expanding=True)))
    .order_by(StoryPart.id)
)


def parts_told_by(session: Session, inbound_ids: Sequence[int]) -> Sequence[StoryPart]:
    """The parts of stories that came with one of these messages."""
    return session.scalars(select(StoryPart).where(StoryPart.inbound_id.in_(inbound_ids))).all()


def withdraw_all(session: Session, contact_id: int, now: datetime) -> None:
    """Take back every yes of a contact: from the next release on, none of these words leave."""
    theirs = select(Story.id).where(Story.contact_id == contact_id)
    query = update(Consent).where(Consent.story_id.in_(theirs), Consent.given)
    session.execute(query.values(given=False, decided_at=now))


def answers_in(session: Session, story_ids: Sequence[int]) -> Sequence[Answer]:
    """Every answer of these stories, in the order in which they were given."""
    return session.scalars(_ANSWERS, {"stories": story_ids}).all()


_ANSWERS: Final = (
    select(Answer).where(Answer.story_id.in_(bindparam("stories", expanding=True))).order_by(Answer.id)
)


def languages_of(session: Session, story_ids: Sequence[int]) -> Sequence[tuple[int, str]]:
    """(story id, language) of these stories."""
    return [(row.id, row.language) for row in session.execute(_LANGUAGES, {"stories": story_ids})]


_LANGUAGES: Final = (
    select(Story.id, Story.language)
    .where(Story.id.in_(bindparam("stories", expanding=True)))
    .order_by(Story.id)
)


def answer_in(session: Session, story_id: int, question: str) -> Answer | None:
    """The answer to one question of a story, or None."""
    return session.scalar(select(Answer).where(Answer.story_id == story_id, Answer.question == question))


def holdings(session: Session, contact_ids: Sequence[int]) -> tuple[int, datetime | None, int]:
    """(how many stories these contacts told, when the first, how many of them with a yes to sharing)."""
    told = select(func.count(), func.min(Story.told_at)).where(Story.contact_id.in_(contact_ids))
    count, first = session.execute(told).one()
    shared = (
        select(func.count())
        .select_from(Consent)
        .join(Story, Story.id == Consent.story_id)
        .where(Story.contact_id.in_(contact_ids), Consent.use == DIGEST, Consent.given)
    )
    return count, first, session.scalar(shared) or 0


def answers_given_by(session: Session, inbound_ids: Sequence[int]) -> Sequence[Answer]:
    """The answers that came with one of these messages."""
    return session.scalars(select(Answer).where(Answer.inbound_id.in_(inbound_ids))).all()


def reopen(session: Session, story_id: int) -> None:
    """A story's words have changed: what was decided about them and has not left is to be decided anew."""
    session.execute(delete(Excerpt).where(Excerpt.story_id == story_id, Excerpt.release_id.is_(None)))


def consent(session: Session, story_id: int, use: str) -> Consent | None:
    """What the teller decided for that use, or None when nothing was decided."""
    return session.scalar(select(Consent).where(Consent.story_id == story_id, Consent.use == use))


def to_translate(session: Session, now: datetime, limit: int) -> Sequence[Excerpt]:
    """Approved excerpts that have not left and whose translation is to be asked for now, the longest waiting first."""
    query = select(Excerpt).where(Excerpt.translate_at <= now, Excerpt.release_id.is_(None))
    query = query.where(Excerpt.verdict == APPROVED, Excerpt.words.is_not(None))
    return session.scalars(query.order_by(Excerpt.translate_at, Excerpt.id).limit(limit)).all()


def may_be_used() -> ColumnElement[bool]:
    """What is true of a story that may be counted, quoted and answered: it is nobody's whom the landlord knows."""
    # Whoever told through a hand-over is known to the landlord, and so is not one of the unnamed.
    known = select(HandOver.id).where(
        HandOver.contact_id == Story.contact_id,
        HandOver.landlord_id == Story.landlord_id,
        HandOver.state != DECLINED,
    )
    return Story.private.is_(False) & ~known.exists()


def want_to_hear_back(
    session: Session, landlord_id: int, since: datetime
) -> Sequence[tuple[int, int, int, int | None]]:
    """(story, contact, line, release that counted it) of each story whose teller wants to hear what comes of it.

    Args:
        session: a transaction.
        landlord_id: whom the stories are about.
        since: the earliest moment at which they were told.
    """
    query = (
        select(Story.id, Story.contact_id, Conversation.line_id, Story.release_id)
        .join(Consent, (Consent.story_id == Story.id) & (Consent.use == BACK) & Consent.given)
        .join(Conversation, Conversation.id == Story.conversation_id)
        .where(Story.landlord_id == landlord_id, Story.told_at >= since, may_be_used())
        .order_by(Story.id)
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]
