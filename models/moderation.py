"""Moderation: what a moderator has taken out of a story so far, beside the decision on it (`models.stories`)."""

from collections.abc import Sequence

from sqlalchemy import JSON, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Fixed, Id, Moment


class Edit(Base):
    """The change to one story's redacted words: numbers of words and none of them."""

    __tablename__ = "edit"
    __table_args__ = (UniqueConstraint("story_id"),)

    id: Mapped[Id]
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id", ondelete="CASCADE"))
    taken: Mapped[list[int]] = mapped_column(JSON)
    words: Mapped[Fixed]
    """Keyed hash of the words that the numbers belong to: of others they say nothing."""
    changed_at: Mapped[Moment]


def edit_of(session: Session, story_id: int) -> Edit | None:
    """The change to a story, or None."""
    return session.scalar(select(Edit).where(Edit.story_id == story_id))


def edits_of(session: Session, story_ids: Sequence[int]) -> dict[int, Edit]:
    """The changes to these stories, by story."""
    rows = session.scalars(select(Edit).where(Edit.story_id.in_(story_ids)))
    return {row.story_id: row for row in rows}
