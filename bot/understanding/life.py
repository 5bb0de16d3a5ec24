"""Circumstances: what a person says of themselves that changes how to speak with them."""

from typing import Final, Literal, cast

from bot.understanding.lexicon import lexicon, pattern
from bot.understanding.normal import phrase, words_of

Circumstance = Literal["under_18", "wrong_number", "on_behalf", "bereavement"]

MOST_WORDS: Final = 30
"""In a longer message it is a part of the story, and people read stories."""


def read_circumstance(text: str) -> Circumstance | None:
    """Under 18, a wrong number, texting for somebody else or a bereavement, said of oneself; else None."""
    if len(words_of(text)) > MOST_WORDS:
        return None
    said = f" {phrase(text)}"
    for name in lexicon("life"):
        found = pattern("life", name, "inside").search(said)
        if found and not pattern("life", name, "inside_not").search(said):
            return cast("Circumstance", name)
    return None
