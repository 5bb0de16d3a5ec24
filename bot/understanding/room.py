"""Answers in the room of a workshop: one word, or a number from 1 to 5."""

import re
from typing import Final, Literal

from bot.understanding.normal import phrase

LOWEST: Final = 1
HIGHEST: Final = 5
MOST_WORDS: Final = 4
LONGEST: Final = 40
"""Letters: what is longer is a story, and is heard as one."""
NUMBER: Final = re.compile(r"(\d)(?: ?/ ?5| out of 5)?")
NAMES: Final = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5}


def read_room_answer(text: str, kind: Literal["word", "number"]) -> str | None:
    """What a message answers to the question in the room; None when it is something else.

    Args:
        text: the words.
        kind: whether a word or a number is asked for.
    """
    return _number(text) if kind == "number" else _word(text)


def is_figures(text: str) -> bool:
    """Whether a message holds digits and no letters: then it tells nothing else either."""
    return any(one.isdigit() for one in text) and not any(one.isalpha() for one in text)


def _number(text: str) -> str | None:
    said = phrase(text)
    found = NUMBER.fullmatch(said)
    number = int(found[1]) if found else NAMES.get(said, 0)
    return str(number) if LOWEST <= number <= HIGHEST else None


def _word(text: str) -> str | None:
    said = " ".join(text.split()).strip(" .!,;:\"'")
    short = 0 < len(said) <= LONGEST and len(said.split()) <= MOST_WORDS
    return said if short and any(one.isalpha() for one in said) else None
