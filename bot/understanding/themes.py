"""Themes and areas: what a story expresses, and what it is about. The teller's own tap outranks both."""

from dataclasses import dataclass
from typing import Final

from bot.understanding.model import reasons, scores
from bot.understanding.table import Name

MOST_AREAS: Final = 3
MOST_THEMES: Final = 3


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels, the likeliest first; of which model, and in which text."""

    names: tuple[str, ...] = ()
    name: Name = "themes"
    text: str = ""

    def why(self) -> dict[str, tuple[str, ...]]:
        """Why we think so of each. Looked up when asked for, since it takes as long as reading."""
        return {label: reasons(self.name, self.text, label) for label in self.names}


def read_themes(text: str) -> Labels:
    """What a story says happened to its teller: at most three of the seven themes, each with its sign."""
    return _read("themes", text, MOST_THEMES)


def read_areas(text: str) -> Labels:
    """What a story is about: at most three of the eleven areas."""
    return _read("areas", text, MOST_AREAS)


def _read(name: Name, text: str, most: int) -> Labels:
    points = scores(name, text)
    found = sorted((label for label, point in points.items() if point > 0), key=lambda label: -points[label])
    return Labels(tuple(found[:most]), name, text)
