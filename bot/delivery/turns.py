"""Turns: writing down all that a turn of the dialogue changes, in the transaction of what caused it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.conversation.speech import Holdings
from bot.conversation.state import State
from bot.conversation.turn import (
    Begin,
    DoNotAsk,
    Effect,
    Forgotten,
    HandOver,
    Joined,
    Judged,
    KeepPrivate,
    Rejoined,
    Reworded,
    Stopped,
    Turn,
    Withdrawn,
)
from bot.delivery.hours import Hours
from bot.delivery.letters import Letter, Letters, rank_of
from bot.delivery.people import People
from bot.log import get_logger
from bot.privacy.keys import Keyring
from bot.privacy.redact import redact
from bot.rights import erase
from bot.stories import StoryBook, keep
from bot.wording import Wording
from bot.workshops.members import Members, concerns_workshops, is_for_workshop
from models.base import new_id
from models.conversations import Conversation
from models.group import Group, gather, gather_to_begin
from models.landlords import Landlord, Line
from models.outbound import Outbound, hasten
from models.people import Contact, contacts_of
from models.responses import judge, words_of_response
from models.stories import holdings, withdraw_all

UNDER_18: Final = "under_18"
MOST_REPLIES: Final = 12
LOOP_WINDOW: Final = timedelta(minutes=10)
"""More replies than that to one person within that time, and the other side is a machine that answers ours."""


MakeHandOver = Callable[[Session, HandOver, Contact, Line, Conversation], None]


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
        lines: numbers for people in danger.
        hours: when somebody may be written to who has not written to us.
        hand_over: writes down that somebody who must act is to be told.
        clock: gives the current time, aware.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        keys: Keyring,
        people: People,
        wording: Wording,
        operator: str,
        lines: Mapping[str, str],
        hours: Hours,
        hand_over: MakeHandOver,
        clock: Callable[[], datetime],
    ) -> None:
        self._keys = keys
        self._people = people
        self._letters = Letters(wording, operator, lines, hours)
        self._hand_over = hand_over
        self._clock = clock
        self._members = Members(keys, clock)

    @contextmanager
    def together(self, session: Session, seats: Sequence[tuple[Contact, Line]]) -> Iterator[Group]:
        """A group of contacts whose turns are taken here; what they change is written down at the end.

        Args:
            session: the transaction of what caused them.
            seats: each contact, once, with the line that the turn is on.
        """
        hashes = {contact.id: self._people.hashes_of(contact) for contact, _ in seats}
        group = gather(session, seats, hashes, self._clock() - LOOP_WINDOW)
        yield group
        group.write()
        StoryBook(session, self._keys).label(sorted(group.retold), self._clock())

    @contextmanager
    def beginning(self, session: Session, seats: Sequence[tuple[Contact, Line]]) -> Iterator[Group]:
        """A group of contacts with whom nothing but `begin` is done, so that less must be looked up.

        Args:
            session: the transaction of what caused it.
            seats: each contact, once, with the line that is spoken on; all may be asked (`People.whys_not`).
        """
        group = gather_to_begin(session, seats)
        yield group
        group.write()

    def open(self, group: Group, contact: Contact, line: Line) -> Talk:
        """The newest conversation with a contact on a line, as it stands."""
        conversation = group.conversations.get((contact.id, line.id))
        stood = self._state(conversation) if conversation else {}
        now: dict[str, Any] = {"met": contact.met, "stopped": group.is_stopped(contact.id)}
        if contact.language:
            now["language"] = contact.language
        if contact.do_not_ask == UNDER_18:
            now["private"] = True
        return Talk(contact, line, conversation, State.from_json(stood | now))

    def begin(self, group: Group, talks: Sequence[Talk], turn: Turn) -> None:
        """Write down that conversations are begun from our side, all with the same turn: what it says is worked out once.

        Args:
            group: the group that they are of.
            talks: how each stood; all on one line.
            turn: what begins them, and says the same to everybody.
        """
        now, landlord = self._clock(), group.landlords[talks[0].line.landlord_id]
        state, wakes = json.dumps(turn.state.to_json()), now + turn.wake if turn.wake else None
        facts = self._letters.facts(group.session, landlord, turn.state)
        letters = [self._letters.write(turn.state.language, say, facts, landlord, now) for say in turn.says]
        for talk in talks:
            self._stand_anew(group, talk, state, wakes, now)
            for letter in letters:
                self._post(group, talk, letter, now, rank_of(turn.says))
        ids = [talk.contact.id for talk in talks]
        group.change_all(Contact, ids, language=turn.state.language, met=turn.state.met)

    def write(self, group: Group, talk: Talk, turn: Turn, inbound_ids: tuple[int, ...] = ()) -> int:
        """Write a turn down.

        Args:
            group: the group that it is taken in.
            talk: the conversation that it is a turn of.
            turn: what it changes and says.
            inbound_ids: the message that caused it; for an edit, every version of that message.

        Returns:
            How many messages wait to be sent because of it.
        """
        now, state = self._clock(), turn.state
        conversation = self._stand(group, talk, turn, now)
        group.change(Contact, talk.contact.id, language=state.language, met=state.met)
        theirs = [one for one in turn.effects if isinstance(one, Reworded) or not is_for_workshop(state)]
        told = replace(turn, effects=tuple(theirs))
        keep(group, self._keys, told, conversation, talk.line, inbound_ids, now)
        if concerns_workshops(turn):
            group.write()
            self._members.keep(group.session, talk.contact, state, turn.effects, inbound_ids)
        self._carry_out(group, replace(talk, conversation=conversation), turn)
        return self._queue(group, talk, conversation.id, turn)

    def _stand(self, group: Group, talk: Talk, turn: Turn, now: datetime) -> Conversation:
        """Write down where the conversation stands now: the one that was open, or a new one."""
        found, state = talk.conversation, json.dumps(turn.state.to_json())
        wakes = now + turn.wake if turn.wake else None
        if found is None or any(isinstance(effect, Begin) for effect in turn.effects):
            made = self._stand_anew(group, talk, state, wakes, now)
            return Conversation(id=made, contact_id=talk.contact.id, line_id=talk.line.id)
        sealed = self._keys.seal("conversation", found.id, "state", state)
        group.change(Conversation, found.id, state=sealed, updated_at=now, wake_at=wakes)
        return found

    def _stand_anew(self, group: Group, talk: Talk, state: str, wakes: datetime | None, now: datetime) -> int:
        """Write down a new conversation, and give its id."""
        conversation_id = new_id()
        group.add(
            Conversation,
            id=conversation_id,
            contact_id=talk.contact.id,
            line_id=talk.line.id,
            state=self._keys.seal("conversation", conversation_id, "state", state),
            updated_at=now,
            wake_at=wakes,
            created_at=now,
        )
        return conversation_id

    def _state(self, conversation: Conversation) -> dict[str, Any]:
        """Where a conversation stands, as plain data."""
        opened = self._keys.open("conversation", conversation.id, "state", conversation.state)
        plain: dict[str, Any] = json.loads(opened)
        return plain

    def _carry_out(self, group: Group, talk: Talk, turn: Turn) -> None:
        """Everything that a turn does beside telling and saying."""
        for effect in turn.effects:
            match effect:
                case Rejoined() | Joined() if not group.is_listed(talk.contact.id):
                    pass  # nothing keeps us from writing
                case DoNotAsk(reason) | KeepPrivate(reason):
                    group.change(Contact, talk.contact.id, do_not_ask=reason)
                case Judged(response, confirmed):
                    judge(group.session, response, talk.contact.id, confirmed=confirmed)
                case Stopped() | Rejoined() | Joined() | Withdrawn() | HandOver() | Forgotten():
                    group.write()  # what follows asks the database
                    self._obey(group.session, talk, effect)
                case _:
                    pass  # told, answered or agreed to: kept with the story

    def _obey(self, session: Session, talk: Talk, effect: Effect) -> None:
        """Do what somebody asked for that reaches beyond this conversation."""
        contact = talk.contact
        match effect:
            case Stopped():
                self._people.stop(session, contact)
            case Rejoined() | Joined():
                # Whoever asks to come wants to hear from us, even if they had all removed before.
                self._people.rejoin(session, contact)
            case Withdrawn():
                withdraw_all(session, contact.id, self._clock())
            case HandOver() if talk.conversation is not None:
                self._hand_over(session, effect, contact, talk.line, talk.conversation)
            case Forgotten():
                erase(session, self._keys, contact, self._clock())

    def _queue(self, group: Group, talk: Talk, conversation_id: int, turn: Turn) -> int:
        """Put what is said into the outbox, in order."""
        says = turn.says
        now, contact = self._clock(), talk.contact
        if says and group.replies.get(contact.id, 0) >= MOST_REPLIES:
            get_logger().warning("reply_loop", channel=contact.channel)
            says = tuple(say for say in says if say.kind != "reply")
        landlord, language = group.landlords[talk.line.landlord_id], turn.state.language
        facts = self._letters.facts(group.session, landlord, turn.state)
        rank = rank_of(says)
        for say in says:
            if say.shows and turn.effects:
                group.write()  # what is shown may have been told just now
            story = self._preview(group, contact, conversation_id, turn.state) if say.shows == "story" else ""
            held = self._holdings(group.session, contact, landlord) if say.shows == "holdings" else None
            answer = words_of_response(group.session, turn.state.about) if say.shows == "answer" else ""
            letter = self._letters.write(language, say, facts, landlord, now, story, held, answer)
            self._post(group, talk, letter, now, rank)
        if rank < group.queued.get(contact.id, rank):
            hasten(group.session, contact.id, rank, now)
        return len(says)

    def _post(self, group: Group, talk: Talk, letter: Letter, now: datetime, rank: int) -> None:
        """Put a message into the outbox."""
        outbound_id = new_id()
        group.add(
            Outbound,
            id=outbound_id,
            contact_id=talk.contact.id,
            line_id=talk.line.id,
            channel=talk.contact.channel,
            kind=letter.kind,
            rank=rank,
            body=self._keys.seal("outbound", outbound_id, "body", letter.body),
            due_at=letter.due_at,
            created_at=now,
            expires_at=letter.expires_at,
        )

    def _preview(self, group: Group, contact: Contact, conversation_id: int, state: State) -> str:
        """The redacted story, for the one thing we say that needs it."""
        if state.workshop is not None:
            return self._members.words(group.session, contact, state.workshop)
        story_id = group.stories.get(conversation_id)
        return redact(StoryBook(group.session, self._keys).all_words(story_id)).words if story_id else ""

    def _holdings(self, session: Session, contact: Contact, landlord: Landlord) -> Holdings:
        ids = [one.id for one in contacts_of(session, contact.person)]
        stories, first, shared = holdings(session, ids)
        zone = ZoneInfo(landlord.timezone)
        return Holdings(stories, f"{first.astimezone(zone):%d/%m/%Y}" if first else "", shared)
