"""Streets, blocks and estates named without a number: "on Corncrake Lane", "lower tanyard"."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bot.privacy import lexicon
from bot.privacy.lexicon import entries
from bot.privacy.spans import PLACE, Span
from bot.privacy.tokens import looks_like_a_slip

_WORDS: Final = re.compile(r"[^\W\d_][\w'’\-]*")
_LOWER: Final = re.compile(r"\b(?:lower|upper) (?P<it>[^\W\d_]{4,})", re.IGNORECASE)
_PLAINLY_STREETS: Final = frozenset(
    ["lane", "street", "road", "terrace", "avenue", "crescent", "towers", "croft"]
)
_PREPOSITION: Final = re.compile(
    r"\b(?:at|on|in|from|behind|outside|near|by|off|of|down|up|round|opposite|live|to|around|between|across"
    r"|past|along|and|through)(?: the)? $",
    re.IGNORECASE,
)
_SHORTEST_NAME: Final = 4


@cache
def _list(name: str) -> frozenset[str]:
    return entries("places.toml", name)


@cache
def _street_end() -> re.Pattern[str]:
    ends = "|".join(sorted(_list("streets"), key=len, reverse=True))
    return re.compile(rf"(?<=[\w'’.] )(?:{ends})\b(?!['’]s|\-)", re.IGNORECASE)


def streets(text: str) -> Iterator[Span]:
    """A named street, block or estate without a number."""
    for found in _LOWER.finditer(text):
        if found["it"].casefold() not in lexicon.ordinary() and not looks_like_a_slip(found["it"].casefold()):
            yield Span(*found.span(), PLACE, "a named part of a place", 0.8)
    for match in _street_end().finditer(text):
        start = _name_before(text, match.start(), match.group())
        if start is not None:
            start -= 4 * (text[max(0, start - 4) : start].casefold() == "the ")
            yield Span(start, match.end(), PLACE, "a named street, block or estate", 0.9)


def _name_before(text: str, at: int, end: str) -> int | None:
    """Where the name of a street begins, going back from "Road" over at most three words."""
    before = list(_WORDS.finditer(text, max(0, at - 60), at))[-3:]
    start, expected = None, at
    for word in reversed(before):
        low = word.group().casefold()
        if text[word.end() : expected] not in {" ", "  "} or not _part_of_name(
            word.group(),
            low,
            end,
            first=start is None,
            after_preposition=_after_preposition(text, word.start()),
        ):
            break
        start, expected = word.start(), word.start()
        if not word.group()[0].isupper():
            break
    return start


def _after_preposition(text: str, at: int) -> bool:
    return bool(_PREPOSITION.search(text, max(0, at - 20), at))


def _part_of_name(word: str, low: str, end: str, *, first: bool, after_preposition: bool) -> bool:
    """Whether a word before "Road" or the like belongs to the name of the street.

    Args:
        word: the word.
        low: the same in small letters.
        end: the "Road".
        first: whether it is the one right before it.
        after_preposition: whether "at", "on" or the like stands before the word.
    """
    plain = low.replace("’", "'").removesuffix("'s")
    if plain.endswith(("'ll", "'d", "'ve", "'re", "n't", "'m")):
        return False
    towns = entries("leave.toml", "towns")
    if low in _list("describing") or plain in _list("describing"):
        return not first and word[0].isupper() and low in _list("parts_of_names")
    capital = word[0].isupper() and not word.isupper()
    if not first:
        return capital and (low not in lexicon.left_alone() or low in towns)
    if _is_no_word(plain):
        return capital or plain not in lexicon.first_names() or after_preposition
    if low in lexicon.left_alone() and low not in towns:
        return word[0].isupper() and end[0].isupper() and low in _list("street_names")
    everyday = end.casefold() in _list("everyday_streets")
    if capital and (end[0].isupper() or not everyday):
        return end[0].isupper() or end.casefold() not in _list("capital_streets")
    if "'" in plain or end.casefold() in _list("capital_streets"):
        return False
    if not everyday:
        return plain not in lexicon.everyday()
    return after_preposition and (not _common(plain) or end.casefold() in _PLAINLY_STREETS)


def _is_no_word(plain: str) -> bool:
    """Whether a word is none of the ordinary ones, nor a slip of one: "tansy", "lindop"."""
    unknown = plain not in lexicon.ordinary() and plain not in lexicon.left_alone()
    return unknown and len(plain) >= _SHORTEST_NAME and not looks_like_a_slip(plain)


def _common(low: str) -> bool:
    everyday = lexicon.everyday()
    return low in everyday or (low.endswith("s") and low[:-1] in everyday)
