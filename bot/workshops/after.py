"""Afterwards: what came of a workshop, and what recurs across several. Composed of releases alone. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.privacy.disclosure import Release
from bot.understanding.themes import read_themes
from bot.wording import Wording
from bot.workshops.pack import Figure, Said, figure, said

AFTER = ("happened", "listened", "listened_after", "able", "able_after")


@dataclass(frozen=True, slots=True)
class After:
    """The organisers' digest after 90 days."""

    title: str
    intro: str
    figures: tuple[Figure, ...]
    words: tuple[Said, ...]
    missing: tuple[str, ...]
    footer: str


def compose_after(title: str, releases: Mapping[str, Release], wording: Wording) -> After:
    """Say what came of a workshop.

    Args:
        title: what it was called.
        releases: the figures of `AFTER`, and the words of `what_came`.
        wording: the sentences of `bot.workshops`.
    """
    titles = {name: wording.text("en", f"after.{name}") for name in AFTER}
    figures = {name: figure(titles[name], releases[name], wording) for name in AFTER}
    for before, after in (("listened", "listened_after"), ("able", "able_after")):
        if figures[before] is None or figures[after] is None:  # half a pair tells nothing
            figures[before] = figures[after] = None
    words = releases["what_came"].excerpts
    missing = [wording.text("en", "after.too_few", title=titles[name]) for name in AFTER if not figures[name]]
    if not words:
        missing.append(wording.text("en", "after.no_words"))
    return After(
        title=wording.text("en", "after.subject", title=title),
        intro=wording.text("en", "after.intro", title=title),
        figures=tuple(one for one in figures.values() if one),
        words=tuple(said(one) for one in words),
        missing=tuple(missing),
        footer=wording.text("en", "after.footer"),
    )


def recurring(sessions: Iterable[Release]) -> list[tuple[str, int]]:
    """In how many sessions each theme was spoken of in words that were released; those of one alone are left out.

    Args:
        sessions: one release of words a session.
    """
    counted: Counter[str] = Counter()
    for release in sessions:
        counted.update({name[:-1] for one in release.excerpts for name in read_themes(one.words).names})
    return [(theme, count) for theme, count in counted.most_common() if count > 1]
