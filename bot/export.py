"""Export: everything that is held about a person, opened and readable, for that person."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.privacy.keys import Keyring
from models.conversations import Conversation
from models.handovers import HandOver, events_of
from models.inbound import Inbound
from models.labels import labellings_of
from models.landlords import Landlord
from models.outbound import Outbound
from models.participants import Contribution, Participant, contributions_of
from models.people import Contact, Suppression
from models.releases import Release
from models.stories import Answer, Consent, Excerpt, Story, parts_of
from models.visits import Visit
from models.workshops import Workshop

Plain = dict[str, Any]


class Export:
    """Opens what is held about a person.

    Args:
        session: a transaction that reads.
        keys: to open.
    """

    def __init__(self, session: Session, keys: Keyring) -> None:
        self._session = session
        self._keys = keys

    def of(self, contacts: Sequence[Contact]) -> Plain:
        """Everything about these contacts, which are one person's, as plain data."""
        return {
            "contacts": [self._contact(one) for one in contacts],
            "not_to_be_texted": [self._listed(one) for one in self._suppressions(contacts)],
            "stories": [self._story(one) for one in self._rows(Story, contacts)],
            "visits": [self._visit(one) for one in self._rows(Visit, contacts)],
            "workshops": [self._place(one) for one in self._rows(Participant, contacts)],
            "messages_from_you": [self._received(one) for one in self._rows(Inbound, contacts)],
            "messages_to_you": [self._sent(one) for one in self._rows(Outbound, contacts)],
            "passed_on": [self._hand_over(one) for one in self._rows(HandOver, contacts)],
            "conversations": [self._conversation(one) for one in self._rows(Conversation, contacts)],
        }

    def _rows(self, table: Any, contacts: Sequence[Contact]) -> Sequence[Any]:
        query = select(table).where(table.contact_id.in_([one.id for one in contacts]))
        return self._session.scalars(query.order_by(table.id)).all()

    def _suppressions(self, contacts: Sequence[Contact]) -> Sequence[Suppression]:
        hashes = [value for one in contacts for value in (one.person, one.lookup)]
        return self._session.scalars(select(Suppression).where(Suppression.lookup.in_(hashes))).all()

    def _open(self, table: str, row_id: int, column: str, sealed: bytes | None) -> str | None:
        return None if sealed is None else self._keys.open(table, row_id, column, sealed)

    def _landlord(self, landlord_id: int) -> str:
        return self._session.get_one(Landlord, landlord_id).name

    def _contact(self, row: Contact) -> Plain:
        return {
            "channel": row.channel,
            "address": self._open("contact", row.id, "address", row.address),
            "language": row.language,
            "told_who_asks": row.met,
            "first_met": _time(row.created_at),
            "last_heard": _time(row.last_heard_at),
            "came_by": self._open("contact", row.id, "source", row.source),
            "cannot_be_reached": row.unreachable,
            "not_asked_because": row.do_not_ask,
        }

    def _listed(self, row: Suppression) -> Plain:
        return {"since": _time(row.since), "reason": row.reason}

    def _story(self, row: Story) -> Plain:
        parts = parts_of(self._session, [row.id])
        answers = self._session.scalars(select(Answer).where(Answer.story_id == row.id)).all()
        consents = self._session.scalars(select(Consent).where(Consent.story_id == row.id)).all()
        excerpt = self._session.scalar(select(Excerpt).where(Excerpt.story_id == row.id))
        return {
            "landlord": self._landlord(row.landlord_id),
            "told_at": _time(row.told_at),
            "language": row.language,
            "words": [self._open("story_part", part.id, "words", part.words) for part in parts],
            "answers": {one.question: self._open("answer", one.id, "value", one.value) for one in answers},
            "consents": {
                one.use: {"given": one.given, "decided_at": _time(one.decided_at)} for one in consents
            },
            "read_as": self._labels(row.id),
            "never_used": row.private,
            "read_by_a_person_at": _time(row.read_at),
            "counted_in_the_digest_of": self._date(row.release_id),
            "moderated": self._excerpt(excerpt) if excerpt else None,
        }

    def _labels(self, story_id: int) -> dict[str, list[str]]:
        rows = labellings_of(self._session, [story_id])
        return {
            f"{row.kind} by {row.source}": json.loads(
                self._keys.open("labelling", row.id, "names", row.names)
            )
            for row in rows
        }

    def _excerpt(self, row: Excerpt) -> Plain:
        return {
            "decision": row.verdict,
            "set_aside_because": row.reason,
            "decided_at": _time(row.decided_at),
            "words_that_may_leave": self._open("excerpt", row.id, "words", row.words),
            "language": row.language,
            "put_into_english_by_a_machine": self._open("excerpt", row.id, "translation", row.translation),
            "left_with_the_digest_of": self._date(row.release_id),
        }

    def _date(self, release_id: int | None) -> str | None:
        return f"{self._session.get_one(Release, release_id).on_date}" if release_id else None

    def _visit(self, row: Visit) -> Plain:
        return {
            "landlord": self._landlord(row.landlord_id),
            "visited_on": f"{row.visited_on}",
            "kind": row.kind,
            "reference": self._open("visit", row.id, "reference", row.reference),
            "state": row.state,
            "reason": row.reason,
            "asked_at": _time(row.asked_at),
        }

    def _place(self, row: Participant) -> Plain:
        workshop = self._session.get_one(Workshop, row.workshop_id)
        return {
            "title": workshop.title,
            "begins_at": _time(workshop.starts_at),
            "state": row.state,
            "comes_as": row.role,
            "words_may_be_shown": row.agreed,
            "never_used": row.private,
            "told": [self._told(one) for one in contributions_of(self._session, [row.id])],
        }

    def _told(self, row: Contribution) -> Plain:
        return {
            "question": row.question,
            "told_at": _time(row.told_at),
            "words": self._open("contribution", row.id, "words", row.words),
            "decision": row.verdict,
            "words_that_may_be_shown": self._open("contribution", row.id, "shown", row.shown),
        }

    def _received(self, row: Inbound) -> Plain:
        opened = self._open("inbound", row.id, "body", row.body)
        body = json.loads(opened) if opened else {}
        return {
            "channel": row.channel,
            "received_at": _time(row.received_at),
            "state": row.state,
            "text": body.get("text"),
            "as_received": body or None,
        }

    def _sent(self, row: Outbound) -> Plain:
        opened = self._open("outbound", row.id, "body", row.body)
        return {
            "kind": row.kind,
            "written_at": _time(row.created_at),
            "state": row.state,
            "text": json.loads(opened)["text"] if opened else None,
        }

    def _hand_over(self, row: HandOver) -> Plain:
        return {
            "landlord": self._landlord(row.landlord_id),
            "kind": row.kind,
            "to": row.role,
            "state": row.state,
            "made_at": _time(row.made_at),
            "taken_at": _time(row.taken_at),
            "closed_at": _time(row.closed_at),
            "note": self._open("hand_over", row.id, "note", row.note),
            "notes": [
                self._open("hand_over_event", one.id, "words", one.words)
                for one in events_of(self._session, row.id)
            ],
        }

    def _conversation(self, row: Conversation) -> Plain:
        return {
            "begun_at": _time(row.created_at),
            "changed_at": _time(row.updated_at),
            "state": json.loads(self._keys.open("conversation", row.id, "state", row.state)),
        }


def as_text(plain: Plain) -> str:
    """An export as lines to be read; what is empty says so."""
    return "\n".join(_lines(plain, 0))


def _lines(value: Plain, depth: int) -> Iterator[str]:
    for key, held in value.items():
        yield from _entry(" " * depth + key.replace("_", " ").capitalize(), held, depth)


def _entry(name: str, held: Any, depth: int) -> Iterator[str]:
    if isinstance(held, dict) and held:
        yield f"{name}:"
        yield from _lines(held, depth + 2)
    elif isinstance(held, list) and held and isinstance(held[0], dict):
        for number, one in enumerate(held, start=1):
            yield f"{name} {number}:"
            yield from _lines(one, depth + 2)
    elif isinstance(held, list) and held:
        yield f"{name}: {' '.join(map(str, held))}"
    else:
        yield f"{name}: {_said(held)}"


def _said(held: Any) -> str:
    if held is None or held in ("", [], {}):
        return "nothing"
    if isinstance(held, bool):
        return "yes" if held else "no"
    return str(held)


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
