"""Retention: what may no longer be kept, removed every night, a little at a time.

Each rule is one entry: what is overdue, and what becomes of it. `listened check` says how much is overdue.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, delete, func, or_, select, update
from sqlalchemy.orm import Session

from bot.log import get_logger
from bot.privacy.keys import Keyring
from bot.rights import external_id_in, forget_copy, forget_if_erased
from bot.settings import Settings
from models import Store
from models.audit import Audit
from models.handovers import LIVE, Alert, HandOver, HandOverEvent
from models.inbound import DONE, Inbound
from models.labels import Labelling
from models.moderation import Edit
from models.outbound import Outbound
from models.participants import Contribution
from models.people import Contact
from models.providers import Clearing
from models.releases import Release
from models.requests import PersonRequest
from models.stories import APPROVED, SET_ASIDE, Answer, Excerpt, Story, StoryPart
from models.visits import Visit

BATCH: Final = 200
PAUSE_SECONDS: Final = 0.02
"""Between two batches, so that whoever waits to write on SQLite gets a turn."""
NIGHTLY: Final = timedelta(days=1, hours=6)
"""What is overdue by more than this should have gone in the last night."""

Ids = Select[int]


@dataclass(frozen=True, slots=True)
class Keep:
    """How long each thing is kept."""

    received: timedelta
    sent: timedelta
    story_after_release: timedelta
    story: timedelta
    contact: timedelta
    hand_over: timedelta
    event: timedelta
    audit: timedelta


def keep_of(settings: Settings) -> Keep:
    """How long each thing is kept, as configured."""
    return Keep(
        received=timedelta(days=settings.keep_received_days),
        sent=timedelta(days=settings.keep_sent_days),
        story_after_release=timedelta(days=settings.keep_story_days_after_release),
        story=timedelta(days=settings.keep_story_days),
        contact=timedelta(days=settings.keep_contact_days),
        hand_over=timedelta(days=settings.keep_hand_over_days),
        event=timedelta(days=settings.keep_event_days),
        audit=timedelta(days=settings.keep_audit_days),
    )


class Retention:
    """Removes what may no longer be kept.

    Args:
        store: the database.
        keys: to open what a provider is to be asked to forget.
        keep: how long each thing is kept.
        clock: gives the current time, aware.
    """

    def __init__(self, store: Store, keys: Keyring, keep: Keep, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._keys = keys
        self._keep = keep
        self._clock = clock

    def run(self) -> dict[str, int]:
        """Remove everything that is overdue, a batch a transaction; says how much of what.

        Cut off at any point, the next run goes on: what is overdue is known from the rows.
        """
        removed: dict[str, int] = {}
        for rule in RULES:
            while count := self._batch(rule):
                removed[rule.name] = removed.get(rule.name, 0) + count
                time.sleep(PAUSE_SECONDS)
        self._store.checkpoint()
        for name, count in removed.items():
            get_logger().info("removed", what=name, count=count)
        return removed

    def overdue(self, grace: timedelta = NIGHTLY) -> dict[str, int]:
        """How much of what should have been removed longer ago than that."""
        with self._store.read() as session:
            return _overdue(session, self._keep, self._clock() - grace)

    def _batch(self, rule: "Rule") -> int:
        now = self._clock()
        with self._store.write() as session:
            ids = session.scalars(rule.overdue(self._keep, now).limit(BATCH)).all()
            if ids:
                rule.remove(session, self._keys, ids, now)
        return len(ids)


def _overdue(session: Session, keep: Keep, now: datetime) -> dict[str, int]:
    counts = {
        rule.name: session.scalar(select(func.count()).select_from(rule.overdue(keep, now).subquery())) or 0
        for rule in RULES
    }
    return {name: count for name, count in counts.items() if count}


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is not kept for ever."""

    name: str
    overdue: Callable[[Keep, datetime], Ids]
    remove: Callable[[Session, Keyring, Sequence[int], datetime], None]
    """What it does to these rows; afterwards none of them is overdue."""


def _received(keep: Keep, now: datetime) -> Ids:
    return select(Inbound.id).where(Inbound.body.is_not(None), Inbound.received_at < now - keep.received)


def _remove_received(session: Session, keys: Keyring, ids: Sequence[int], now: datetime) -> None:
    for row in session.scalars(select(Inbound).where(Inbound.id.in_(ids))).all():
        # Without its body nobody knows its provider's id any more, so the copy there goes as well.
        body = keys.open("inbound", row.id, "body", row.body or b"")
        forget_copy(session, keys, row.channel, external_id_in(body), now)
        row.body, row.state, row.due_at = None, DONE, None


def _sent(keep: Keep, now: datetime) -> Ids:
    return select(Outbound.id).where(Outbound.body.is_not(None), Outbound.created_at < now - keep.sent)


def _remove_sent(session: Session, keys: Keyring, ids: Sequence[int], now: datetime) -> None:
    query = select(Outbound, Contact.channel).join(Contact, Contact.id == Outbound.contact_id)
    for row, channel in session.execute(query.where(Outbound.id.in_(ids))).all():
        forget_copy(session, keys, channel, row.provider_id, now)
        row.body = None


