"""What waits for a person: stories to be decided on by a moderator, and those that nobody has read."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Select,
    func,
    select,
)
from sqlalchemy.orm import Session

from models.stories import DIGEST, Consent, Excerpt, Story, StoryPart, may_be_used


def waiting_for_moderator(session: Session, landlord_id: int, limit: int | None = None) -> Sequence[Story]:
    """Stories with words and a yes that no moderator has decided on, oldest first."""
    return session.scalars(_waiting(landlord_id).limit(limit)).all()


def _waiting(landlord_id: int) -> Select[Story]:
    return (
        select(Story)
        .join(Consent, (Consent.story_id == Story.id) & (Consent.use == DIGEST) & Consent.given)
        .outerjoin(Excerpt, Excerpt.story_id == Story.id)
        .where(Story.landlord_id == landlord_id, Excerpt.id.is_(None), may_be_used())
        .where(select(StoryPart.id).where(StoryPart.story_id == Story.id).exists())
        .order_by(Story.id)
    )


def next_waiting(session: Session, landlord_id: int, after: int) -> Story | None:
    """The oldest story that waits for a moderator and is younger than that one; None when there is none."""
    return session.scalar(_waiting(landlord_id).where(Story.id > after).limit(1))


def is_waiting(session: Session, landlord_id: int, story_id: int) -> Story | None:
    """The story, if it is this landlord's and waits for a moderator; otherwise None."""
    return session.scalar(_waiting(landlord_id).where(Story.id == story_id))


def next_unread(session: Session, landlord_id: int, after: int) -> Story | None:
    """The oldest story that waits for no decision, that nobody has read and that is younger than that one."""
    return session.scalar(_unread_others(landlord_id).where(Story.id > after).limit(1))


def count_waiting(session: Session, landlord_id: int) -> tuple[int, datetime | None]:
    """(how many stories wait for a moderator, since when the oldest does)."""
    return _count(session, _waiting(landlord_id))


def count_unread(session: Session, landlord_id: int) -> tuple[int, datetime | None]:
    """(how many stories that wait for no decision nobody has read, when the oldest was told)."""
    return _count(session, _unread_others(landlord_id))


def _unread_others(landlord_id: int) -> Select[Story]:
    deciding = _waiting(landlord_id).with_only_columns(Story.id).order_by(None)
    return _unread(landlord_id).where(Story.id.not_in(deciding))


def _count(session: Session, stories: Select[Story]) -> tuple[int, datetime | None]:
    found = stories.order_by(None).subquery()
    oldest = func.min(found.c.told_at, type_=found.c.told_at.type)
    row = session.execute(select(func.count(), oldest).select_from(found)).one()
    return row[0], row[1]


def unread(session: Session, landlord_id: int, told_before: datetime) -> Sequence[Story]:
    """Stories with words that no person has read, oldest first."""
    return session.scalars(_unread(landlord_id).where(Story.told_at < told_before)).all()


def _unread(landlord_id: int) -> Select[Story]:
    return (
        select(Story)
        .where(Story.landlord_id == landlord_id, Story.read_at.is_(None))
        .where(select(StoryPart.id).where(StoryPart.story_id == Story.id).exists())
        .order_by(Story.id)
    )
