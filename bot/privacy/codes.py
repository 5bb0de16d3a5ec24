"""References: a code that stands near "ref", "job", "case" or the like, however short, and what may be one."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bot.privacy.lexicon import entries
from bot.privacy.spans import REFERENCE, Doubt, Span

ENOUGH_DIGITS: Final = 3  # so many near a cue are no count of anything
_FILLER: Final = (
    r"(?:'?s|reference|ref|numbers?|num|no|nr|code|id|is|was|are|were|it'?s|its|be|as|called|the|my|our|your|this|on|under|with|again"
    r"|they gave me|i got|i have|i was given|given|starts?|ending|ends|in)"
)
_NUMBERING: Final = re.compile(
    r"\b(?:numbers?|num|no|nr|id|code|ref|reference|quot\w+)\b\W*(?:\w+\W+){0,2}$|[#:=]\s*$", re.IGNORECASE
)
# Pieces of capitals and digits, with signs or spaces between them, of which at least one has a digit.
_PIECE: Final = r"[a-z]{0,6}\d[a-z\d]*"
_CODE: Final = (
    rf"(?:#|no\.? ?)?(?P<it>(?:[a-z]{{1,6}}[\-/_.]){{0,3}}{_PIECE}"
    rf"(?: ?[\-/_.] ?{_PIECE}|[\-/_.][a-z]{{1,6}}\b|(?! [IA]\b)(?-i: [A-Z]{{1,4}})\b(?! ?[a-z])|(?-i: [A-Z]{{1,4}})(?= \d)"
    rf"| (?=\w\w){_PIECE}(?![a-z])(?! ?(?:weeks?|wks?|days?|months?|years?|times|hours?|mins?|visits?|calls?"
    rf"|pm|am)\b))*)(?![\w%])"
)
_LETTERS_FIRST: Final = r"(?P<letters>(?-i:(?:[A-Z]{1,6} ){1,3}))?"
_DATE_OR_TIME: Final = re.compile(
    r"\d{1,2}[./:\-]\d{2}(?:[ap]m)?|\d{1,2}[./\-]\d{1,2}[./\-](?:20)?\d\d|\d+(?:am|pm|st|nd|rd|th|ish|hrs?|mins?|days?|yrs?|x|k|ft|p|%|s|wks?|mths?)"
    r"|(?:19[5-9]|20[0-4])\d|24/7|9/10|\d/\d",
    re.IGNORECASE,
)
_TAIL: Final = re.compile(r" (?P<word>[a-z']+)", re.IGNORECASE)
_CAPITAL_GROUPS: Final = re.compile(
    r"\b[A-Z]{2,5} ?\d{2,}(?:[ \-/]\d{2,})+\b|\b[A-Z]{1,3}\d{1,3}[\-/.]\d{3,}\w*\b"
)
_SHORT: Final = re.compile(
    r"(?<![\w£$€.,:/\-])#?(?:[a-z]{1,4}[\-/.]?\d|\d\d)\d{0,4}[a-z]?(?:[\-/.]\d+)*(?![\w%:/]|[.,]\d)",
    re.IGNORECASE,
)
_PLAIN_NUMBER: Final = re.compile(r"(?<![\w£$€.,:/\-])\d{4,5}(?![\w%:/\-]|[.,]\d)")
NEAR: Final = 28  # within so many letters after a cue a number is doubtful


@cache
def _cue() -> re.Pattern[str]:
    cues = "|".join(sorted(map(re.escape, entries("shapes.toml", "code_cues")), key=len, reverse=True))
    return re.compile(rf"\b(?:{cues})\b", re.IGNORECASE)


_DIGIT_WORD: Final = (
    "(?:zero|oh|o|nought|one|two|three|four|five|six|seven|eight|nine|double|triple|treble"
    "|dash|slash|hyphen|dot)"
)
_SPOKEN: Final = re.compile(
    rf"[.:# ]{{1,2}}(?:{_FILLER}[ ]){{0,3}}(?P<it>(?:[a-z] ){{0,3}}"
    rf"(?:{_DIGIT_WORD}[ \-,]+){{2,}}{_DIGIT_WORD}\b(?: [b-z]\b)?)",
    re.IGNORECASE,
)
_OF_A_DAY: Final = re.compile(
    r" (?:of|on|dated) (?:the )?(?:\d{1,2}[/.\-]\d{1,2}(?:[/.\-]\d{2,4})?|\d{1,2}(?:st|nd|rd"
    r"|th)? (?:of )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*(?: \d{4}|'\d\d)?)\b",
    re.IGNORECASE,
)


@cache
def _after_cue() -> re.Pattern[str]:
    return re.compile(
        rf"[.:#,=\- ]{{0,3}}(?:(?<=[ .:]){_FILLER}\b[.:#,=' \-]{{1,3}}){{0,4}}{_LETTERS_FIRST}{_CODE}",
        re.IGNORECASE,
    )


def codes(text: str) -> Iterator[Span]:
    """Codes near a word such as "ref"; spans may overlap."""
    for match in _CAPITAL_GROUPS.finditer(text):
        if not match.group().startswith(_NO_CODES):
            yield Span(*match.span(), REFERENCE, "a code with letters and numbers", 0.8)
    for cue in _cue().finditer(text):
        found = _after_cue().match(text, cue.end())
        if found and _is_code(text, cue, found):
            start = found.start("letters") if found["letters"] else found.start("it")
            day = _OF_A_DAY.match(text, found.end("it"))
            end = day.end() if day else found.end("it")
            yield Span(start, end, REFERENCE, "follows the word reference, job or the like", 0.9)
        spoken = _SPOKEN.match(text, cue.end())
        if spoken:
            yield Span(*spoken.span("it"), REFERENCE, "a reference in words", 0.8)


_NO_CODES: Final = (
    "NO ",
    "AT ",
    "IN ",
    "ON ",
    "TO ",
    "OF ",
    "BY ",
    "IS ",
    "M ",
    "FLAT ",
    "FROM ",
    "AND ",
    "THE ",
    "PM ",
    "AM ",
)


def _is_code(text: str, cue: re.Match[str], found: re.Match[str]) -> bool:
    """Whether what stands after "job" is its number: no time, no sum, no count of things."""
    code = found["it"]
    parts = code.split()
    direct = cue.group().casefold().startswith("ref") and "/" in code and found.start() - cue.end() <= 1
    if (_DATE_OR_TIME.fullmatch(parts[0]) and not direct) or text[found.start("it") - 1] in "£$€":
        return False
    if _is_counted(text, found.end("it")):
        return False
    digits = sum(map(str.isdigit, code))
    if cue.group().casefold() in entries("shapes.toml", "weak_cues"):
        return digits > ENOUGH_DIGITS
    named = bool(_NUMBERING.search(text, cue.start(), found.start("it")))
    mixed = any(map(str.isalpha, code)) or bool(found["letters"])
    return digits >= ENOUGH_DIGITS or (digits > 1 and (named or mixed))


def _is_counted(text: str, end: int) -> bool:
    following = _TAIL.match(text, end)
    return bool(following) and following["word"].casefold() in entries("shapes.toml", "counted")  # type: ignore[index]


def code_doubts(text: str) -> Iterator[Doubt]:
    """Numbers near a word such as "ref", and numbers of four or five digits that count nothing."""
    for cue in _cue().finditer(text):
        for match in _SHORT.finditer(text, cue.end(), min(len(text), cue.end() + NEAR)):
            if not _DATE_OR_TIME.fullmatch(match.group()) and not _is_counted(text, match.end()):
                yield Doubt(*match.span(), f"a number near '{cue.group()}', perhaps a reference")
    for match in _PLAIN_NUMBER.finditer(text):
        if not _DATE_OR_TIME.fullmatch(match.group()) and not _is_counted(text, match.end()):
            yield Doubt(*match.span(), "a long number, perhaps a reference")
