"""Themes and areas: what a story expresses, and what it is about. The teller's own tap outranks both."""

from dataclasses import dataclass
from typing import Final

from bot.understanding.model import Name, reasons, scores

MOST_AREAS: Final = 3
MOST_THEMES: Final = 2
"""A third theme is wrong more often than right."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels, the likeliest first, and why we think so of each."""

    names: tuple[str, ...]
    reasons: tuple[tuple[str, ...], ...]


def read_themes(text: str) -> Labels:
    """What a story says happened to its teller: at most two of the seven themes, each with its sign."""
    return _read("themes", text, MOST_THEMES)


def read_areas(text: str) -> Labels:
    """What a story is about: at most three of the eleven areas."""
    return _read("areas", text, MOST_AREAS)


def _read(name: Name, text: str, most: int) -> Labels:
    points = scores(name, text)
    found = sorted((label for label, point in points.items() if point > 0), key=lambda label: -points[label])
    names = tuple(found[:most])
    return Labels(names, tuple(reasons(name, text, label) for label in names))
