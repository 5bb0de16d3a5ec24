"""Conversations: one run of a script with a contact. The state holds no words of the tenant's."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id, Moment


class Conversation(Base):
    """Where one run of a script stands."""

    __tablename__ = "conversation"
    __table_args__ = (Index("ix_conversation_contact_id_line_id_id", "contact_id", "line_id", "id"),)

    id: Mapped[Id]
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    state: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


def latest(session: Session, contact_id: int, line_id: int) -> Conversation | None:
    """The newest conversation of that contact on that line, or None."""
    query = (
        select(Conversation)
        .where(Conversation.contact_id == contact_id, Conversation.line_id == line_id)
        .order_by(Conversation.id.desc())
        .limit(1)
    )
    return session.scalar(query)
