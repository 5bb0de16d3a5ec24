"""Numbers that are somebody's home, as people write them: "2/1", "3f2", "up at 14", "Larkspur House flat 8"."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bot.privacy import lexicon
from bot.privacy.lexicon import entries
from bot.privacy.spans import ADDRESS, PLACE, Doubt, Span

_ONES: Final = "one|two|three|four|five|six|seven|eight|nine"
_TEENS: Final = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS: Final = "twenty|thirty|forty|fourty|fifty|sixty|seventy|eighty|ninety"
_SPELLED: Final = (
    rf"(?:(?:a |one )?hundred and )?(?:(?:{_TENS})(?:[ \-](?:{_ONES}))?|{_TEENS}"
    rf"|{_ONES})(?:[ \-]?[a-d])?\b(?!-)"
)
_NUMBER: Final = r"\d{1,3}[a-k]?(?![\w%£:/\-]|[.,]\d)"
_DIGIT: Final = re.compile(r"\d")
_NO_TIME: Final = r"(?<![\w£$€.,:/\-])"
_WHERE: Final = (
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
    rf"\d{{1,3}}[a-h]?\b)+)(?! ?(?:%|{_TENS}|days?|weeks?|months?|hours?|times))",
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
    rf"\b(?P<who>[a-z][a-z'’]*),? (?:up |down |over |out |there |round |just |still |right )?(?P<at>{_WHERE}) "
    rf"(?:the )?(?P<it>(?:no\.? ?|number )?(?:{_NUMBER}|(?:{_SPELLED})))(?: (?P<next>[a-z'’]+))?",
    re.IGNORECASE,
)
_DOOR: Final = re.compile(
    r"\b(?P<it>(?:(?:door|dr|flat number|house number|flat no\.?) |(?<=my )number(?:'s| is) "
    r"|(?<=our )number(?:'s| is) )\d{1,3}[a-h]?)(?![\w:/.%]*\d)",
    re.IGNORECASE,
)
_BEFORE_STREET: Final = re.compile(rf"\b(?P<it>{_SPELLED}),? (?:the )?$", re.IGNORECASE)
_AFTER_BLOCK: Final = re.compile(
    rf",? (?:in |at |on )?(?P<it>(?:flat |no\.? ?|number |flt |apt |apartment |door |room "
    rf"|house )?(?:{_NUMBER}|\d/\d))(?! ?(?:(?i:{_TENS}|hundred)))(?: (?P<next>[a-z'’]+))?",
    re.IGNORECASE,
)
_AFTER_ALL: Final = re.compile(
    rf",? (?P<it>(?:flat|no\.?|number|flt|apt|door|room|house) {_SPELLED})", re.IGNORECASE
)
_NAMED_HOUSE: Final = re.compile(
    r"\b(?:The )?(?:(?:Old|New|Little|Upper|Lower|Long|Mill|Hill|[A-Z][a-z'’]{2,}) ){0,2}(?:Cottage|Bungalow"
    r"|Rectory|Vicarage|Farmhouse|Schoolhouse|Barn|Gatehouse|Coach House"
    r"|Farm|Granary|Stables|Forge|Smithy|Almshouses?|Chapel House|Manse|Lodge|Villa|Steps|Shippon|Croft"
    r"|Hollow)\b(?:,? (?:\d{1,3}[a-h]? )?(?:[A-Z][\w'’\-]+ ){1,3}(?:Road|Rd|Lane|Ln|Street|St|Close|Way|Row|Hill|Drive)\b)?"
)


@cache
def _list(name: str) -> frozenset[str]:
    return entries("places.toml", name)


def homes(text: str, found: list[Span]) -> Iterator[Span]:
    """Homes that a number alone gives away, and the numbers that stand before or after a named place."""
    if _DIGIT.search(text):
        yield from _numbered(text)
    for match in _GROUND.finditer(text):
        yield Span(*match.span("it"), ADDRESS, "a flat on a stair", 0.7)
    for match in _NAMED_HOUSE.finditer(text) if _HOUSE_WORD.search(text) else ():
        if not match.group().startswith("The ") or " " in match.group()[4:]:
            yield from _named_house(match)
    for match in _DWELLING.finditer(text) if _A_NUMBER.search(text) else ():
        if _is_home(match):
            yield Span(*match.span("it"), ADDRESS, "a number that means a home", 0.7)
    for span in found:
        if span.type in {PLACE, ADDRESS}:
            yield from _beside(text, span)


def _named_house(match: re.Match[str]) -> Iterator[Span]:
    words = match.group().removeprefix("The ").split()
    if len(words) > 1 and words[0].casefold() not in _list("describing") - {"old", "new", "little", "long"}:
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
            if not _counted(text, match.end("it")) and not _menu(text, match.start()):
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


def _counted(text: str, end: int) -> bool:
    following = re.compile(r" ?([a-z'’]+)", re.IGNORECASE).match(text, end)
    return bool(following) and following[1].casefold() in _list("units") - _JOINING | _COUNTED  # type: ignore[index]


_JOINING: Final = frozenset(["and", "in", "on", "till", "til", "to", "of", "for", "when", "the", "a", "or"])
_COUNTED: Final = frozenset(
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
_CLOCK: Final = 12  # up to here "at 9" may be an hour


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
    number = int(re.sub(r"\D", "", value) or 0) or (_CLOCK + 1 if re.search(_TENS, value) else _CLOCK)
    named = value.startswith("n") and not value.startswith(("nine", "ninety"))
    if following in _list("units") - _JOINING | _COUNTED or who not in _list("people_at_home") | _list(
        "things_at_home"
    ):
        return False
    if value in {"one", "two", "three"} or (
        joint in {"to", "for", "by", "with", "of"} and not named and not (joint == "of" and who in _PARTS)
    ):
        return False
    if joint in {"under", "beneath", "behind", "beside"} or (who == "moved" and joint == "in"):
        return False
    if who in _list("people_at_home"):
        return (
            joint != "at"
            or number > _CLOCK
            or named
            or who in {"man", "woman", "lady", "lad", "lass", "bloke", "neighbour", "neighbours", "kids"}
        )
    return number > _CLOCK or named


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
    counted = bool(further) and further.group().strip().casefold() in _list("units") - _JOINING  # type: ignore[union-attr]
    joint = re.search(r"\b(?:in|at|on)\b", text[span.end : after.start("it")])
    if (unit or (span.type == PLACE and not joint)) and not counted and following not in _list("units"):
        yield Span(*after.span("it"), ADDRESS, "a number after a block", 0.7)


_HOUSE_WORD: Final = re.compile(
    "Cottage|Bungalow|Rectory|Vicarage|house|Barn|House|Farm|Granary|Stables|Forge|Smithy|Almshouse|Manse|Lodge|Villa|Steps"
    "|Shippon|Croft|Hollow"
)
_A_NUMBER: Final = re.compile(rf"\d|{_TENS}|teen|{_ONES}|ten|eleven|twelve", re.IGNORECASE)

# ---- what is doubtful ----
_ANY_HOME: Final = re.compile(
    rf"\b(?:{_WHERE[3:-1]}|number|no\.?|nr|room|rm|door|flat|house|h/n|block|plot|unit|live|lives|lived"
    rf"|living) (?:the )?(?P<it>{_NUMBER})(?: (?P<next>[a-z'’]+))?",
    re.IGNORECASE,
)
_ANY_STAIR: Final = re.compile(r"(?<![\w£/.\-])[0-4]/[1-4](?![\w/]|\.\d)", re.IGNORECASE)
_ANY_LETTERED: Final = re.compile(r"(?<![\w£/.\-])\d{1,3}[a-d](?![\w/\-])", re.IGNORECASE)
_ANY_RANGE: Final = re.compile(
    r"\b(?:at|in|from|of) (?P<it>\d{1,3}[a-h]?-\d{1,3}[a-h]?)(?! ?(?:[a-z]|%|/))", re.IGNORECASE
)
_ANY_SPELLED: Final = re.compile(
    rf"\b(?:at|in|number|from|opposite|above|below) (?P<it>{_SPELLED})(?: (?P<next>[a-z'’]+))?", re.IGNORECASE
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
    if not _DIGIT.search(text):
        yield from _spelled_doubts(text)
        return
    for match in _ANY_HOME.finditer(text):
        following = (match["next"] or "").casefold()
        if following not in _list("units") - _JOINING | _COUNTED and not _is_hour_or_age(text, match):
            yield Doubt(*match.span("it"), "a number, perhaps somebody's home")
    for pattern in (_ANY_STAIR, _ANY_LETTERED, _ANY_RANGE, _SUBJECT):
        for match in pattern.finditer(text):
            group = "it" if "it" in match.groupdict() else 0
            if not _counted(text, match.end(group)):
                yield Doubt(*match.span(group), "perhaps the number of a flat")
    yield from _spelled_doubts(text)


def _spelled_doubts(text: str) -> Iterator[Doubt]:
    for match in _ANY_SPELLED.finditer(text):
        following = (match["next"] or "").casefold()
        big = re.search(rf"{_TENS}|teen", match["it"], re.IGNORECASE)
        if big and following not in _list("units") | _COUNTED and following not in {"words", "minds"}:
            yield Doubt(*match.span("it"), "a number in words, perhaps somebody's home")


def _is_hour_or_age(text: str, match: re.Match[str]) -> bool:
    number = int(re.sub(r"\D", "", match["it"]))
    before = match.group().split()[0].casefold()
    if before in {"number", "no", "no.", "nr", "door", "flat", "house", "plot", "live", "lives", "lived"}:
        return number == 1
    if before in {"to", "for", "by", "with", "near", "under", "of"}:
        return True
    if before in {"from", "at"} and number <= _CLOCK and match["it"].isdigit():
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
    if low in _list("describing") or low in lexicon.left_alone() or low in lexicon.everyday():
        return False
    if of_street:
        return True
    if low.endswith("s") and low[:-1] in lexicon.everyday():
        return False
    return low not in lexicon.ordinary() and low not in _list("no_places")
