"""The name of a street or block after a number: "14 Corncrake Lane", "flat 3, Larkspur House", "27 Hobgate"."""

import re
from functools import cache
from typing import Final

from bot.privacy import lexicon
from bot.privacy.lexicon import entries

NUMBER: Final = r"\d{1,4}(?: ?[a-k])?(?:[/\-]\d{1,4}[a-k]?)?"
NOON: Final = 12  # up to here, "at 9" may be an hour
_NEXT_WORD: Final = re.compile(r"(?P<gap>,? )(?P<word>[^\W\d_][\w'’\-]*)")


@cache
def _list(name: str) -> frozenset[str]:
    return entries("places.toml", name)


def _is_plain(low: str) -> bool:
    return low in lexicon.ordinary() or low in lexicon.first_names()


def next_words(text: str, at: int, count: int) -> list[str]:
    """The next words in small letters, as many as there are up to a count."""
    words: list[str] = []
    position = at
    while len(words) < count and (match := _NEXT_WORD.match(text, position)):
        words.append(match["word"].casefold())
        position = match.end()
    return words


def name_after(text: str, at: int) -> int:
    """Where the street or block after a flat's number ends; `at` itself where there is none."""
    second = re.compile(rf",? (?:at )?(?P<number>{NUMBER})(?=,? [^\W\d_])", re.IGNORECASE).match(text, at)
    if second:
        end = street_after(text, second.end())
        if end:
            return end
    joint = re.compile(r",? (?:at|on|in|of)(?= (?:the )?[^\W\d_])", re.IGNORECASE).match(text, at)
    end = street_after(text, joint.end() if joint else at)
    if end:
        return end
    return at if joint else _single_after(text, at)


def street_after(text: str, at: int) -> int:
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
    if following and not _is_plain(following["word"].casefold()):
        return following.end() if following["word"][0].islower() else at
    return at


def _may_be_block(word: str) -> bool:
    low = word.casefold()
    return (
        low not in lexicon.left_alone()
        and not (low in lexicon.everyday() and low not in _list("streets"))
        and low not in lexicon.first_names()
    )


def capital_after(text: str, at: int) -> int:
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
        and not any(low in _list("no_blocks") or low in lexicon.left_alone() for low in lows)
    ):
        return match.end()
    if any(_is_plain(low) or low in lexicon.left_alone() for low in lows) and " The " not in match.group():
        return 0
    return match.end()


_WHERE: Final = re.compile(
    r"\b(?:at|from|outside|opposite|near|live|lives|in|to|address(?: is)?|of) (?P<number>\d{1,3})[a-h]?$",
    re.IGNORECASE,
)
