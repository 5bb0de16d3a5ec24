"""Where staff deal with hand-overs, those who need know: opened for a reason, which is kept; noted on; closed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.audit import record
from bot.handover import Desk, View
from bot.privacy.keys import Keyring
from models import Store
from models.handovers import (
    CLOSED,
    LIVE,
    HandOver,
    HandOverEvent,
    events_of,
    hand_overs_for,
    roles_on_duty,
)

OPENED_FOR: Final = timedelta(minutes=30)
"""So long the page shows words and number after somebody has said why they open it."""
CLOSED_SHOWN: Final = 50


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One thing that was done with a hand-over."""

    at: datetime
    what: str
    who: str
    words: str


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """A hand-over as its page shows it."""

    row: HandOver
    view: View
    entries: tuple[Entry, ...]


class Room:
    """Hand-overs of one landlord, for one member of staff.

    Args:
        store: the database.
        keys: to open and seal.
        desk: makes hand-overs and shows them.
        clock: gives the current time, aware.
        landlord_id: whose.
        who: the e-mail address of whoever looks: what they need know is what they are told of.
    """

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        store: Store,
        keys: Keyring,
        desk: Desk,
        clock: Callable[[], datetime],
        landlord_id: int,
        who: str,
    ) -> None:
        self._store = store
        self._keys = keys
        self._desk = desk
        self._clock = clock
        self._landlord_id = landlord_id
        self._who = who

    def roles(self, session: Session) -> set[str]:
        """In which roles whoever looks is told of this landlord's hand-overs."""
        return roles_on_duty(session, self._landlord_id, self._keys.lookups("duty", self._who.casefold()))

    def live(self, session: Session) -> Sequence[HandOver]:
        """What is open or taken on, oldest first."""
        query = hand_overs_for(self._landlord_id, self.roles(session))
        return session.scalars(query.where(HandOver.state.in_(LIVE))).all()

    def closed(self, session: Session) -> Sequence[HandOver]:
        """What was closed last, newest first."""
        query = hand_overs_for(self._landlord_id, self.roles(session)).where(HandOver.state == CLOSED)
        return session.scalars(query.order_by(None).order_by(HandOver.id.desc()).limit(CLOSED_SHOWN)).all()

    def look(self, hand_over_id: int) -> Opened | None:
        """A hand-over, with words and number if whoever looks has said why within the last half hour; else None."""
        with self._store.read() as session:
            made = self._found(session, hand_over_id)
            if made is None:
                return None
            entries = tuple(self._entry(one) for one in events_of(session, made.id))
            since = self._clock() - OPENED_FOR
            may_see = any(one.what == "opened" and one.who == self._who and one.at > since for one in entries)
            return Opened(made, self._desk.view(session, made, self._who if may_see else ""), entries)

    def open(self, hand_over_id: int, reason: str, *, take: bool) -> bool:
        """Say why, and see it; `take` says that from now on it is theirs. False when there is none for them."""
        with self._store.write() as session:
            made = self._found(session, hand_over_id)
            if made is None:
                return False
            if take:
                self._desk.mark_taken(made, self._who)
            self._desk.note_event(session, made, "opened", self._who, reason)
            record(session, self._keys, self._clock(), self._who, "hand_over_opened", "hand_over", made.id)
        return True

    def note(self, hand_over_id: int, words: str) -> bool:
        """Write a note; False when there is no such hand-over for them."""
        with self._store.write() as session:
            made = self._found(session, hand_over_id)
            if made is None:
                return False
            self._desk.note_event(session, made, "noted", self._who, words)
        return True

    def close(self, hand_over_id: int, words: str) -> bool:
        """It has been dealt with, and how; False when there is no such hand-over for them."""
        with self._store.write() as session:
            made = self._found(session, hand_over_id)
            if made is None or made.state == CLOSED:
                return False
            self._desk.note_event(session, made, "closed", self._who, words)
            self._desk.mark_closed(session, made, self._who, words)
        return True

    def _found(self, session: Session, hand_over_id: int) -> HandOver | None:
        theirs = hand_overs_for(self._landlord_id, self.roles(session)).subquery()
        query = select(HandOver).where(HandOver.id == hand_over_id, HandOver.id.in_(select(theirs.c.id)))
        return session.scalar(query)

    def _entry(self, row: HandOverEvent) -> Entry:
        return Entry(
            row.at,
            row.what,
            self._keys.open("hand_over_event", row.id, "who", row.who),
            self._keys.open("hand_over_event", row.id, "words", row.words),
        )
