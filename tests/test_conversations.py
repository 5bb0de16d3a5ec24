"""Plays the transcripts in conversations/, which anybody can read and correct.

A transcript says on its first line what it shows, then, if need be, `script:` (the bot speaks first),
`channel:` and `met: yes` (the person has been told before who asks). After that, turn by turn:

    < what the tenant sends        < [press consent:1] is a button, < [voice] something that is no text
    ~ 20 minutes                   time that passes
    > what the bot says            one line a message; buttons, where the channel shows them, in [ ]
    ! what happened                in plain words, never the tenant's own

UPDATE_TRANSCRIPTS=1 writes the lines with > and ! anew; read the difference before you keep it.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast, get_args

import pytest

from bot.conversation import dialogue
from bot.conversation.messages import ChannelName, Incoming, Reply
from bot.conversation.script import load_scripts
from bot.conversation.speech import Facts, reply_for
from bot.conversation.state import State
from bot.conversation.turn import (
    Answered,
    Begin,
    Consented,
    Effect,
    Forgotten,
    Rejoined,
    Reworded,
    Say,
    Stopped,
    Told,
    Turn,
)
from bot.privacy.redact import redact
from bot.understanding.answers import CHOICES
from bot.wording import load_wording
from handlers.twilio_reading import carrier_word

FOLDER = Path(__file__).parent / "conversations"
FILES = sorted(FOLDER.glob("*.txt"))
UPDATE = os.environ.get("UPDATE_TRANSCRIPTS") == "1"

WORDING = load_wording("bot.conversation")
HERE = dialogue.Here(load_scripts(), WORDING.languages, code="4821")
FACTS = Facts("Fair Hearing", "Harbour Homes", "write to complaints@harbour.example", "07700 900 999")
MORNING = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SHOWS_BUTTONS: tuple[ChannelName, ...] = ("telegram",)

NOT_TEXT = re.compile(r"\[(voice|photo|sticker|video)\] ?(.*)")
PRESSED = re.compile(r"\[press (\S+)\]")
HEADERS = ("script", "channel", "met")


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

    @property
    def state(self) -> State:
        """The state, as it comes out of the database."""
        return State.from_json(json.loads(self.saved))

    def play(self, turn: Turn) -> list[str]:
        """Keep what a turn changes; gives what is seen of it."""
        self.saved = json.dumps(turn.state.to_json())
        happened = [f"! {self._keep(effect)}" for effect in turn.effects]
        said = [f"> {self._render(say)}" for say in turn.says]
        return [*said, *happened] or ["! nothing"]

    def send(self, text: str) -> list[str]:
        """Send a message; gives what came of it."""
        return self.play(dialogue.step(self.state, self._incoming(text), HERE))

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
        story = redact(" ".join(self.story)).words if say.preview else ""
        reply = reply_for(WORDING, self.state.language, say, FACTS, story)
        return " ".join((reply.text, *self._buttons(reply)))

    def _buttons(self, reply: Reply) -> Iterator[str]:
        if self.channel in SHOWS_BUTTONS:
            yield from (f"[{button.label}]" for button in reply.buttons)

    def _keep(self, effect: Effect) -> str:
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
            case Rejoined():
                return "rejoined"
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
    phone = Phone(cast("ChannelName", channel))
    if transcript.headers.get("met") == "yes":
        phone.saved = json.dumps(State(met=True).to_json())
    head = [transcript.title, *(f"{name}: {value}" for name, value in transcript.headers.items())]
    turns = ["\n".join(lines) for lines in _turns(phone, transcript)]
    return "\n\n".join(["\n".join(head), *turns]) + "\n"


def _turns(phone: Phone, transcript: Transcript) -> Iterator[Sequence[str]]:
    script = transcript.headers.get("script")
    if script:
        yield phone.play(dialogue.begin(phone.state, HERE.scripts[script]))
    for line in transcript.typed:
        mark, words = line[0], line[2:]
        if mark == "~":
            amount, unit = words.split()
            phone.now += timedelta(**{unit if unit.endswith("s") else f"{unit}s": int(amount)})
            yield [line]
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
    assert len(FILES) >= 20
