"""Themes and areas: what a story expresses, and what it is about. The teller's own tap outranks both."""

from dataclasses import dataclass
from typing import Final

from bot.understanding.model import Name, reasons, scores

MOST: Final = 3


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels, the likeliest first, and why we think so of each."""

    names: tuple[str, ...]
    reasons: tuple[tuple[str, ...], ...]


def read_themes(text: str) -> Labels:
    """What a story says happened to its teller: at most three of the seven themes, each with its sign."""
    return _read("themes", text)


def read_areas(text: str) -> Labels:
    """What a story is about: at most three of the eleven areas."""
    return _read("areas", text)


def _read(name: Name, text: str) -> Labels:
    points = scores(name, text)
    found = sorted((label for label, point in points.items() if point > 0), key=lambda label: -points[label])
    names = tuple(found[:MOST])
    return Labels(names, tuple(reasons(name, text, label) for label in names))
