"""Composing a digest: from a release and an audience to sections of words. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, zip_longest
from typing import Final, Literal

from babel.dates import format_date

from bot.digest.quotes import Quote, quoted
from bot.privacy.disclosure import Excerpt, Figures, Part, Release
from bot.wording import DEFAULT, Wording

AudienceName = Literal["landlord", "organiser"]
Every = Literal["weekly", "four-weekly"]


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a chart: what it counts, about how many, and its share of the whole (0 to 100)."""

    label: str
    about: int
    share: int


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a digest: a title, then whichever of the others it has, in this order."""

    title: str
    paragraphs: tuple[str, ...] = ()
    bars: tuple[Bar, ...] = ()
    quotes: tuple[Quote, ...] = ()
    points: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """A whole digest in words: what `render` makes a mail of."""

    subject: str
    heading: str
    headline: str
    sections: tuple[Section, ...]
    footer: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Telling:
    """What a section is written with: the release, who asks, and the words."""

    release: Release
    operator: str
    wording: Wording

    def text(self, key: str, **values: str | int) -> str:
        """The words under a key."""
        given = {
            "landlord": self.release.scope.name,
            "operator": self.operator,
            "smallest": str(self.release.smallest_group),
            "enough": str(2 * self.release.smallest_group),
        }
        return self.wording.text(
            DEFAULT, key, **given, **{name: str(value) for name, value in values.items()}
        )


SectionMaker = Callable[[Telling], Section | None]


def compose(release: Release, audience: AudienceName, operator: str, wording: Wording) -> Digest:
    """Write a digest.

    Args:
        release: everything that may be said.
        audience: who reads it, which decides the sections and their order.
        operator: who asks and reads.
        wording: the sentences of `bot.digest`.
    """
    telling = Telling(release, operator, wording)
    made = (make(telling) for make in SECTIONS[audience])
    return Digest(
        subject=telling.text(f"{audience}.subject", date=_day(release.on_date)),
        heading=telling.text(f"{audience}.heading"),
        headline=_headline(telling),
        sections=tuple(section for section in made if section),
        footer=(telling.text("footer.how"), telling.text("footer.not_tsm"), telling.text("footer.who")),
    )


def _headline(telling: Telling) -> str:
    release, figures = telling.release, telling.release.figures
    if figures is None and not release.weeks_waiting:
        return telling.text("headline.too_soon")
    if figures is None:
        return telling.text("headline.not_yet", weeks=_weeks(telling, release.weeks_waiting))
    since = (
        telling.text("since.date", date=_day(release.since)) if release.since else telling.text("since.start")
    )
    heard = next((part.about for part in figures.split if part.answers == ("yes",)), None)
    if heard is None:
        return telling.text("headline.told", about=figures.about, since=since)
    return telling.text("headline.heard", about=figures.about, heard=heard, since=since)


def _weeks(telling: Telling, weeks: int) -> str:
    return telling.text("weeks.one") if weeks == 1 else telling.text("weeks.many", weeks=weeks)


def _praised(telling: Telling) -> Section | None:
    quotes = _quotes(telling, (one for one in telling.release.excerpts if one.good))
    if not quotes:
        return None
    return Section(telling.text("praised.title"), (telling.text("praised.intro"),), quotes=quotes)


def _in_their_words(telling: Telling) -> Section | None:
    quotes = _quotes(telling, (one for one in telling.release.excerpts if not one.good))
    if not quotes:
        return None
    return Section(telling.text("words.title"), (telling.text("words.intro"),), quotes=quotes)


def _for_the_table(telling: Telling) -> Section | None:
    """Good and hard stories in turn, in equal number where there are both; then the mixed ones."""
    good = [one for one in telling.release.excerpts if one.good]
    hard = [one for one in telling.release.excerpts if one.good is False]
    mixed = [one for one in telling.release.excerpts if one.good is None]
    if good and hard:
        fewer = min(len(good), len(hard))
        good, hard = good[:fewer], hard[:fewer]
    in_turn = (one for one in chain.from_iterable(zip_longest(good, hard)) if one)
    quotes = _quotes(telling, chain(in_turn, mixed))
    if not quotes:
        return None
    return Section(telling.text("table.title"), (telling.text("table.intro"),), quotes=quotes)


def _listened(telling: Telling) -> Section | None:
    figures = telling.release.figures
    if figures is None:
        return None
    if figures.at_least:
        label = _label(telling, figures.at_least)
        line = telling.text(
            "listened.at_least", least=figures.at_least.about, about=figures.about, label=label
        )
        return Section(telling.text("listened.title"), (line,))
    intro = telling.text("listened.intro", about=figures.about)
    return Section(telling.text("listened.title"), (intro,), bars=_bars(telling, figures))


def _bars(telling: Telling, figures: Figures) -> tuple[Bar, ...]:
    whole = sum(part.about for part in figures.split) or 1
    return tuple(
        Bar(_label(telling, part), part.about, round(100 * part.about / whole)) for part in figures.split
    )


def _label(telling: Telling, part: Part) -> str:
    return telling.text("answers." + "_".join(part.answers))


def _waiting(telling: Telling) -> Section | None:
    if telling.release.figures is not None:
        return None
    return Section(telling.text("waiting.title"), (telling.text("waiting.why"), telling.text("waiting.help")))


def _questions(telling: Telling) -> Section | None:
    if not telling.release.excerpts:
        return None
    points = tuple(telling.text(f"questions.{number}") for number in range(1, 5))
    return Section(telling.text("questions.title"), (telling.text("questions.intro"),), points=points)


SECTIONS: Final[Mapping[AudienceName, Sequence[SectionMaker]]] = {
    "landlord": (_praised, _listened, _in_their_words, _waiting),
    "organiser": (_for_the_table, _questions, _listened, _waiting),
}
"""What each audience gets, in order."""


def _quotes(telling: Telling, excerpts: Iterable[Excerpt]) -> tuple[Quote, ...]:
    return tuple(quoted(one, telling.text) for one in excerpts)


def _day(day: date) -> str:
    return format_date(day, "d MMMM", locale="en_GB")
