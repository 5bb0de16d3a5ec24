"""Dates of birth as people say them: "born third of may 52", "dob the ninth of the third sixty one"."""

import re
from collections.abc import Iterator
from typing import Final

from bot.privacy.spans import DATE_OF_BIRTH, Doubt, Span

_CUE: Final = re.compile(
    r"\b(?:born|birth ?days?|b'?days?|d\.? ?o\.? ?b\.?|date of births?|birth ?dates?)(?!\w)", re.IGNORECASE
)
_ONES: Final = "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
_DAY: Final = (
    rf"(?:\d{{1,2}}(?: ?(?:st|nd|rd|th))?|{_ONES}|tenth|eleventh|twelfth|twelth|thirteenth|fourteenth"
    rf"|fifteenth|sixteenth|seventeenth"
    rf"|eighteenth|nineteenth|twentieth|thirtieth|(?:twenty|thirty)[ \-](?:{_ONES}))\b"
)
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:r?uary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?)\b"
)
_SMALL: Final = "one|two|three|four|five|six|seven|eight|nine"
_TEENS: Final = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS: Final = "twenty|thirty|forty|fourty|fifty|sixty|seventy|eighty|ninety"
_TWO_DIGITS: Final = rf"(?:(?:{_TENS})(?:[ \-](?:{_SMALL}))?|{_TEENS}|oh (?:{_SMALL}))"
_YEAR: Final = (
    rf"(?:(?:19|20)\d\d|'?\d\d|nineteen[ \-](?:hundred and )?{_TWO_DIGITS}|two thousand(?: and (?:{_SMALL}|{_TEENS}))?"
    rf"|twenty[ \-](?:{_TEENS}|{_TENS})(?:[ \-](?:{_SMALL}))?|{_TWO_DIGITS})(?!\w)"
)
_FEAST: Final = (
    r"(?:christmas|xmas|boxing|new year'?s?|st patrick'?s|halloween|hallowe'en|bonfire|valentine'?s?|easter|midsummer|leap)"
    r"(?: (?:eve|day|night|sunday|monday))?\b"
)
_GAP: Final = r"[ ,./\-]{1,3}"
_DATE: Final = (
    rf"(?:(?:the )?{_DAY}(?: of)?(?: the)?{_GAP}(?:{_MONTH}|{_DAY})(?:{_GAP}(?:in )?{_YEAR})?"
    rf"|{_MONTH}{_GAP}(?:the )?{_DAY}(?:{_GAP}(?:in )?{_YEAR})?|{_MONTH}{_GAP}(?:of )?{_YEAR}"
    rf"|{_FEAST}(?:{_GAP}(?:in )?{_YEAR})?"
    rf"|\d{{1,2}} ?[./\-\\ ] ?\d{{1,2}} ?[./\-\\ ] ?(?:19|20)?\d\d\b"
    rf"|(?:19\d\d|200\d|201\d)\b(?:,? on {_FEAST})?|'\d\d\b|nineteen[ \-]{_TWO_DIGITS})"
)
_BETWEEN: Final = r"[^.!?\n\d]{0,25}?"
_AFTER: Final = re.compile(rf"{_BETWEEN}(?<!\w)(?P<it>{_DATE})", re.IGNORECASE)
_BEFORE: Final = re.compile(
    rf"\b(?P<it>{_DATE})[ ,.\-:]{{1,3}}(?:is |was |that'?s |its )?(?:my |his |her |our )?$", re.IGNORECASE
)
_DIGIT_OR_MONTH: Final = re.compile(rf"\d|\b{_MONTH}|\b{_YEAR}", re.IGNORECASE)
_IN_SHORT: Final = re.compile(
    r"(?: in| year)? (?P<it>'?[3-9]\d)\b(?! ?(?:years?|yrs?|weeks?|days?|per|%|lb))", re.IGNORECASE
)
BACK: Final = 40
AHEAD: Final = 30


def births(text: str) -> Iterator[Span]:
    """Dates near a word of birth; spans may overlap."""
    for cue in _CUE.finditer(text):
        after = _AFTER.match(text, cue.end()) or _IN_SHORT.match(text, cue.end())
        if after and _says_when(cue.group(), text[cue.end() : after.start("it")]):
            yield Span(*after.span("it"), DATE_OF_BIRTH, "a date after a word of birth", 0.8)
        before = _BEFORE.search(text, max(0, cue.start() - BACK), cue.start())
        if before and not cue.group().casefold().startswith(("birthday", "born")):
            yield Span(*before.span("it"), DATE_OF_BIRTH, "a date before a word of birth", 0.8)


def _says_when(cue: str, between: str) -> bool:
    """Whether the date tells when somebody was born, and not when something was asked for."""
    words = between.casefold().split()
    return not any(word in _OTHER_MATTERS for word in words) and (
        not cue.casefold().startswith("birth") or len(words) <= 4
    )


_OTHER_MATTERS: Final = frozenset(
    ["since", "before", "asked", "rang", "cake", "card", "cards", "party", "until", "after", "came", "they"]
)


def birth_doubts(text: str) -> Iterator[Doubt]:
    """What stands near a word of birth and has a number or a month in it."""
    for cue in _CUE.finditer(text):
        found = _DIGIT_OR_MONTH.search(text, cue.end(), min(len(text), cue.end() + AHEAD))
        if found:
            yield Doubt(*found.span(), f"near '{cue.group()}', perhaps a date of birth")