def _stories(keep: Keep, now: datetime) -> Ids:
    # The joined tables have an index that begins with the story.
    parts = select(StoryPart.id).where(StoryPart.story_id == Story.id)
    answers = select(Answer.id).where(Answer.story_id == Story.id)
    words = select(Excerpt.id).where(Excerpt.story_id == Story.id, Excerpt.words.is_not(None))
    released = select(Release.id).where(
        Release.id == Story.release_id, Release.made_at < now - keep.story_after_release
    )
    labels = select(Labelling.id).where(Labelling.story_id == Story.id)
    over = or_(Story.told_at < now - keep.story, released.exists())
    kept = or_(parts.exists(), answers.exists(), words.exists(), labels.exists())
    return select(Story.id).where(over, kept)


def _remove_stories(session: Session, _keys: Keyring, ids: Sequence[int], _now: datetime) -> None:
    session.execute(delete(StoryPart).where(StoryPart.story_id.in_(ids)))
    session.execute(delete(Answer).where(Answer.story_id.in_(ids)))
    session.execute(delete(Labelling).where(Labelling.story_id.in_(ids)))
    session.execute(delete(Edit).where(Edit.story_id.in_(ids)))
    theirs = update(Excerpt).where(Excerpt.story_id.in_(ids))
    unused = theirs.where(Excerpt.verdict == APPROVED, Excerpt.release_id.is_(None))
    session.execute(unused.values(verdict=SET_ASIDE))
    session.execute(theirs.values(words=None, translation=None))


def _workshop_words(keep: Keep, now: datetime) -> Ids:
    return select(Contribution.id).where(Contribution.told_at < now - keep.story)


def _contacts(keep: Keep, now: datetime) -> Ids:
    cutoff = now - keep.contact
    written = select(Outbound.id).where(Outbound.contact_id == Contact.id, Outbound.created_at >= cutoff)
    visited = select(Visit.id).where(Visit.contact_id == Contact.id, Visit.created_at >= cutoff)
    live = select(HandOver.id).where(HandOver.contact_id == Contact.id, HandOver.state.in_(LIVE))
    silent = func.coalesce(Contact.last_heard_at, Contact.created_at, type_=Contact.created_at.type) < cutoff
    return select(Contact.id).where(silent, ~written.exists(), ~visited.exists(), ~live.exists())


def _erased(_keep: Keep, now: datetime) -> Ids:
    unfinished = select(Outbound.id).where(Outbound.contact_id == Contact.id, Outbound.settled_at.is_(None))
    return select(Contact.id).where(Contact.erased_at <= now, ~unfinished.exists())


def _remove_erased(session: Session, keys: Keyring, ids: Sequence[int], now: datetime) -> None:
    for contact_id in ids:
        forget_if_erased(session, keys, contact_id, now)


def _hand_overs(keep: Keep, now: datetime) -> Ids:
    alerts = select(Alert.id).where(Alert.hand_over_id == HandOver.id)
    events = select(HandOverEvent.id).where(HandOverEvent.hand_over_id == HandOver.id)
    details: ColumnElement[bool] = or_(
        HandOver.note.is_not(None), HandOver.taken_by.is_not(None), alerts.exists(), events.exists()
    )
    return select(HandOver.id).where(HandOver.closed_at < now - keep.hand_over, details)


def _remove_hand_overs(session: Session, _keys: Keyring, ids: Sequence[int], _now: datetime) -> None:
    session.execute(delete(Alert).where(Alert.hand_over_id.in_(ids)))
    session.execute(delete(HandOverEvent).where(HandOverEvent.hand_over_id.in_(ids)))
    session.execute(update(HandOver).where(HandOver.id.in_(ids)).values(note=None, taken_by=None))


def _notices(keep: Keep, now: datetime) -> Ids:
    return select(Alert.id).where(Alert.hand_over_id.is_(None), Alert.settled_at < now - keep.sent)


def _events(keep: Keep, now: datetime) -> Ids:
    return select(Inbound.id).where(Inbound.body.is_(None), Inbound.received_at < now - keep.event)


def _visits(keep: Keep, now: datetime) -> Ids:
    return select(Visit.id).where(Visit.created_at < now - keep.contact, Visit.ask_at < now - keep.contact)


def _clearings(keep: Keep, now: datetime) -> Ids:
    return select(Clearing.id).where(Clearing.settled_at < now - keep.sent)


def _requests(keep: Keep, now: datetime) -> Ids:
    return select(PersonRequest.id).where(PersonRequest.asked_at < now - keep.sent)


def _audit(keep: Keep, now: datetime) -> Ids:
    return select(Audit.id).where(Audit.at < now - keep.audit).order_by(Audit.number)


def _drop(table: Any) -> Callable[[Session, Keyring, Sequence[int], datetime], None]:
    def remove(session: Session, _keys: Keyring, ids: Sequence[int], _now: datetime) -> None:
        session.execute(delete(table).where(table.id.in_(ids)))

    return remove


RULES: Final = (
    Rule("received_messages", _received, _remove_received),
    Rule("sent_messages", _sent, _remove_sent),
    Rule("story_words", _stories, _remove_stories),
    Rule("workshop_words", _workshop_words, _drop(Contribution)),
    Rule("erased_contacts", _erased, _remove_erased),
    Rule("contacts", _contacts, _drop(Contact)),
    Rule("visits", _visits, _drop(Visit)),
    Rule("hand_over_details", _hand_overs, _remove_hand_overs),
    Rule("notices", _notices, _drop(Alert)),
    Rule("requests_to_forget", _clearings, _drop(Clearing)),
    Rule("event_hashes", _events, _drop(Inbound)),
    Rule("requests_of_people", _requests, _drop(PersonRequest)),
    Rule("audit", _audit, _drop(Audit)),
)
"""In this order: what is to be forgotten at a provider is asked for before its row goes."""
