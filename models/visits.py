"""Visits: repairs and other contacts that somebody is to be asked about."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy import ForeignKey, Index, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Hashed, Id, Moment, Sealed
from models.people import Contact

PLANNED: Final = "planned"
ASKED: Final = "asked"
NOT_ASKED: Final = "not_asked"


class Visit(Base):
    """One visit, once: the same one imported twice is the same one."""

    __tablename__ = "visit"
    __table_args__ = (UniqueConstraint("key"), Index("ix_visit_state_ask_at", "state", "ask_at"))

    id: Mapped[Id]
    key: Mapped[Hashed]
    """Keyed hash of landlord, contact, day, kind and reference."""
    landlord_id: Mapped[int] = mapped_column(ForeignKey("landlord.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str]
    kind: Mapped[str]
    visited_on: Mapped[date]
    reference: Mapped[Sealed | None]
    state: Mapped[str] = mapped_column(default=PLANNED)
    reason: Mapped[str | None]
    """For `not_asked`: why, in one word."""
    ask_at: Mapped[Moment]
    asked_at: Mapped[Moment | None]
    created_at: Mapped[Moment]


class Due(NamedTuple):
    """A visit whose time to be asked about has come."""

    id: int
    contact_id: int
    channel: str
    ask_at: datetime


def known_keys(session: Session, keys: Sequence[bytes]) -> set[bytes]:
    """Which of these visits are there already."""
    return set(session.scalars(select(Visit.key).where(Visit.key.in_(keys))))


def known_contacts(session: Session, lookups: Sequence[bytes]) -> dict[bytes, int]:
    """Contact ids by the keyed hash of their address."""
    query = select(Contact.lookup, Contact.id).where(Contact.lookup.in_(lookups))
    return {row.lookup: row.id for row in session.execute(query)}


def due_visits(session: Session, now: datetime, limit: int) -> Sequence[Due]:
    """Visits whose time to be asked about has come, oldest first, locked for this transaction."""
    query = select(Visit.id, Visit.contact_id, Visit.channel, Visit.ask_at)
    query = query.where(Visit.state == PLANNED, Visit.ask_at <= now).order_by(Visit.ask_at, Visit.id)
    rows = session.execute(query.limit(limit).with_for_update(skip_locked=True))
    return [Due(*row) for row in rows]


def mark_asked(session: Session, ids: Sequence[int], now: datetime) -> None:
    """These visits are asked about now."""
    if ids:
        asked = {"state": ASKED, "asked_at": now}
        session.execute(update(Visit).where(Visit.id.in_(ids)).values(asked))


def mark_not_asked(session: Session, ids: Sequence[int], reason: str) -> None:
    """These visits are not asked about, and why."""
    if ids:
        session.execute(update(Visit).where(Visit.id.in_(ids)).values(state=NOT_ASKED, reason=reason))


def asked_since(session: Session, contact_ids: Sequence[int], moment: datetime) -> frozenset[int]:
    """Those of these contacts who were asked about any visit since then."""
    query = select(Visit.contact_id).where(Visit.contact_id.in_(contact_ids), Visit.asked_at > moment)
    return frozenset(session.scalars(query))


def counts(session: Session, landlord_id: int) -> dict[str, int]:
    """How many visits of a landlord are in which state."""
    query = select(Visit.state, func.count()).where(Visit.landlord_id == landlord_id).group_by(Visit.state)
    return {row[0]: row[1] for row in session.execute(query)}
