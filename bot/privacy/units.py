"""Numbered homes that say so: "flat 4", "number 12", "block C", "house 117"."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bot.privacy.lexicon import entries
from bot.privacy.spans import ADDRESS, Span
from bot.privacy.street_after import name_after, next_words

_NUMBER_WORDS: Final = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    "|seventeen|eighteen|nineteen|"
    "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
NEAR: Final = 30  # how far back a cue may stand
_UNIT: Final = re.compile(
    rf"\b(?P<unit>flat|flt|apt|apartment|unit|plot|room|rm|house|hse|block|number|num|no\.?|nr)"
    rf"(?: ?(?:no\.?|number|num))?\.? ?(?P<number>\d{{1,4}} ?(?:[a-k]\b)?(?:[/.\-]\d{{1,3}}[a-k]?(?!\w))?|(?<= )[a-k]\b"
    rf"|(?<= )(?:{_NUMBER_WORDS})\b(?:[ \-](?:one|two|three|four|five|"
    r"six|seven|eight|nine)\b)?)(?!\w|[.:]\d)",
    re.IGNORECASE,
)
NOT_AFTER: Final = re.compile(
    r"\b(?:band|stage|grade|section|act|form|window|bus|press|option|route|clause|part|year|class|age|aged"
    r"|size|step|page|channel|m|a|level|lift|"
    r"platform|gate|door|day|week|visit|question|rule|zone|line|letter|report|priority|up|on|pass|skip|answer)[^\w,;\n]*$",
    re.IGNORECASE,
)


@cache
def _list(name: str) -> frozenset[str]:
    return entries("places.toml", name)


def units(text: str) -> Iterator[Span]:
    """Homes with their kind and number, and the street or block behind it."""
    for match in _UNIT.finditer(text):
        unit, end = match["unit"].casefold().rstrip("."), match.end()
        further = name_after(text, end)
        named = further > end
        if unit in {"room", "rm", "house", "hse", "unit", "plot", "block"} and not _means_home(
            text, match, named=named
        ):
            continue
        if unit in {"number", "num", "no", "nr"} and not named and not _is_home_number(text, match):
            continue
        yield Span(match.start(), further, ADDRESS, "a numbered home", 1.0 if named else 0.9)
        yield from _and_another(text, match.end())


def _and_another(text: str, end: int) -> Iterator[Span]:
    more = re.compile(
        r" (?:and|&|or|to) (?:no\.? ?|number )?(\d{1,4}[a-h]?)\b(?! ?(?:%|am|pm))", re.IGNORECASE
    ).match(text, end)
    following = next_words(text, more.end(), 1) if more else []
    if more and not (following and following[0] in _list("units")):
        yield Span(*more.span(1), ADDRESS, "a numbered home", 0.8)


def _means_home(text: str, match: re.Match[str], *, named: bool) -> bool:
    """Whether "house 117" or "room 14" is somewhere that somebody lives."""
    unit = match["unit"].casefold()
    if unit in {"room", "rm", "unit"}:
        return named
    following = next_words(text, match.end(), 1)
    return named or (
        match["number"][0].isdigit()
        and not (following and following[0] in _list("units"))
        and unit in {"house", "hse", "plot", "block"}
    )


_PLACE_IN_A_LIST: Final = re.compile(
    r" (?:on|in) (?:the|a|my|your|their|that) (?:waiting |bidding )?(?:list|queue|line|league|table|world|country)",
    re.IGNORECASE,
)


# "I want number two", "number 23 in the queue": an answer, or a place in a queue.
_IS_A_CHOICE: Final = re.compile(
    r"\b(?:want|pick|picked|choose|chose|mean|meant|queue|queueing|press|pressed|pass on|skip|answer|raffle"
    r"|leaflet)[^.!?]{0,12}\W$"
    r"|\bqueue\b",
    re.IGNORECASE,
)


def _is_home_number(text: str, match: re.Match[str]) -> bool:
    number = match["number"].casefold()
    if _PLACE_IN_A_LIST.match(text, match.end()) or _IS_A_CHOICE.search(text, 0, match.start()):
        return False
    if not text[: match.start()].strip() and not text[match.end() :].strip(" .!?"):
        return False
    if len(number) == 1 and number.isalpha():
        return False
    if NOT_AFTER.search(text, max(0, match.start() - NEAR), match.start()):
        return False
    following = next_words(text, match.end(), 1)
    if match["unit"].casefold() in {"no", "nr"} and not number[0].isdigit():
        return False
    if (
        match["unit"].casefold() == "no"
        and match.group()[2:3] != "."
        and following
        and following[0] in _list("units") | entries("places.toml", "not_after_number") | {"more", "longer"}
    ):
        return False
    return number not in {"1", "one"} and not (
        following
        and following[0]
        in entries("places.toml", "not_after_number") - {"and", "because", "again", "on", "in", "for"}
        | {"bus", "buses"}
    )
