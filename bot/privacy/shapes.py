"""Things that have a shape of their own: numbers, codes, addresses on the internet.

Shape and not check digit: a mistyped number must go as well. Where two fit, the earlier one names it.
"""

import re
from collections.abc import Iterator
from typing import Final

from phonenumbers import Leniency, PhoneNumberMatcher

from bot.privacy.digits import LONG_NUMBER, MONTH, NEAR, WITH_DIGITS, is_date, plausible
from bot.privacy.internet import HANDLE, WITH_SIGNS
from bot.privacy.spans import BANK, DATE_OF_BIRTH, PHONE, POSTCODE, Span

FEWEST_PHONE_DIGITS: Final = 7
_NUMBER_WORD: Final = (
    r"(?:zero|nought|naught|nil|oh|o|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|"
    r"fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|"
    r"hundred|double|triple|treble|thousand)"
)
_DAY_WORD: Final = r"(?:the )?(?:\d{1,2}|first|second|third)(?:st|nd|rd|th)?"
_BIRTH_CUE: Final = (
    r"\b(?:born(?: on| in)?|birth ?day|b'?day|dobs?|d\.o\.b\.?s?|date of births?|birth ?dates?)(?!\w)"
)
_DATE: Final = (
    rf"(?:\d{{1,2}} ?[./\-\\ ] ?\d{{1,2}} ?[./\-\\ ] ?(?:19|20)?\d\d\b"
    rf"|(?:19|20)\d\d[./\-]\d{{1,2}}[./\-]\d{{1,2}}\b"
    rf"|{_DAY_WORD}(?: of)?[ \-/.]?(?:the )?{MONTH}\b\.?(?:,? ?[\-/]?'?(?:19|20)?\d\d\b)?"
    rf"|{MONTH}\b\.? {_DAY_WORD}(?:,? (?:19|20)?\d\d\b)?"
    rf"|{_DAY_WORD} of (?:the )?\d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)?\d\d\b"
    rf"|(?:christmas|xmas|boxing|new year'?s?|halloween|bonfire|valentine'?s?)(?: eve| day| night)?,? (?:19|20)\d\d\b"
    rf"|{MONTH} (?:19|20)\d\d\b|(?:19|20)\d\d\b|\d{{6}}\b|\d{{8}}\b)"
)
_LONG_DATE: Final = re.compile(
    rf"\b(?:\d{{1,2}}[./\-]\d{{1,2}}[./\-](?:19\d\d|200\d|201[0-4])|\d{{1,2}}(?:st|nd|rd"
    rf"|th)? {MONTH} (?:19\d\d|200\d))\b",
    re.IGNORECASE,
)
_SINCE: Final = re.compile(
    r"\b(?:since|moved|from|until|till|til|started|tenan\w+|built|act|here|on|in|dated?|signed)\W*$",
    re.IGNORECASE,
)
_SPOKEN: Final = (
    POSTCODE,
    "a postcode in words",
    rf"\b[a-z](?: ?[a-z])? (?:{_NUMBER_WORD}[ ,\-]*){{1,4}} (?!o\b)[a-z] ?[a-z]\b(?<!\b[a-z][a-z])"
    rf"|\b[a-z] (?:{_NUMBER_WORD}[ ,\-]+){{2,4}}[a-z] ?[a-z]\b",
)
_SPOKEN_NUMBER: Final = re.compile(
    rf"\b{_NUMBER_WORD}(?:[ ,\-]+(?:and )?{_NUMBER_WORD}){{5,}}\b", re.IGNORECASE
)


def _compiled(rules: tuple[tuple[str, str, str], ...]) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    return tuple((kind, reason, re.compile(pattern, re.IGNORECASE)) for kind, reason, pattern in rules)


