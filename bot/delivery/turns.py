"""Turns: writing down all that a turn of the dialogue changes, in the transaction of what caused it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot.conversation.speech import Facts, reply_for
from bot.conversation.state import State
from bot.conversation.turn import Begin, Forgotten, Rejoined, Say, Stopped, Turn
from bot.delivery.kinds import KINDS
from bot.delivery.people import People
from bot.log import get_logger
from bot.privacy.keys import Keyring
from bot.privacy.redact import redact
from bot.rights import erase
from bot.stories import StoryBook
from bot.wording import Wording
from models.base import new_id
from models.conversations import Conversation, latest
from models.landlords import Landlord, Line
from models.outbound import Outbound, replies_since
from models.people import Contact
from models.stories import story_of

MOST_REPLIES: Final = 12
LOOP_WINDOW: Final = timedelta(minutes=10)
"""More replies than that to one person within that time, and the other side is a machine that answers ours."""


@dataclass(frozen=True, slots=True, repr=False)
class Talk:
    """A conversation as it stands: with whom, on which line, and where it is."""

    contact: Contact
    line: Line
    conversation: Conversation | None
    state: State


class Turns:
    """Opens conversations as they stand, and writes down their turns.

    Args:
        keys: to seal and to open.
        people: who they are with.
        wording: every sentence.
        operator: who asks and reads.
        clock: gives the current time, aware.
    """

    def __init__(
        self,
        keys: Keyring,
        people: People,
        wording: Wording,
        operator: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._keys = keys
        self._people = people
        self._wording = wording
        self._operator = operator
        self._clock = clock

    def open(self, session: Session, contact: Contact, line: Line) -> Talk:
        """The newest conversation with a contact on a line, as it stands."""
        conversation = latest(session, contact.id, line.id)
        state = State.from_json(conversation.state) if conversation else State()
        address = self._people.address(contact)
        state = replace(
            state,
            language=contact.language or state.language,
            met=contact.met,
            stopped=self._people.has_stopped(session, contact.channel, address),
        )
        return Talk(contact, line, conversation, state)

    def write(self, session: Session, talk: Talk, turn: Turn, inbound_ids: tuple[int, ...] = ()) -> int:
        """Write a turn down.

        Args:
            session: the transaction of what caused it.
            talk: the conversation that it is a turn of.
            turn: what it changes and says.
            inbound_ids: the message that caused it; for an edit, every version of that message.

        Returns:
            How many messages wait to be sent because of it.
        """
        now, contact = self._clock(), talk.contact
        begins = any(isinstance(effect, Begin) for effect in turn.effects)
        conversation = talk.conversation
        if conversation is None or begins:
            conversation = Conversation(
                id=new_id(), contact_id=contact.id, line_id=talk.line.id, created_at=now
            )
            session.add(conversation)
        conversation.state, conversation.updated_at = turn.state.to_json(), now
        contact.language, contact.met = turn.state.language, turn.state.met
        session.flush()
        StoryBook(session, self._keys).keep(turn.effects, conversation, talk.line, inbound_ids, now)
        for effect in turn.effects:
            match effect:
                case Stopped():
                    self._people.stop(session, contact)
                case Rejoined():
                    self._people.rejoin(session, contact)
                case Forgotten():
                    erase(session, self._keys, contact, now)
        return self._queue(session, talk, conversation.id, turn)

    def _queue(self, session: Session, talk: Talk, conversation_id: int, turn: Turn) -> int:
        """Put what is said into the outbox, in order."""
        says = turn.says
        now, contact = self._clock(), talk.contact
        if says and replies_since(session, contact.id, ["reply"], now - LOOP_WINDOW) >= MOST_REPLIES:
            get_logger().warning("reply_loop", channel=contact.channel)
            says = tuple(say for say in says if say.kind != "reply")
        facts = self._facts(session, talk.line)
        for say in says:
            reply = reply_for(
                self._wording,
                turn.state.language,
                say,
                facts,
                self._preview(session, say, conversation_id),
            )
            body = {
                "text": reply.text,
                "buttons": [[button.label, button.choice] for button in reply.buttons],
                "key": reply.key,
                "values": reply.values,
                "language": turn.state.language,
            }
            outbound_id = new_id()
            session.add(
                Outbound(
                    id=outbound_id,
                    contact_id=contact.id,
                    line_id=talk.line.id,
                    kind=say.kind,
                    body=self._keys.seal("outbound", outbound_id, "body", json.dumps(body)),
                    due_at=now,
                    created_at=now,
                    expires_at=now + KINDS[say.kind].useful_for,
                )
            )
        return len(says)

    def _facts(self, session: Session, line: Line) -> Facts:
        landlord = session.get_one(Landlord, line.landlord_id)
        return Facts(self._operator, landlord.name, landlord.complaints, landlord.emergency)

    def _preview(self, session: Session, say: Say, conversation_id: int) -> str:
        """The redacted story, for the one thing we say that needs it."""
        story = story_of(session, conversation_id) if say.preview else None
        if story is None:
            return ""
        return redact(StoryBook(session, self._keys).words([story.id])[story.id]).words
