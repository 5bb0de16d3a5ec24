"""Conversations: one run of a script with a contact. Where it stands is sealed: it holds yes, partly and no."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id, Moment, Sealed


class Conversation(Base):
    """Where one run of a script stands."""

    __tablename__ = "conversation"
    __table_args__ = (Index("ix_conversation_contact_id_line_id_id", "contact_id", "line_id", "id"),)

    id: Mapped[Id]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    state: Mapped[Sealed]
    """The dialogue's state, as JSON."""
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    wake_at: Mapped[Moment | None] = mapped_column(index=True)
    """When the dialogue wants to be asked again, if nothing has come by then."""


def waking(session: Session, now: datetime, limit: int) -> Sequence[int]:
    """The ids of conversations that want to be asked now, the longest waiting first."""
    query = select(Conversation.id).where(Conversation.wake_at <= now).order_by(Conversation.wake_at)
    return session.scalars(query.limit(limit)).all()


def next_wake(session: Session) -> datetime | None:
    """When the next conversation wants to be asked."""
    return session.scalar(select(func.min(Conversation.wake_at)))


def locked(session: Session, conversation_ids: Sequence[int]) -> Sequence[Conversation]:
    """These conversations, locked for this transaction, but for those that are gone or that somebody else has."""
    query = select(Conversation).where(Conversation.id.in_(conversation_ids)).order_by(Conversation.id)
    return session.scalars(query.with_for_update(skip_locked=True)).all()


def put_to_sleep(session: Session, conversation_id: int) -> None:
    """Ask this conversation no more, until something comes."""
    query = update(Conversation).where(Conversation.id == conversation_id)
    session.execute(query.values(wake_at=None))
