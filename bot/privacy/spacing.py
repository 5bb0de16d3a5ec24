"""Spacing: thumbs put in a space too many, and no rule should have to think of that."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeVar

from bot.privacy.spans import Doubt, Span

_UNEVEN: Final = re.compile(r"[^\S\n]{2,}|[^\S\n ]")
"""Several blanks in a row, or a blank that is no plain space. Lines stay lines."""

Stretch = TypeVar("Stretch", Span, Doubt)


def evenly_spaced(text: str) -> tuple[str, Sequence[int]]:
    """A text with one plain space where there are several blanks, and where each of its letters stood before.

    Returns:
        The text, and for each of its code points the position in the original; nothing where it is the same.
    """
    gaps = list(_UNEVEN.finditer(text))
    if not gaps:
        return text, ()
    pieces: list[str] = []
    places: list[int] = []
    passed = 0
    for gap in gaps:
        pieces += text[passed : gap.start()], " "
        places += range(passed, gap.start() + 1)
        passed = gap.end()
    return "".join([*pieces, text[passed:]]), [*places, *range(passed, len(text))]


def as_typed(stretches: Sequence[Stretch], places: Sequence[int]) -> tuple[Stretch, ...]:
    """Stretches of an evenly spaced text, where they stand in the original."""
    if not places:
        return tuple(stretches)
    return tuple(replace(one, start=places[one.start], end=places[one.end - 1] + 1) for one in stretches)
