"""Requests: what people asked of us, written down by one member of staff and agreed to by another."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id, Moment, Sealed
from models.conversations import Conversation
from models.landlords import Line
from models.stories import Story
from models.visits import Visit


class PersonRequest(Base):
    """One thing that a person asked: to be given all, to have all removed, or to take every yes back."""

    __tablename__ = "person_request"

    id: Mapped[Id]
    landlord_id: Mapped[int] = mapped_column(ForeignKey("landlord.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    wish: Mapped[str]
    reason: Mapped[Sealed]
    """How we know that it is them."""
    asked_by: Mapped[Sealed]
    asked_at: Mapped[Moment]
    agreed_by: Mapped[Sealed | None]
    agreed_at: Mapped[Moment | None]


def requests_of(session: Session, landlord_id: int, since: datetime) -> Sequence[PersonRequest]:
    """A landlord's requests since then, newest first."""
    query = select(PersonRequest).where(
        PersonRequest.landlord_id == landlord_id, PersonRequest.asked_at > since
    )
    return session.scalars(query.order_by(PersonRequest.id.desc())).all()


def landlords_of(session: Session, contact_ids: Sequence[int]) -> set[int]:
    """Every landlord that something of these contacts is about."""
    written = select(Line.landlord_id).join(Conversation, Conversation.line_id == Line.id)
    queries = (
        select(Story.landlord_id).where(Story.contact_id.in_(contact_ids)),
        select(Visit.landlord_id).where(Visit.contact_id.in_(contact_ids)),
        written.where(Conversation.contact_id.in_(contact_ids)),
    )
    return {landlord_id for query in queries for landlord_id in session.scalars(query)}
