"""The fast check: what somebody who has kept every digest could work out from one more.

It knows what is published and the public rules, and nothing else: it looks at frozen releases only, so that a
mistake in the making is not repeated here. Every count that follows from a release, alone or with those before
it, is an interval of whole numbers; one that lies wholly inside 1 … k - 1 tells of a small group.
(tests/attacker.py solves the same question exactly, over the whole history, but slowly.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from bot.privacy.disclosure.release import ROUND_TO, Cell, CellName, Figures, Release

HALF = ROUND_TO // 2


@dataclass(frozen=True, slots=True)
class Interval:
    """Between how many and how many people."""

    low: int
    high: int

    def __sub__(self, other: "Interval") -> "Interval":
        return Interval(max(0, self.low - other.high), max(0, self.high - other.low))

    def tells(self, k: int) -> bool:
        """Whether it is certain that there is somebody, and fewer than k."""
        return self.low >= 1 and self.high < k


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in a release that must not be said, and why."""

    what: str

    def __str__(self) -> str:
        return self.what


def findings(release: Release, before: Sequence[Release]) -> tuple[Finding, ...]:
    """What is wrong with a release; nothing, as a rule.

    Args:
        release: the one that is about to leave.
        before: the releases of the same scope before it, oldest first; at least those of 26 weeks.
    """
    figures, k = release.figures, release.smallest_group
    if figures is None:
        return (Finding("It names themes or areas of a batch that waits."),) if release.cells else ()
    whole = Interval(max(2 * k, figures.about - HALF), figures.about + HALF)
    found = [*_of_rounding(release, figures), *_of_answers(figures, whole, k)]
    batches = _Batches(release, before, whole)
    for cell in release.cells:
        found += _of_cell(cell, batches, k)
    for one, other in combinations(release.cells, 2):
        found += _of_both(one, other, batches, k)
    return tuple(map(Finding, found))


class _Batches:
    """The batches that the cells of a release may be counted over."""

    def __init__(self, release: Release, before: Sequence[Release], whole: Interval) -> None:
        self.whole = whole
        self.opened = release.since
        closed = [one for one in before if one.figures is not None]
        self.begun = {one.since: one.figures.about + HALF for one in closed if one.figures is not None}
        self.published = {
            CellName(cell.kind, cell.name, cell.sign): one.on_date for one in closed for cell in one.cells
        }

    def alone(self, cell: Cell) -> bool:
        """Whether a cell is counted over this batch only."""
        return not self._older(cell.since)

    def known(self, cell: Cell) -> bool:
        """Whether a batch began when the cell says that it counts from."""
        first = self.opened is None or cell.since < min(filter(None, self.begun), default=self.opened)
        return first or cell.since == self.opened or cell.since in self.begun

    def everybody(self, since: date) -> int:
        """How many people there can be in all batches from then on."""
        return self.whole.high + sum(most for _, most in self._older(since))

    def _older(self, since: date) -> list[tuple[date | None, int]]:
        return [
            (begun, most)
            for begun, most in self.begun.items()
            # The first batch has no release before it, and began when the scope did.
            if (begun or date.min) >= since
            or (begun is None and self.opened is not None and since < self.opened)
        ]


def _of_rounding(release: Release, figures: Figures) -> Iterator[str]:
    parts = (*figures.split, *((figures.at_least,) if figures.at_least else ()))
    counts = [figures.about, *(part.about for part in parts), *(cell.about for cell in release.cells)]
    if any(count % ROUND_TO for count in counts):
        yield f"A count is not rounded to {ROUND_TO}."
    names = [(cell.kind, cell.name, cell.sign) for cell in release.cells]
    if len(names) != len(set(names)):
        yield "A theme or an area is counted twice."


def _of_answers(figures: Figures, whole: Interval, k: int) -> Iterator[str]:
    if figures.about + HALF < 2 * k:
        yield f"There are fewer than {2 * k} people in the batch."
    sizes = [Interval(max(k, part.about - HALF), part.about + HALF) for part in figures.split]
    for part, size in zip(figures.split, sizes, strict=True):
        label = " or ".join(part.answers)
        others = [one for other, one in zip(figures.split, sizes, strict=True) if other is not part]
        # What the whole and the other parts leave for this one.
        low = max(size.low, whole.low - sum(one.high for one in others))
        high = min(size.high, whole.high - sum(one.low for one in others))
        if part.about + HALF < k or high < k:
            yield f"“{label}” tells of fewer than {k} people."
        if low > high:
            yield f"“{label}” contradicts the other figures."
        if len(part.answers) > 1 and high - 1 < k:
            yield f"What “{label}” is made of would be known to be fewer than {k} people."
    least = figures.at_least
    if least and Interval(max(0, whole.low - whole.high), whole.high - least.about).tells(k):
        yield "Fewer people than may be told of gave the other answers."


def _of_cell(cell: Cell, batches: _Batches, k: int) -> Iterator[str]:
    label, whole = _label(cell), batches.whole
    size = Interval(max(k, cell.about - HALF), cell.about + HALF)
    if size.high < k:
        yield f"{label} tells of fewer than {k} people."
    if not batches.known(cell):
        yield f"{label} counts from a date on which no batch began."
    last = batches.published.get(CellName(cell.kind, cell.name, cell.sign))
    if last and cell.since < last:
        yield f"{label} counts people again who were in it on {last}."
    if batches.alone(cell):
        if (whole - size).tells(k):
            yield f"Those who did not tell of {label} would be fewer than {k}."
        return
    waited = Interval(max(0, size.low - whole.high), k - 1)
    if waited.tells(k):
        yield f"Those who waited in {label} would be known to be fewer than {k}, and not nobody."
    # As few of this batch as can be, when as many as can be had waited.
    if Interval(max(0, whole.low - size.high), whole.high - max(1, size.low - (k - 1))).tells(k):
        yield f"Those of this batch who did not tell of {label} would be fewer than {k}."


def _of_both(one: Cell, other: Cell, batches: _Batches, k: int) -> Iterator[str]:
    base = batches.everybody(min(one.since, other.since))
    first, second = (Interval(max(k, cell.about - HALF), cell.about + HALF) for cell in (one, other))
    both = Interval(max(0, first.low + second.low - base), min(first.high, second.high))
    if both.tells(k):
        yield f"Those who told of {_label(one)} and of {_label(other)} would be fewer than {k}."
    for this, that, name in ((first, second, one), (second, first, other)):
        only = Interval(max(0, this.low - that.high), min(this.high, base - that.low))
        if only.tells(k):
            yield f"Those who told of {_label(name)} and not of the other would be fewer than {k}."


def _label(cell: Cell) -> str:
    return f"{cell.name.replace('_', ' ')}{f' ({cell.sign})' if cell.sign else ''}"
