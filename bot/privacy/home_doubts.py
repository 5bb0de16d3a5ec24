"""What may be a home or a place and is not sure to be: a person looks at it before any of it leaves."""

import re
from collections.abc import Iterator
from typing import Final

from bot.privacy import lexicon
from bot.privacy.homes import (
    CLOCK,
    COUNTED,
    DIGIT,
    JOINING,
    NUMBER,
    SPELLED,
    TENS,
    WHERE,
    counted,
    listed,
)
from bot.privacy.spans import Doubt

_ANY_HOME: Final = re.compile(
    rf"\b(?:{WHERE[3:-1]}|number|no\.?|nr|room|rm|door|flat|house|h/n|block|plot|unit|live|lives|lived"
    rf"|living) (?:the )?(?P<it>{NUMBER})(?: (?P<next>[a-z'’]+))?",
    re.IGNORECASE,
)
_ANY_STAIR: Final = re.compile(r"(?<![\w£/.\-])[0-4]/[1-4](?![\w/]|\.\d)", re.IGNORECASE)
_ANY_LETTERED: Final = re.compile(r"(?<![\w£/.\-])\d{1,3}[a-d](?![\w/\-])", re.IGNORECASE)
_ANY_RANGE: Final = re.compile(
    r"\b(?:at|in|from|of) (?P<it>\d{1,3}[a-h]?-\d{1,3}[a-h]?)(?! ?(?:[a-z]|%|/))", re.IGNORECASE
)
_ANY_SPELLED: Final = re.compile(
    rf"\b(?:at|in|number|from|opposite|above|below) (?P<it>{SPELLED})(?: (?P<next>[a-z'’]+))?", re.IGNORECASE
)
_AGE_OR_CLOCK: Final = re.compile(
    r"\b(?:stage|band|queue|list|press|aged?|died|retired|retire|years|temperature|thermostat|stuck|set|stays?|heating|warm|degrees|up|temp|mph|open|shut|closes?"
    r"|bus|channel|year|step|page|size|grade|level|section|option|priority|lift|floor|platform|press)\W+(?:\w+\W+)?$",
    re.IGNORECASE,
)
_SUBJECT: Final = re.compile(
    r"(?:^|[.!?] |\b(?:and|but|only|cos|that|when|then|so|because|think|said|by"
    r"|off) )(?P<it>\d{1,3}[a-h]?) (?:has|have|had|is|are|was|got|gets|never|said|says|wont|doesnt|just"
    r"|always|still|did|didnt|already|knows|told)\b",
    re.IGNORECASE,
)


def home_doubts(text: str) -> Iterator[Doubt]:
    """Numbers that stand where a home may be meant."""
    if not DIGIT.search(text):
        yield from _spelled_doubts(text)
        return
    for match in _ANY_HOME.finditer(text):
        following = (match["next"] or "").casefold()
        if following not in listed("units") - JOINING | COUNTED and not _is_hour_or_age(text, match):
            yield Doubt(*match.span("it"), "a number, perhaps somebody's home")
    for pattern in (_ANY_STAIR, _ANY_LETTERED, _ANY_RANGE, _SUBJECT):
        for match in pattern.finditer(text):
            group = "it" if "it" in match.groupdict() else 0
            if not counted(text, match.end(group)):
                yield Doubt(*match.span(group), "perhaps the number of a flat")
    yield from _spelled_doubts(text)


def _spelled_doubts(text: str) -> Iterator[Doubt]:
    for match in _ANY_SPELLED.finditer(text):
        following = (match["next"] or "").casefold()
        big = re.search(rf"{TENS}|teen", match["it"], re.IGNORECASE)
        if big and following not in listed("units") | COUNTED and following not in {"words", "minds"}:
            yield Doubt(*match.span("it"), "a number in words, perhaps somebody's home")


def _is_hour_or_age(text: str, match: re.Match[str]) -> bool:
    number = int(re.sub(r"\D", "", match["it"]))
    before = match.group().split()[0].casefold()
    if before in {"number", "no", "no.", "nr", "door", "flat", "house", "plot", "live", "lives", "lived"}:
        return number == 1
    if before in {"to", "for", "by", "with", "near", "under", "of"}:
        return True
    if before in {"from", "at"} and number <= CLOCK and match["it"].isdigit():
        return True
    return bool(_AGE_OR_CLOCK.search(text, max(0, match.start() - 24), match.start()))


_END: Final = (
    r"(?:estate|estates|block|blocks|court|house|street|road|lane|avenue|close|terrace|gardens"
    r"|towers?|flats|mews|crescent|rise|buildings|lodge|cottages?|square|heights)"
)
_NAMED: Final = re.compile(
    rf"\b(?P<name>[a-z][a-z'’\-]{{2,}}) {_END}\b(?!['’]s)|\b(?:on|off|behind|at|from"
    rf"|in|down|outside|round|near|opposite) (?:the )?(?P<other>[a-z][a-z'’\-]{{3,}})\b",
    re.IGNORECASE,
)


def place_doubts(text: str) -> Iterator[Doubt]:
    """Words that may be a street or an estate: before "estate" and the like, and after "at the", "behind"."""
    for match in _NAMED.finditer(text):
        group = "name" if match["name"] else "other"
        low = match[group].casefold().replace("’", "'").removesuffix("'s")
        if _may_name_place(low, of_street=group == "name"):
            yield Doubt(*match.span(group), "perhaps a street or an estate")


def _may_name_place(low: str, *, of_street: bool) -> bool:
    if low in listed("describing") or low in lexicon.left_alone() or low in lexicon.everyday():
        return False
    if of_street:
        return True
    if low.endswith("s") and low[:-1] in lexicon.everyday():
        return False
    return low not in lexicon.ordinary() and low not in listed("no_places")
