"""Numbers that are somebody's home, as people write them: "2/1", "3f2", "up at 14", "Larkspur House flat 8"."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bot.privacy.lexicon import entries
from bot.privacy.spans import ADDRESS, PLACE, Span

ONES: Final = "one|two|three|four|five|six|seven|eight|nine"
_TEENS: Final = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
TENS: Final = "twenty|thirty|forty|fourty|fifty|sixty|seventy|eighty|ninety"
SPELLED: Final = (
    rf"(?:(?:a |one )?hundred and )?(?:(?:{TENS})(?:[ \-](?:{ONES}))?|{_TEENS}"
    rf"|{ONES})(?:[ \-]?[a-d])?\b(?!-)"
)
NUMBER: Final = r"\d{1,3}[a-k]?(?![\w%£:/\-]|[.,]\d)"
DIGIT: Final = re.compile(r"\d")
_NO_TIME: Final = r"(?<![\w£$€.,:/\-])"
WHERE: Final = (
    r"(?:at|in|from|of|opposite|above|below|beneath|under|next to|beside|behind|outside|near|to|for|by|with)"
)

# Scottish flats: "2/1", "flat 0/2", "3f1", "ground right".
_STAIR: Final = re.compile(
    rf"{_NO_TIME}(?:\b(?:flat|flt|door|im|i'm|live|lives|lived|living|at|in|from|above|below|opposite|of"
    rf"|upstairs|downstairs),? )"
    r"(?P<it>(?:[0-9gb]/[0-9rlm]|\d{1,2}/[0-9rlm])(?![\w/]))(?! ?(?:of|the|way|full|price|working|done|years?"
    r"|days?|weeks?|hours?)\b)",
    re.IGNORECASE,
)
_FLOOR_CODE: Final = re.compile(r"(?<![\w£/.\-])(?:\d{1,2}f\d|gf\d|[1-4]f[lr]|bf\d|pf\d)\b", re.IGNORECASE)
_GROUND: Final = re.compile(
    r"\b(?:flat |at |in |from )(?P<it>(?:ground|top|basement|first|second|third|1st|2nd"
    r"|3rd)(?: floor)?[ ,](?:left|right))\b",
    re.IGNORECASE,
)
# Several homes at once: "flats 3 and 4", "numbers 5 to 11", "12-14".
_SEVERAL: Final = re.compile(
    rf"\b(?:flats|numbers|nos\.?|houses|apartments|doors|homes) (?P<it>\d{{1,3}}[a-h]?(?:(?: ?[,\-–&/] ?"
    rf"| and | to | or |, and )"
    rf"\d{{1,3}}[a-h]?\b)+)(?! ?(?:%|{TENS}|days?|weeks?|months?|hours?|times))",
    re.IGNORECASE,
)
# "caravan 9", "studio 5"; "27's bins"; "22 keeps banging"; "block C, flat 12".
_OTHER_UNIT: Final = re.compile(
    r"\b(?P<it>(?:bungalow|maisonette|studio|bedsit|pitch|chalet|caravan|garage|flt"
    r"|hse) (?:no\.? ?)?\d{1,3}[a-h]?)(?![\w:/.%]*\d)",
    re.IGNORECASE,
)
_OWNER: Final = re.compile(
    r"(?<![\w£$€.,:/\-])(?P<it>(?:\d{1,2}[1-9]|[1-9]\d|[2-9])[a-h]?)['’]s\b", re.IGNORECASE
)
_ACTING: Final = re.compile(
    r"(?:^|[.!?] |\b(?:and|but|only|cos|that|when|then|so|because|think|said"
    r"|by) )(?P<it>\d{1,3}[a-h]?) (?:plays|keeps|bangs|smokes|shouts|moved|parks|throws|leaves|screams|lets)\b",
    re.IGNORECASE,
)
_WITH_BLOCK: Final = re.compile(
    r"\b(?:block|blk|tower|stair|staircase) (?P<block>[a-h]|\d{1,2}),? (?:in |no\.? ?)?(?=(?:flat|flt|apt"
    r"|apartment|door|room|number) \d)",
    re.IGNORECASE,
)
_THEN_BLOCK: Final = re.compile(
    r"\b(?:flat|flt|apt|apartment|door|room|number) \d{1,3}[a-h]?,? (?:in |of )?(?P<it>(?:block|blk|stair"
    r"|staircase) (?:[a-h]|\d{1,2}))\b",
    re.IGNORECASE,
)
# Who or what is at home somewhere: then the number is the home.
_DWELLING: Final = re.compile(
    rf"\b(?P<who>[a-z][a-z'’]*),? (?:up |down |over |out |there |round |just |still |right )?(?P<at>{WHERE}) "
    rf"(?:the )?(?P<it>(?:no\.? ?|number )?(?:{NUMBER}|(?:{SPELLED})))(?: (?P<next>[a-z'’]+))?",
    re.IGNORECASE,
)
_DOOR: Final = re.compile(
    r"\b(?P<it>(?:(?:door|dr|flat number|house number|flat no\.?) |(?<=my )number(?:'s| is) "
    r"|(?<=our )number(?:'s| is) )\d{1,3}[a-h]?)(?![\w:/.%]*\d)",
    re.IGNORECASE,
)
_BEFORE_STREET: Final = re.compile(rf"\b(?P<it>{SPELLED}),? (?:the )?$", re.IGNORECASE)
_AFTER_BLOCK: Final = re.compile(
    rf",? (?:in |at |on )?(?P<it>(?:flat |no\.? ?|number |flt |apt |apartment |door |room "
    rf"|house )?(?:{NUMBER}|\d/\d))(?! ?(?:(?i:{TENS}|hundred)))(?: (?P<next>[a-z'’]+))?",
    re.IGNORECASE,
)
_AFTER_ALL: Final = re.compile(
    rf",? (?P<it>(?:flat|no\.?|number|flt|apt|door|room|house) {SPELLED})", re.IGNORECASE
)
_NAMED_HOUSE: Final = re.compile(
    r"\b(?:The )?(?:(?:Old|New|Little|Upper|Lower|Long|Mill|Hill|[A-Z][a-z'’]{2,}) ){0,2}(?:Cottage|Bungalow"
    r"|Rectory|Vicarage|Farmhouse|Schoolhouse|Barn|Gatehouse|Coach House"
    r"|Farm|Granary|Stables|Forge|Smithy|Almshouses?|Chapel House|Manse|Lodge|Villa|Steps|Shippon|Croft"
    r"|Hollow)\b(?:,? (?:\d{1,3}[a-h]? )?(?:[A-Z][\w'’\-]+ ){1,3}(?:Road|Rd|Lane|Ln|Street|St|Close|Way|Row|Hill|Drive)\b)?"
)


@cache
def listed(name: str) -> frozenset[str]:
    """The words of a list of places.toml."""
    return entries("places.toml", name)


def homes(text: str, found: list[Span]) -> Iterator[Span]:
    """Homes that a number alone gives away, and the numbers that stand before or after a named place."""
    if DIGIT.search(text):
        yield from _numbered(text)
    for match in _GROUND.finditer(text):
        yield Span(*match.span("it"), ADDRESS, "a flat on a stair", 0.7)
    for match in _NAMED_HOUSE.finditer(text) if HOUSE_WORD.search(text) else ():
        if not match.group().startswith("The ") or " " in match.group()[4:]:
            yield from _named_house(match)
    for match in _DWELLING.finditer(text) if A_NUMBER.search(text) else ():
        if _is_home(match):
            yield Span(*match.span("it"), ADDRESS, "a number that means a home", 0.7)
    for span in found:
        if span.type in {PLACE, ADDRESS}:
            yield from _beside(text, span)


def _named_house(match: re.Match[str]) -> Iterator[Span]:
    words = match.group().removeprefix("The ").split()
    if len(words) > 1 and words[0].casefold() not in listed("describing") - {"old", "new", "little", "long"}:
        yield Span(*match.span(), ADDRESS, "a named house", 0.7)


def _numbered(text: str) -> Iterator[Span]:
    for pattern, reason in (
        (_STAIR, "a flat on a stair"),
        (_SEVERAL, "several numbered homes"),
        (_DOOR, "a numbered home"),
        (_OTHER_UNIT, "a numbered home"),
        (_OWNER, "a number that owns something"),
        (_ACTING, "a number that does something"),
        (_THEN_BLOCK, "a numbered block"),
    ):
        for match in pattern.finditer(text):
            if not counted(text, match.end("it")) and not _menu(text, match.start()):
                yield Span(*match.span("it"), ADDRESS, reason, 0.7)
    for match in _WITH_BLOCK.finditer(text):
        yield Span(match.start(), match.end("block"), ADDRESS, "a numbered block", 0.7)
    for match in _FLOOR_CODE.finditer(text):
        yield Span(*match.span(), ADDRESS, "a flat on a stair", 0.8)


_MENU: Final = re.compile(
    r"\b(?:press|option|options|reply|answer|choice|channel|question)\W+$", re.IGNORECASE
)


def _menu(text: str, start: int) -> bool:
    return bool(_MENU.search(text, max(0, start - 12), start))


def counted(text: str, end: int) -> bool:
    """Whether what stands after a number is what it counts: "14 days", "3 children"."""
    following = re.compile(r" ?([a-z'’]+)", re.IGNORECASE).match(text, end)
    return bool(following) and following[1].casefold() in listed("units") - JOINING | COUNTED  # type: ignore[index]


JOINING: Final = frozenset(["and", "in", "on", "till", "til", "to", "of", "for", "when", "the", "a", "or"])
COUNTED: Final = frozenset(
    [
        "degrees",
        "of",
        "past",
        "mph",
        "people",
        "grand",
        "per",
        "pence",
        "stairs",
        "steps",
        "pages",
        "attempts",
    ]
)
CLOCK: Final = 12  # up to here "at 9" may be an hour


_PARTS: Final = frozenset(
    [
        "door",
        "doors",
        "window",
        "windows",
        "roof",
        "fence",
        "wall",
        "garden",
        "gate",
        "balcony",
        "porch",
        "curtains",
        "bedroom",
    ]
)


def _is_home(match: re.Match[str]) -> bool:
    """Whether "the lad from 9", "kids at forty one", "upstairs at 31" tells where somebody lives."""
    who, joint, following = match["who"].casefold(), match["at"].casefold(), (match["next"] or "").casefold()
    value = match["it"].casefold()
    number = int(re.sub(r"\D", "", value) or 0) or (CLOCK + 1 if re.search(TENS, value) else CLOCK)
    named = value.startswith("n") and not value.startswith(("nine", "ninety"))
    if following in listed("units") - JOINING | COUNTED or who not in listed("people_at_home") | listed(
        "things_at_home"
    ):
        return False
    if value in {"one", "two", "three"} or (
        joint in {"to", "for", "by", "with", "of"} and not named and not (joint == "of" and who in _PARTS)
    ):
        return False
    if joint in {"under", "beneath", "behind", "beside"} or (who == "moved" and joint == "in"):
        return False
    if who in listed("people_at_home"):
        return (
            joint != "at"
            or number > CLOCK
            or named
            or who in {"man", "woman", "lady", "lad", "lass", "bloke", "neighbour", "neighbours", "kids"}
        )
    return number > CLOCK or named


def _beside(text: str, span: Span) -> Iterator[Span]:
    """A number in words before a street, and a number after a block: "twelve Elm Road", "Elm Court, flat 3"."""
    if span.type == PLACE:
        before = _BEFORE_STREET.search(text, max(0, span.start - 30), span.start)
        if before:
            yield Span(before.start("it"), span.end, ADDRESS, "a number and a street", 0.8)
    yield from _after(text, span)


_UNIT: Final = re.compile(r"flat|no|number|flt|apt|door|room|house", re.IGNORECASE)
_A_WORD: Final = re.compile(r" [a-z']+", re.IGNORECASE)


def _after(text: str, span: Span) -> Iterator[Span]:
    after = _AFTER_BLOCK.match(text, span.end) or _AFTER_ALL.match(text, span.end)
    if not after:
        return
    unit = bool(_UNIT.search(text, span.end, after.end("it")))
    following = (after.groupdict().get("next") or "").casefold()
    further = _A_WORD.match(text, after.end())
    counted = bool(further) and further.group().strip().casefold() in listed("units") - JOINING  # type: ignore[union-attr]
    joint = re.search(r"\b(?:in|at|on)\b", text[span.end : after.start("it")])
    if (unit or (span.type == PLACE and not joint)) and not counted and following not in listed("units"):
        yield Span(*after.span("it"), ADDRESS, "a number after a block", 0.7)


HOUSE_WORD: Final = re.compile(
    "Cottage|Bungalow|Rectory|Vicarage|house|Barn|House|Farm|Granary|Stables|Forge|Smithy|Almshouse|Manse|Lodge|Villa|Steps"
    "|Shippon|Croft|Hollow"
)
A_NUMBER: Final = re.compile(rf"\d|{TENS}|teen|{ONES}|ten|eleven|twelve", re.IGNORECASE)
