"""Redaction: finds what could tell who somebody is, and puts a placeholder in its place.

A first gate and never the last: on informal text even trained models miss a third of the names, so a
person approves every excerpt. Shapes count, not check digits: a mistyped number must go as well.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, NewType

from phonenumbers import Leniency, PhoneNumberMatcher

Redacted = NewType("Redacted", str)
"""Words that went through `redact`. A digest takes no other kind of text from a tenant."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text to take away: `text[start:end]`, what kind of thing it is, and why we think so."""

    start: int
    end: int
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Redaction:
    """The redacted words, and what was taken away (in order, not overlapping, offsets in the original)."""

    words: Redacted
    spans: tuple[Span, ...]


_DIGIT_GAP: Final = r"[ .\-]?"

# In order of precedence: what an earlier one takes, a later one leaves alone.
_SHAPES: Final[tuple[tuple[str, str, re.Pattern[str]], ...]] = tuple(
    (kind, reason, re.compile(pattern, re.IGNORECASE))
    for kind, reason, pattern in (
        ("email", "looks like an e-mail address", r"[\w.+%'\-]+@[\w\-]+(?:\.[\w\-]+)+"),
        (
            "email",
            "an e-mail address in words",
            r"\b[\w.]+ (?:at|\(at\)) [\w\-]+ dot (?:com|co|org|net|uk)\b(?: dot uk)?",
        ),
        (
            "link",
            "looks like a link",
            r"\b(?:https?://|www\.)\S+|\b[\w\-]+\.(?:co\.uk|com|org|net|uk|me|io)(?:/\S*)?\b",
        ),
        ("handle", "looks like a social media name", r"(?<![\w@])@\w[\w.]*\w"),
        (
            "NI number",
            "has the shape of a National Insurance number",
            rf"\b[a-z]{{2}} ?\d{{2}}{_DIGIT_GAP}\d{{2}}{_DIGIT_GAP}\d{{2}} ?[a-d]\b",
        ),
        (
            "NHS number",
            "has the shape of an NHS number",
            rf"\b\d{{3}}{_DIGIT_GAP}\d{{3}}{_DIGIT_GAP}\d{{4}}\b",
        ),
        ("bank", "has the shape of a sort code", r"\b\d{2}[ \-]\d{2}[ \-]\d{2}\b"),
        (
            "birth date",
            "a date with a year of birth",
            r"\b(?:born|dob|d\.o\.b\.?|date of birth)\W{0,3}(?:on |is |the )?[\w ./\-]{6,20}?(?:19|20)?\d{2}\b"
            r"|\b\d{1,2}[./\-]\d{1,2}[./\-](?:19\d{2}|200\d|201\d)\b",
        ),
        (
            "postcode",
            "has the shape of a postcode",
            r"\b(?:gir ?0aa|[a-z]{1,2}\d[a-z\d]? ?\d[abd-hjlnp-uw-z]{2})\b",
        ),
        ("vehicle", "has the shape of a number plate", r"\b[a-z]{2}\d{2} ?[a-z]{3}\b"),
        (
            "reference",
            "a code with letters and numbers",
            r"\b[a-z]{1,6}[\-/]\d{3,}(?:[\-/]\w+)*\b|\b[a-z]{1,4}\d{4,}\b|\b\d{6,}\b",
        ),
        (
            "reference",
            "follows the word reference",
            r"(?<=\bref )[\w/\-]*\d[\w/\-]*|(?<=\breference )[\w/\-]*\d[\w/\-]*",
        ),
        (
            "address",
            "a numbered home or street",
            r"\b(?:flat|flt|apt|apartment|unit|room|house|block) ?(?:no\.? ?)?\d+[a-z]?\b"
            r"(?:,? (?!(?:and|in|is|was)\b)(?-i:[A-Z])[\w']+){0,3}"
            r"|\b\d+[a-z]? (?:[\w']+ ){1,2}(?:street|st|road|rd|avenue|ave|close|drive|lane|way|court|walk|terrace|"
            r"gardens|grove|place|crescent|row|rise|hill|house|tower|view|green|mews)\b"
            r"|\b(?:number|no\.?|live at|lives at|living at|i'?m at|i am at|we'?re at) \d{1,3}[a-z]?\b"
            r"(?! ?(?:am|pm|o.?clock|times|weeks?|days?|months?|years?|mins?|hours?|%))",
        ),
        (
            "place",
            "a named street, block or estate",
            r"(?-i:\b(?:[A-Z][\w']+ ){1,2}(?:Street|St|Road|Rd|Avenue|Ave|Close|Drive|Lane|Way|Court|Walk|Terrace|"
            r"Gardens|Grove|Place|Crescent|Row|Rise|House|Tower|Towers|Heights|Point|Bank|Green|Mews|Estate|Lodge|Park)\b)",
        ),
    )
)

FEWEST_PHONE_DIGITS: Final = 6

_NAME: Final = r"[^\W\d_][\w'’\-]*"
# One capital and small letters: in a text of mixed case, a word in CAPITALS is a raised voice and no name.
_CAPITAL: Final = r"(?-i:[A-ZÀ-ÖØ-ÞĀ-Ž](?![A-Z]))[\w'’\-]+"


