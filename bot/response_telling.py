"""Telling a response: once to each person who wanted to know, by day, and never into the middle of something else."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot.conversation import dialogue
from bot.conversation.gathering import Errand
from bot.conversation.script import Script
from bot.delivery.people import People
from bot.delivery.turns import Turns
from bot.log import get_logger
from models import Store
from models.handovers import live_hand_overs
from models.landlords import Line
from models.people import Contact, contacts_of
from models.responses import NOT_TOLD, TOLD, Hearing, Response, agrees, due_hearings, last_told

MINDED_FOR: Final = timedelta(days=30)
"""Nobody is told of two responses within this time; the second one waits."""
TOO_LATE: Final = timedelta(days=90)
BUSY_FOR: Final = timedelta(days=1)
"""Whoever wrote within this time, and has not answered yet, is in the middle of something else."""
BATCH: Final = 200


class Teller:
    """Tells responses to those who wanted to know.

    Args:
        store: the database.
        people: whom they are told to.
        turns: opens conversations.
        script: how a response is told.
        clock: gives the current time, aware.
    """

    def __init__(
        self, store: Store, people: People, turns: Turns, script: Script, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._people = people
        self._turns = turns
        self._script = script
        self._clock = clock

    def tell_due(self) -> int:
        """Tell everybody whose time has come; says how many."""
        with self._store.read() as session:
            ids = due_hearings(session, self._clock(), BATCH)
        told = 0
        for hearing_id in ids:
            with self._store.write() as session:
                hearing = session.get(Hearing, hearing_id, with_for_update=True)
                told += hearing is not None and self._tell(session, hearing)
        return told

    def _tell(self, session: Session, hearing: Hearing) -> bool:
        now = self._clock()
        contact, line = session.get_one(Contact, hearing.contact_id), session.get_one(Line, hearing.line_id)
        response = session.get_one(Response, hearing.response_id)
        reason = self._reason(session, contact, response)
        if reason:
            hearing.state, hearing.reason = NOT_TOLD, reason
            get_logger().info("response_not_told", reason=reason)
            return False
        last = last_told(session, [one.id for one in contacts_of(session, contact.person)])
        if last and now - last < MINDED_FOR:
            hearing.due_at = last + MINDED_FOR
            return False
        with self._turns.together(session, [(contact, line)]) as group:
            talk = self._turns.open(group, contact, line)
            waits = talk.state.step is not None or talk.state.settling
            if waits and talk.conversation and now - talk.conversation.updated_at < BUSY_FOR:
                hearing.due_at = talk.conversation.updated_at + BUSY_FOR
                return False
            hearing.state, hearing.told_at = TOLD, now
            told = dialogue.begin(talk.state, self._script, Errand(about=response.id))
            self._turns.write(group, talk, told)
        return True

    def _reason(self, session: Session, contact: Contact, response: Response) -> str | None:
        """Why this person is not to be told, or None."""
        everywhere = contacts_of(session, contact.person)
        if contact.erased_at or self._people.is_listed(
            session, contact.channel, self._people.address(contact)
        ):
            return "stopped"
        unwilling = next((one.do_not_ask for one in everywhere if one.do_not_ask), None)
        if unwilling or contact.unreachable:
            return unwilling or "unreachable"
        if live_hand_overs(session, [one.id for one in everywhere]):
            return "hand_over_open"
        if not agrees(session, contact.id):
            return "withdrawn"
        return "too_late" if self._clock() - response.made_at > TOO_LATE else None
