"""What shapes and homes leave in and a person must look at: numbers, codes, dates and places that are not sure."""

from collections.abc import Iterable, Iterator

from bot.privacy.births import birth_doubts
from bot.privacy.codes import code_doubts
from bot.privacy.homes import home_doubts, place_doubts
from bot.privacy.spans import Doubt, Span


def doubtful(text: str) -> Iterator[Doubt]:
    """Every stretch that may tell a home, a reference or a date of birth; they may overlap."""
    if any(map(str.isdigit, text)):
        yield from code_doubts(text)
        yield from birth_doubts(text)
    yield from home_doubts(text)
    yield from place_doubts(text)


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
