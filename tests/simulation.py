"""A year of landlords: people tell, repeat, delete, move and are handed over; releases are made as in life.

Nothing here is the database's: the books are kept in lists, so that a year of 200 landlords takes a minute. The
decisions are the product's own (`bot.privacy.disclosure`); `Rules` turns one protection after the other off.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from bot.labels import Labels
from bot.privacy.disclosure import (
    LAPSE_AFTER,
    CellName,
    Earlier,
    Listened,
    Release,
    Scope,
    Telling,
    Waiting,
    given_up,
    make_release,
)
from bot.understanding.themes import read_areas, read_themes

DATA = Path(__file__).parent / "data"
BEGAN = date(2026, 1, 5)
STORIES_PER_HOME_AND_WEEK = 70 / 10_000
"""Between 42 and 105 a week for 10,000 homes: reply rates of 10 to 25 % of those who are asked after repairs."""
WITH_WORDS = 0.8
ANSWERS: tuple[Listened | None, ...] = ("yes", "partly", "no", None)
SHARES = (0.55, 0.15, 0.22, 0.08)
REPEATS = 0.15
MOVES = 0.01
HANDED_OVER = 0.03
ERASES = 0.3
NEARLY_ALL = 0.94
OUTAGES = {
    CellName("area", "heating_hot_water"): (NEARLY_ALL, 0, 0, 0, 0),
    CellName("area", "rent_money"): (0, 0, NEARLY_ALL, 0, 0),
    CellName("area", "safety"): (0.3, NEARLY_ALL, 0, 0, 0),
}
"""What nearly everybody tells of now and then, by the week of five: the last two are told of by nobody else."""
NOT_ELSE = ("rent_money", "safety")
GAS_LEAK_EVERY = 9
"""Weeks in which nearly everybody is handed over to those who must act."""


@dataclass(frozen=True)
class Rules:
    """Which protections are in force. All of them are, in the product; tests turn them off one by one."""

    k: int = 10
    round_to: int = 5
    complement: bool = True
    fits: bool = True
    """A set that goes further back is not larger than the batch that it is published with."""
    once: bool = True
    """A story is counted by one release."""
    people: bool = True
    """People are counted, and not stories."""
    frozen: bool = True
    """What was published is never made again from what is left."""
    one_scope: bool = True
    """A landlord in a pool is not counted alone as well."""
    unnamed: bool = True
    """Whoever was handed over, and so is known to the landlord, is not counted."""
    whole_splits: bool = True
    """Answers are split only as finely as leaves each part k people."""


@dataclass(frozen=True)
class Story:
    """One story, and who told it."""

    person: int
    listened: Listened | None
    cells: tuple[CellName, ...]


@dataclass(frozen=True)
class Published:
    """A release with figures, and the weeks of which landlords it counts: what everybody may know of it."""

    release: Release
    units: frozenset[tuple[int, int]]
    known: int = 0
    """How many of its people the landlord knows by other ways."""
    own: int = 0
    """How often somebody who reads every digest was counted in it."""
    own_cells: Mapping[str, int] = field(default_factory=dict)
    """How often in each cell."""
    again: bool = False
    """Whether it was made again of what was left."""


@dataclass
class Books:
    """What is kept of one scope."""

    scope: Scope
    rules: Rules
    landlords: tuple[int, ...] = ()
    open: list[Story] = field(default_factory=list)
    open_units: set[tuple[int, int]] = field(default_factory=set)
    waiting: list[tuple[Waiting, Story]] = field(default_factory=list)
    begins: list[date] = field(default_factory=list)
    counted: dict[CellName, date] = field(default_factory=dict)
    before: list[Story] = field(default_factory=list)
    last: date | None = None
    number: int = 0
    known_people: set[int] = field(default_factory=set)
    published: list[Published] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)

    def tell(self, landlord: int, week: int, story: Story) -> None:
        """Somebody tells something."""
        self.open.append(story)
        self.open_units.add((landlord, week))

    def forget(self, person: int | None) -> None:
        """Everything that somebody told is erased."""
        self.open = [one for one in self.open if one.person != person]
        self.waiting = [pair for pair in self.waiting if pair[1].person != person]
        self.before = [one for one in self.before if one.person != person]

    def monday(self, week: int) -> None:
        """The week is over."""
        on_date = BEGAN + timedelta(weeks=week + 1)
        # The units of a week in which nobody told anything are known to be in the batch as well.
        self.open_units |= {(landlord, week) for landlord in self.landlords}
        counted = [one for one in self.open if not (self.rules.unnamed and one.person in self.known_people)]
        earlier = self._earlier(on_date)
        began = self.last or BEGAN
        self.number += 1
        tellings = self._tellings(counted)
        release = make_release(
            scope=self.scope,
            number=self.number,
            on_date=on_date,
            since=self.last,
            weeks_waiting=(on_date - began).days // 7,
            tellings=tellings,
            approved=(),
            began=began,
            earlier=earlier,
            smallest_group=self.rules.k,
        )
        self.releases.append(release)
        if release.figures is None:
            return
        known = len({one.person for one in counted} & self.known_people)
        own, own_cells = self._own(counted, earlier)
        units = frozenset(self.open_units)
        self.published.append(Published(release, units, known, own, own_cells))
        if self.rules.once:
            self._close(release, tellings, counted, earlier, began)

    def restate(self, dice: random.Random) -> None:
        """Make the newest release again from what is left of it, as careless products do."""
        if not self.published or not self.before:
            return
        last = self.published[-1]
        self.before = left = [one for one in self.before if dice.random() > ERASES / 2]
        again = make_release(
            scope=self.scope,
            number=last.release.number,
            on_date=last.release.on_date,
            since=last.release.since,
            weeks_waiting=0,
            tellings=self._tellings(left),
            approved=(),
            smallest_group=self.rules.k,
        )
        if again.figures:
            self.published.append(Published(again, last.units, again=True))

    def _own(self, counted: Sequence[Story], earlier: Earlier) -> tuple[int, dict[str, int]]:
        """What somebody who tells something too knows of their own share."""
        stories = [one for one in counted if one.person == INSIDER]
        cells = Counter(f"{cell.name}{cell.sign}" for one in stories for cell in one.cells)
        cells.update(f"{one.cell.name}{one.cell.sign}" for one in earlier.waiting if one.contact == INSIDER)
        if self.rules.people:
            return min(len(stories), 1), dict.fromkeys(cells, 1)
        return len(stories), dict(cells)

    def _tellings(self, stories: Sequence[Story]) -> list[Telling]:
        number = {id(one): place for place, one in enumerate(stories)}
        return [
            Telling(one.person if self.rules.people else number[id(one)], one.listened, one.cells)
            for one in stories
        ]

    def _earlier(self, on_date: date) -> Earlier:
        recent = tuple(one for one in self.begins if one >= on_date - LAPSE_AFTER)
        allowed = [
            waiting
            for waiting, story in self.waiting
            if not (self.rules.unnamed and story.person in self.known_people)
        ]
        before = frozenset(one.person for one in self.before)
        return Earlier(recent, allowed, before, dict(self.counted))

    def _close(
        self,
        release: Release,
        tellings: Sequence[Telling],
        counted: Sequence[Story],
        earlier: Earlier,
        began: date,
    ) -> None:
        published = {CellName(one.kind, one.name, one.sign) for one in release.cells}
        anew = published | given_up(release, tellings, earlier, began)
        self.counted |= dict.fromkeys(anew, release.on_date)
        self.waiting = [
            pair
            for pair in self.waiting
            if pair[0].cell not in anew and pair[0].batch >= release.on_date - LAPSE_AFTER
        ]
        self.waiting += [
            (Waiting(cell, one.person, began), one)
            for one in counted
            for cell in one.cells
            if cell not in anew
        ]
        self.begins.append(began)
        self.before = list(counted)
        self.open, self.open_units, self.last = [], set(), release.on_date


INSIDER = -1
"""Somebody who reads the digests, and tells something too."""


@cache
def readings() -> tuple[tuple[CellName, ...], ...]:
    """What the machine reads in stories that were written to test it: its errors are in it as they are."""
    found = []
    for name in ("validation.jsonl", "held_out/mixed.jsonl"):
        for line in (DATA / name).read_text(encoding="utf-8").splitlines():
            message = json.loads(line)
            if message["kind"] == "story" and message.get("lang", "en") == "en":
                labels = Labels(read_themes(message["text"]).names, read_areas(message["text"]).names)
                found.append(tuple(cell for cell in labels.cells if cell.name not in NOT_ELSE))
    return tuple(found)


def sizes(count: int) -> list[int]:
    """Homes of so many landlords, from 200 to 125,000, evenly on a logarithmic scale."""
    return [round(200 * (125_000 / 200) ** (place / (count - 1))) for place in range(count)]


def poisson(dice: random.Random, mean: float) -> int:
    """How many come when so many come on average."""
    count, left = 0, dice.expovariate(1)
    while left < mean:
        count, left = count + 1, left + dice.expovariate(1)
    return count


def scopes(homes: Sequence[int], rules: Rules) -> list[Books]:
    """Books for these landlords: the smallest sixth, and at least three, are in pools of three."""
    pooled = max(3, len(homes) // 6 // 3 * 3)
    pools = [tuple(range(first, first + 3)) for first in range(0, pooled, 3)]
    alone = list(range(pooled, len(homes)))
    if not rules.one_scope:
        # One that is large enough is counted alone, and with two small ones as well.
        pools[0] = (0, 1, max(alone, key=lambda place: homes[place]))
    books = [Books(Scope("pool", f"pool {place}"), rules, members) for place, members in enumerate(pools)]
    return books + [Books(Scope("landlord", f"landlord {place}"), rules, (place,)) for place in alone]


def year(homes: Sequence[int], rules: Rules, seed: int = 1, weeks: int = 52) -> list[Books]:
    """Live through so many weeks.

    Args:
        homes: how many homes each landlord has, in rising order.
        rules: the protections that are in force.
        seed: of all chance.
        weeks: how many.

    Returns:
        The books as they are in the end.
    """
    town = _Town(random.Random(seed), homes)  # noqa: S311 - a simulation
    books = scopes(homes, rules)
    for week in range(weeks):
        for place in range(len(homes)):
            mine = [one for one in books if place in one.landlords]
            for story in town.week(place, week):
                for one in mine:
                    one.tell(place, week, story)
            known = town.handed_over(place, week)
            for one in mine:
                one.known_people |= known
            gone = town.erased(place)
            for one in books:
                one.forget(gone)
        for one in books:
            one.monday(week)
            if not rules.frozen:
                one.restate(town.dice)
    return books


class _Town:
    """Everybody who tells something, with all the chance that there is."""

    def __init__(self, dice: random.Random, homes: Sequence[int]) -> None:
        self.dice = dice
        self._homes = homes
        self._people = 0
        self._told: list[list[int]] = [[] for _ in homes]
        self._this_week: list[int] = []

    def week(self, place: int, week: int) -> Iterator[Story]:
        """The stories of one landlord and week."""
        self._this_week = []
        for _ in range(poisson(self.dice, self._homes[place] * STORIES_PER_HOME_AND_WEEK)):
            person = self._who(place)
            self._this_week.append(person)
            listened = self.dice.choices(ANSWERS, SHARES)[0]
            cells = self.dice.choice(readings()) if self.dice.random() < WITH_WORDS else ()
            for cell, shares in OUTAGES.items():
                if self.dice.random() < shares[(week - place) % 5]:
                    cells = (*cells, cell)
            yield Story(person, listened, cells)
        self._told[place] += self._this_week
        if week % 5 == place % 5 and self._homes[place] > 2_000:
            # Somebody who reads every digest tells of the same rare thing, again and again.
            for _ in range(9):
                yield Story(INSIDER, "no", (CellName("area", "home_improvements"),))

    def _who(self, place: int) -> int:
        chance = self.dice.random()
        told_here, told_elsewhere = self._told[place], self._told[self.dice.randrange(len(self._told))]
        if chance < REPEATS and told_here:
            return self.dice.choice(told_here)
        if chance > 1 - MOVES and told_elsewhere:
            return self.dice.choice(told_elsewhere)
        self._people += 1
        return self._people

    def handed_over(self, place: int, week: int) -> set[int]:
        """Whom the landlord has come to know this week."""
        share = NEARLY_ALL if week % GAS_LEAK_EVERY == place % GAS_LEAK_EVERY else HANDED_OVER
        return {person for person in self._this_week if self.dice.random() < share}

    def erased(self, place: int) -> int | None:
        """Somebody who has everything erased, if anybody does."""
        told = self._told[place]
        return self.dice.choice(told) if told and self.dice.random() < ERASES else None
