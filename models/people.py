"""Contacts, and the list of those who must not be texted."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import UniqueConstraint, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Hashed, Id, Moment, Sealed

STOPPED: Final = "stopped"
ERASED: Final = "erased"


class Contact(Base):
    """One address on one channel: found by a keyed hash, written to by its sealed copy."""

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("lookup"),)

    id: Mapped[Id]
    channel: Mapped[str]
    lookup: Mapped[Hashed]
    person: Mapped[Hashed] = mapped_column(index=True)
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
    do_not_ask: Mapped[str | None]
    """Why this person is not to be asked about visits: a bereavement, or under 18."""
    source: Mapped[Sealed | None]
    """Where a link or poster said that they come from (an estate, a workshop)."""
    erased_at: Mapped[Moment | None]
    """Set by DELETE. The row stays only until the last reply has gone, because it holds the address."""


class Suppression(Base):
    """A person who is not to be texted, on any channel. It outlives its contact: a keyed hash and no more."""

    __tablename__ = "suppression"

    lookup: Mapped[Hashed] = mapped_column(primary_key=True)
    since: Mapped[Moment]
    reason: Mapped[str] = mapped_column(default=STOPPED)
    """`stopped`: nothing is sent. `erased`: they are answered when they write, and never asked."""


def contacts_by_lookup(session: Session, lookups: Sequence[bytes], *, lock: bool = True) -> Sequence[Contact]:
    """The contacts under any of these keyed hashes (one per look-up key), locked for this transaction or not.

    In one order everywhere, so that two transactions that lock the same contacts do not wait for each other.
    """
    return session.scalars(_BY_LOOKUP_LOCKED if lock else _BY_LOOKUP, {"lookups": lookups}).all()


_BY_LOOKUP: Final = (
    select(Contact)
    .where(Contact.lookup.in_(bindparam("lookups", expanding=True)), Contact.erased_at.is_(None))
    .order_by(Contact.id)
)
_BY_LOOKUP_LOCKED: Final = _BY_LOOKUP.with_for_update()


def contacts_locked(session: Session, ids: Sequence[int]) -> Sequence[Contact]:
    """The contacts of these ids, locked for this transaction; in the same order as by their keyed hashes."""
    query = select(Contact).where(Contact.id.in_(ids)).order_by(Contact.id)
    return session.scalars(query.with_for_update()).all()


def erased_among(session: Session, ids: Collection[int]) -> Sequence[int]:
    """Which of these contacts had everything removed and are kept only until the last reply has gone."""
    return session.scalars(_ERASED, {"ids": list(ids)}).all()


_ERASED: Final = select(Contact.id).where(
    Contact.id.in_(bindparam("ids", expanding=True)), Contact.erased_at.is_not(None)
)


def listed(session: Session, lookups: Sequence[bytes]) -> frozenset[bytes]:
    """Which of these keyed hashes are on the list for any reason: then nobody asks them anything."""
    return frozenset(session.scalars(select(Suppression.lookup).where(Suppression.lookup.in_(lookups))))


def stop(session: Session, lookup: bytes, now: datetime) -> None:
    """Put a keyed hash on the list; it may be there already."""
    session.merge(Suppression(lookup=lookup, since=now, reason=STOPPED))


def ask_no_more(session: Session, lookup: bytes, now: datetime) -> None:
    """Put the keyed hash of somebody who had all removed on the list; a stop that is there stays a stop."""
    if session.get(Suppression, lookup) is None:
        session.add(Suppression(lookup=lookup, since=now, reason=ERASED))
        session.flush()


def stored_as(session: Session, lookups: Sequence[bytes]) -> bytes | None:
    """Which of one person's or address's keyed hashes (one a generation of keys) is stored; None for none."""
    queries = (
        select(Suppression.lookup).where(Suppression.lookup.in_(lookups)),
        select(Contact.person).where(Contact.person.in_(lookups)),
    )
    return next((found for query in queries if (found := session.scalar(query.limit(1)))), None)


def rejoin(session: Session, lookups: Sequence[bytes]) -> None:
    """Take keyed hashes off the list."""
    session.execute(delete(Suppression).where(Suppression.lookup.in_(lookups)))


def add_contacts(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write down contacts that we have just met; somebody else may do the same at the same moment."""
    session.connection().execute(_meeting(session.get_bind().dialect.name), rows)


@cache
def _meeting(dialect: str) -> Any:
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(Contact.__table__)
    return insert.on_conflict_do_nothing(index_elements=["lookup"])


def contacts_of(session: Session, person: bytes) -> Sequence[Contact]:
    """Every contact of one person, on any channel."""
    return contacts_of_all(session, [person])


def contacts_of_all(session: Session, people: Collection[bytes]) -> Sequence[Contact]:
    """Every contact of these people, on any channel."""
    query = select(Contact).where(Contact.person.in_(people), Contact.erased_at.is_(None))
    return session.scalars(query).all()


def people_elsewhere(
    session: Session, people: Collection[bytes], contact_ids: Collection[int]
) -> frozenset[bytes]:
    """Those of these people who have a contact beside these."""
    query = select(Contact.id, Contact.person).where(Contact.person.in_(people))
    return frozenset(row.person for row in session.execute(query) if row.id not in contact_ids)