def redact(text: str) -> Redaction:
    """Take away what could identify a tenant, a neighbour or a member of staff.

    Args:
        text: a story as it was told.

    Returns:
        The words with numbered placeholders ("[name 1]"; the same value gets the same one), and the
        spans that were taken. The same text always gives the same result.
    """
    spans = _merge([*_shapes(text), *_phones(text), *_names(text)])
    return Redaction(_replace(text, spans), tuple(spans))


def redact_more(words: Redacted, taken: Iterable[str]) -> Redacted:
    """Take further words away, wherever they stand and in any case: what a moderator may still do."""
    for word in taken:
        pattern = rf"(?<!\w){re.escape(word)}(?!\w)"
        words = Redacted(re.sub(pattern, "[removed]", words, flags=re.IGNORECASE))
    return words


def _shapes(text: str) -> Iterator[Span]:
    for kind, reason, pattern in _SHAPES:
        for match in pattern.finditer(text):
            yield Span(match.start(), match.end(), kind, reason)


def _phones(text: str) -> Iterator[Span]:
    # POSSIBLE and not VALID: a mistyped number must go too, and the numbers kept for fiction.
    for match in PhoneNumberMatcher(text, "GB", leniency=Leniency.POSSIBLE):
        if sum(map(str.isdigit, match.raw_string)) < FEWEST_PHONE_DIGITS:
            continue  # a year
        yield Span(match.start, match.end, "phone", "looks like a phone number")


@cache
def _lists() -> dict[str, Any]:
    path = resources.files("bot.privacy") / "lists" / "names.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def _word_set(name: str) -> frozenset[str]:
    return frozenset(_lists()[name])


def _any_of(name: str) -> str:
    return "|".join(sorted((re.escape(word) for word in _lists()[name]), key=len, reverse=True))


CUES_IN_ANY_CASE: Final = 2  # the first so many cues don't need a capital to mean something


@cache
def _cues() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The name patterns; in each, group 1 is the name."""
    full = rf"({_CAPITAL}(?: {_CAPITAL})?)"
    patterns = (
        ("follows a title", rf"\b(?:{_any_of('titles')})\.? ({_NAME}(?: {_CAPITAL})?)"),
        (
            "follows 'my name is' or the like",
            rf"\b(?:{_any_of('before_any_case')}) ({_NAME}(?: {_CAPITAL})?)",
        ),
        ("somebody was spoken to", rf"\b(?:{_any_of('before')}),? {full}"),
        ("follows somebody's job", rf"\b(?:{_any_of('roles')}),? {full}"),
        ("a relative or friend", rf"\b(?:my|our|me|his|her) (?:{_any_of('kin')}),? {full}"),
        ("'our' and a name", rf"\bour {full}"),
        ("somebody who did something", rf"(?<![\w\-]){full} (?:{_any_of('after')})\b"),
        ("a signature", rf"(?:[.,!?] ?|\n)(?:regards|thanks|yours|love|from)?,? ?{full}[\s.]*$"),
        ("a word with a capital", rf"(?<=[a-z0-9,;] ){full}"),
    )
    return tuple((reason, re.compile(pattern, re.IGNORECASE)) for reason, pattern in patterns)


def _names(text: str) -> Iterator[Span]:
    in_capitals = sum(map(str.isupper, text)) * 2 > sum(map(str.isalpha, text))
    found: set[str] = set()
    for reason, pattern in _cues()[: CUES_IN_ANY_CASE if in_capitals else None]:
        for match in pattern.finditer(text):
            for start, end in _name_words(text, match.start(1), match.end(1)):
                found.add(text[start:end])
                yield Span(start, end, "name", reason)
    yield from _seen_again(text, found)


def _name_words(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The stretch of a match that is a name: leading and trailing words that name nobody cut off."""
    words = [
        (m.start(), m.end())
        for m in re.compile(_NAME).finditer(text, start, end)
        if _bare(m.group()) not in _word_set("not_names")
    ]
    if not words:
        return
    first, last = words[0][0], words[-1][1]
    if text[first:last].endswith(("'s", "’s")):
        last -= 2
    yield first, last


def _bare(word: str) -> str:
    return word.casefold().replace("’", "'")


def _seen_again(text: str, names: set[str]) -> Iterator[Span]:
    """A name once seen goes everywhere; one that is an ordinary word too, only with its capital."""
    for name in {part for full in names for part in full.split()}:
        ordinary = name.casefold() in _word_set("ordinary") or len(name) < 3
        flags = re.NOFLAG if ordinary else re.IGNORECASE
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, flags):
            yield Span(match.start(), match.end(), "name", "named elsewhere in the message")


def _merge(spans: Iterable[Span]) -> list[Span]:
    """Join spans that overlap; the first found gives its kind and reason."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda one: one.start):
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = Span(last.start, max(last.end, span.end), last.kind, last.reason)
        else:
            merged.append(span)
    return merged


def _replace(text: str, spans: Iterable[Span]) -> Redacted:
    numbers: dict[str, dict[str, int]] = {}
    pieces, position = [], 0
    for span in spans:
        of_kind = numbers.setdefault(span.kind, {})
        value = re.sub(r"\W", "", text[span.start : span.end]).casefold()
        number = of_kind.setdefault(value, len(of_kind) + 1)
        pieces += [text[position : span.start], f"[{span.kind} {number}]"]
        position = span.end
    return Redacted("".join([*pieces, text[position:]]))
