"""The schedule: Mondays in local time, once, whatever happens to clocks and wake-ups."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import databases
import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlalchemy import func, select

from bot.demo.stage import furnish
from bot.privacy.keys import Keyring, new_key, parse_keys
from bot.schedule import add_digests, latest_occurrence, queue_due
from models import Store
from models.releases import Delivery, Release

LONDON = ZoneInfo("Europe/London")
NINE = time(9)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A database with a landlord and two readers since January."""
    made = databases.store(databases.migrated(tmp_path / "a.db"))
    furnish(made, KEYS, since=BEGAN)
    return made


KEYS = Keyring(parse_keys(new_key()), parse_keys(new_key()))


def run(store: Store, moment: datetime) -> dict[str, int]:
    """What the schedule does at a moment."""
    with store.write() as session:
        return queue_due(session, KEYS, moment=moment, now=moment, at=NINE)


def count(store: Store, table: type[Release | Delivery]) -> int:
    """How many rows there are."""
    with store.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 30, 9, 0, tzinfo=LONDON), date(2026, 11, 30)),
        (datetime(2026, 11, 30, 8, 59, tzinfo=LONDON), date(2026, 11, 23)),
        (datetime(2026, 12, 6, 23, 59, tzinfo=LONDON), date(2026, 11, 30)),
        (datetime(2026, 10, 26, 9, 0, tzinfo=LONDON), date(2026, 10, 26)),
        (datetime(2026, 3, 30, 8, 0, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 3, 30, 7, 59, tzinfo=UTC), date(2026, 3, 23)),
    ],
)
def test_the_latest_monday_is_the_landlords_own(now: datetime, expected: date) -> None:
    """Nine o'clock is nine where the landlord is, in summer and winter, to the minute."""
    assert expected == latest_occurrence(now, LONDON, NINE)[0]


def test_a_year_of_hours_gives_52_mondays(store: Store) -> None:
    """Woken every hour of a year, doubled and late: one release a Monday and one digest of it a reader."""
    moment = datetime(2026, 1, 5, 8, tzinfo=UTC)
    while moment < datetime(2027, 1, 4, 8, tzinfo=UTC):
        run(store, moment)
        if moment.hour == 9:
            assert run(store, moment) == {}
        moment += timedelta(hours=6 if moment.weekday() else 1)
    assert count(store, Release) == 52
    assert count(store, Delivery) == 104
    store.close()


def test_a_date_far_ahead_silences_nobody(store: Store) -> None:
    """A digest run for a Monday years ahead does not keep the Mondays before it from going out."""
    assert run(store, datetime(2030, 1, 7, 10, tzinfo=UTC)) == {"Harbour Homes": 2}
    assert run(store, datetime(2026, 6, 1, 10, tzinfo=UTC)) == {"Harbour Homes": 2}
    store.close()


def test_missed_weeks_are_not_made_up_for(store: Store) -> None:
    """After three weeks off there is one release, not three."""
    run(store, datetime(2026, 6, 1, 10, tzinfo=UTC))
    assert run(store, datetime(2026, 6, 24, 10, tzinfo=UTC)) == {"Harbour Homes": 2}
    assert count(store, Release) == 2
    store.close()


def test_the_scheduler_fires_on_mondays_in_london() -> None:
    """APScheduler's own next fire times: Mondays, 09:00 local, on both sides of both clock changes."""

    async def nothing() -> None: ...

    scheduler = AsyncIOScheduler()
    add_digests(scheduler, ["Europe/London"], NINE, nothing)
    monday = scheduler.get_job("digests Europe/London")
    fire = datetime(2026, 1, 1, tzinfo=LONDON)
    seen = []
    for _ in range(52):
        fire = monday.trigger.get_next_fire_time(None, fire + timedelta(seconds=1))
        seen.append(fire)
    assert {(moment.weekday(), moment.hour, moment.minute) for moment in seen} == {(0, 9, 0)}
    assert {moment.astimezone(UTC).hour for moment in seen} == {8, 9}


def test_a_wake_up_reaches_run_due() -> None:
    """The scheduler really calls what it was given."""
    woken = asyncio.run(_wake())
    assert woken == 1


async def _wake() -> int:
    calls: list[int] = []

    async def run_due() -> None:
        calls.append(1)

    scheduler = AsyncIOScheduler()
    add_digests(scheduler, [], NINE, run_due)
    scheduler.start()
    scheduler.modify_job("leftovers", next_run_time=datetime.now(UTC))
    for _ in range(100):
        await asyncio.sleep(0.02)
        if calls:
            break
    scheduler.shutdown(wait=False)
    return len(calls)
