"""Releases: what they promise holds for any stories, and a release that would break it is not sent."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from desk import NOW, Desk, Wire
from hypothesis import given, settings
from hypothesis import strategies as st
from simulation import BEGAN, Books, Rules, Story, sizes, year
from sqlalchemy import func, select

from bot.delivery.hours import ANY_TIME
from bot.labels import LabelBook, Labels
from bot.moderation import Desk as ModeratorsDesk
from bot.privacy.disclosure import Cell, CellName, Part, Scope, findings, making
from bot.releases import propose, thaw
from bot.schedule import queue_due
from bot.watch import Watch
from bot.wording import load_wording
from models.handovers import Alert
from models.labels import Labelling, Pending
from models.landlords import Landlord, all_landlords, name_key
from models.releases import Release
from models.scopes import BadPool, all_scopes, scope_of, set_pool
from models.stories import Story as Kept

K = 10
CELLS = (CellName("theme", "listening", "-"), CellName("area", "repairs"), CellName("area", "safety"))
STORIES = st.lists(
    st.tuples(
        st.integers(1, 40), st.sampled_from(["yes", "partly", "no", None]), st.sets(st.sampled_from(CELLS))
    ),
    max_size=70,
)


@given(st.lists(STORIES, min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_each_story_is_in_a_cell_once_and_no_group_is_small(weeks: list[list[tuple]]) -> None:  # type: ignore[type-arg]
    """Any weeks: k people or more in each cell and outside it, and no story in two releases of one cell."""
    books = Books(Scope("landlord", "x"), Rules())
    for week, told in enumerate(weeks):
        for person, listened, cells in told:
            books.tell(0, week, Story(person, listened, tuple(cells)))
        waiting = [*books.waiting]
        open_ones = [*books.open]
        books.monday(week)
        release = books.releases[-1]
        assert findings(release, books.releases[:-1]) == ()
        for cell in release.cells:
            name = CellName(cell.kind, cell.name, cell.sign)
            people = {one.person for one in open_ones if name in one.cells}
            people |= {one.contact for one, _ in waiting if one.cell == name and one.batch >= cell.since}
            assert len(people) >= K
            assert abs(len(people) - cell.about) <= 2
            # What was counted waits no longer: it can be in no later release.
            assert not [one for one, _ in books.waiting if one.cell == name]
            assert books.counted[name] == release.on_date
        assert (release.figures is None) == bool(books.open or not open_ones) or not open_ones


@given(STORIES, st.sets(st.integers(1, 40)))
@settings(max_examples=100, deadline=None)
def test_deletions_restate_nothing(told: list[tuple], gone: set[int]) -> None:  # type: ignore[type-arg]
    """A release stays as it was, whatever is erased afterwards, and what comes next says nothing of it."""
    books = Books(Scope("landlord", "x"), Rules())
    for person, listened, cells in told:
        books.tell(0, 0, Story(person, listened, tuple(cells)))
    books.monday(0)
    before = books.releases[0]
    for person in gone:
        books.forget(person)
    books.monday(1)
    assert books.releases[0] == before
    if before.figures is not None:
        assert books.releases[1].figures is None


def test_the_fast_check_finds_nothing_in_a_year_and_something_in_what_is_wrong() -> None:
    """Ten landlords for a year: no false alarm. With a release made worse in one way after another: an alarm each."""
    for books in year(sizes(10), Rules()):
        for place, release in enumerate(books.releases):
            assert findings(release, books.releases[max(0, place - 30) : place]) == ()
    books = year((200, 300, 400, 10_000), Rules())[-1]
    good, before = books.releases[-1], books.releases[:-1]
    assert good.figures is not None
    assert good.cells
    cell = good.cells[-1]
    nearly_all = good.figures.about - 5
    worse = {
        "fewer than 10": replace(good, cells=(replace(cell, about=5),)),
        "not rounded": replace(good, cells=(replace(cell, about=13),)),
        "counted twice": replace(good, cells=(cell, cell)),
        "no batch began": replace(good, cells=(replace(cell, since=cell.since + timedelta(days=1)),)),
        "would be fewer": replace(good, cells=(Cell("area", "safety", "", nearly_all, good.since or BEGAN),)),
        "people again": replace(good, cells=(replace(cell, since=BEGAN),)),
        "a batch that waits": replace(good, figures=None),
        "fewer than 20": replace(good, figures=replace(good.figures, about=15, split=(), at_least=None)),
        "tells of fewer": replace(
            good, figures=replace(good.figures, split=(*good.figures.split, Part(("no",), 5)))
        ),
    }
    for what, release in worse.items():
        assert any(what in str(one) for one in findings(release, before)), what


def told_by_many(desk: Desk, people: int) -> None:
    """So many people tell of being ignored, one text each, and two say yes."""
    for number in range(people):
        desk.text(
            f"nobody listened to me about the damp, ignored again {number}",
            f"t{number}",
            f"+4477009001{number:02d}",
        )


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """24 people have told something."""
    desk = Desk(tmp_path_factory.mktemp("release"), Wire())
    told_by_many(desk, 24)
    return desk


def test_labels_are_kept_sealed_and_a_moderators_outranks_the_machines(told: Desk) -> None:
    """Each story is read once it is told; nothing in the tables says what; a correction counts and is kept beside it."""
    with told.store.write() as session:
        (landlord,) = all_landlords(session)
        stories = list(session.scalars(select(Kept.id)))
        assert len(stories) == 24
        names = [row.names for row in session.scalars(select(Labelling))]
        assert len(names) == 48
        assert not [sealed for sealed in names if b"damp" in sealed or b"listening" in sealed]
        read = LabelBook(session, told.keys).of(stories)
        assert {label for one in read.values() for label in one.areas} >= {"damp_mould"}
    desk = ModeratorsDesk(told.store, told.keys, told.clock, landlord, "mo@operator.example")
    desk.correct(stories[0], Labels(("respect-",), ()))
    assert desk.labels(stories[0]) == Labels(("respect-",), ())
    with pytest.raises(ValueError, match="There is no kindness"):
        Labels(("kindness",))
    with told.store.read() as session:
        assert list(LabelBook(session, told.keys).corrected()) == [
            (stories[0], "en", Labels(("respect-",), ()))
        ]


def test_a_release_that_fails_the_check_is_not_sent(told: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is frozen, the stories wait, the operator is told once; mended, the same batch leaves."""
    next_monday = NOW + timedelta(days=7)
    monkeypatch.setattr(making, "rounded", lambda count: count)
    told.now = next_monday
    at = next_monday.time()
    with told.store.write() as session:
        assert queue_due(session, told.keys, moment=next_monday, now=told.now, at=at) == {}
        assert session.scalar(select(func.count()).select_from(Release)) == 0
    watch = Watch(
        told.store,
        told.keys,
        load_wording("bot.console"),
        ANY_TIME,
        at,
        "ops@l.example",
        told.clock,
        "https://l.example",
    )
    watch.look()
    watch.look()
    with told.store.read() as session:
        subjects = session.scalars(select(Alert.subject).where(Alert.topic.like("refused%"))).all()
    assert subjects == ["Listened: a digest was held back"]
    monkeypatch.undo()
    with told.store.write() as session:
        assert queue_due(session, told.keys, moment=next_monday, now=told.now, at=at) == {"Harbour Homes": 2}
        frozen = session.scalars(select(Release)).one()
        release = thaw(told.keys, frozen)
        assert release.figures is not None
        assert (
            session.scalar(select(func.count()).where(Kept.release_id == frozen.id).select_from(Kept)) == 24
        )
        # Nearly all told of damp: it is not said, and counts anew; what few told of waits.
        assert session.scalar(select(func.count()).select_from(Pending)) is not None
        assert (
            propose(session, told.keys, all_scopes(session)[0], date(2026, 12, 7), told.now).figures is None
        )


