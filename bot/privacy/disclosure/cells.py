"""Themes and areas: which counts of them may be published with a batch, and what waits for a later one.

A cell is one theme with its sign, or one area. Its set holds the people who told of it since it was last
published. Let k be the smallest group and "this batch" the one that closes now. A set is published when

* at least k people are in it;
* it begins with this batch, and at least k people of this batch are not in it; or it goes further back, and
  it is not larger than this batch, and at least k people of this batch and the one before are not in it.

Why that is enough, and why less is not: docs/decisions/0012. In short: whatever is published could all have
been told in this batch by people of whom nobody had waited, so that nothing follows about those who waited.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from bot.privacy.disclosure.release import Cell, CellName, rounded

LAPSE_AFTER: Final = timedelta(weeks=26)
"""What was told longer ago than that is in no count any more."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody of an earlier batch who waits in a cell."""

    cell: CellName
    contact: int
    batch: date
    """The date on which that batch began: that of the release before it."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What is known of earlier batches when a batch closes."""

    batches: tuple[date, ...] = ()
    """When each closed batch of the last 26 weeks began, oldest first."""
    waiting: Sequence[Waiting] = ()
    before: frozenset[int] = frozenset()
    """Everybody who told something in the newest of them."""
    counted: Mapping[CellName, date] = field(default_factory=dict)
    """When each cell was last published, or begun anew."""


@dataclass(frozen=True, slots=True)
class CellSet:
    """The people of one cell, and the batches that they are counted over."""

    name: CellName
    people: frozenset[int]
    since: date
    alone: bool
    """Whether it begins with this batch."""


def window(cell: CellName, earlier: Earlier, began: date, on_date: date) -> tuple[date, ...]:
    """When the batches began that a cell is counted over, oldest first; this batch is the last.

    It follows from what has been published alone, so that it says nothing about who told what.
    """
    counted = earlier.counted.get(cell, date.min)
    oldest = on_date - LAPSE_AFTER
    return (*(one for one in earlier.batches if one >= max(counted, oldest)), began)


def cell_sets(
    told: Iterable[tuple[int, Collection[CellName]]], earlier: Earlier, began: date, on_date: date
) -> list[CellSet]:
    """The people of every cell that anybody is in.

    Args:
        told: (contact, cells) of each story of this batch.
        earlier: what waits from batches before it.
        began: when this batch began.
        on_date: when it closes.
    """
    people: dict[CellName, set[int]] = defaultdict(set)
    for contact, cells in told:
        for cell in cells:
            people[cell].add(contact)
    for one in earlier.waiting:
        if one.batch in window(one.cell, earlier, began, on_date):
            people[one.cell].add(one.contact)
    sets = []
    for cell in sorted(people):
        batches = window(cell, earlier, began, on_date)
        sets.append(CellSet(cell, frozenset(people[cell]), batches[0], alone=len(batches) == 1))
    return sets


def may_publish(one: CellSet, batch: frozenset[int], before: frozenset[int], k: int) -> bool:
    """Whether a set may be published with this batch."""
    if len(one.people) < k:
        return False
    if one.alone:
        return len(batch - one.people) >= k
    return len(one.people) <= len(batch) and len((batch | before) - one.people) >= k


def begins_anew(one: CellSet, batch: frozenset[int], k: int) -> bool:
    """Whether a set is given up because nearly everybody of this batch, where it begins, is in it.

    It could never be published: it would stay larger than any batch that follows. That it was given up shows
    later, in the date that the cell counts from, and says that fewer than k were not in it, perhaps nobody.
    """
    return one.alone and len(batch - one.people) < k <= len(one.people)


def publish(sets: Iterable[CellSet], batch: frozenset[int], before: frozenset[int], k: int) -> list[Cell]:
    """The cells that may be published, those most told of first."""
    ready = [one for one in sets if may_publish(one, batch, before, k)]
    cells = [
        Cell(one.name.kind, one.name.name, one.name.sign, rounded(len(one.people)), one.since)
        for one in ready
    ]
    # By the rounded number and the name: the order says no more than the figures.
    return sorted(cells, key=lambda cell: (-cell.about, cell.kind, cell.name, cell.sign))
