"""Circumstances: what a person says of themselves that changes how to speak with them."""

from typing import Final, Literal, cast

from bot.understanding.lexicon import lexicon, pattern, phrases
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
        told = pattern("life", name, "inside").search(said) or _is_all_that_is_said(name, said)
        if told and not pattern("life", name, "inside_not").search(said):
            return cast("Circumstance", name)
    return None


def _is_all_that_is_said(name: str, said: str) -> bool:
    """Whether an entry of `alone` is there, and hardly anything around it."""
    found = pattern("life", name, "alone").search(said)
    if not found:
        return False
    around = said[: found.start()].split() + said[found.end() :].split()
    return phrases("life", name, "around").issuperset(word for word in around if not word.isdigit())