_SIGN_RULES: Final = _compiled(WITH_SIGNS)
_DIGIT_RULES: Final = _compiled(WITH_DIGITS)
_HANDLE_RULES: Final = _compiled((HANDLE,))
_LONG_RULES: Final = _compiled((LONG_NUMBER,))
_SPOKEN_RULES: Final = _compiled((_SPOKEN,))
_BIRTH: Final = re.compile(rf"{_BIRTH_CUE}(?P<between>[^.!?\n]{{0,40}}?)(?P<it>\b{_DATE})", re.IGNORECASE)
_CUE: Final = re.compile(_BIRTH_CUE, re.IGNORECASE)
_SIGN: Final = re.compile(r"[@.:/]|dot\b", re.IGNORECASE)
_DIGIT: Final = re.compile(r"\d")
_PHONE_LIKE: Final = re.compile(
    r"(?<![\w£#/\-])(?:\+ ?|00)?\(?[\dOo]\)?(?:[ .\-–()]{0,3}[\dOoIl]){9,13}(?!\w)|(?<![\w£])0\d{4}[ .\-]?\d{5,6}\b"
)


def shapes(text: str) -> Iterator[Span]:
    """Everything in a text that a shape gives away; spans may overlap, earlier ones take precedence."""
    lowered = text.casefold()
    if _SIGN.search(text):
        yield from _found(text, _SIGN_RULES)
    if (
        "_" in text
        or "underscore" in lowered
        or "insta" in lowered
        or "snap" in lowered
        or "tiktok" in lowered
        or "user" in lowered
    ):
        yield from _found(text, _HANDLE_RULES)
    if _DIGIT.search(text):
        yield from _with_digits(text)
    yield from _spoken(text, lowered)


def _with_digits(text: str) -> Iterator[Span]:
    yield from _births(text)
    yield from _phones(text)
    for span in _found(text, _DIGIT_RULES):
        if plausible(text, span):
            yield span
    yield from _found(text, _LONG_RULES)


def _found(text: str, rules: tuple[tuple[str, str, re.Pattern[str]], ...]) -> Iterator[Span]:
    for kind, reason, pattern in rules:
        for match in pattern.finditer(text):
            start, end = match.span("it") if match.groupdict().get("it") else match.span()
            while end > start and text[end - 1] in ".,;:!?)'\"":
                end -= 1
            if end > start:
                yield Span(start, end, kind, reason)


def _births(text: str) -> Iterator[Span]:
    """Dates of birth: any date that a word of birth precedes, and a whole date too long ago for a visit."""
    for cue in _CUE.finditer(text):
        match = _BIRTH.match(text, cue.start())
        while match:
            yield Span(*match.span("it"), DATE_OF_BIRTH, "a date after a word of birth")
            more = re.compile(r" ?(?:,|and|&|\+|n|,? ?[a-z\-]{3,} (?:is )?) ?", re.IGNORECASE).match(
                text, match.end("it")
            )
            match = re.compile(rf"(?P<it>\b{_DATE})", re.IGNORECASE).match(text, more.end()) if more else None
    for match in _LONG_DATE.finditer(text):
        if not _SINCE.search(text, max(0, match.start() - NEAR), match.start()):
            yield Span(*match.span(), DATE_OF_BIRTH, "a whole date, long ago")


def _phones(text: str) -> Iterator[Span]:
    # POSSIBLE and not VALID: a mistyped number must go too, and the numbers kept for fiction.
    for match in PhoneNumberMatcher(text, "GB", leniency=Leniency.POSSIBLE):
        raw = match.raw_string
        if sum(map(str.isdigit, raw)) >= FEWEST_PHONE_DIGITS and not is_date(raw):
            yield Span(match.start, match.end, PHONE, "looks like a phone number")
    for found in _PHONE_LIKE.finditer(text):
        if sum(map(str.isdigit, found.group())) >= FEWEST_PHONE_DIGITS:
            yield Span(*found.span(), PHONE, "looks like a phone number")


def _spoken(text: str, lowered: str) -> Iterator[Span]:
    """Numbers in words: six in a row are no count of anything."""
    if not any(
        word in lowered
        for word in ("oh", "zero", "nought", "one", "two", "three", "four", "five", "six", "nine", "eight")
    ):
        return
    yield from _found(text, _SPOKEN_RULES)
    for match in _SPOKEN_NUMBER.finditer(text):
        words = re.findall(r"[a-z]+", match.group().casefold())
        kind = (
            PHONE if words[0] in {"oh", "o", "zero", "nought", "naught", "double"} or len(words) > 8 else BANK
        )
        if len(set(words)) > 1 and "hundred and" not in lowered:
            yield Span(*match.span(), kind, "a number in words")
