"""A group of contacts whose turns are taken in one transaction: read together, and written together at its end.

Its cost is that of a dozen statements however many turns there are; one at a time, each turn would cost as many.
A contact is in a group once, so no turn has to see what another one of the group has written.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import BindParameter, Table, bindparam, func, select, update
from sqlalchemy.orm import Session

from models.base import Base
from models.bulk import Row, insert_all
from models.conversations import Conversation
from models.landlords import Landlord, Line
from models.outbound import HELD, Outbound
from models.participants import Participant
from models.people import STOPPED, Contact, Suppression
from models.sending import QUEUED
from models.stories import Answer, Consent, Story, StoryPart

WRITTEN_IN_ORDER: Final[Mapping[type[Base], tuple[str, ...]]] = {
    Conversation: (),
    Story: (),
    StoryPart: (),
    Answer: ("story_id", "question"),
    Consent: ("story_id", "use"),
    Outbound: (),
}
"""Each refers to those before it. Of those with a key, a later row takes the place of an earlier one."""


@dataclass(frozen=True, slots=True)
class Group:
    """What the turns need to know, and what they have changed so far; `gather` makes it."""

    session: Session
    hashes: Mapping[int, Collection[bytes]]
    """Every keyed hash of a person, by contact."""
    listed: Mapping[bytes, str]
    """Keyed hashes of people who are not to be texted or not to be asked, with the reason."""
    conversations: Mapping[tuple[int, int], Conversation]
    """The newest conversation, by contact and line."""
    stories: dict[int, int]
    """The story that was told in it, by conversation."""
    landlords: Mapping[int, Landlord]
    replies: Mapping[int, int]
    """How many replies were lately written to a contact."""
    held: Collection[int]
    """Contacts for whom something waits until they write."""
    queued: Mapping[int, int]
    """The last rank of what is queued for a contact, where anything is."""
    members: Collection[bytes]
    """Keyed hashes of those people among them who are on the list of a workshop."""
    retold: set[int] = field(default_factory=set)
    """Stories whose words or answers the turns have changed."""
    _new: dict[type[Base], list[Row]] = field(default_factory=dict)
    _changed: dict[type[Base], dict[int, Row]] = field(default_factory=dict)

    def add(self, table: type[Base], **values: Any) -> None:
        """A new row, with all that it holds; columns that are left out have their defaults."""
        self._new.setdefault(table, []).append(values)

    def change(self, table: type[Base], row_id: int, **values: Any) -> None:
        """New values of a row that is there."""
        self._changed.setdefault(table, {}).setdefault(row_id, {}).update(values)

    def change_all(self, table: type[Base], row_ids: Sequence[int], **values: Any) -> None:
        """The same new values for each of these rows, which are there; written at once."""
        changed: Table = table.__table__  # type: ignore[assignment]  # a table it is
        self.session.connection().execute(update(changed).where(changed.c.id.in_(row_ids)).values(values))

    def is_stopped(self, contact_id: int) -> bool:
        """Whether this person said stop."""
        return any(self.listed.get(one) == STOPPED for one in self.hashes[contact_id])

    def is_listed(self, contact_id: int) -> bool:
        """Whether this person is on the list, for any reason."""
        return any(one in self.listed for one in self.hashes[contact_id])

    def write(self) -> None:
        """Write all down that was added and changed; to be called before anything else asks the database."""
        self.session.flush()
        for table, key in WRITTEN_IN_ORDER.items():
            insert_all(self.session, table, self._new.pop(table, ()), key)
        for changed, by_id in self._changed.items():
            for names, rows in _alike(by_id).items():
                self.session.connection().execute(_updating(changed, names), rows)
        self._changed.clear()


def gather(
    session: Session,
    seats: Sequence[tuple[Contact, Line]],
    hashes: Mapping[int, Collection[bytes]],
    since: datetime,
) -> Group:
    """Read all that the turns of these contacts need.

    Args:
        session: a transaction that may write.
        seats: each contact, once, with the line that the turn is on.
        hashes: every keyed hash under which a contact's person may be listed, by contact.
        since: replies are counted from then on.
    """
    conversations = _newest(session, seats)
    waiting = _outbound(session, seats, since)
    told_in = {"conversations": [one.id for one in conversations.values()]}
    people = {"people": list({contact.person for contact, _ in seats})}
    return Group(
        session=session,
        hashes=hashes,
        listed=_listed(session, hashes),
        conversations=conversations,
        stories={row.conversation_id: row.id for row in session.execute(_STORIES, told_in)},
        landlords=_landlords(session, seats),
        replies={row.contact_id: row.replies for row in waiting},
        held=frozenset(row.contact_id for row in waiting if row.held),
        queued={row.contact_id: row.last for row in waiting if row.last is not None},
        members=frozenset(session.scalars(_MEMBERS, people)),
    )


def gather_to_begin(session: Session, seats: Sequence[tuple[Contact, Line]]) -> Group:
    """Read what is needed to begin conversations from our side with these contacts, of whom none is on the list."""
    return Group(
        session=session,
        hashes={contact.id: () for contact, _ in seats},
        listed={},
        conversations=_newest(session, seats),
        stories={},
        landlords=_landlords(session, seats),
        replies={},
        held=(),
        queued={},
        members=(),
    )


def _any_of(name: str) -> BindParameter[Any]:
    return bindparam(name, expanding=True)


# Each is put together once: that takes longer than running it does.
_LISTED: Final = select(Suppression.lookup, Suppression.reason).where(
    Suppression.lookup.in_(_any_of("hashes"))
)
_STORIES: Final = select(Story.conversation_id, Story.id).where(
    Story.conversation_id.in_(_any_of("conversations"))
)
_LANDLORDS: Final = select(Landlord).where(Landlord.id.in_(_any_of("landlords")))
_MEMBERS: Final = (
    select(Contact.person)
    .join(Participant, Participant.contact_id == Contact.id)
    .where(Contact.person.in_(_any_of("people")))
    .distinct()
)
_NEWEST: Final = select(Conversation).where(
    Conversation.id.in_(
        select(func.max(Conversation.id))
        .where(Conversation.contact_id.in_(_any_of("contacts")))
        .group_by(Conversation.contact_id, Conversation.line_id)
    )
)
_OUTBOUND: Final = (
    select(
        Outbound.contact_id,
        func.count()
        .filter(Outbound.kind == "reply", Outbound.created_at > bindparam("since"))
        .label("replies"),
        func.count().filter(Outbound.state == HELD).label("held"),
        func.max(Outbound.rank).filter(Outbound.state == QUEUED).label("last"),
    )
    .where(Outbound.contact_id.in_(_any_of("contacts")))
    .group_by(Outbound.contact_id)
)


def _listed(session: Session, hashes: Mapping[int, Collection[bytes]]) -> dict[bytes, str]:
    theirs = {"hashes": [one for own in hashes.values() for one in own]}
    return {row.lookup: row.reason for row in session.execute(_LISTED, theirs)}


def _landlords(session: Session, seats: Sequence[tuple[Contact, Line]]) -> dict[int, Landlord]:
    whose = {"landlords": list({line.landlord_id for _, line in seats})}
    return {one.id: one for one in session.scalars(_LANDLORDS, whose)}


def _newest(session: Session, seats: Sequence[tuple[Contact, Line]]) -> dict[tuple[int, int], Conversation]:
    newest = session.scalars(_NEWEST, {"contacts": [contact.id for contact, _ in seats]})
    return {(one.contact_id, one.line_id): one for one in newest}


def _outbound(session: Session, seats: Sequence[tuple[Contact, Line]], since: datetime) -> Sequence[Any]:
    """Of each contact to whom anything was ever written: replies lately, how much is held, and what is queued."""
    chosen = {"contacts": [contact.id for contact, _ in seats], "since": since}
    return session.execute(_OUTBOUND, chosen).all()


def _alike(by_id: Mapping[int, Row]) -> dict[tuple[str, ...], list[Row]]:
    """Changes by the columns that they change: each kind is one statement."""
    kinds: dict[tuple[str, ...], list[Row]] = {}
    for row_id, values in by_id.items():
        given = {f"new_{name}": value for name, value in values.items()}
        kinds.setdefault(tuple(values), []).append({"row_id": row_id, **given})
    return kinds


@cache
def _updating(table: type[Base], names: tuple[str, ...]) -> Any:
    columns = table.__table__.c
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return update(table.__table__).where(columns.id == bindparam("row_id")).values(values)  # type: ignore[arg-type]  # a table it is
