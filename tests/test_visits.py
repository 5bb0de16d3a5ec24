"""Visits: lists that are read or refused by the line, whom they ask and when, and whom never."""

import itertools
import random
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import databases
import pytest
from desk import NOW, NUMBER, SCRIPTS, Desk, Wire
from rig import Rig, wait_for
from sqlalchemy import select

from bot.conversation.turn import Turn
from bot.delivery.hours import Hours, load_hours
from bot.delivery.turns import Talk, Turns
from bot.visit_list import BadRow, NotAList, VisitRow, read_csv, read_json
from bot.visits import Plan, Visits
from models.group import Group
from models.landlords import Landlord, all_landlords
from models.people import Contact
from models.visits import Visit

LONDON = ZoneInfo("Europe/London")
TODAY = date(2026, 11, 23)
HEADER = "contact,channel,visited_on,kind,reference"
ACCOUNTS = {"sms": "+447700900000", "whatsapp": "+447700900000"}


def row(number: int = 900, day: date = TODAY, channel: str = "sms", kind: str = "boiler") -> VisitRow:
    """A visit."""
    return VisitRow(1, f"+447700{number:06d}"[:13], channel, day, kind, "")  # type: ignore[arg-type]


def visits(desk: Desk, hours: Hours | None = None) -> Visits:
    """The visits of a desk."""
    return Visits(
        desk.store,
        desk.keys,
        desk.people,
        desk.initiative,
        hours or load_hours(),
        SCRIPTS["after_visit"],
        ACCOUNTS,  # type: ignore[arg-type]
        desk.clock,
    )


def landlord(desk: Desk) -> Landlord:
    """The only landlord."""
    with desk.store.read() as session:
        return all_landlords(session)[0]


def reasons(desk: Desk) -> list[str]:
    """What became of each visit: its state, or why it was not asked about."""
    with desk.store.read() as session:
        rows = session.scalars(select(Visit).order_by(Visit.id)).all()
        return [one.reason or one.state for one in rows]


@pytest.mark.parametrize(
    "line",
    [
        "07700 900123,sms,2026-11-23,boiler,J1",
        "+447700900123,SMS,23/11/2026,boiler,",
        "07700900123, whatsapp ,23.11.2026,Boiler repair,  AB/12 ",
        '"07700-900-123",sms,20/11/26,"kitchen, tap",x',
    ],
    ids=range(4),
)
def test_a_row_is_read_however_it_is_written(line: str) -> None:
    """Numbers and dates as people and spreadsheets write them."""
    good, bad = read_csv([HEADER, line], TODAY)
    assert bad == []
    assert good[0].contact == "+447700900123"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("none,sms,2026-11-23,boiler,", "no phone number"),
        ("01632 960123,sms,2026-11-23,boiler,", "no UK mobile"),
        ("07700 900123,telegram,2026-11-23,boiler,", "link or QR"),
        ("07700 900123,letter,2026-11-23,boiler,", "sms or whatsapp"),
        ("07700 900123,sms,yesterday,boiler,", "must be a date"),
        ("07700 900123,sms,31/02/2026,boiler,", "must be a date"),
        ("07700 900123,sms,2026-01-01,boiler,", "days ago"),
        ("07700 900123,sms,2026-11-23,,", "kind must be said"),
        ("07700 900123", "sms or whatsapp"),
    ],
    ids=range(9),
)
def test_a_bad_row_is_named_with_what_is_wrong(line: str, problem: str) -> None:
    """By its line, with how to mend it, and without the number."""
    good, bad = read_csv([HEADER, line], TODAY)
    assert good == []
    assert [(one.line, problem in one.problem) for one in bad] == [(2, True)]
    assert not re.search(r"01632|07700 ?900123", bad[0].problem.replace("07700 900123 or +447700900123", ""))


@pytest.mark.parametrize("lines", [[], ["a,b,c"], ["contact,channel,kind"]], ids=["empty", "other", "short"])
def test_a_file_without_its_columns_is_refused(lines: list[str]) -> None:
    """The sentence names what the first line lacks."""
    with pytest.raises(NotAList, match=r"must name the columns .* Missing"):
        read_csv(lines, TODAY)


def test_the_same_visit_twice_in_a_list_is_said() -> None:
    """A copied line is no second visit."""
    line = "07700 900123,sms,2026-11-23,boiler,J1"
    good, bad = read_csv([HEADER, line, line], TODAY)
    assert (len(good), bad) == (1, [BadRow(3, "this visit stands in the list twice")])


@pytest.mark.parametrize("body", [{}, "x", [1], None, [[]]], ids=range(5))
def test_json_that_is_no_list_of_visits_is_refused(body: object) -> None:
    """The API takes lists of objects."""
    with pytest.raises(NotAList):
        read_json(body, TODAY)


def test_importing_twice_asks_once(tmp_path: Path) -> None:
    """The same list again adds nothing, and nobody gets a second prompt."""
    desk = Desk(tmp_path, Wire())
    made, rows = visits(desk), [row(900900), row(900901)]
    assert made.take_in(landlord(desk), rows) == 2
    assert made.take_in(landlord(desk), rows) == 0
    assert (made.ask_due(), made.ask_due()) == (2, 0)
    desk.drain()
    assert sum("Were you listened to" in text for text in desk.wire.got) == 2


