"""Members: what a message means to the workshops of whoever wrote it, and writing down what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, cast
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton
from sqlalchemy import delete
from sqlalchemy.orm import Session

from bot.conversation.here import Door, Gathering, Room
from bot.conversation.join_codes import codes_in
from bot.conversation.messages import Incoming
from bot.conversation.script import load_scripts
from bot.conversation.state import State
from bot.conversation.turn import (
    Answered,
    Consented,
    Declined,
    Effect,
    Joined,
    KeepPrivate,
    Left,
    Reworded,
    RoomAnswered,
    Told,
    TookRole,
    Turn,
    Withdrawn,
)
from bot.privacy.keys import Keyring
from bot.privacy.redact import redact
from bot.understanding.answers import CHOICES
from models.base import new_id
from models.participants import (
    COMING,
    DECLINED,
    HERE,
    INVITED,
    LEFT,
    WAITING,
    Contribution,
    Participant,
    contribution,
    contributions_of,
    count_in,
    participant,
    places_of,
    take_back,
    told_in,
)
from models.people import Contact, contacts_of
from models.workshops import RoomQuestion, Workshop, open_question, workshop_of

OPEN_AFTER_END: Final = timedelta(hours=2)
"""How long after its end somebody may still join, and answer in the room: sessions run over."""
ROOM: Final = "room:"
"""How the names of questions begin that are asked in the room."""
MATTERS: Final = "matters"
"""The question that words belong to which were told for no other."""


@dataclass(frozen=True, slots=True)
class Said:
    """By which message, and in which language, something was said."""

    inbound_id: int | None
    language: str


EFFECTS: Final = (Declined, Joined, Left, Reworded, RoomAnswered, TookRole, Withdrawn)
"""What a turn may do for a workshop, whichever script it is a turn of."""


class Members:
    """Looks at and writes down who comes to which workshop and what they say for it.

    Args:
        keys: to seal and to open.
        clock: gives the current time, aware.
    """

    def __init__(self, keys: Keyring, clock: Callable[[], datetime]) -> None:
        self._keys = keys
        self._clock = clock

    def look(self, session: Session, contact: Contact, incoming: Incoming, state: State) -> Gathering:
        """What is known of the workshops of whoever wrote a message."""
        ids = _everywhere(session, contact)
        door = self._door(session, ids, incoming)
        invited = self._invited(session, ids, state) if state.step == "come" else None
        places = places_of(session, ids, self._clock() - OPEN_AFTER_END)
        theirs = next((one for one in places if one[1].id == state.workshop), places[0] if places else None)
        return Gathering(
            door=door,
            invited=invited,
            member=theirs[1].id if theirs else None,
            rests=theirs is not None and (theirs[0].state == WAITING or theirs[1].starts_at <= self._clock()),
            late=theirs is not None and self._is_late(theirs[1]),
            room=self._room(session, places),
        )

    def may_concern(self, incoming: Incoming, state: State) -> bool:
        """Whether a message may be about a workshop, whoever wrote it: one is being spoken of, or it holds a code."""
        return state.workshop is not None or bool(
            not incoming.choice and list(codes_in(f"{incoming.source or ''} {incoming.text}"))
        )

    def keep(  # noqa: C901 - one case a kind of effect
        self,
        session: Session,
        contact: Contact,
        state: State,
        effects: Sequence[Effect],
        inbound_ids: Sequence[int],
    ) -> None:
        """Write down what a turn of the dialogue did for a workshop; what is no workshop's is left alone.

        Args:
            session: the transaction of the turn.
            contact: with whom.
            state: how the conversation stands after it.
            effects: what it did.
            inbound_ids: the message that caused it; for an edit, every version of that message.
        """
        ids = _everywhere(session, contact)
        said = Said(inbound_ids[0] if inbound_ids else None, state.language)
        for effect in effects:
            match effect:
                case Joined(workshop):
                    self._join(session, session.get_one(Workshop, workshop), contact, ids)
                case TookRole(workshop, role):
                    self._place(session, workshop, ids).role = role
                case Left(workshop):
                    self._place(session, workshop, ids).state = LEFT
                case Declined(workshop):
                    self._place(session, workshop, ids).state = DECLINED
                case RoomAnswered(question, value):
                    self._answer_in_room(session, question, value, ids, said)
                case Reworded(words, choice):
                    self._reword(session, words, choice, inbound_ids)
                case Withdrawn():
                    take_back(session, ids)
                case Answered() | Told() | Consented() | KeepPrivate() if is_for_workshop(state):
                    mine = participant(session, state.workshop or 0, ids)
                    if mine is not None:
                        self._tell(session, mine, effect, said)
                case _:
                    pass  # nothing of a workshop's
        session.flush()

    def words(self, session: Session, contact: Contact, workshop: int) -> str:
        """What somebody told for a workshop, as it would be shown: redacted, one answer after another."""
        mine = participant(session, workshop, _everywhere(session, contact))
        told = self._told(session, mine) if mine else []
        return " / ".join(redact(self.open(one)).words for one in told)

    def open(self, told: Contribution) -> str:
        """What was answered."""
        return self._keys.open("contribution", told.id, "words", told.words)

    def _door(self, session: Session, ids: Sequence[int], incoming: Incoming) -> Door | None:
        """The workshop whose code a message holds, in its words or in the link that it came by."""
        if incoming.choice:
            return None
        for code in codes_in(
            f"{incoming.source or ''} {incoming.text}" if incoming.source else incoming.text
        ):
            found = workshop_of(session, code)
            if found is not None:
                return self._door_of(session, found, ids)
        return None

    def _invited(self, session: Session, ids: Sequence[int], state: State) -> Door | None:
        found = session.get(Workshop, state.workshop) if state.workshop is not None else None
        door = self._door_of(session, found, ids) if found else None
        return door if door and door.state != "over" else None

    def _door_of(self, session: Session, workshop: Workshop, ids: Sequence[int]) -> Door:
        mine = participant(session, workshop.id, ids)
        inside = mine is not None and mine.state in HERE
        over = workshop.closed_at is not None or workshop.ends_at + OPEN_AFTER_END < self._clock()
        full = count_in(session, workshop.id, COMING) >= workshop.capacity
        if mine is not None and inside:
            full = mine.state == WAITING
        state: Literal["open", "full", "over"] = "over" if over else "full" if full else "open"
        return Door(workshop.id, state, known=inside and mine is not None and mine.role is not None)

    def _is_late(self, workshop: Workshop) -> bool:
        """Whether its first questions have gone out, and there is time for one more before it begins."""
        now = self._clock()
        begun = not workshop.prompts or datetime.fromisoformat(workshop.prompts[0]) <= now
        return begun and now < workshop.starts_at

    def _room(self, session: Session, places: Sequence[tuple[Participant, Workshop]]) -> Room | None:
        for place, workshop in places:
            question = open_question(session, workshop.id) if place.state == COMING else None
            if question is not None:
                return Room(question.id, cast("Literal['word', 'number']", question.kind))
        return None

    def _join(self, session: Session, workshop: Workshop, contact: Contact, ids: Sequence[int]) -> None:
        mine = participant(session, workshop.id, ids)
        if mine is None:
            mine = Participant(
                id=new_id(), workshop_id=workshop.id, contact_id=contact.id, state=INVITED, role=None
            )
            session.add(mine)
        if mine.state not in HERE:
            full = count_in(session, workshop.id, COMING) >= workshop.capacity
            mine.state, mine.joined_at = WAITING if full else COMING, self._clock()
        session.flush()

    def _place(self, session: Session, workshop: int, ids: Sequence[int]) -> Participant:
        mine = participant(session, workshop, ids)
        if mine is None:
            raise LookupError("nobody is on that list under this address")
        return mine

    def _tell(
        self,
        session: Session,
        mine: Participant,
        effect: Answered | Told | Consented | KeepPrivate,
        said: Said,
    ) -> None:
        match effect:
            case Answered(question, value):
                self._write(session, mine, question, value, said)
            case Told(words, anew):
                told = self._told(session, mine)
                if anew:  # it takes the place of all that they told before
                    theirs = delete(Contribution).where(Contribution.id.in_([one.id for one in told]))
                    session.execute(theirs)
                    told = []
                question = told[-1].question if told else MATTERS
                before = f"{self.open(told[-1])} " if told else ""
                self._write(session, mine, question, f"{before}{words}", said)
            case Consented(_, given):
                mine.agreed = given
            case KeepPrivate():
                mine.private = True

    def _told(self, session: Session, mine: Participant) -> list[Contribution]:
        """A participant's words, without choices and without what they answered in the room."""
        mine_all = contributions_of(session, [mine.id])
        return [
            one for one in mine_all if not one.question.startswith(ROOM) and self.open(one) not in CHOICES
        ]

    def _answer_in_room(
        self,
        session: Session,
        question_id: int,
        value: str,
        ids: Sequence[int],
        said: Said,
    ) -> None:
        """One answer a person: a later one takes the place of an earlier one while the question is open."""
        question = session.get(RoomQuestion, question_id)
        mine = participant(session, question.workshop_id, ids) if question else None
        if question is not None and mine is not None and question.closed_at is None:
            self._write(session, mine, room_name(question_id), value, said)

    def _reword(self, session: Session, words: str, choice: str | None, inbound_ids: Sequence[int]) -> None:
        for told in told_in(session, inbound_ids):
            value = choice if self.open(told) in CHOICES else words
            if value:
                told.words = self._keys.seal("contribution", told.id, "words", value)
                told.verdict = told.shown = None

    def _write(
        self,
        session: Session,
        mine: Participant,
        question: str,
        value: str,
        said: Said,
    ) -> None:
        """Keep an answer; a new one takes the old one's place, and a moderator looks at it anew."""
        told = contribution(session, mine.id, question)
        if told is None:
            told = Contribution(id=new_id(), participant_id=mine.id, question=question)
            session.add(told)
        told.words = self._keys.seal("contribution", told.id, "words", value)
        told.inbound_id, told.language, told.told_at = said.inbound_id, said.language, self._clock()
        told.verdict = told.shown = told.decided_at = None
        session.flush()


def is_for_workshop(state: State) -> bool:
    """Whether what is told just now belongs to a workshop, and so to no landlord's digest."""
    script = load_scripts().get(state.script)
    return state.workshop is not None and script is not None and script.workshop


def room_name(question_id: int) -> str:
    """Under what the answers to a question in the room are kept."""
    return f"{ROOM}{question_id}"


def when_it_is(workshop: Workshop, language: str) -> str:
    """Day and time of a workshop, as that language says it: Thursday 3 December, 14:00."""
    local = workshop.starts_at.astimezone(ZoneInfo(workshop.timezone))
    day = format_skeleton("MMMMEEEEd", local, locale=LOCALES.get(language, language))
    return f"{day}, {local:%H:%M}"


LOCALES: Final = {"en": "en_GB"}


def _everywhere(session: Session, contact: Contact) -> list[int]:
    """Every contact of one person: SMS and WhatsApp of one number are one participant."""
    return [one.id for one in contacts_of(session, contact.person)] or [contact.id]


def concerns_workshops(turn: Turn) -> bool:
    """Whether a turn may have done something for a workshop."""
    return is_for_workshop(turn.state) or any(isinstance(effect, EFFECTS) for effect in turn.effects)
