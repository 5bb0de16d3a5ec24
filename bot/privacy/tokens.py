"""A message as words, each with what is known of it before anybody looks around it."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from bot.privacy import lexicon
from bot.privacy.lexicon import entries
from bot.privacy.spans import Span

# Kinds of word.
FIRST, SURNAME, BOTH, UNKNOWN, WORD, LEFT, TAKEN = (
    "first",
    "surname",
    "both",
    "unknown",
    "word",
    "left",
    "taken",
)
SCRIPT = "script"  # of another script than ours: weighed elsewhere

NONE, COMMA, STOP = 0, 1, 2  # what separates a word from the one before it

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’`´\-‐‑][^\W\d_]+)*|\d\w*(?:[.,:/]\w+)*")
_SENTENCE: Final = re.compile(r"[.!?\n…|]|(?<= )-+ |[\U0001f300-\U0001faff☀-➿]")
_APOSTROPHE: Final = re.compile(r"['’`´]")
_LONG_ENOUGH_FOR_A_SLIP: Final = 5
# "it's", "that's": short for "is", and no possessive.


@dataclass(frozen=True, slots=True)
class Token:
    """A word: its place in the text, how it is written, and its kind."""

    start: int
    end: int
    raw: str
    low: str
    gap: int
    kind: str
    owner: bool


def tokens_of(text: str, taken: Iterable[Span]) -> list[Token]:
    """The words of a text, in order; those that are taken already keep their place only."""
    holes = [(span.start, span.end) for span in taken]
    tokens: list[Token] = []
    position, hole = 0, 0
    for match in _WORD.finditer(text):
        start, end = match.span()
        gap = _gap(text[position:start]) if tokens else STOP
        while hole < len(holes) and holes[hole][1] <= start:
            hole += 1
        if hole < len(holes) and holes[hole][0] < end:
            if not tokens or tokens[-1].start != holes[hole][0]:
                tokens.append(Token(*holes[hole], "", "", gap, TAKEN, owner=False))
        else:
            tokens.append(_token(match.group(), start, gap))
        position = end
    return tokens


def _gap(between: str) -> int:
    if between == " ":
        return NONE
    if _SENTENCE.search(between):
        return STOP
    return COMMA if between.strip() else NONE


def _token(raw: str, start: int, gap: int) -> Token:
    stem, low, kind, owner = _reading(raw)
    return Token(start, start + stem, raw[:stem], low, gap, kind, owner)


@lru_cache(maxsize=20_000)
def _reading(raw: str) -> tuple[int, str, str, bool]:
    """How much of a word is its stem, the stem in small letters, its kind, and whether it owns something."""
    low = _APOSTROPHE.sub("'", raw.casefold()) if not raw.isascii() or "'" in raw else raw.casefold()
    if low.endswith(("'s", "s'")) and low[:-2].replace("'", "") not in entries("context.toml", "not_owners"):
        cut = 2 if low.endswith("'s") else 1
        stem = low[:-cut]
        return len(raw) - cut, stem, kind_of(stem), True
    kind = kind_of(low)
    if kind == UNKNOWN and low.endswith("ss") and kind_of(low[:-1]) in {FIRST, SURNAME}:
        return len(raw), low, kind_of(low[:-1]), False  # a slip: "agness"
    if kind == UNKNOWN and low.endswith("s") and kind_of(low[:-1]) in {FIRST, SURNAME}:
        return len(raw) - 1, low[:-1], kind_of(low[:-1]), True
    return len(raw), low.replace("'", "") if kind == WORD else low, kind, False


@cache
def _sets() -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str], frozenset[str]]:
    return (
        lexicon.first_names(),
        lexicon.surnames(),
        lexicon.ordinary(),
        lexicon.rare(),
        lexicon.left_alone(),
    )


def kind_of(low: str) -> str:
    """The kind of a word in small letters."""
    first, last, ordinary, rare, left = _sets()
    if low[0].isdigit():
        return WORD
    if low[0] > _LAST_LATIN and not low[0].isascii() and not "\u1e00" <= low[0] <= "\u1eff":
        return SCRIPT
    if not low.isascii():
        if low in left:
            return LEFT
        low = plain_letters(low)
    if low in first:
        return BOTH if low in ordinary or low in left else FIRST
    if low in left:
        return LEFT
    if low in last:
        return BOTH if low in ordinary or low in rare else SURNAME
    return WORD if _is_word(low, ordinary, rare) else _joined(low)


def plain_letters(low: str) -> str:
    """A word without its accents, as the lists have it: "joão" is "joao", "łukasz" is "lukasz"."""
    apart = unicodedata.normalize("NFKD", low.translate(_UNJOINED))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


_UNJOINED: Final = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "ə": "e", "ð": "d", "þ": "th"}
)


def _joined(low: str) -> str:
    """The kind of two words with a hyphen between them, by the better known of its parts."""
    parts = [part for part in re.split(r"[\-‐‑]", low) if part]
    if len(parts) < 2:
        return UNKNOWN
    kinds = [kind_of(part) for part in parts]
    if FIRST in kinds[:1] or (SURNAME in kinds and FIRST in kinds):
        return FIRST
    if any(kind in {FIRST, SURNAME} for kind in kinds):
        return SURNAME
    return WORD if all(kind in {WORD, LEFT, BOTH} for kind in kinds) else UNKNOWN


def _is_word(low: str, ordinary: frozenset[str], rare: frozenset[str]) -> bool:
    def is_known(word: str) -> bool:
        return word in ordinary or word in rare

    plain = low.replace("'", "")
    if is_known(low) or is_known(plain) or len(plain) == 1:
        return True
    squeezed = re.sub(r"(.)\1{2,}", r"\1\1", plain)
    if squeezed != plain:
        return is_known(squeezed) or is_known(re.sub(r"(.)\1+", r"\1", plain)) or len(set(plain)) <= 3
    return any(plain.endswith(end) and plain[: -len(end)] + more in ordinary for end, more in _ENDINGS)


# Endings that people add to words, or shorten: "chasin", "knocked", "mouldy", "boilers".
_ENDINGS: Final = (
    ("s", ""), ("in", "ing"), ("in", "e"), ("in", ""), ("ed", ""), ("d", ""), ("ing", ""), ("ing", "e"), ("y", ""),
    ("ish", ""), ("er", ""), ("ers", ""), ("est", ""), ("ly", ""), ("ness", ""), ("less", ""), ("able", ""),
    ("ies", "y"), ("es", ""), ("ve", ""), ("ll", ""), ("ful", ""), ("man", ""), ("men", ""),
)  # fmt: skip


@lru_cache(maxsize=20_000)
def looks_like_a_slip(low: str) -> bool:
    """Whether an unknown word is one letter away from an ordinary one: a slip of the thumb, and no name."""
    if len(low) < _LONG_ENOUGH_FOR_A_SLIP or not low.isascii():
        return _has_two_swapped(low)
    words = lexicon.ordinary()
    for at in range(len(low)):
        head, tail = low[:at], low[at + 1 :]
        if head + tail in words or (tail and head + tail[0] + low[at] + tail[1:] in words):
            return True
        if any(head + letter + tail in words or head + letter + low[at:] in words for letter in _LETTERS):
            return True
    return False


def _has_two_swapped(low: str) -> bool:
    words = lexicon.everyday()
    return len(low) > 3 and any(
        low[:at] + low[at + 1] + low[at] + low[at + 2 :] in words for at in range(len(low) - 1)
    )


@lru_cache(maxsize=20_000)
def is_compound(low: str) -> bool:
    """Whether an unknown word is two words run together, or a word with a prefix."""
    words, least = lexicon.ordinary(), 3
    if any(low.startswith(prefix) and low[len(prefix) :] in words for prefix in _PREFIXES):
        return True
    cuts = range(least, len(low) - least + 1)
    return any(
        low[:cut] in words and (low[cut:] in words or low[cut:].removesuffix("s") in words) for cut in cuts
    )


_PREFIXES: Final = ("un", "re", "mis", "over", "under", "non", "pre", "out", "de", "dis", "anti")
_LAST_LATIN: Final = "\u036f"
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