def test_one_that_breaks_keeps_nobody_else_from_being_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Visits are asked about together, and where that fails each by itself: only the one at fault is not."""
    desk = Desk(tmp_path, Wire())
    made, begin = visits(desk), Turns.begin
    made.take_in(landlord(desk), [row(900900), row(900901), row(900902)])

    def breaking(self: Turns, group: Group, talks: Sequence[Talk], turn: Turn) -> None:
        if any(desk.people.address(talk.contact).endswith("900901") for talk in talks):
            raise ValueError("as it may happen")
        begin(self, group, talks, turn)

    monkeypatch.setattr(Turns, "begin", breaking)
    assert (made.ask_due(), made.ask_due()) == (2, 0)
    assert sorted(reasons(desk)) == ["asked", "asked", "broken"]
    desk.drain()
    assert sum("Were you listened to" in text for text in desk.wire.got) == 2


@pytest.mark.parametrize(
    ("now", "day", "expected"),
    [
        ("2026-11-23 10:00", "2026-11-23", "2026-11-23 10:00"),  # the same day, at once
        ("2026-11-23 08:00", "2026-11-23", "2026-11-23 09:00"),  # not before nine
        ("2026-11-23 19:00", "2026-11-23", "2026-11-24 10:00"),  # the next morning
        ("2026-11-23 14:00", "2026-11-20", "2026-11-23 14:00"),  # some days ago: now
        ("2026-11-23 08:00", "2026-11-20", "2026-11-23 10:00"),
        ("2026-11-28 19:00", "2026-11-28", "2026-11-30 09:00"),  # Saturday evening: not on Sunday
        ("2026-12-24 19:30", "2026-12-24", "2026-12-28 09:00"),  # Christmas, Boxing Day, Sunday
        ("2026-11-23 10:00", "2026-11-26", "2026-11-26 18:30"),  # an appointment: after it has been
        ("2027-03-27 19:00", "2027-03-27", "2027-03-29 09:00"),  # the clocks go forward on that Sunday
    ],
    ids=range(9),
)
def test_a_visit_is_asked_about_on_its_day_or_the_next_morning(
    tmp_path: Path, now: str, day: str, expected: str
) -> None:
    """In the landlord's local time, in its hours, on its days."""
    desk = Desk(tmp_path, Wire())
    desk.now = datetime.fromisoformat(now).replace(tzinfo=LONDON).astimezone(UTC)
    at = visits(desk).when(row(day=date.fromisoformat(day)), landlord(desk))
    assert f"{at.astimezone(LONDON):%Y-%m-%d %H:%M}" == expected


def test_who_is_not_asked_and_why(tmp_path: Path) -> None:
    """Each rule by itself."""
    desk = Desk(tmp_path, Wire(), Wire(name="whatsapp"))
    made = visits(desk)
    desk.text("stop texting me", "1", sender="+447700900911")
    desk.text("i can smell gas in the kitchen very strongly", "2", sender="+447700900912")
    desk.text("im 14 and i think you should fix the park", "3", sender="+447700900913")
    made.take_in(landlord(desk), [row(900914)])
    assert made.ask_due() == 1
    with desk.store.write() as session:
        blocked = desk.people.meet(session, "sms", "+447700900915")
        blocked.unreachable = "30006"
        old = desk.people.meet(session, "sms", "+447700900916")
        old.created_at = NOW - timedelta(days=400)
    rows = [row(number, kind="later") for number in (900911, 900912, 900913, 900914, 900915, 900916)]
    rows.append(row(900914, channel="whatsapp", kind="same person"))
    made.take_in(landlord(desk), rows)
    assert made.ask_due() == 0
    assert reasons(desk)[1:] == [
        "stopped",
        "hand_over_open",
        "under_18",
        "asked_lately",
        "unreachable",
        "dormant",
        "asked_lately",
    ]


def test_a_preview_says_who_and_who_not(tmp_path: Path) -> None:
    """Before anything is imported; nothing is changed by it."""
    desk = Desk(tmp_path, Wire())
    desk.text("stop", "1", sender="+447700900911")
    found = visits(desk).preview(landlord(desk), [row(900911), row(900912), row(900912, kind="again")])
    assert dict(found) == {
        Plan(reason="stopped"): 1,
        Plan(date(2026, 11, 23)): 1,
        Plan(reason="asked_lately"): 1,
    }
    assert reasons(desk) == []


# ---- two years by the clock


