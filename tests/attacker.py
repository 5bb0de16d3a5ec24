"""The attacker: everything that follows from all releases together, worked out exactly.

It knows every published figure, the public rules in force, and nothing of the code that applied them. What it
does not know are whole numbers in a system of linear constraints (with yes-or-no variables where a rule says
"or"): people of each batch, their answers, and who joined each cell in each batch. For every count that can be
asked of them (a cell, its complement, those who waited, those who are new, an answer within a coarser one, the
overlap of two cells, the difference of two releases that count some of the same weeks) HiGHS decides whether it
can be 0, and whether it can be k or more. A count that can be neither is a group of 1 to k - 1 people.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix
from simulation import BEGAN, Books, Published, Rules

from bot.privacy.disclosure import Cell

K: Final = 10
"""Whatever rules are in force, nobody may tell of fewer people than that."""
MANY: Final = 100_000
ANSWERS: Final = ("yes", "partly", "no", "unanswered")

Sum = dict[int, float]
"""A sum of variables: the weight of each."""


def plus(*sums: Sum) -> Sum:
    """The sum of sums."""
    total: Sum = {}
    for one in sums:
        for variable, weight in one.items():
            total[variable] = total.get(variable, 0) + weight
    return total


def minus(one: Sum, other: Sum) -> Sum:
    """The difference of two sums."""
    return plus(one, {variable: -weight for variable, weight in other.items()})


@dataclass
class System:
    """Whole numbers that nobody published, and what is known of them."""

    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    rows: list[tuple[Sum, float, float]] = field(default_factory=list)
    asked: list[tuple[str, Sum, int]] = field(default_factory=list)
    pairs: list[tuple[str, Sum, Sum, Sum]] = field(default_factory=list)
    witnesses: list[np.ndarray] = field(default_factory=list)
    solved: int = 0

    def variable(self, low: float = 0, high: float = MANY) -> Sum:
        """A new whole number."""
        self.low.append(low)
        self.high.append(high)
        return {len(self.low) - 1: 1.0}

    def know(self, what: Sum, low: float = -np.inf, high: float = np.inf) -> None:
        """Something is known to lie between two numbers."""
        self.rows.append((what, low, high))

    def either(self, *cases: tuple[Sum, float]) -> None:
        """At least one of these sums is at most its number."""
        chosen = [self.variable(0, 1) for _ in cases]
        for (what, most), choice in zip(cases, chosen, strict=True):
            self.know(plus(what, dict.fromkeys(choice, MANY)), high=most + MANY)
        self.know(plus(*chosen), low=1)

    def ask(self, name: str, what: Sum, known: int = 0) -> None:
        """Ask for a count, of which the attacker knows so many people by other ways."""
        self.asked.append((name, what, known))

    def groups(self) -> list[str]:
        """The counts that are certain to be of 1 to k - 1 people."""
        if not self.low:
            return []
        self._look_for_witness()
        for pair in self.pairs:
            if not self._pair_is_safe(*pair[1:]):
                self._ask_of_pair(*pair)
        found = []
        for name, what, known in self.asked:
            if any(self._is_safe(what, known, witness) for witness in self.witnesses):
                continue
            if not self._can(what, -np.inf, known) and not self._can(what, K + known, np.inf):
                found.append(name)
        return found

    def _pair_is_safe(self, first: Sum, second: Sum, everybody: Sum) -> bool:
        """Whether one solution allows every count of two overlapping groups to be 0, or k or more."""
        for witness in self.witnesses:
            one, other, whole = (_value(what, witness) for what in (first, second, everybody))
            most, least = min(one, other), max(0, one + other - whole)
            ranges = (
                (least, most),
                (one - most, one - least),
                (other - most, other - least),
                (whole - one - other + least, whole - one - other + most),
            )
            if all(low <= 0 or high >= K for low, high in ranges):
                return True
        return False

    def _ask_of_pair(self, name: str, first: Sum, second: Sum, everybody: Sum) -> None:
        both = self.variable()
        self.know(minus(both, first), high=0)
        self.know(minus(both, second), high=0)
        neither = minus(everybody, minus(plus(first, second), both))
        self.know(neither, low=0)
        self.ask(f"{name}, both", both)
        self.ask(f"{name}, the first alone", minus(first, both))
        self.ask(f"{name}, the second alone", minus(second, both))
        self.ask(f"{name}, neither", neither)
        self.witnesses.clear()
        self._look_for_witness()

    def _look_for_witness(self) -> None:
        assert self._solve(np.ones(len(self.low)), []), "what was published contradicts itself"

    @staticmethod
    def _is_safe(what: Sum, known: int, witness: np.ndarray) -> bool:
        value = _value(what, witness) - known
        return value <= 0 or value >= K

    def _can(self, what: Sum, low: float, high: float) -> bool:
        return self._solve(np.zeros(len(self.low)), [(what, low, high)])

    def _solve(self, weights: np.ndarray, more: Sequence[tuple[Sum, float, float]]) -> bool:
        self.solved += 1
        rows = [*self.rows, *more]
        data = [
            (weight, place, variable)
            for place, (what, _, _) in enumerate(rows)
            for variable, weight in what.items()
        ]
        values, places, variables = zip(*data, strict=True)
        matrix = csr_matrix((values, (places, variables)), shape=(len(rows), len(self.low)))
        constraint = LinearConstraint(matrix, [low for _, low, _ in rows], [high for _, _, high in rows])
        solution = milp(
            weights,
            integrality=np.ones(len(self.low)),
            bounds=Bounds(np.array(self.low), np.array(self.high)),
            constraints=constraint,
        )
        if solution.x is None:
            assert solution.status == 2, solution.message
            return False
        self.witnesses.append(np.rint(solution.x))
        return True


def _value(what: Sum, witness: np.ndarray) -> int:
    return round(float(sum(weight * witness[variable] for variable, weight in what.items())))


def find_people(books: Sequence[Books], rules: Rules) -> Iterator[str]:
    """Every group of 1 to k - 1 people that all releases of all scopes together give away."""
    for one in books:
        yield from _in_scope(one, rules)
    # Where each week of each landlord is counted once, nothing of one scope follows from another.
    counted = [(one.scope.name, published) for one in books for published in one.published]
    yield from _between(counted, rules)


def _in_scope(books: Books, rules: Rules) -> Iterator[str]:
    """Everything within one scope: pieces that share a batch are one system."""
    batches = [one for one in books.published if not one.again]
    for place, published in enumerate(batches):
        system = System()
        whole = {place: _batch(system, published, rules, f"{books.scope.name}, {published.release.on_date}")}
        cells = {}
        for cell in published.release.cells:
            older = _window(cell, batches[:place]) if rules.once else []
            for one in older:
                if one not in whole:
                    whole[one] = _batch(system, batches[one], rules, "")
            cells[cell] = _cell(system, cell, published, [whole[one] for one in older], whole[place], rules)
        everybody = plus(*whole.values())
        for (this, first), (that, second) in combinations(cells.items(), 2):
            label = f"{published.release.on_date}: {this.name}{this.sign} and {that.name}{that.sign}"
            system.pairs.append((label, first, second, everybody))
        yield from system.groups()


def _bounds(about: int, least: int, rules: Rules) -> tuple[int, int]:
    half = rules.round_to // 2
    return max(least, about - half), about + half


def _batch(system: System, published: Published, rules: Rules, name: str) -> Sum:
    """The people of one batch, and how they answered; gives all of them."""
    figures = published.release.figures
    assert figures is not None
    given = {answer: system.variable() for answer in ANSWERS}
    whole = plus(*given.values())
    system.know(whole, *_bounds(figures.about, 2 * rules.k, rules))
    if figures.at_least:
        smaller = [answer for answer in ANSWERS if answer not in figures.at_least.answers]
        system.know(plus(*(given[answer] for answer in smaller)), high=rules.k - 1)
    for part in figures.split:
        size = plus(*(given[answer] for answer in part.answers))
        system.know(size, *_bounds(part.about, rules.k if rules.whole_splits else 1, rules))
        if len(part.answers) == 2:
            for answer in part.answers:
                system.know(given[answer], low=1)
            system.either(*((given[answer], rules.k - 1) for answer in part.answers))
        if name:
            system.ask(f"{name}: {part.answers}", size)
            system.ask(f"{name}: not {part.answers}", minus(whole, size))
    told = {answer for part in figures.split for answer in part.answers}
    for answer in set(ANSWERS) - told if figures.split else ():
        system.know(given[answer], high=0)
    if name:
        system.ask(f"{name}: everybody but those who are known", whole, published.known)
        system.ask(f"{name}: everybody but oneself", whole, published.own)
        for answer, size in given.items():
            system.ask(f"{name}: {answer}", size)
    return whole


def _window(cell: Cell, before: Sequence[Published]) -> list[int]:
    """Which earlier batches a cell is counted over, from its date."""
    begins = [one.release.since or BEGAN for one in before]
    return [place for place, begun in enumerate(begins) if begun >= cell.since]


def _cell(
    system: System, cell: Cell, published: Published, older: Sequence[Sum], whole: Sum, rules: Rules
) -> Sum:
    """The people of one cell, by the batch in which each joined it; gives all of them."""
    name = f"{published.release.on_date}: {cell.name}{cell.sign}"
    joined = [system.variable() for _ in (*older, whole)]
    people = plus(*joined)
    system.know(people, *_bounds(cell.about, rules.k, rules))
    for new, batch in zip(joined, (*older, whole), strict=True):
        system.know(minus(new, batch), high=0)
    if older:
        if rules.fits:
            system.know(minus(people, whole), high=0)
        # It was not published earlier. In its first batch fewer than k were in it: otherwise it would count anew.
        system.know(joined[0], high=rules.k - 1)
        for place in range(1, len(older)):
            so_far = plus(*joined[: place + 1])
            too_few = (so_far, rules.k - 1)
            too_many = (minus(older[place], so_far), -1) if rules.fits else (so_far, rules.k - 1)
            few_others = (minus(older[place], so_far), rules.k - 1)
            system.either(too_few, too_many, few_others)
    elif rules.complement:
        system.know(minus(whole, people), low=rules.k)
    own = published.own_cells.get(f"{cell.name}{cell.sign}", 0)
    system.ask(f"{name}, the people", people)
    system.ask(f"{name}, the people but oneself", people, own)
    system.ask(f"{name}, all but those", minus(plus(*older, whole), people))
    if older:
        system.ask(f"{name}, those who waited", minus(people, joined[-1]))
        system.ask(f"{name}, those who are new", joined[-1])
        system.ask(f"{name}, all of this batch but those who are new", minus(whole, joined[-1]))
    return people


def _between(counted: Sequence[tuple[str, Published]], rules: Rules) -> Iterator[str]:
    """Releases that count some of the same weeks: the one taken from the other."""
    by_unit: dict[tuple[int, int], list[int]] = {}
    for place, (_, published) in enumerate(counted):
        for unit in published.units:
            by_unit.setdefault(unit, []).append(place)
    pairs = {pair for places in by_unit.values() for pair in combinations(places, 2)}
    for first, second in sorted(pairs):
        (name, one), (_, other) = counted[first], counted[second]
        smaller, larger = (one, other) if one.units <= other.units else (other, one)
        if not smaller.units <= larger.units:
            continue
        system = System()
        again = smaller.units == larger.units
        # Made again, there are fewer: some were erased. Counted again with more weeks, there are more.
        more, less = (one, other) if again else (larger, smaller)
        if _about(less) > _about(more):
            continue  # some were erased meanwhile, nobody knows how many
        of_more = system.variable(*_bounds(_about(more), 2 * rules.k, rules))
        of_less = system.variable(*_bounds(_about(less), 2 * rules.k, rules))
        system.know(minus(of_more, of_less), low=0)
        system.ask(f"{name}: {one.release.on_date} and {other.release.on_date}", minus(of_more, of_less))
        yield from system.groups()


def _about(published: Published) -> int:
    assert published.release.figures is not None
    return published.release.figures.about
