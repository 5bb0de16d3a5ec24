"""What two ways of typing the same thing have in common."""

import re
import unicodedata
from typing import Final

_APOSTROPHES: Final = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'"})
_NOT_WORD: Final = re.compile(r"[^\w'+/ ]+")
_THUMBS: Final = {"\N{THUMBS UP SIGN}": " yes ", "\N{THUMBS DOWN SIGN}": " no "}


def clean(text: str) -> str:
    """What a provider sent, fit to be stored: no NUL, no lone surrogate, composed letters, no outer space.

    PostgreSQL refuses NUL in text, and UTF-8 has no lone surrogates.
    """
    whole = text.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
    return unicodedata.normalize("NFC", whole).strip()


def without_apostrophes(text: str) -> str:
    """Text with every kind of apostrophe taken out, since half of all phones leave them out."""
    return text.translate(_APOSTROPHES).replace("'", "")


def words_of(text: str) -> list[str]:
    """The words of a short text: lower case, without accents' variants, punctuation and emoji.

    A thumb up or down is a word, because people answer with it.
    """
    for thumb, word in _THUMBS.items():
        text = text.replace(thumb, word)
    plain = unicodedata.normalize("NFKC", without_apostrophes(text)).casefold()
    return _NOT_WORD.sub(" ", plain).split()


def phrase(text: str) -> str:
    """The words of a short text with single spaces between them."""
    return " ".join(words_of(text))


def bare(text: str) -> str:
    """Text without accents: people type "stóp" by accident and "usun" for want of the key."""
    return "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))


def has_words(text: str) -> bool:
    """Whether there is a letter or a digit in it: a text of emoji alone has none."""
    return any(character.isalnum() for character in text)