def test_two_years_by_the_clock(tmp_path: Path) -> None:
    """Visits and answers at random: no prompt at night or on Sundays, none within 30 days, one reminder at most.

    Whoever writes at night while a prompt waits for the morning gets it then, before the answer: they are awake.
    """
    dice = random.Random(4)  # noqa: S311 - the same two years each time
    desk = Desk(tmp_path, Wire(), hours=load_hours())
    desk.now = datetime(2026, 1, 5, 0, 30, tzinfo=UTC)
    made, owner = visits(desk), landlord(desk)
    people = [900100 + number for number in range(10)]
    days = 120 if databases.on_postgresql() else 730  # of hours it is, and hardly of the engine
    end = desk.now + timedelta(days=days)
    wrote: set[tuple[str, datetime]] = set()
    while desk.now < end:
        today = desk.now.astimezone(LONDON).date()
        if dice.random() < 0.25:
            made.take_in(owner, [row(dice.choice(people), today, kind=f"job {desk.now:%H%d%m%y}")])
        made.ask_due()
        desk.initiative.pass_time()
        desk.drain()
        if dice.random() < 0.03:
            writer = f"+447700{dice.choice(people)}"
            desk.text("they were fine", f"{desk.now:%s}", sender=writer)
            desk.drain()
            wrote.add((writer, desk.now))
        desk.now += _step(desk.now, dice)
    prompts = _unasked(desk.wire)
    assert sum(map(len, prompts.values())) > days / 8
    for person, times in prompts.items():
        _check_hours([moment for moment, _ in times if (person, moment) not in wrote])
        _check_gaps([moment for moment, kind in times if kind == "prompt"])
        _check_reminders([kind for _, kind in times])


def _step(now: datetime, dice: random.Random) -> timedelta:
    """Some hours; half an hour around the days on which clocks change."""
    near_change = (now.month, now.day // 7) in ((3, 4), (10, 4), (10, 3)) and now.weekday() in (5, 6)
    return timedelta(minutes=30) if near_change else timedelta(hours=dice.choice((3, 5, 7, 8)))


def _unasked(wire: Wire) -> dict[str, list[tuple[datetime, str]]]:
    """When each person was sent a prompt or a reminder."""
    found: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for outgoing in wire.sent:
        kind = {"after_visit.listened": "prompt", "after_visit.reminder": "reminder"}.get(outgoing.reply.key)
        if kind and outgoing.valid_for is not None:
            found[outgoing.address].append((outgoing.now, kind))
    return found


def _check_hours(times: Sequence[datetime]) -> None:
    for moment in times:
        local = moment.astimezone(LONDON)
        assert 9 <= local.hour < 20, local
        assert local.weekday() != 6, local
        assert f"{local:%m-%d}" not in ("12-25", "12-26", "01-01")


def _check_gaps(times: Sequence[datetime]) -> None:
    for earlier, later in itertools.pairwise(times):
        assert later - earlier >= timedelta(days=29, hours=12)


def _check_reminders(kinds: Sequence[str]) -> None:
    assert all(pair != ("reminder", "reminder") for pair in itertools.pairwise(kinds))
    assert not kinds or kinds[0] == "prompt"


# ---- the command and the API


def test_the_command_reports_by_line_and_imports_the_rest_on_request(fresh_rig: Rig) -> None:
    """1 % bad rows: said by line, nothing imported; with --skip-bad the others are."""
    today = f"{datetime.now(LONDON):%F}"
    lines = [f"07700 90{number:04d},sms,{today},boiler,J{number}" for number in range(300)]
    for number in (17, 118, 219):
        lines[number] = lines[number].replace(",sms,", ",fax,")
    file = fresh_rig.folder / "visits.csv"
    file.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    refused = fresh_rig.run("visits", "import", str(file))
    assert refused.returncode == 1
    assert [f"line {number + 2}:" in refused.stderr for number in (17, 118, 219)] == [True] * 3
    assert "nothing was imported" in refused.stderr
    done = fresh_rig.run("visits", "import", str(file), "--skip-bad")
    assert done.returncode == 0, done.stderr
    assert "297 visits are new, 0 were there already, 3 were left out" in done.stdout
    again = fresh_rig.run("visits", "import", str(file), "--skip-bad")
    assert "0 visits are new, 297 were there already" in again.stdout
    assert "07700" not in done.stderr + done.stdout


def test_an_imported_visit_is_asked_about_by_the_server(fresh_rig: Rig) -> None:
    """From the file to the phone, through the schedule of a real process (at an hour when people may be asked)."""
    file = fresh_rig.folder / "visits.csv"
    day = datetime.now(LONDON).date() - timedelta(days=1)
    file.write_text(f"{HEADER}\n{NUMBER},sms,{day},boiler,J1\n", encoding="utf-8")
    assert fresh_rig.run("visits", "import", str(file)).returncode == 0
    asked = fresh_rig.run("visits", "ask")
    store = fresh_rig.store()
    with store.read() as session:
        visit = session.scalars(select(Visit)).one()
        contact = session.get_one(Contact, visit.contact_id)
        assert contact.channel == "sms"
    store.close()
    if visit.state == "asked":
        fresh_rig.serve()
        assert "1 people are asked" in asked.stdout
        assert wait_for(lambda: len(fresh_rig.providers.sent_to("sms", NUMBER)) == 2)
    else:
        assert "0 people are asked" in asked.stdout  # it is night, or Sunday
        assert fresh_rig.providers.ledger == []
