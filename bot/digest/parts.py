"""What a digest is made of: bars, sections and answers; and what its sections are written with. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from babel.dates import format_date

from bot.digest.quotes import Quote, quoted
from bot.privacy.disclosure import Cell, Excerpt, Part, Release
from bot.wording import DEFAULT, Wording

AudienceName = Literal["landlord", "organiser"]
Every = Literal["weekly", "four-weekly"]


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a chart.

    Args:
        label: what it counts.
        value: how many, in words.
        share: how long it is, 0 to 100, of the longest that there could be.
    """

    label: str
    value: str
    share: int


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a digest: a title, then whichever of the others it has, in this order."""

    title: str
    paragraphs: tuple[str, ...] = ()
    bars: tuple[Bar, ...] = ()
    quotes: tuple[Quote, ...] = ()
    points: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    """Paragraphs that come last."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A whole digest in words: what `render` makes a mail of."""

    subject: str
    heading: str
    headline: str
    sections: tuple[Section, ...]
    footer: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a landlord says it did, as staff wrote it for everybody to read.

    Args:
        about: a theme with its sign, an area, or "release".
        kind: did, will or cannot.
        words: what was done, or why it can't be.
        made_on: when it was written.
        due_on: by when a promise is to be kept.
        became: kept or not_kept; "" while nothing is said of it.
        became_words: what came of it.
        not_so: at least so many people say that it is not so, in whole groups; 0 for none or too few to say.
    """

    about: str
    kind: str
    words: str
    made_on: date
    due_on: date | None = None
    became: str = ""
    became_words: str = ""
    not_so: int = 0


@dataclass(frozen=True)
class Telling:
    """What a section is written with.

    Args:
        releases: the frozen releases that the digest tells of, newest first.
        before: the release with figures before all of those; None when there is none.
        answers: the landlord's answers, newest first.
        operator: who asks and reads.
        wording: the sentences of `bot.digest`.
    """

    releases: Sequence[Release]
    before: Release | None
    answers: Sequence[Answer]
    operator: str
    wording: Wording

    @property
    def newest(self) -> Release:
        """The newest release."""
        return self.releases[0]

    @cached_property
    def counted(self) -> Release | None:
        """The newest release with figures; None when all of them wait."""
        return next((one for one in self.releases if one.figures), None)

    @cached_property
    def excerpts(self) -> list[Excerpt]:
        """The words of all of these releases, newest first."""
        return [excerpt for release in self.releases for excerpt in release.excerpts]

    def cells(self, kind: str, sign: str) -> list[Cell]:
        """The newest published count of each theme or area, those most told of first. Nothing is added up."""
        newest: dict[str, Cell] = {}
        for release in self.releases:
            for cell in release.cells:
                if cell.kind == kind and cell.sign == sign:
                    newest.setdefault(cell.name, cell)
        return sorted(newest.values(), key=lambda cell: (-cell.about, cell.name))

    def text(self, key: str, **values: str | int) -> str:
        """The words under a key."""
        given = {
            "landlord": self.newest.scope.name,
            "operator": self.operator,
            "smallest": str(self.newest.smallest_group),
            "enough": str(2 * self.newest.smallest_group),
        }
        return self.wording.text(
            DEFAULT, key, **given, **{name: str(value) for name, value in values.items()}
        )

    def quotes(self, excerpts: Iterable[Excerpt]) -> tuple[Quote, ...]:
        """The words of excerpts, with what a reader must know of each."""
        return tuple(quoted(one, self.text) for one in excerpts)

    def label(self, part: Part) -> str:
        """What an answer is called."""
        return self.text("answers." + "_".join(part.answers))

    def named(self, cell: Cell) -> str:
        """What a theme or an area is called."""
        return self.text(f"{cell.kind}.{cell.name}{cell.sign}")

    def bars(self, cells: Sequence[Cell]) -> tuple[Bar, ...]:
        """Cells as bars, the longest at full length: they are counts of people, and no shares of anything."""
        longest = max((cell.about for cell in cells), default=1)
        return tuple(
            Bar(
                self.named(cell),
                self.text("bars.since", about=cell.about, date=day(cell.since)),
                round(100 * cell.about / longest),
            )
            for cell in cells
        )


def day(moment: date) -> str:
    """A date as people write it."""
    return format_date(moment, "d MMMM", locale="en_GB")
