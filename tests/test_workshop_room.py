"""The room: tenants beside staff, where nobody is among fewer than five; commands are no answers."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from itertools import combinations, product
from pathlib import Path

import pytest
from hall import STARTS, Hall, Person

from bot.privacy.disclosure import LISTENED, Listened, Release, Scope, Telling, make_release
from bot.workshops.releasing import SMALLEST_GROUP, count_room
from bot.workshops.room import Kind, OnScreen
from models.workshops import Workshop

SIZES = range(4, 12)
MOST_COUNTED = 20
"""Larger counts would want larger rooms than SIZES has, to be consistent with all that they may be."""
Counts = tuple[int, int, int]


# ---- what follows from the screen


@cache
def _make(listened: tuple[Listened | None, ...]) -> Release:
    return make_release(
        scope=Scope("workshop", "room"),
        number=1,
        on_date=date(2026, 12, 10),
        since=None,
        weeks_waiting=0,
        tellings=[Telling(number, one) for number, one in enumerate(listened)],
        approved=(),
        smallest_group=SMALLEST_GROUP,
    )


def make(_name: str, tellings: Sequence[Telling]) -> Release:
    """A release of these answers; the same for the same ones in another order."""
    return _make(tuple(sorted((one.listened for one in tellings), key=str)))


@cache
def tellings(counts: Counts) -> tuple[Telling, ...]:
    """So many people with each answer."""
    given = [one for one, count in zip(LISTENED, counts, strict=True) for _ in range(count)]
    return tuple(Telling(number, one) for number, one in enumerate(given))


def of_size(size: int) -> list[Counts]:
    """Every way in which so many people may answer."""
    return [(a, b, size - a - b) for a in range(size + 1) for b in range(size - a + 1)]


def test_nothing_on_the_screen_tells_of_fewer_than_five() -> None:
    """For every room of up to 22 people: whatever is shown is consistent with nobody, or five or more, in each cell.

    A cell is any set of answers among tenants, among staff or among all. Where one side is shown beside the whole, the
    same search finds people.
    """
    assert found(count_room, SIZES) == set()
    assert found(_staff_beside_the_whole, range(9, 12)) != set()


Count = Callable[
    [str, Mapping[str | None, Sequence[Telling]], Callable[[str, Sequence[Telling]], Release]],
    Mapping[str, Release],
]


def _staff_beside_the_whole(
    _name: str,
    told: Mapping[str | None, Sequence[Telling]],
    made: Callable[[str, Sequence[Telling]], Release],
) -> Mapping[str, Release]:
    return {"staff": made("staff", told["staff"]), "all": made("all", [*told["tenant"], *told["staff"]])}


def found(count: Count, sizes: Iterable[int]) -> set[tuple[str, tuple[int, ...]]]:
    """The cells of which some screen tells that there are one to four people in them."""
    bounds: dict[object, dict[tuple[str, tuple[int, ...]], tuple[int, int]]] = defaultdict(dict)
    answers = [one for size in (1, 2) for one in combinations(range(3), size)]
    for tenants, staff in product([one for size in sizes for one in of_size(size)], repeat=2):
        shown = count("room", {"tenant": tellings(tenants), "staff": tellings(staff)}, make)
        screen = tuple((name, release.figures) for name, release in shown.items())
        if any(figures and figures.about > MOST_COUNTED for _, figures in screen):
            continue
        cells = bounds[screen]
        for some in answers:
            of_tenants, of_staff = (sum(counts[one] for one in some) for counts in (tenants, staff))
            for who, counted in (
                ("tenants", of_tenants),
                ("staff", of_staff),
                ("all", of_tenants + of_staff),
            ):
                low, high = cells.get((who, some), (counted, counted))
                cells[who, some] = (min(low, counted), max(high, counted))
    return {
        cell
        for cells in bounds.values()
        for cell, (low, high) in cells.items()
        if low >= 1 and high < SMALLEST_GROUP
    }


# ---- as the room sees it


def meet(folder: Path, tenants: int, staff: int, unsaid: int = 0) -> tuple[Hall, Workshop, list[Person]]:
    """A room with so many people in it, and so many who did not say as whom they come."""
    hall = Hall(folder)
    workshop = hall.add(capacity=60)
    roles = ["tenant"] * tenants + ["staff"] * staff + [""] * unsaid
    people = [Person("sms", f"+447700900{number:03d}", role) for number, role in enumerate(roles)]
    for person in people:
        if person.role:
            hall.join(person, workshop.code)
        else:
            hall.text(person, workshop.code)
            hall.text(person, "skip")
    hall.desk.now = STARTS
    return hall, workshop, people


def ask(
    hall: Hall, workshop: Workshop, kind: Kind, people: Sequence[Person], answers: Sequence[str]
) -> OnScreen:
    """What the screen shows when everybody has answered, all words were let through, and the question is closed."""
    hall.room.ask(workshop, kind, "How far are we?")
    for person, answer in zip(people, answers, strict=True):
        hall.text(person, answer)
    hall.approve_all(workshop)
    assert [one.title for one in hall.room.screen(workshop).columns] in ([], [""])
    assert hall.room.screen(workshop).figures == ()
    hall.room.close(workshop)
    return hall.room.screen(workshop)


@pytest.mark.parametrize(
    ("tenants", "staff", "titles"), [(12, 12, ["Tenants", "Staff"]), (15, 9, [""]), (4, 4, [])]
)
def test_numbers_of_both_sides_or_of_everybody(
    tmp_path: Path, tenants: int, staff: int, titles: list[str]
) -> None:
    """Ten on each side, or the room as a whole, or nothing and why."""
    hall, workshop, people = meet(tmp_path, tenants, staff)
    screen = ask(
        hall, workshop, "number", people, [str(1 + 4 * (number % 2)) for number in range(len(people))]
    )
    assert [one.title for one in screen.figures] == titles
    assert screen.too_few == (not titles)
    if len(titles) == 2:
        labels = [[bar.label for bar in one.bars] for one in screen.figures]
        assert labels == [["4 or 5: near", "1 to 3"]] * 2


def test_a_side_that_agrees_is_not_set_beside_the_other(tmp_path: Path) -> None:
    """Nearly all staff say five: then the room is counted as a whole."""
    hall, workshop, people = meet(tmp_path, 12, 12)
    numbers = ["1", "5"] * 6 + ["1"] + ["5"] * 11
    assert [one.title for one in ask(hall, workshop, "number", people, numbers).figures] == [""]


@pytest.mark.parametrize(
    ("tenants", "staff", "unsaid", "titles"),
    [(5, 5, 0, ["Tenants", "Staff"]), (6, 4, 0, [""]), (5, 5, 1, [""])],
)
def test_words_of_both_sides_or_of_everybody(
    tmp_path: Path, tenants: int, staff: int, unsaid: int, titles: list[str]
) -> None:
    """Five who were let through on each side, and nobody on neither."""
    hall, workshop, people = meet(tmp_path, tenants, staff, unsaid)
    words = [f"word {chr(97 + number)}" for number in range(len(people))]
    screen = ask(hall, workshop, "word", people, words)
    assert [one.title for one in screen.columns] == titles
    assert sorted(word for one in screen.columns for word in one.words) == words


def test_commands_are_no_answers(tmp_path: Path) -> None:
    """Whoever texts SKIP or BACK has said nothing to the screen; "a real person" is an answer, whatever it is elsewhere."""
    hall, workshop, people = meet(tmp_path, 3, 0)
    screen = ask(hall, workshop, "word", people, ["skip", "back", "a real person"])
    assert [one.words for one in screen.columns] == [("a real person",)]
