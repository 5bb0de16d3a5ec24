"""The pack: what lies on the table of a workshop, composed of releases and of nothing else. Pure."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, Final

from bot.privacy.disclosure import Excerpt, Part, Release
from bot.understanding.themes import read_themes
from bot.wording import Wording

MOST_PROMPTS: Final = 6


@dataclass(frozen=True, slots=True)
class Facts:
    """When and where, in words, and whose.

    Args:
        title: what the workshop is called.
        landlords: whose tenants and staff meet.
        when: day and time.
        place: where.
        starts_at: local, for the run sheet.
        operator: who asked and moderated.
    """

    title: str
    landlords: str
    when: str
    place: str
    starts_at: datetime
    operator: str


@dataclass(frozen=True, slots=True)
class Said:
    """Somebody's words, with their language and the way it runs."""

    words: str
    language: str
    direction: str


@dataclass(frozen=True, slots=True)
class Card:
    """A story card: good, hard or neither."""

    kind: str
    said: Said


@dataclass(frozen=True, slots=True)
class Group:
    """Characteristics that belong together, named, in people's words."""

    name: str
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the run sheet."""

    at: str
    minutes: int
    what: str
    how: str
    materials: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One published count."""

    label: str
    about: int
    share: int


@dataclass(frozen=True, slots=True)
class Figure:
    """How a group answered: bars, or a sentence where the parts are too small to be told apart."""

    title: str
    bars: tuple[Bar, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything on the table."""

    facts: Facts
    cards: tuple[Card, ...]
    groups: tuple[Group, ...]
    barriers: tuple[Said, ...]
    gap: tuple[Figure, ...]
    steps: tuple[Step, ...]
    prompts: tuple[str, ...]
    sources: tuple[str, ...]
    missing: tuple[str, ...]
    """What is not there, and why, in sentences."""


def compose(facts: Facts, releases: Mapping[str, Release], wording: Wording) -> Pack:
    """Compose a pack.

    Args:
        facts: when and where.
        releases: `stories`, `excellent`, `barriers`, `listened` and `guess`; the last two are missing while it
            is too early to count.
        wording: the sentences of `bot.workshops`.
    """
    stories, excellent, barriers = releases["stories"], releases["excellent"], releases["barriers"]
    gap = _gap(releases, wording)
    themes = [_theme(one.words) for one in stories.excerpts]
    return Pack(
        facts=facts,
        cards=tuple(Card(_kind(one), said(one)) for one in stories.excerpts),
        groups=_groups(excellent.excerpts, wording),
        barriers=tuple(dict.fromkeys(said(one) for one in barriers.excerpts)),
        gap=gap,
        steps=_steps(facts.starts_at),
        prompts=_prompts(themes),
        sources=tuple(one["says"] for one in _data()["sources"]),
        missing=tuple(_missing(releases, gap, wording)),
    )


def characteristic(theme: str) -> str:
    """What a theme is called where it is one of excellent service."""
    return str(_data()["themes"][theme]["name"])


def said(excerpt: Excerpt) -> Said:
    """Somebody's words, with the way that they run."""
    # By the words: somebody whom we write to in Urdu may well answer in English.
    return Said(excerpt.words, excerpt.language, "rtl" if _starts_rtl(excerpt.words) else "ltr")


def figure(title: str, release: Release, wording: Wording, answers: str = "answers") -> Figure | None:
    """How a group answered, as far as it may be said; None where nothing may.

    Args:
        title: what was asked, or who answered.
        release: what may be said.
        wording: the sentences of `bot.workshops`.
        answers: where in them the names of the answers stand.
    """
    figures = release.figures
    if figures is None:
        return None
    if not figures.split:
        return Figure(title, (), wording.text("en", "figure.too_alike", about=str(figures.about)))
    whole = sum(part.about for part in figures.split) or 1
    bars = tuple(
        Bar(_label(part, wording, answers), part.about, round(100 * part.about / whole))
        for part in figures.split
    )
    return Figure(title, bars, wording.text("en", "figure.about", about=str(figures.about)))


def _label(part: Part, wording: Wording, answers: str) -> str:
    return wording.text("en", f"{answers}.{'_'.join(part.answers)}")


def _gap(releases: Mapping[str, Release], wording: Wording) -> tuple[Figure, ...]:
    """What staff guess next to what tenants say: only where both may be shown, since one alone is no gap."""
    if "listened" not in releases or "guess" not in releases:
        return ()
    both = [
        figure(wording.text("en", f"gap.{name}"), releases[name], wording) for name in ("listened", "guess")
    ]
    return tuple(one for one in both if one) if all(both) else ()


def _missing(releases: Mapping[str, Release], gap: tuple[Figure, ...], wording: Wording) -> Iterable[str]:
    for name in ("stories", "excellent", "barriers"):
        if not releases[name].excerpts:
            yield wording.text("en", f"missing.{name}")
    if not gap:
        key = "missing.gap" if "listened" in releases else "missing.gap_early"
        yield wording.text("en", key)


def _kind(excerpt: Excerpt) -> str:
    return {True: "good", False: "hard", None: "mixed"}[excerpt.good]


def _theme(words: str) -> str:
    names = read_themes(words).names
    return names[0][:-1] if names else ""


def _groups(excerpts: Iterable[Excerpt], wording: Wording) -> tuple[Group, ...]:
    grouped: dict[str, list[Said]] = {}
    for one in excerpts:
        grouped.setdefault(_theme(one.words), []).append(said(one))
    named = _data()["themes"]
    return tuple(
        Group(
            named[theme]["name"] if theme in named else wording.text("en", "groups.other"),
            tuple(dict.fromkeys(them)),
        )
        for theme, them in sorted(grouped.items(), key=lambda pair: (pair[0] not in named, -len(pair[1])))
    )


def _prompts(themes: Iterable[str]) -> tuple[str, ...]:
    counted = [theme for theme in themes if theme in _data()["themes"]]
    often = sorted(dict.fromkeys(counted), key=lambda theme: -counted.count(theme))
    fitting = [_data()["themes"][theme]["prompt"] for theme in often]
    return tuple([*fitting, *(one["says"] for one in _data()["prompts"])][:MOST_PROMPTS])


def _steps(starts_at: datetime) -> tuple[Step, ...]:
    steps, at = [], starts_at
    for one in _data()["run"]:
        steps.append(Step(f"{at:%H:%M}", one["minutes"], one["what"], one["how"], one["materials"]))
        at += timedelta(minutes=one["minutes"])
    return tuple(steps)


def _starts_rtl(words: str) -> bool:
    first = next((one for one in words if one.isalpha()), "")
    return "\u0590" <= first <= "\u08ff"


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads((resources.files("bot.workshops") / "pack.toml").read_text("utf-8"))
