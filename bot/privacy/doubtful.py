"""What shapes and homes leave in and a person must look at: numbers, codes, dates and places that are not sure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from bot.privacy import lexicon
from bot.privacy.births import birth_doubts
from bot.privacy.codes import code_doubts
from bot.privacy.home_doubts import home_doubts, place_doubts
from bot.privacy.spans import REFERENCE, Doubt, Span

_DIGIT: Final = re.compile(r"\d")


def doubtful(text: str) -> Iterator[Doubt]:
    """Every stretch that may tell a home, a reference or a date of birth; they may overlap."""
    if _DIGIT.search(text):
        yield from code_doubts(text)
        yield from birth_doubts(text)
    yield from home_doubts(text)
    yield from place_doubts(text)


_BEFORE: Final = re.compile(r"(?:[A-Za-z]*\d[\w]*|(?<=[a-z,] )[A-Z][\w'’\-]+|\b[b-hj-z]) ?[\-/.,#]? ?$")
_AFTER: Final = re.compile(r"['’]?,? ?[\-/.#]? ?(?P<it>\d\w*|[A-Z][\w'’\-]*|\b[b-hj-mo-tv-wz]\b)")
_EDGE: Final = 24  # how far a stretch may reach over the edge of what was taken


def ragged(text: str, spans: Iterable[Span]) -> Iterator[Doubt]:
    """Numbers and capitals right beside what was taken: they may belong to it."""
    for span in spans:
        before = _BEFORE.search(text, max(0, span.start - _EDGE), span.start)
        if before and before.group().strip(" -/.,#").casefold() not in lexicon.left_alone():
            yield Doubt(before.start(), span.start, _BESIDE)
        after = _AFTER.match(text, span.end)
        if after and after["it"].casefold().replace("’", "'") not in _NO_PART | lexicon.left_alone():
            yield Doubt(*after.span("it"), _BESIDE)


_BESIDE: Final = "right beside what was taken, perhaps part of it"
_NO_PART: Final = frozenset(
    [
        "i",
        "i'm",
        "i've",
        "i'd",
        "i'll",
        "the",
        "a",
        "and",
        "but",
        "they",
        "he",
        "she",
        "we",
        "it",
        "no",
        "thanks",
    ]
)


def whole_codes(text: str, spans: Iterable[Span]) -> list[Span]:
    """References as far as their letters, digits and signs go: "CR/61170" in "CR/61170/B" is all of it."""
    return [_whole(text, span) if span.type == REFERENCE else span for span in spans]


_SIGNS: Final = frozenset("-/#._")


def _whole(text: str, span: Span) -> Span:
    start, end = span.start, span.end
    while start > 0 and (
        text[start - 1].isalnum() or (text[start - 1] in _SIGNS and text[start - 2 : start - 1].isalnum())
    ):
        start -= 1
    while end < len(text) and (
        text[end].isalnum() or (text[end] in _SIGNS and text[end + 1 : end + 2].isalnum())
    ):
        end += 1
    return replace(span, start=start, end=end)


def left_in(doubts: Iterable[Doubt], spans: Iterable[Span]) -> tuple[Doubt, ...]:
    """Doubts in order, without those that touch what was taken or a doubt before them.

    A doubt about a whole stretch ("in another language") stays although names in it were taken.
    """
    taken = [(span.start, span.end) for span in spans]
    kept: list[Doubt] = []
    for doubt in sorted(doubts, key=lambda one: (one.start, -one.end)):
        apart = all(_apart(doubt, start, end) for start, end in taken)
        if apart and (not kept or kept[-1].end <= doubt.start):
            kept.append(doubt)
    return tuple(kept)


def _apart(doubt: Doubt, start: int, end: int) -> bool:
    beside = end <= doubt.start or doubt.end <= start
    around = doubt.start <= start and end <= doubt.end and end - start < doubt.end - doubt.start
    return beside or around
