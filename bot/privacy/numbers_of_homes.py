"""Numbers of homes without the word: before a street, with a letter, or by who is there: "32b", "len at 44"."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bot.privacy import lexicon
from bot.privacy.lexicon import entries
from bot.privacy.spans import ADDRESS, Span
from bot.privacy.street_after import NOON, NUMBER, capital_after, next_words, street_after
from bot.privacy.units import NEAR, NOT_AFTER

FEW: Final = 2
_A_WORD: Final = r"[^\W\d_][\w'’\-]*"
_STREET_NUMBER: Final = re.compile(
    rf"(?<![\w£$€./#\-])(?<!\d:)(?:\d/\d,? )?{NUMBER}(?=,? [^\W\d_])", re.IGNORECASE
)
_LETTERED: Final = re.compile(r"(?<![\w£$€./#\-])\d{1,3}[a-h](?![\w/\-])", re.IGNORECASE)
_BARE: Final = re.compile(
    rf"\b(?P<who>{_A_WORD}),?(?: (?:up|down|over|there|out|upstairs|downstairs|doors?))?(?: (?P<at>at|from|in"
    rf"|opposite|above|below|between|of))? "
    r"(?P<number>\d{1,3}[a-h]?)(?: (?P<and>and|&|or) (?P<number2>\d{1,3}[a-h]?))?(?![\w%£:/\-]"
    r"|[.,]\d)(?: (?P<next>[a-z'’]+))?",
    re.IGNORECASE,
)
_NOT_LETTERED: Final = frozenset(
    ["2b", "3d", "4g", "5g", "3g", "2d", "4d", "4h", "13a", "10a", "5a", "1a", "6a"]
)
_FUSE: Final = re.compile(
    r"\W*(?:amps?|fuse|plug|socket|breaker|rated|signal|printer|glasses)", re.IGNORECASE
)


@cache
def _list(name: str) -> frozenset[str]:
    return entries("places.toml", name)


def numbered(text: str) -> Iterator[Span]:
    """As in "14 Corncrake Lane", "27 Hobgate", "32b", "len at 44"."""
    for match in _STREET_NUMBER.finditer(text):
        if (
            NOT_AFTER.search(text, max(0, match.start() - NEAR), match.start())
            and not text[match.end() :].lstrip(", ")[:1].isupper()
        ):
            continue
        end = street_after(text, match.end()) or capital_after(text, match.end())
        if end:
            yield Span(match.start(), end, ADDRESS, "a number and a street")
    yield from _bare_numbers(text)


def _bare_numbers(text: str) -> Iterator[Span]:
    for match in _LETTERED.finditer(text):
        low = match.group().casefold()
        number = int(re.match(r"\d+", low).group())  # type: ignore[union-attr]
        if (
            number
            and low not in _NOT_LETTERED - {"6a"}
            and not NOT_AFTER.search(text, max(0, match.start() - NEAR), match.start())
            and not _FUSE.match(text, match.end())
        ):
            yield Span(*match.span(), ADDRESS, "a number that means a home", 0.8)
            yield from _around(text, match)
    for match in _BARE.finditer(text):
        if _means_a_home(match):
            yield Span(*match.span("number"), ADDRESS, "a number that means a home", 0.7)
            if match["number2"]:
                yield Span(*match.span("number2"), ADDRESS, "a number that means a home", 0.7)


def _around(text: str, match: re.Match[str]) -> Iterator[Span]:
    """The neighbours of "3A" in "it goes 3 then 3A then 5"."""
    for pattern, begin in (
        (r"(\d{1,3}) (?:then|and|or|,|not|to) $", None),
        (r" (?:then|and|or|not|to) (\d{1,3})\b", match.end()),
    ):
        found = (
            re.compile(pattern).match(text, begin)
            if begin
            else re.compile(pattern).search(text, max(0, match.start() - NEAR), match.start())
        )
        if found and (begin is None or not set(next_words(text, found.end(), 1)) & _list("units")):
            yield Span(*found.span(1), ADDRESS, "a number beside a home", 0.6)


def _means_a_home(match: re.Match[str]) -> bool:
    who, joint, following = (
        match["who"].casefold(),
        (match["at"] or "").casefold(),
        (match["next"] or "").casefold(),
    )
    number = int(re.match(r"\d+", match["number"]).group())  # type: ignore[union-attr]
    joined = bool(match["number2"]) and following in {"in", "on", "and"}
    at_home = (
        following in {"in", "on", "and", "for", "to", "when"} and who in _list("home_words") and number > NOON
    )
    if following in _list("units") and not (joined or at_home):
        return False
    if joint == "between":
        return bool(match["number2"]) and who in _list("partings")
    if (
        joint in {"at", ""}
        and who in {"at", "live", "lives", "lived", "living"} | _list("home_words")
        and (joint or who == "at")
    ):
        return number > NOON or who in _list("home_words") or _live_at(match)
    if joint == "in":
        return who in {"live", "lives", "lived", "living", "im", "i'm"} and number > FEW
    if joint == "of" and who in _list("people_at_home"):
        return False  # "a lad of 12": that is his age
    if joint in {"from", "of", "opposite", "above", "below"}:
        return (
            who in _list("dwellers") - {"i", "is", "were", "he's", "she's", "hes", "shes", "moved"}
            and number > FEW
        )
    name = who in lexicon.first_names() and who not in lexicon.everyday()
    return (
        joint == "at" and name and number > (NOON if _CALLED.search(match.string, 0, match.start()) else FEW)
    )


_CALLED: Final = re.compile(
    r"\b(?:rang|phoned|called|visit|came|met|saw|appointment|texted|emailed)\b[^.!?]{0,30}$", re.IGNORECASE
)


def _live_at(match: re.Match[str]) -> bool:
    return match["who"].casefold() in {"live", "lives", "lived", "living"}
