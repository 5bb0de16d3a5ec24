"""The inbox: one message in, one transaction, and only then does the provider hear that all is well."""

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from bot.conversation import dialogue
from bot.conversation.messages import ChannelName, Incoming
from bot.conversation.script import load_scripts
from bot.conversation.speech import Facts, reply_for
from bot.conversation.state import State
from bot.conversation.turn import Begin, Forgotten, Rejoined, Say, Stopped, Turn
from bot.log import get_logger
from bot.privacy.keys import Keyring
from bot.privacy.redact import redact
from bot.rights import erase
from bot.stories import StoryBook
from bot.wording import Wording
from models import Store
from models.base import new_id
from models.conversations import Conversation, latest
from models.landlords import Landlord, Line, line_for
from models.messages import Inbound, Outbound, assign, take_in
from models.people import Contact, contact_by_lookup, is_stopped, rejoin, stop
from models.stories import story_of

REPLY = "reply"
PROMPT = "prompt"
FAREWELL = "farewell"
"""A confirmation of STOP or DELETE: sent even to somebody who said stop."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a message: whether it was new, and how many replies wait to be sent."""

    new: bool
    replies: int = 0


class Inbox:
    """Takes messages in and opens conversations.

    Args:
        store: the database.
        keys: to seal and to look up.
        wording: every sentence.
        operator: who asks and reads.
        clock: gives the current time, aware.
        wake: called after a commit that left something to send.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        keys: Keyring,
        wording: Wording,
        operator: str,
        clock: Callable[[], datetime],
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._keys = keys
        self._wording = wording
        self._operator = operator
        self._clock = clock
        self._wake = wake
        self._scripts = load_scripts()

    def receive(self, incoming: Incoming) -> Receipt:
        """Store one message with everything that follows from it, once.

        Returns:
            A receipt, after the commit. A message that was here before changes nothing.
        """
        with self._store.write() as session:
            receipt = self._receive(session, incoming)
        log = get_logger()
        log.info("taken_in", channel=incoming.channel, new=receipt.new, replies=receipt.replies)
        if receipt.replies:
            self._wake()
        return receipt

    def ask(self, channel: ChannelName, account: str, address: str, script: str) -> bool:
        """Open a conversation from our side.

        Args:
            channel: on which channel.
            account: from which of our numbers or bots.
            address: to whom.
            script: which script.

        Returns:
            False when nothing is sent, because the person said stop or the line has no landlord.
        """
        with self._store.write() as session:
            line = line_for(session, channel, account)
            contact = self._contact(session, channel, address)
            if line is None or is_stopped(session, self._lookups(channel, address)):
                return False
            state = State(language=contact.language or "en", met=contact.met)
            turn = dialogue.begin(state, self._scripts[script])
            self._carry_out(session, contact, line, None, turn, inbound_id=None, kind=PROMPT)
        self._wake()
        return True

    def _receive(self, session: Session, incoming: Incoming) -> Receipt:
        inbound_id = new_id()
        body = json.dumps(
            {"text": incoming.text, "choice": incoming.choice, "unreadable": incoming.unreadable}
        )
        inbound = Inbound(
            id=inbound_id,
            key=self._keys.lookup("inbound", incoming.channel, incoming.account, incoming.external_id),
            channel=incoming.channel,
            body=self._keys.seal("inbound", inbound_id, "body", body),
            received_at=incoming.received_at,
        )
        if not take_in(session, inbound):
            return Receipt(new=False)
        line = line_for(session, incoming.channel, incoming.account)
        if line is None:
            get_logger().warning("line_without_landlord", channel=incoming.channel)
            return Receipt(new=True)
        contact = self._contact(session, incoming.channel, incoming.address)
        assign(session, inbound_id, contact.id, line.id)
        conversation = latest(session, contact.id, line.id)
        state = State.from_json(conversation.state) if conversation else State()
        state = replace(
            state,
            language=contact.language or state.language,
            met=contact.met,
            stopped=is_stopped(session, self._lookups(incoming.channel, incoming.address)),
        )
        here = dialogue.Here(self._scripts, self._wording.languages, f"{secrets.randbelow(9000) + 1000}")
        turn = dialogue.step(state, incoming, here)
        self._carry_out(session, contact, line, conversation, turn, inbound_id=inbound_id, kind=REPLY)
        return Receipt(new=True, replies=len(turn.says))

    def _contact(self, session: Session, channel: ChannelName, address: str) -> Contact:
        contact = contact_by_lookup(session, self._lookups(channel, address))
        if contact is None:
            contact_id = new_id()
            contact = Contact(
                id=contact_id,
                channel=channel,
                lookup=self._keys.lookup("contact", channel, address),
                address=self._keys.seal("contact", contact_id, "address", address),
                language=None,
                met=False,
                created_at=self._clock(),
            )
            session.add(contact)
            session.flush()
        return contact

    def _lookups(self, channel: str, address: str) -> list[bytes]:
        return self._keys.lookups("contact", channel, address)

    def _carry_out(  # noqa: PLR0913 - one turn and where it belongs
        self,
        session: Session,
        contact: Contact,
        line: Line,
        conversation: Conversation | None,
        turn: Turn,
        *,
        inbound_id: int | None,
        kind: str,
    ) -> None:
        """Write down all that a turn changes, in the transaction of the message that caused it."""
        now = self._clock()
        begins = any(isinstance(effect, Begin) for effect in turn.effects)
        if conversation is None or begins:
            conversation = Conversation(id=new_id(), contact_id=contact.id, line_id=line.id, created_at=now)
            session.add(conversation)
        conversation.state, conversation.updated_at = turn.state.to_json(), now
        contact.language, contact.met = turn.state.language, turn.state.met
        session.flush()
        StoryBook(session, self._keys).keep(turn.effects, conversation, line, inbound_id, now)
        for effect in turn.effects:
            match effect:
                case Stopped():
                    stop(session, contact.lookup, now)
                case Rejoined():
                    address = self._keys.open("contact", contact.id, "address", contact.address)
                    rejoin(session, self._lookups(contact.channel, address))
                case Forgotten():
                    erase(session, self._keys, contact, now)
        self._queue(session, contact, line, conversation.id, turn, kind)

    def _queue(  # noqa: PLR0913 - as above
        self, session: Session, contact: Contact, line: Line, conversation_id: int, turn: Turn, kind: str
    ) -> None:
        """Put what is said into the outbox, in order."""
        now = self._clock()
        facts = self._facts(session, line)
        for say in turn.says:
            story = self._preview(session, say, conversation_id)
            reply = reply_for(self._wording, turn.state.language, say, facts, story)
            outbound_id = new_id()
            body = json.dumps({"text": reply.text, "buttons": [[b.label, b.choice] for b in reply.buttons]})
            session.add(
                Outbound(
                    id=outbound_id,
                    contact_id=contact.id,
                    line_id=line.id,
                    kind=FAREWELL if say.farewell else kind,
                    body=self._keys.seal("outbound", outbound_id, "body", body),
                    due_at=now,
                    created_at=now,
                )
            )

    def _facts(self, session: Session, line: Line) -> Facts:
        landlord = session.get_one(Landlord, line.landlord_id)
        return Facts(self._operator, landlord.name, landlord.complaints, landlord.emergency)

    def _preview(self, session: Session, say: Say, conversation_id: int) -> str:
        """The redacted story, for the one thing we say that needs it."""
        story = story_of(session, conversation_id) if say.preview else None
        if story is None:
            return ""
        return redact(StoryBook(session, self._keys).words([story.id])[story.id]).words
