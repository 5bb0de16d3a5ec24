"""Plays the transcripts in conversations/, which anybody can read and correct.

A transcript says on its first line what it shows, then, if need be, `script:` (the bot speaks first),
`channel:`, `met: yes` (the person has been told before who asks), `door: open` (what a workshop's code in a
text opens; or full, over), `room: word` (or number: what is asked in its room), `quiet: 45` (seconds of silence until a
story counts as told; otherwise none) and `vital: yes` (dangers to life are passed on without asking).
After that, turn by turn:

    < what the tenant sends        < [press consent:1] is a button, < [voice] something that is no text,
                                   < [edit] new words for the message before
    ~ 20 minutes                   time that passes; what the bot says of itself then
    > what the bot says            one line a message; buttons, where the channel shows them, in [ ]
    ! what happened                in plain words, never the tenant's own

UPDATE_TRANSCRIPTS=1 writes the lines with > and ! anew; read the difference before you keep it.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import cast, get_args

import pytest

from bot.conversation import dialogue
from bot.conversation.hand_overs import load_rules
from bot.conversation.here import Door, DoorState, Gathering, Room, RoomKind
from bot.conversation.join_codes import codes_in
from bot.conversation.messages import ChannelName, Incoming, Reply
from bot.conversation.script import load_scripts
from bot.conversation.speech import Facts, reply_for
from bot.conversation.state import State
from bot.conversation.turn import (
    Answered,
    Begin,
    Consented,
    Declined,
    DoNotAsk,
    Effect,
    Forgotten,
    HandOver,
    Joined,
    Judged,
    KeepPrivate,
    Left,
    Rejoined,
    Reworded,
    RoomAnswered,
    Say,
    Stopped,
    Told,
    TookRole,
    Turn,
    Withdrawn,
)
from bot.privacy.redact import redact
from bot.understanding.answers import CHOICES
from bot.understanding.commands import read_command
from bot.understanding.language import read_language
from bot.wording import load_wording
from handlers.twilio_reading import carrier_word

ANSWER = "We now ring before each visit."
FOLDER = Path(__file__).parent / "conversations"
FILES = sorted(FOLDER.glob("*.txt"))
UPDATE = os.environ.get("UPDATE_TRANSCRIPTS") == "1"

WORDING = load_wording("bot.conversation")
HERE = dialogue.Here(load_scripts(), WORDING.languages, code="4821", rules=load_rules())
FACTS = Facts(
    "Fair Hearing",
    "Harbour Homes",
    "write to complaints@harbour.example",
    "07700 900 999",
    title="Respect for All",
    when="Thursday 3 December, 14:00",
    place="Saltmarsh Hall",
)
MORNING = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SHOWS_BUTTONS: tuple[ChannelName, ...] = ("telegram",)

EDITED = "[edit] "
NOT_TEXT = re.compile(r"\[(voice|photo|sticker|video)\] ?(.*)")
PRESSED = re.compile(r"\[press (\S+)\]")
HEADERS = ("script", "channel", "met", "quiet", "vital", "door", "room", "late")


@dataclass(frozen=True)
class Transcript:
    """A file in pieces: what it shows, its headers, and the lines that a person types (`<` and `~`)."""

    title: str
    headers: dict[str, str]
    typed: tuple[str, ...]


@dataclass
class Phone:
    """One person's conversation, saved and loaded again after every turn."""

    channel: ChannelName
    now: datetime = MORNING
    saved: str = field(default_factory=lambda: json.dumps(State().to_json()))
    story: list[str] = field(default_factory=list)
    here: dialogue.Here = HERE
    wake_at: datetime | None = None
    door: DoorState | None = None
    room: RoomKind | None = None
    late: bool = False
    joined: bool = False
    role: str | None = None

    @property
    def state(self) -> State:
        """The state, as it comes out of the database."""
        return State.from_json(json.loads(self.saved))

    def play(self, turn: Turn) -> list[str]:
        """Keep what a turn changes; gives what is seen of it."""
        self.saved = json.dumps(turn.state.to_json())
        self.wake_at = self.now + turn.wake if turn.wake else None
        happened = [f"! {self._keep(effect)}" for effect in turn.effects]
        said = [f"> {self._render(say)}" for say in turn.says]
        return [*said, *happened] or ["! nothing"]

    def send(self, text: str) -> list[str]:
        """Send a message; gives what came of it."""
        hear = dialogue.hear_edit if text.startswith(EDITED) else dialogue.step
        incoming = self._incoming(text.removeprefix(EDITED))
        return self.play(hear(self.state, incoming, replace(self.here, gathering=self._gathering(text))))

    def _gathering(self, text: str) -> Gathering:
        if not self.door:
            return Gathering()
        door = Door(1, self.door, known=self.role is not None)
        return Gathering(
            door=door if codes_in(text) else None,
            invited=door,
            member=1 if self.joined else None,
            rests=self.door == "full",
            late=self.late,
            room=Room(1, self.room) if self.room and self.role else None,
        )

    def wait(self, time: timedelta) -> list[str]:
        """Let time pass; gives what comes of it."""
        self.now += time
        if self.wake_at is None or self.wake_at > self.now:
            return []
        return self.play(dialogue.pass_time(self.state, self.now, self.here))

    def _incoming(self, text: str) -> Incoming:
        pressed, odd = PRESSED.fullmatch(text), NOT_TEXT.fullmatch(text)
        return Incoming(
            channel=self.channel,
            account="line",
            external_id="1",
            address="07700 900123",
            text="" if pressed else odd[2] if odd else text,
            received_at=self.now,
            choice=pressed[1] if pressed else None,
            unreadable=odd[1] if odd else None,
            carrier=carrier_word(text) if self.channel == "sms" else None,
        )

    def _render(self, say: Say) -> str:
        story = redact(" ".join(self.story)).words if say.shows == "story" else ""
        reply = reply_for(WORDING, self.state.language, say, FACTS, story, answer=ANSWER)
        return " ".join((reply.text, *self._buttons(reply)))

    def _buttons(self, reply: Reply) -> Iterator[str]:
        if self.channel in SHOWS_BUTTONS:
            yield from (f"[{button.label}]" for button in reply.buttons)

    def _keep(self, effect: Effect) -> str:  # noqa: C901, PLR0912 - one line a kind of effect
        match effect:
            case Begin(script):
                self.story = []
                return f"began {script}"
            case Told(words, anew):
                self.story = [words] if anew else [*self.story, words]
                return "told anew" if anew else "told"
            case Reworded():
                return "reworded"
            case Answered(question, value):
                return f"answered {question}: {value}" if value in CHOICES else f"answered {question}"
            case Consented(use, given):
                return f"consented {use}: {'yes' if given else 'no'}"
            case Stopped():
                return "stopped"
            case Judged(_, confirmed):
                return f"said it is {'' if confirmed else 'not '}so"
            case Withdrawn():
                return "every yes taken back"
            case HandOver(kind, agreed):
                asked = {None: "by its rule", True: "with the person's yes", False: "refused by the person"}
                return f"handed over ({kind}): {asked[agreed]}"
            case KeepPrivate(reason):
                return f"never to be used: {reason}"
            case DoNotAsk(reason):
                return f"not to be asked about visits: {reason}"
            case Rejoined():
                return "rejoined"
            case Joined():
                self.joined = True
                return "joined the workshop"
            case TookRole(_, role):
                self.role = role
                return f"comes as {role}"
            case Left():
                self.joined, self.role = False, None
                return "left the workshop"
            case Declined():
                return "declined the invitation"
            case RoomAnswered():
                return "answered in the room"
            case Forgotten():
                self.story = []
                return "everything removed"


