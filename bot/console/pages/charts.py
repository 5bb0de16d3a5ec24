"""Over time: what the frozen releases said, one after another. Nothing is worked out anew."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.responses import Response

from bot.console.page import Asked, Page
from bot.console.roles import Role
from bot.privacy.disclosure import Figures, Part, Release, from_json
from models.releases import with_figures
from models.scopes import scope_id_of

MAY: Final = frozenset[Role](("reader", "organiser", "operator", "moderator"))
MOST: Final = 52
"""Releases: a year of Mondays."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of a bar: `charts.<key>` is what it is called; where it begins and how wide it is, in per cent."""

    key: str
    about: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One release: its date, about how many people, and how they split."""

    on_date: date
    about: int
    pieces: tuple[Piece, ...]
    at_least: Part | None


def show(asked: Asked) -> Response:
    """The page."""
    with asked.office.store.read() as session:
        frozen = with_figures(session, scope_id_of(asked.of), MOST)
        releases = [_thawed(asked, one.id, one.contents) for one in frozen]
    bars = [_bar(release, release.figures) for release in releases if release.figures]
    return asked.show("charts.html.j2", bars=bars)


def _thawed(asked: Asked, release_id: int, contents: bytes) -> Release:
    return from_json(json.loads(asked.office.keys.open("release", release_id, "contents", contents)))


def _bar(release: Release, figures: Figures) -> Bar:
    return Bar(release.on_date, figures.about, _pieces(figures.split), figures.at_least)


def _pieces(split: Sequence[Part]) -> tuple[Piece, ...]:
    whole = sum(part.about for part in split) or 1
    made, start = [], 0.0
    for part in split:
        width = 100 * part.about / whole
        made.append(Piece("_".join(part.answers), part.about, start, width))
        start += width
    return tuple(made)


PAGES: Final = (
    Page("charts", "/{landlord}/over-time", show, "Figures over time, of frozen releases", MAY, nav=True),
)
