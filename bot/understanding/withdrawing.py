"""Withdrawing: whether somebody takes back the leave to share their words."""

from typing import Final

from bot.understanding.lexicon import pattern
from bot.understanding.normal import phrase, words_of

MOST_WORDS: Final = 18
"""A longer message tells of something else as well, and is read by a person."""


def withdraws_consent(text: str) -> bool:
    """Whether a message says that what was told is not to be shared after all."""
    said = f" {phrase(text)}"
    if len(words_of(text)) > MOST_WORDS or pattern("withdraw", "inside_not").search(said):
        return False
    return pattern("withdraw", "inside").search(said) is not None
