"""A whole reading of one message: kind, command, answer, danger, themes and areas, with reasons for each."""

from dataclasses import dataclass, field
from typing import Final, Literal

from bot.understanding.answers import Choice, is_chatter, read_answer
from bot.understanding.commands import Command, command_by_words, read_command
from bot.understanding.model import reasons, scores
from bot.understanding.normal import has_words
from bot.understanding.questions import read_question
from bot.understanding.themes import Labels, read_areas, read_themes
from bot.understanding.urgency import Urgency, read_urgency

Kind = Literal["story", "short_answer", "command", "chatter", "question"]

ASKED_OF_US: Final = frozenset(("privacy", "my_data"))
"""Commands of ours that people put as questions."""

NOTHING: Final = Labels()


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in a message.

    Args:
        kind: what sort of message it is.
        command: what it tells the bot to do.
        answer: yes, partly or no, alone or before a story.
        urgency: the danger that it speaks of.
        areas: what it is about.
        themes: what it expresses.
        reasons: why, in words, by what was read; areas and themes say so themselves.
    """

    kind: Kind
    command: Command | None = None
    answer: Choice | None = None
    urgency: Urgency | None = None
    areas: Labels = NOTHING
    themes: Labels = NOTHING
    reasons: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read(text: str) -> Reading:
    """Read one message for everything. The same text always reads the same."""
    urgency = read_urgency(text)
    why = {"urgent": urgency.reasons} if urgency else {}
    command = read_command(text)
    if command:
        kind: Kind = "question" if command in ASKED_OF_US else "command"
        return Reading(
            kind, command, urgency=urgency, reasons={**why, "command": _why_command(text, command)}
        )
    answer = read_answer(text)
    choice = answer.choice if answer else None
    if answer and not has_words(answer.rest):
        return Reading("short_answer", None, choice, urgency, reasons={**why, "answer": ("an answer alone",)})
    kind = "story" if answer else _kind(text)
    if kind != "story":
        return Reading(kind, urgency=urgency, reasons={**why, "kind": _why_kind(text, kind)})
    return Reading("story", None, choice, urgency, read_areas(text), read_themes(text), why)


def _kind(text: str) -> Kind:
    if is_chatter(text):
        return "chatter"
    return "question" if read_question(text) else "story"


def _why_command(text: str, command: Command) -> tuple[str, ...]:
    found = command_by_words(text.removeprefix("/"))
    return (f"words: {found[1]}",) if found else reasons("acts", text, f"command:{command}")


def _why_kind(text: str, kind: Kind) -> tuple[str, ...]:
    return reasons("acts", text, kind) if kind in scores("acts", text) else ()
