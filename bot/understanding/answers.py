"""Answers: yes, partly or no, with or without a story behind it; and what is mere chatter."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from bot.understanding.lexicon import phrases
from bot.understanding.normal import has_words, phrase

Choice = Literal["yes", "partly", "no"]
CHOICES: Final[tuple[Choice, ...]] = ("yes", "partly", "no")


@dataclass(frozen=True, slots=True)
class Answer:
    """A choice, and the words that came with it ("Partly. The girl on the phone heard me")."""

    choice: Choice
    rest: str = ""


def read_answer(text: str) -> Answer | None:
    """The answer that a message gives or opens with, or None when it gives none."""
    said = phrase(text)
    for choice in CHOICES:
        if said in phrases("answers", choice, "whole"):
            return Answer(choice)
    for choice, pattern in _openings():
        match = pattern.match(text)
        if match and has_words(text[match.end() :]):
            return Answer(choice, text[match.end() :].strip())
    return None


def read_consent(text: str) -> Literal["yes", "show", "no"] | None:
    """What a message answers to "may we share your words?", or None when it is something else."""
    if phrase(text) in phrases("answers", "show", "whole"):
        return "show"
    answer = read_answer(text)
    if answer is None or answer.choice == "partly" or has_words(answer.rest):
        return None  # more of the story, or too doubtful to be a yes
    return answer.choice


def is_chatter(text: str) -> bool:
    """Whether a message says nothing but hello, thanks and the like, or has no words at all."""
    return not has_words(text) or phrase(text) in phrases("chatter", "whole")


@cache
def _openings() -> tuple[tuple[Choice, re.Pattern[str]], ...]:
    return tuple((choice, _opening(choice)) for choice in CHOICES)


def _opening(choice: Choice) -> re.Pattern[str]:
    words = sorted(phrases("answers", choice, "opening"), key=len, reverse=True)
    # Punctuation must follow: "no one came" and "yes man of the year" are stories, not answers.
    return re.compile(rf"\W*(?:{'|'.join(map(re.escape, words))})\s*[.,;:!?\-–—]+\s*", re.IGNORECASE)
