"""Contacts, and the list of those who must not be texted."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id, Moment, Sealed


class Contact(Base):
    """One address on one channel: found by a keyed hash, written to by its sealed copy."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("lookup"),)

    id: Mapped[Id]
    channel: Mapped[str]
    lookup: Mapped[Sealed]
    person: Mapped[Sealed] = mapped_column(index=True)
    """Keyed hash of who this is: the same for one phone number's SMS and WhatsApp."""
    address: Mapped[Sealed]
    language: Mapped[str | None]
    met: Mapped[bool] = mapped_column(default=False)
    """Whether this person has been told who asks and who reads."""
    created_at: Mapped[Moment]
    last_heard_at: Mapped[Moment | None]
    """When they last wrote. WhatsApp lets us answer freely for a day after that."""
    unreachable: Mapped[str | None]
    """The provider's code when nothing reaches this address; until they write, they are not asked again."""
    source: Mapped[Sealed | None]
    """Where a link or poster said that they come from (an estate, a workshop)."""
    erased_at: Mapped[Moment | None]
    """Set by DELETE. The row stays only until the last reply has gone, because it holds the address."""


class Suppression(Base):
    """A person who said stop, on any channel. It outlives its contact, so it holds the keyed hash and no more."""

    __tablename__ = "suppression"

    lookup: Mapped[Sealed] = mapped_column(primary_key=True)
    since: Mapped[Moment]


def contact_by_lookup(session: Session, lookups: Sequence[bytes]) -> Contact | None:
    """The contact under any of these keyed hashes (one per look-up key), locked for this transaction."""
    query = select(Contact).where(Contact.lookup.in_(lookups), Contact.erased_at.is_(None))
    return session.scalar(query.with_for_update())


def is_stopped(session: Session, lookups: Sequence[bytes]) -> bool:
    """Whether one of these keyed hashes is on the list of those who said stop."""
    query = select(Suppression.lookup).where(Suppression.lookup.in_(lookups)).limit(1)
    return session.scalar(query) is not None


def stop(session: Session, lookup: bytes, now: datetime) -> None:
    """Put a keyed hash on the list; it may be there already."""
    session.merge(Suppression(lookup=lookup, since=now))


def rejoin(session: Session, lookups: Sequence[bytes]) -> None:
    """Take keyed hashes off the list."""
    session.execute(delete(Suppression).where(Suppression.lookup.in_(lookups)))


def add_contact(session: Session, contact: Contact) -> Contact:
    """Write down a contact that we have just met."""
    session.add(contact)
    session.flush()
    return contact


def contacts_of(session: Session, person: bytes) -> Sequence[Contact]:
    """Every contact of one person, on any channel."""
    return session.scalars(select(Contact).where(Contact.person == person, Contact.erased_at.is_(None))).all()