def read(path: Path) -> Transcript:
    """The pieces of a transcript."""
    title, *lines = path.read_text(encoding="utf-8").splitlines()
    headers = dict(line.split(": ", 1) for line in lines if line.startswith(tuple(f"{h}:" for h in HEADERS)))
    return Transcript(title, headers, tuple(line for line in lines if line.startswith(("< ", "~ "))))


def play(transcript: Transcript) -> str:
    """The whole transcript as it really goes."""
    channel = transcript.headers.get("channel", "sms")
    assert channel in get_args(ChannelName)
    headers = transcript.headers
    phone = Phone(
        cast("ChannelName", channel),
        here=_here(headers),
        door=cast("DoorState | None", headers.get("door")),
        room=cast("RoomKind | None", headers.get("room")),
        late=headers.get("late") == "yes",
    )
    if transcript.headers.get("met") == "yes":
        phone.saved = json.dumps(State(met=True).to_json())
    head = [transcript.title, *(f"{name}: {value}" for name, value in transcript.headers.items())]
    turns = ["\n".join(lines) for lines in _turns(phone, transcript)]
    return "\n\n".join(["\n".join(head), *turns]) + "\n"


def _here(headers: dict[str, str]) -> dialogue.Here:
    quiet, vital = float(headers.get("quiet", 0)), headers.get("vital") == "yes"
    return replace(HERE, quiet=quiet, vital_interests=vital)


