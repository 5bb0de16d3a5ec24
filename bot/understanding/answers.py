"""Answers: yes, partly or no, with or without a story behind it; and what is mere chatter."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from bot.understanding.lexicon import phrases
from bot.understanding.model import scores
from bot.understanding.normal import bare, has_words, phrase, words_of
from bot.understanding.other import (
    is_other_chatter,
    other_lists_hold,
    read_other_answer,
    read_other_command,
    read_other_consent,
    read_other_opening,
)

Choice = Literal["yes", "partly", "no"]
CHOICES: Final[tuple[Choice, ...]] = ("yes", "partly", "no")

MOST_WORDS: Final = 8
"""A longer message that the lexicon does not know is a story and no bare answer."""

SURE: Final = 0.0
"""How far an answer must be ahead of whatever else the model thinks."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A choice, and the words that came with it ("Partly. The girl on the phone heard me")."""

    choice: Choice
    rest: str = ""


def read_answer(text: str) -> Answer | None:
    """The answer that a message gives or opens with, or None when it gives none."""
    choice = _whole(text) or read_other_answer(text)
    if choice:
        return Answer(choice)
    opening = _opening(text)
    if opening:
        return opening
    theirs = read_other_opening(text)
    if theirs:
        return Answer(*theirs)
    if read_other_command(text) or other_lists_hold(text):
        return None
    choice = _by_model(text)
    return Answer(choice) if choice else None


def read_consent(text: str) -> Literal["yes", "show", "no"] | None:
    """What a message answers to "may we share your words?", or None when it is something else."""
    said = phrase(text)
    if said in phrases("answers", "show", "whole"):
        return "show"
    if said in phrases("answers", "consent_yes", "whole"):
        return "yes"
    if said in phrases("answers", "consent_no", "whole"):
        return "no"
    choice = _whole(text)  # the model is not asked: words leave only on a plain yes
    if choice:
        return None if choice == "partly" else choice
    return read_other_consent(text)


def is_chatter(text: str) -> bool:
    """Whether a message says nothing but hello, thanks and the like, or has no words at all."""
    if not has_words(text) or phrase(text) in phrases("chatter", "whole") or is_other_chatter(text):
        return True
    acts = scores("acts", text)
    others = max(score for act, score in acts.items() if act != "chatter")
    return len(words_of(text)) > 1 and acts["chatter"] > max(others, 0)


def _whole(text: str) -> Choice | None:
    said = phrase(text)
    once = " ".join(dict.fromkeys(said.split()))
    for form in dict.fromkeys((said, bare(said), once, _without_hesitation(once))):
        for choice in CHOICES:
            if form in phrases("answers", choice, "whole"):
                return choice
    return None


def _without_hesitation(said: str) -> str:
    """What is said without "well", "erm", "to be fair" before or behind it."""
    for words in sorted(phrases("words", "hesitations"), key=len, reverse=True):
        said = said.removeprefix(f"{words} ").removesuffix(f" {words}")
    return said


def _by_model(text: str) -> Choice | None:
    if not 1 < len(words_of(text)) <= MOST_WORDS:
        return None
    acts = scores("acts", text)
    best = max(CHOICES, key=lambda choice: acts[f"answer:{choice}"])
    ahead = max(score for act, score in acts.items() if act != f"answer:{best}")
    return best if acts[f"answer:{best}"] > max(ahead, SURE) else None


def _opening(text: str) -> Answer | None:
    choice: Choice
    for choice in ("partly", "yes", "no"):  # "yes and no" before "yes"
        for opening in (_opening_with_mark(choice), _opening_with_subject(choice)):
            match = opening.match(text)
            if match and has_words(text[match.end() :]):
                return Answer(choice, text[match.end() :].strip())
    return None


@cache
def _opening_with_mark(choice: Choice) -> re.Pattern[str]:
    words = sorted(phrases("answers", choice, "opening"), key=len, reverse=True)
    # A mark must follow, and no hyphen: "no one came" and "yes-men" are stories, "No. 14" is a house.
    return re.compile(
        rf"\W*(?:{'|'.join(map(_typed, words))})"
        rf"(?!\.\s*\d)(?:\s*[.,;:!?…]+|\s+[-–—]+(?=\s)|[–—]|\s*\n)\s*",
        re.IGNORECASE,
    )


@cache
def _opening_with_subject(choice: Choice) -> re.Pattern[str]:
    words = sorted(phrases("answers", choice, "opening_bare"), key=len, reverse=True)
    subjects = "|".join(map(_typed, sorted(phrases("words", "subjects"), key=len, reverse=True)))
    return re.compile(
        rf"\W*(?:{'|'.join(map(_typed, words)) or '(?!)'})\s+(?=(?:{subjects})\b)", re.IGNORECASE
    )


def _typed(words: str) -> str:
    """A phrase as it may be typed: an apostrophe in any of its words is no difference."""
    return r"\s+".join("['’]?".join(map(re.escape, word)) for word in words.split())
