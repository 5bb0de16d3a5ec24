"""Homes and streets: a number with its street or block, a number that means a home, a named street."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bot.privacy import lexicon
from bot.privacy.lexicon import entries
from bot.privacy.spans import ADDRESS, PLACE, Span
from bot.privacy.tokens import looks_like_a_slip

_NUMBER_WORDS: Final = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
    "|seventeen|eighteen|nineteen|"
    "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
)
_NUMBER: Final = r"\d{1,4}(?: ?[a-k])?(?:[/\-]\d{1,4}[a-k]?)?"
NOON: Final = 12  # up to here, "at 9" may be an hour
FEW: Final = 2
NEAR: Final = 30  # how far back a cue may stand

_A_WORD: Final = r"[^\W\d_][\w'’\-]*"
_UNIT: Final = re.compile(
    rf"\b(?P<unit>flat|flt|apt|apartment|unit|plot|room|rm|house|hse|block|number|num|no\.?|nr)"
    rf"(?: ?(?:no\.?|number|num))?\.? ?(?P<number>\d{{1,4}} ?(?:[a-k]\b)?(?:[/.\-]\d{{1,3}}[a-k]?(?!\w))?|(?<= )[a-k]\b"
    rf"|(?<= )(?:{_NUMBER_WORDS})\b(?:[ \-](?:one|two|three|four|five|"
    r"six|seven|eight|nine)\b)?)(?!\w|[.:]\d)",
    re.IGNORECASE,
)
_STREET_NUMBER: Final = re.compile(
    rf"(?<![\w£$€./#\-])(?<!\d:)(?:\d/\d,? )?{_NUMBER}(?=,? [^\W\d_])", re.IGNORECASE
)
_LETTERED: Final = re.compile(r"(?<![\w£$€./#\-])\d{1,3}[a-h](?![\w/\-])", re.IGNORECASE)
_BARE: Final = re.compile(
    rf"\b(?P<who>{_A_WORD}),?(?: (?:up|down|over|there|out|upstairs|downstairs|doors?))?(?: (?P<at>at|from|in"
    rf"|opposite|above|below|between|of))? "
    r"(?P<number>\d{1,3}[a-h]?)(?: (?P<and>and|&|or) (?P<number2>\d{1,3}[a-h]?))?(?![\w%£:/\-]"
    r"|[.,]\d)(?: (?P<next>[a-z'’]+))?",
    re.IGNORECASE,
)
_WORDS: Final = re.compile(r"[^\W\d_][\w'’\-]*")
_NEXT_WORD: Final = re.compile(r"(?P<gap>,? )(?P<word>[^\W\d_][\w'’\-]*)")
_NOT_LETTERED: Final = frozenset(
    ["2b", "3d", "4g", "5g", "3g", "2d", "4d", "4h", "13a", "10a", "5a", "1a", "6a"]
)
_FUSE: Final = re.compile(
    r"\W*(?:amps?|fuse|plug|socket|breaker|rated|signal|printer|glasses)", re.IGNORECASE
)
_NOT_AFTER: Final = re.compile(
    r"\b(?:band|stage|grade|section|act|form|window|bus|press|option|route|clause|part|year|class|age|aged"
    r"|size|step|page|channel|m|a|level|lift|"
    r"platform|gate|door|day|week|visit|question|rule|zone|line|letter|report|priority|up|on|pass|skip|answer)[^\w,;\n]*$",
    re.IGNORECASE,
)


@cache
def _list(name: str) -> frozenset[str]:
    return entries("places.toml", name)


@cache
def _plain() -> frozenset[str]:
    return lexicon.ordinary() | lexicon.first_names()


@cache
def _street_end() -> re.Pattern[str]:
    ends = "|".join(sorted(_list("streets"), key=len, reverse=True))
    return re.compile(rf"(?<=[\w'’.] )(?:{ends})\b(?!['’]s|\-)", re.IGNORECASE)


def places(text: str) -> Iterator[Span]:
    """Every home and street in a text; spans may overlap."""
    for span in _all(text):
        if not _in_saying(text, span):
            yield span


_LOWER: Final = re.compile(r"\b(?:lower|upper) (?P<it>[^\W\d_]{4,})", re.IGNORECASE)


def _in_saying(text: str, span: Span) -> bool:
    words = text[span.start : span.end].casefold().split() if span.type == PLACE else []
    return any(
        pattern.search(text, span.start, span.end)
        for word in words
        for pattern in lexicon.sayings().get(word, ())
    )


def _all(text: str) -> Iterator[Span]:
    if any(map(str.isdigit, text)):
        yield from _numbered(text)
    yield from _units(text)
    yield from _streets(text)


def _units(text: str) -> Iterator[Span]:
    for match in _UNIT.finditer(text):
        unit, end = match["unit"].casefold().rstrip("."), match.end()
        further = _name_after(text, end)
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
    following = _next_words(text, more.end(), 1) if more else []
    if more and not (following and following[0] in _list("units")):
        yield Span(*more.span(1), ADDRESS, "a numbered home", 0.8)


def _means_home(text: str, match: re.Match[str], *, named: bool) -> bool:
    """Whether "house 117" or "room 14" is somewhere that somebody lives."""
    unit = match["unit"].casefold()
    if unit in {"room", "rm", "unit"}:
        return named
    following = _next_words(text, match.end(), 1)
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
    if _NOT_AFTER.search(text, max(0, match.start() - NEAR), match.start()):
        return False
    following = _next_words(text, match.end(), 1)
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


def _next_words(text: str, at: int, count: int) -> list[str]:
    words: list[str] = []
    position = at
    while len(words) < count and (match := _NEXT_WORD.match(text, position)):
        words.append(match["word"].casefold())
        position = match.end()
    return words


def _name_after(text: str, at: int) -> int:
    """Where the street or block after a flat's number ends; `at` itself where there is none."""
    second = re.compile(rf",? (?:at )?(?P<number>{_NUMBER})(?=,? [^\W\d_])", re.IGNORECASE).match(text, at)
    if second:
        end = _street_after(text, second.end())
        if end:
            return end
    joint = re.compile(r",? (?:at|on|in|of)(?= (?:the )?[^\W\d_])", re.IGNORECASE).match(text, at)
    end = _street_after(text, joint.end() if joint else at)
    if end:
        return end
    return at if joint else _single_after(text, at)