def _turns(phone: Phone, transcript: Transcript) -> Iterator[Sequence[str]]:
    script = transcript.headers.get("script")
    if script:
        errand = dialogue.Errand(1) if HERE.scripts[script].workshop else dialogue.PLAIN
        yield phone.play(dialogue.begin(phone.state, HERE.scripts[script], errand))
    for line in transcript.typed:
        mark, words = line[0], line[2:]
        if mark == "~":
            amount, unit = words.split()
            passed = timedelta(**{unit if unit.endswith("s") else f"{unit}s": int(amount)})
            yield [line, *phone.wait(passed)]
        else:
            yield [line, *phone.send(words)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_conversation_goes_as_it_is_written(path: Path) -> None:
    """Each transcript is what is said and done, word for word."""
    played = play(read(path))
    if UPDATE:
        path.write_text(played, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == played


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_transcript_says_what_it_shows(path: Path) -> None:
    """A transcript's first line tells a reader what to look for, and somebody says something in it."""
    transcript = read(path)
    assert transcript.title.startswith("# ")
    assert transcript.typed


def test_there_are_enough_transcripts() -> None:
    """None has been lost: an empty folder would pass everything."""
    assert len(FILES) >= 60


def _turns_until_finished(played: str) -> int | None:
    """How many messages a story took from the first to the last answer; None where it has no such end.

    Commands and the choice of a language are not counted: nobody is asked for those.
    """
    sent = 0
    for line in played.splitlines():
        words = line.removeprefix("< ")
        asked_for = not read_command(words) and not read_language(words, WORDING.languages)
        sent += words != line and asked_for
        if line.startswith("! consented"):
            return sent
    return None


def test_a_story_takes_three_turns() -> None:
    """From the first text to the last answer: three messages or fewer, in the middle of all transcripts."""
    turns = [count for path in FILES if (count := _turns_until_finished(path.read_text(encoding="utf-8")))]
    assert len(turns) >= 30
    assert median(turns) <= 3


QUESTIONS = {
    "Were you listened to? Reply 1": "! answered listened",
    "Tell us in your own words what happened.": "! told",
    "what did they do about it?": "! answered handled",
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_asked_that_was_told(path: Path) -> None:
    """Once it has been answered, a question is not put again, unless the person went back or a new talk began."""
    answered: set[str] = set()
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        lines = block.splitlines()
        went_back = any(line.startswith("< ") and read_command(line[2:]) == "back" for line in lines)
        if went_back or any(line.startswith(("! began", "! everything removed")) for line in lines):
            answered = set()
        asked_again = [
            question
            for question in answered
            if any(line.startswith("> ") and question in line for line in lines)
        ]
        assert asked_again == [], block
        answered |= {
            question for question, mark in QUESTIONS.items() if any(line.startswith(mark) for line in lines)
        }