def landlord_called(name: str, now: datetime) -> Landlord:
    """A small landlord."""
    return Landlord(
        name=name,
        name_key=name_key(name),
        complaints="x",
        emergency="01632 960999",
        timezone="Europe/London",
        created_at=now,
    )


def test_small_landlords_choose_a_pool(tmp_path: Path) -> None:
    """Three or none; what nobody has counted moves along; a story belongs to one scope; the pool can end."""
    desk = Desk(tmp_path, Wire())
    told_by_many(desk, 3)
    with desk.store.write() as session:
        first = all_landlords(session)[0]
        others = [landlord_called(name, desk.now) for name in ("Elm Homes", "Ash Homes")]
        for place, one in enumerate(others, start=1):
            one.id = first.id + place
        session.add_all(others)
        session.flush()
        with pytest.raises(BadPool, match="at least 3"):
            set_pool(session, "Three Towns", [first, others[0]], desk.now)
        pool = set_pool(session, "Three Towns", [first, *others], desk.now)
        assert pool is not None
        assert [scope.name for scope in all_scopes(session)] == ["Three Towns"]
        assert set(session.scalars(select(Kept.scope_id))) == {pool.id}
        assert scope_of(session, first).kind == "pool"
        assert set_pool(session, "Three Towns", [], desk.now) is None
        assert [scope.name for scope in all_scopes(session)] == ["Harbour Homes", "Elm Homes", "Ash Homes"]
        assert set(session.scalars(select(Kept.scope_id))) == {first.id}