def _street_after(text: str, at: int) -> int:
    """The end of one to four words of which the last is "Road" or the like; 0 where there are none."""
    position, words = at, 0
    inside: list[str] = []
    while words < 4 and (match := _NEXT_WORD.match(text, position)):
        if "," in match["gap"] and words:
            break
        word = match["word"]
        low = word.casefold().rstrip("'s").replace("’", "'")
        if words and (word.casefold() in _list("streets")) and _may_name_street(inside, word):
            return match.end()
        if low in {"is", "was", "has", "and", "are", "for", "with", "but", "who"}:
            break
        inside.append(word)
        position, words = match.end(), words + 1
    welsh = inside and inside[0].casefold() in {"heol", "ffordd", "stryd", "maes", "clos"}
    return position if welsh else 0


def _may_name_street(inside: list[str], end: str) -> bool:
    lows = [word.casefold() for word in inside]
    if any(low in _list("units") for low in lows if low != "the"):
        return False
    named = [low for low in lows if low not in _list("describing")]
    if not named:
        return False
    if end.casefold() not in _list("everyday_streets") or inside[-1][0].isupper():
        return True
    return any(low.rstrip("s") not in lexicon.everyday() and low not in lexicon.everyday() for low in named)


def _single_after(text: str, at: int) -> int:
    """One or more words with capitals after a number, or one in small letters that is no common word."""
    position = at
    while match := re.compile(r",? (?:The )?[A-Z][\w'’\-]+(?:-[\w\-]+)*").match(text, position):
        last = match.group().split()[-1].strip(",")
        if ("," in match.group() and position > at) or not _may_be_block(last):
            break
        position = match.end()
    if position > at:
        return position
    following = _NEXT_WORD.match(text, at)
    if following and following["word"].casefold() not in _plain():
        return following.end() if following["word"][0].islower() else at
    return at


def _may_be_block(word: str) -> bool:
    low = word.casefold()
    return (
        low not in lexicon.left_alone()
        and not (low in lexicon.everyday() and low not in _list("streets"))
        and low not in lexicon.first_names()
    )


def _numbered(text: str) -> Iterator[Span]:
    """As in "14 Corncrake Lane", "27 Hobgate", "32b", "len at 44"."""
    for match in _STREET_NUMBER.finditer(text):
        if (
            _NOT_AFTER.search(text, max(0, match.start() - NEAR), match.start())
            and not text[match.end() :].lstrip(", ")[:1].isupper()
        ):
            continue
        end = _street_after(text, match.end()) or _capital_after(text, match.end())
        if end:
            yield Span(match.start(), end, ADDRESS, "a number and a street")
    yield from _bare_numbers(text)


