"""Homes and streets: a number with its street or block, a number that means a home, a named street."""

from collections.abc import Iterator

from bot.privacy import lexicon
from bot.privacy.numbers_of_homes import numbered
from bot.privacy.spans import PLACE, Span
from bot.privacy.streets import streets
from bot.privacy.units import units


def places(text: str) -> Iterator[Span]:
    """Every home and street in a text; spans may overlap."""
    for span in _all(text):
        if not _in_saying(text, span):
            yield span


def _in_saying(text: str, span: Span) -> bool:
    words = text[span.start : span.end].casefold().split() if span.type == PLACE else []
    return any(
        pattern.search(text, span.start, span.end)
        for word in words
        for pattern in lexicon.sayings().get(word, ())
    )


def _all(text: str) -> Iterator[Span]:
    if any(map(str.isdigit, text)):
        yield from numbered(text)
    yield from units(text)
    yield from streets(text)
