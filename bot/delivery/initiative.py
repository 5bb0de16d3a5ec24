"""Initiative: what we say first. Conversations that we open, and those that want to be asked when nothing has come."""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, cast

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.conversation import dialogue
from bot.conversation.messages import ChannelName
from bot.conversation.script import Script
from bot.conversation.state import State
from bot.conversation.turn import Turn
from bot.delivery.people import People
from bot.delivery.turns import Talk, Turns
from bot.log import log_error
from models import Store
from models.conversations import Conversation, locked, put_to_sleep, waking
from models.group import Group
from models.landlords import Line, line_for
from models.people import Contact, contacts_locked

BATCH: Final = 50

Wake = Callable[[], None]


class Initiative:
    """Opens conversations, and lets time pass in those that are open.

    Args:
        store: the database.
        people: whom to write to.
        turns: writes down what a turn changes.
        world: what the dialogue knows of the world around it.
        clock: gives the current time, aware.
        wake: called after a commit that left something to send.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        people: People,
        turns: Turns,
        world: dialogue.World,
        clock: Callable[[], datetime],
        wake: Wake = lambda: None,
    ) -> None:
        self._store = store
        self._people = people
        self._turns = turns
        self._world = world
        self._clock = clock
        self._wake = wake

    def ask(
        self,
        channel: ChannelName,
        account: str,
        address: str,
        script: Script,
        errand: dialogue.Errand = dialogue.PLAIN,
    ) -> bool:
        """Open a conversation from our side.

        Args:
            channel: on which channel.
            account: from which of our numbers or bots.
            address: to whom.
            script: what to ask.
            errand: what else is known of why it is asked.

        Returns:
            False when nothing is sent, because the person said stop or had all removed, or the line has no landlord.
        """
        return self._say_first(channel, account, address, lambda state: dialogue.begin(state, script, errand))

    def ask_all(
        self, session: Session, whom: Sequence[tuple[Contact, str]], script: Script
    ) -> frozenset[int]:
        """Open conversations from our side, in somebody's transaction: they call `wake` after its commit.

        Args:
            session: a transaction that may write, in which the contacts are locked.
            whom: contacts who may be asked, each once, and from which of our numbers or bots each is.
            script: what to ask.

        Returns:
            The ids of those who are asked: all but those whose line has no landlord.
        """
        where = dict.fromkeys((contact.channel, account) for contact, account in whom)
        lines = {one: line_for(session, cast("ChannelName", one[0]), one[1]) for one in where}
        placed = [(contact, lines[contact.channel, account]) for contact, account in whom]
        seats = [(contact, line) for contact, line in placed if line is not None]
        if not seats:
            return frozenset()
        with self._turns.beginning(session, seats) as group:
            alike: dict[object, list[Talk]] = {}
            for contact, line in seats:
                talk = self._turns.open(group, contact, line)
                alike.setdefault((line.id, talk.state.lasting), []).append(talk)
            for talks in alike.values():
                self._turns.begin(group, talks, dialogue.begin(talks[0].state, script))
        return frozenset(contact.id for contact, _ in seats)

    def wake(self) -> None:
        """Say that something was committed that is to be sent."""
        self._wake()

    def notify(self, channel: ChannelName, account: str, address: str, key: str, workshop: int) -> bool:
        """Say one thing about a workshop from our side, which asks nothing; False as for `ask`."""
        return self._say_first(channel, account, address, lambda state: dialogue.notify(state, key, workshop))

    def _say_first(
        self, channel: ChannelName, account: str, address: str, turn: Callable[[State], Turn]
    ) -> bool:
        with self._store.write() as session:
            line = line_for(session, channel, account)
            if line is None or self._people.is_listed(session, channel, address):
                return False
            contact = self._people.meet(session, channel, address)
            with self._turns.together(session, [(contact, line)]) as group:
                talk = self._turns.open(group, contact, line)
                self._turns.write(group, talk, turn(talk.state))
        self._wake()
        return True

    def pass_time(self) -> int:
        """Let time pass in every conversation that wants to be asked now; says how many there were."""
        with self._store.read() as session:
            ids = waking(session, self._clock(), BATCH)
        try:
            replies = self._wake_up(ids)
        except SQLAlchemyError:
            raise
        except Exception:  # noqa: BLE001 - whose fault it was shows when each is alone
            replies = sum(self._wake_alone(one) for one in ids)
        if replies:
            self._wake()
        return len(ids)

    def _wake_alone(self, conversation_id: int) -> int:
        try:
            return self._wake_up([conversation_id])
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001 - the others are not to wait for it
            log_error("not_woken", error)
            with self._store.write() as session:
                put_to_sleep(session, conversation_id)
            return 0

    def _wake_up(self, conversation_ids: Sequence[int]) -> int:
        if not conversation_ids:
            return 0
        with self._store.write() as session:
            waiting = self._still_waiting(session, conversation_ids)
            contacts = {one.id: one for one in contacts_locked(session, list(waiting))}
            seats = [
                (contacts[one.contact_id], session.get_one(Line, one.line_id))
                for one in waiting.values()
                if one.contact_id in contacts
            ]
            with self._turns.together(session, seats) as group:
                return sum(
                    self._pass_time(group, waiting[contact.id], contact, line) for contact, line in seats
                )

    def _still_waiting(self, session: Session, conversation_ids: Sequence[int]) -> dict[int, Conversation]:
        """By contact, those of the conversations to which nothing has come meanwhile; a contact's next waits its turn."""
        now = self._clock()
        found: dict[int, Conversation] = {}
        for one in locked(session, conversation_ids):
            if one.wake_at is not None and one.wake_at <= now:
                found.setdefault(one.contact_id, one)
        return found

    def _pass_time(self, group: Group, conversation: Conversation, contact: Contact, line: Line) -> int:
        talk = self._turns.open(group, contact, line)
        if talk.conversation is None or talk.conversation.id != conversation.id:
            group.change(Conversation, conversation.id, wake_at=None)  # another one has begun
            return 0
        here = self._world.now(cast("ChannelName", contact.channel), f"{secrets.randbelow(9000) + 1000}")
        return self._turns.write(group, talk, dialogue.pass_time(talk.state, self._clock(), here))