def _capital_after(text: str, at: int) -> int:
    """The end of a capital word or two after a number, no common words: "27 Hobgate", "6, The Shippon"."""
    match = re.compile(
        r",? (?:The )?(?P<name>[A-Z](?!['’])[a-z'’\-]{2,}[\w'’\-]+(?: [A-Z][a-z'’\-]{2,})?)"
    ).match(text, at)
    if not match:
        return 0
    lows = [word.casefold() for word in match["name"].split()]
    where = _WHERE.search(text, max(0, at - 24), at)
    if (
        where
        and int(where["number"]) > NOON
        and not any(low in _NO_BLOCK or low in lexicon.left_alone() for low in lows)
    ):
        return match.end()
    if any(low in _plain() or low in lexicon.left_alone() for low in lows) and " The " not in match.group():
        return 0
    return match.end()


_WHERE: Final = re.compile(
    r"\b(?:at|from|outside|opposite|near|live|lives|in|to|address(?: is)?|of) (?P<number>\d{1,3})[a-h]?$",
    re.IGNORECASE,
)
_NO_BLOCK: Final = frozenset(
    [
        "days",
        "weeks",
        "hours",
        "calls",
        "working",
        "minutes",
        "years",
        "months",
        "they",
        "then",
        "people",
        "visits",
        "emails",
    ]
)


def _bare_numbers(text: str) -> Iterator[Span]:
    for match in _LETTERED.finditer(text):
        low = match.group().casefold()
        number = int(re.match(r"\d+", low).group())  # type: ignore[union-attr]
        if (
            number
            and low not in _NOT_LETTERED - {"6a"}
            and not _NOT_AFTER.search(text, max(0, match.start() - NEAR), match.start())
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
        if found and (begin is None or not set(_next_words(text, found.end(), 1)) & _list("units")):
            yield Span(*found.span(1), ADDRESS, "a number beside a home", 0.6)


def _means_a_home(match: re.Match[str]) -> bool:
    who, joint, following = (
        match["who"].casefold(),
        (match["at"] or "").casefold(),
        (match["next"] or "").casefold(),
    )
    number = int(re.match(r"\d+", match["number"]).group())  # type: ignore[union-attr]
    joined = bool(match["number2"]) and following in {"in", "on", "and"}
    at_home = following in {"in", "on", "and", "for", "to", "when"} and who in _HOME_WORDS and number > NOON
    if following in _list("units") and not (joined or at_home):
        return False
    if joint == "between":
        return bool(match["number2"]) and who in _list("partings")
    if (
        joint in {"at", ""}
        and who in {"at", "live", "lives", "lived", "living"} | _HOME_WORDS
        and (joint or who == "at")
    ):
        return number > NOON or who in _HOME_WORDS or _live_at(match)
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


_HOME_WORDS: Final = frozenset(
    [
        "him",
        "her",
        "them",
        "lady",
        "man",
        "bloke",
        "woman",
        "lass",
        "lad",
        "girl",
        "boy",
        "guy",
        "chap",
        "fella",
        "couple",
        "family",
        "lot",
        "kids",
        "neighbour",
        "neighbours",
        "neighbor",
        "tenant",
        "tenants",
        "people",
        "folk",
        "live",
        "lives",
        "living",
        "lived",
        "staying",
        "im",
        "i'm",
        "we're",
        "we",
        "missus",
        "students",
        "one",
        "old",
    ]
) - {"we", "old", "one"}


def _live_at(match: re.Match[str]) -> bool:
    return match["who"].casefold() in {"live", "lives", "lived", "living"}


def _streets(text: str) -> Iterator[Span]:
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


_PLAINLY_STREETS: Final = frozenset(
    ["lane", "street", "road", "terrace", "avenue", "crescent", "towers", "croft"]
)
_PREPOSITION: Final = re.compile(
    r"\b(?:at|on|in|from|behind|outside|near|by|off|of|down|up|round|opposite|live|to|around|between|across"
    r"|past|along|and|through)(?: the)? $",
    re.IGNORECASE,
)


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


_SHORTEST_NAME: Final = 4


def _common(low: str) -> bool:
    everyday = lexicon.everyday()
    return low in everyday or (low.endswith("s") and low[:-1] in everyday)
