"""The attacker: it finds nobody in a year of releases, and somebody as soon as one protection is off."""

from collections.abc import Callable, Sequence

import pytest
from attacker import find_people
from simulation import Rules, sizes, year
from usefulness import useful

from bot.privacy.disclosure import Figures, Part, Telling, cells, making
from bot.privacy.disclosure.release import rounded

FEW = (200, 300, 400, 1_100, 10_000, 3_600)
"""Homes of a few landlords: enough to be found out by."""


def test_nobody_is_found_in_a_year_of_twenty_landlords() -> None:
    """52 weeks, 200 to 125,000 homes; people join, repeat, delete, are handed over and move."""
    books = year(sizes(20), Rules())
    assert sum(len(one.published) for one in books) > 500
    assert sum(len(published.release.cells) for one in books for published in one.published) > 5_000
    assert list(find_people(books, Rules())) == []


def not_rounded(monkeypatch: pytest.MonkeyPatch) -> Rules:
    """Counts as they are."""
    for module in (making, cells):
        monkeypatch.setattr(module, "rounded", lambda count: count)
    return Rules(round_to=1)


def no_complement(monkeypatch: pytest.MonkeyPatch) -> Rules:
    """Nobody looks at who is not in a cell."""

    def enough(one: cells.CellSet, batch: frozenset[int], _before: frozenset[int], k: int) -> bool:
        return len(one.people) >= k and (one.alone or len(one.people) <= len(batch))

    monkeypatch.setattr(cells, "may_publish", enough)
    return Rules(complement=False)


def larger_than_its_batch(monkeypatch: pytest.MonkeyPatch) -> Rules:
    """A cell may have more people than the batch that it is published with."""

    def enough(one: cells.CellSet, batch: frozenset[int], before: frozenset[int], k: int) -> bool:
        others = (batch if one.alone else batch | before) - one.people
        return len(one.people) >= k and len(others) >= k

    monkeypatch.setattr(cells, "may_publish", enough)
    return Rules(fits=False)


def any_split(monkeypatch: pytest.MonkeyPatch) -> Rules:
    """Each answer is told of, however few gave it."""
    careful = making._figures  # noqa: SLF001 - what is to be undone

    def careless(tellings: Sequence[Telling], k: int) -> Figures | None:
        figures = careful(tellings, k)
        if figures is None:
            return None
        given = list({one.contact: one.listened or "unanswered" for one in tellings}.values())
        split = [Part((answer,), rounded(given.count(answer))) for answer in sorted(set(given))]
        return Figures(figures.about, tuple(split), None)

    monkeypatch.setattr(making, "_figures", careless)
    return Rules(whole_splits=False)


OFF: dict[str, Callable[[pytest.MonkeyPatch], Rules]] = {
    "the smallest group": lambda _: Rules(k=1),
    "rounding": not_rounded,
    "the complement": no_complement,
    "not larger than its batch": larger_than_its_batch,
    "whole splits": any_split,
    "one release a story": lambda _: Rules(once=False),
    "people and not stories": lambda _: Rules(people=False),
    "nothing is made again": lambda _: Rules(frozen=False),
    "one scope a story": lambda _: Rules(one_scope=False),
    "without those who are known": lambda _: Rules(unnamed=False),
}


@pytest.mark.parametrize("protection", OFF)
def test_without_a_protection_people_are_found(protection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one protection off, whichever it is, some release gives a small group away."""
    assert next(find_people(year(FEW, Rules()), Rules()), None) is None
    rules = OFF[protection](monkeypatch)
    assert next(find_people(year(FEW, rules), rules), None) is not None


def test_digests_are_worth_opening_at_the_machines_error() -> None:
    """At 70 replies a week an answer line every week and themes in nearly all; below, no gap is too long.

    The stories are drawn from those of tests/data with the labels that the machine reads in them.
    """
    at_70, at_7, at_4 = (useful(rate) for rate in (70, 7.5, 4))
    assert at_70.answers == 1
    assert at_70.two_themes >= 0.9
    assert at_70.themes >= 3.5
    assert at_7.within(6) >= 0.95
    assert at_4.within(9) >= 0.95
