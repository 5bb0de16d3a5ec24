"""Letters: which script a text is in, and the text without what belongs to no language."""

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Final

# Links, e-mail addresses, handles, anything with a digit or an underscore, and the marks of redaction.
_NOT_WORDS: Final = re.compile(
    r"\[\w+ \d+\]|\S*(?:[@\\]|://|www\.)\S*|\S+\.(?:com|org|net|uk)\b\S*|#?\w*[\d_]\w*"
)
_LAUGHTER: Final = re.compile(
    r"\b(?:(?:h[aeiou]+){2,}h?|(?:lo+l)+s?|lmf?ao+|(?:xd)+|(?:ja){2,}|x+|z+)\b", re.IGNORECASE
)
_STRETCHED: Final = re.compile(r"(.)\1{2,}")
_JOINS: Final = frozenset("'’ʼ\u200c\u200d")
"""Apostrophes and the marks that join or part letters within a word."""

# Letters that Unicode does not take apart into a letter and a mark.
_WHOLE_LETTERS: Final = str.maketrans(
    {
        "ł": "l",
        "đ": "d",
        "ı": "i",
        "ø": "o",
        "ß": "ss",
        "æ": "ae",
        "œ": "oe",
        "ə": "e",
        "’": "'",
        "‘": "'",
        "ʼ": "'",
    }
)
SCRIPTS: Final = (
    "LATIN", "CYRILLIC", "ARABIC", "GREEK", "HEBREW", "ARMENIAN", "GEORGIAN", "ETHIOPIC", "DEVANAGARI", "BENGALI",
    "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "THAI", "LAO", "MYANMAR",
    "KHMER", "TIBETAN", "HANGUL", "HIRAGANA", "KATAKANA", "CJK", "THAANA", "SYRIAC", "MONGOLIAN", "TIFINAGH",
)  # fmt: skip
"""How the Unicode names of letters begin (https://www.unicode.org/Public/UNIDATA/UnicodeData.txt)."""

_LETTERS_IN_A_SIGN: Final = 3
"""One Chinese sign says about as much as three letters."""


def language_bearing(text: str) -> str:
    """A text without links, handles, numbers, laughter and stretched letters; shouting in lower case.

    langdetect skips words in capitals, and py3langid reads them badly.
    """
    text = unicodedata.normalize("NFC", text)
    text = _LAUGHTER.sub(" ", _NOT_WORDS.sub(" ", text))
    text = "".join(character if is_letter(character) or character in _JOINS else " " for character in text)
    text = " ".join(
        word for word in _STRETCHED.sub(r"\1\1", text).split() if word[0] not in _JOINS or len(word) > 1
    )
    cased = [character for character in text if character.isupper() or character.islower()]
    shouted = sum(map(str.isupper, cased)) * 2 > len(cased)
    return _lower(text) if shouted else text


@lru_cache(maxsize=4096)
def is_letter(character: str) -> bool:
    """Whether it belongs to a word: a letter, or a vowel sign or accent of its own (Indic scripts are full of them)."""
    return unicodedata.category(character)[0] in "LM" and not "\ufe00" <= character <= "\ufe0f"


def _lower(text: str) -> str:
    return text.lower().replace("i\N{COMBINING DOT ABOVE}", "i")


def without_accents(text: str) -> str:
    """Lower case, and without the marks over and under Latin letters, as many people type."""
    if text.isascii():
        return text.lower()
    taken_apart = unicodedata.normalize("NFD", _lower(text))
    plain = "".join(character for character in taken_apart if not "\u0300" <= character <= "\u036f")
    return unicodedata.normalize("NFC", plain).translate(_WHOLE_LETTERS)


def script_of(text: str) -> str:
    """The script that most of a text is in, one of SCRIPTS, or "" when it has no letters that we know."""
    if text.isascii():
        return "LATIN" if any(map(str.isalpha, text)) else ""
    counts = Counter(map(_script, text))
    del counts[""]
    for script in ("CJK", "HIRAGANA", "KATAKANA"):
        counts[script] *= _LETTERS_IN_A_SIGN
    kana = counts.pop("HIRAGANA") + counts.pop("KATAKANA")
    if kana:
        counts["HIRAGANA"] = kana + counts.pop("CJK")  # only Japanese mixes them
    script, count = max(counts.items(), key=lambda item: item[1])
    return script if count else ""


@lru_cache(maxsize=4096)
def _script(character: str) -> str:
    if not is_letter(character):
        return ""
    name = unicodedata.name(character, "").replace("-", " ").split(" ", 1)[0]
    return name if name in SCRIPTS else ""
