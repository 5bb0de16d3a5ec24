"""Quotes: a teller's words as a digest shows them, in their language, with a machine's English beside them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.privacy.disclosure import Excerpt
from bot.wording import DEFAULT, english_name

UNKNOWN: Final = "und"


@dataclass(frozen=True, slots=True)
class Quote:
    """A teller's words.

    Args:
        words: as they were told, redacted.
        language: their BCP 47 code; "und" where it can't be told.
        note: which language it is, and who put it into English; empty for English.
        translation: a machine's English for them; empty where there is none.
    """

    words: str
    language: str
    note: str = ""
    translation: str = ""


def quoted(excerpt: Excerpt, text: Callable[..., str]) -> Quote:
    """An excerpt as a quote.

    Args:
        excerpt: what may leave.
        text: gives the words under a key, filled in.
    """
    if excerpt.language in (DEFAULT, UNKNOWN):
        return Quote(excerpt.words, excerpt.language)
    key = "quote.translated" if excerpt.translation else "quote.language"
    note = text(key, its_name=english_name(excerpt.language))
    return Quote(excerpt.words, excerpt.language, note, excerpt.translation or "")
