"""How long a weekly release takes, and how much memory, by how many stories the database holds.

    PYTHONPATH=. python benchmarks/release.py [10000 100000 1000000]

One landlord of 125,000 homes: 1,300 stories in its open week, and the rest counted long ago, week by week. What
is counted and not looked at again is filled in with values that nobody could open; the week, what waits and the
releases of the last half year are real. Goal: at most 3 seconds and 300 MB at a million stories.
"""

import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, text

from bot.labels import AREAS, THEMES
from bot.migrations import upgrade
from bot.privacy.disclosure import Release as Said
from bot.privacy.disclosure import Scope as About
from bot.privacy.disclosure import Telling, make_release, to_json
from bot.privacy.keys import Keyring, new_key, parse_keys
from bot.releases import freeze
from models import Store
from models.base import Base, new_id
from models.conversations import Conversation
from models.labels import Labelling, Pending
from models.landlords import Landlord, Line, name_key
from models.people import Contact
from models.releases import Release
from models.scopes import scope_of
from models.stories import Answer, Story

NAME = "Large Homes"
A_WEEK = 1_300
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
REAL_RELEASES = 30
CHUNK = 50_000
SIZES = (10_000, 100_000, 1_000_000)
BARE = """
    SELECT answer.value, labelling.names, count(DISTINCT story.contact_id)
    FROM story JOIN answer ON answer.story_id = story.id JOIN labelling ON labelling.story_id = story.id
    WHERE story.release_id IS NULL GROUP BY answer.value, labelling.names
"""
"""What the database alone takes to count the week's rows, which nobody could count so, because they are sealed."""


def fill(store: Store, keys: Keyring, stories: int) -> None:
    """Put so many stories into a database."""
    old = stories - A_WEEK
    weeks = old // A_WEEK + 1
    with store.write() as session:
        session.execute(text("PRAGMA cache_size = -200000"))
        landlord, line, conversation = new_id(), new_id(), new_id()
        session.add(
            Landlord(
                id=landlord,
                name=NAME,
                name_key=name_key(NAME),
                complaints="x",
                emergency="999",
                timezone="Europe/London",
                created_at=NOW - timedelta(weeks=weeks + 1),
            )
        )
        session.flush()
        session.add(Line(id=line, landlord_id=landlord, channel="sms", account="+447700900999"))
        people = [new_id() for _ in range(max(A_WEEK, stories // 5))]
        _many(session, Contact, (_contact(one) for one in people))
        session.flush()
        session.execute(
            insert(Conversation).values(
                id=conversation,
                contact_id=people[0],
                line_id=line,
                state=b"x",
                created_at=NOW,
                updated_at=NOW,
            )
        )
        releases = [new_id() for _ in range(weeks)]
        _many(session, Release, _releases(keys, landlord, releases))
        ids = [new_id() for _ in range(stories)]

        def story(place: int, story_id: int) -> dict[str, Any]:
            week = place // A_WEEK
            counted = releases[week] if place < old else None
            return {
                "id": story_id,
                "contact_id": people[(place * 7) % len(people)],
                "conversation_id": conversation,
                "landlord_id": landlord,
                "scope_id": landlord,
                "language": "en",
                "told_at": NOW - timedelta(weeks=weeks - week, seconds=-place % 500_000),
                "release_id": counted,
                "private": False,
            }

        _many(session, Story, (story(place, one) for place, one in enumerate(ids)))
        for table, kinds in ((Answer, ("listened",)), (Labelling, ("theme", "area"))):
            _many(session, table, _sealed(table, ids, kinds, keys, old))
        _many(session, Pending, _pending(keys, landlord, ids[old - 300 : old], releases[-1]))


def _many(session: Any, table: type[Base], rows: Any) -> None:
    left = iter(rows)
    while chunk := list(itertools.islice(left, CHUNK)):
        session.execute(insert(table), chunk)


def _contact(one: int) -> dict[str, Any]:
    mark = one.to_bytes(8) * 4
    return {
        "id": one,
        "channel": "sms",
        "lookup": mark,
        "person": mark,
        "address": b"x",
        "met": True,
        "created_at": NOW,
    }


def _releases(keys: Keyring, landlord: int, ids: list[int]) -> Iterator[dict[str, Any]]:
    for place, one in enumerate(ids):
        on_date = NOW.date() - timedelta(weeks=len(ids) - place)
        real = place >= len(ids) - REAL_RELEASES
        contents = (
            keys.seal("release", one, "contents", json.dumps(to_json(_said(place, on_date))))
            if real
            else b"x"
        )
        yield {
            "id": one,
            "scope_id": landlord,
            "on_date": on_date,
            "number": place + 1,
            "closes_batch": True,
            "contents": contents,
            "made_at": NOW,
        }


def _said(place: int, on_date: date) -> Said:
    answers = ("yes", "partly", "no", None)
    return make_release(
        scope=About("landlord", NAME),
        number=place + 1,
        on_date=on_date,
        since=on_date - timedelta(weeks=1),
        weeks_waiting=1,
        tellings=[Telling(one, answers[one % 4]) for one in range(A_WEEK)],
        approved=(),
    )


def _sealed(
    table: Any, ids: list[int], kinds: tuple[str, ...], keys: Keyring, old: int
) -> Iterator[dict[str, Any]]:
    """Answers or labels: of the open week as they are in life, of the others as nobody looks at them."""
    for place, story in enumerate(ids):
        for kind in kinds:
            one = new_id()
            if table is Answer:
                value = ("yes", "partly", "no")[place % 3]
                sealed = keys.seal("answer", one, "value", value) if place >= old else b"x" * 40
                yield {"id": one, "story_id": story, "question": kind, "value": sealed}
                continue
            labels = THEMES if kind == "theme" else AREAS
            names = json.dumps([labels[place % len(labels)], labels[(place // 7) % len(labels)]])
            sealed = keys.seal("labelling", one, "names", names) if place >= old else b"x" * 40
            yield {
                "id": one,
                "story_id": story,
                "kind": kind,
                "source": "machine",
                "names": sealed,
                "made_at": NOW,
            }


def _pending(keys: Keyring, landlord: int, ids: list[int], batch: int) -> Iterator[dict[str, Any]]:
    for place, story in enumerate(ids):
        one = new_id()
        cell = keys.seal("pending", one, "cell", f"area:{AREAS[place % len(AREAS)]}")
        yield {"id": one, "scope_id": landlord, "story_id": story, "batch_id": batch, "cell": cell}


def measure(folder: Path) -> None:
    """Make the week's release of the database in a folder, in a process of its own."""
    keys = Keyring(*(parse_keys(key) for key in (folder / "keys").read_text().split()))
    store = Store(f"sqlite:///{folder / 'a.db'}")
    with store.read() as session:
        bare = _seconds_of(lambda: session.execute(text(BARE)).all())
    began = time.perf_counter()
    with store.write() as session:
        scope = scope_of(session, session.scalars(select(Landlord)).one())
        if not freeze(session, keys, scope, NOW.date(), NOW, NOW).closes_batch:
            raise SystemExit("the batch did not close, so this measured nothing")
    seconds = time.perf_counter() - began
    # Not ru_maxrss, which counts the process that started this one (getrusage(2) keeps it over exec).
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    print(f"{seconds:.2f} {int(kilobytes) / 1024:.0f} {bare:.4f}")


def _seconds_of(work: Callable[[], object]) -> float:
    """The least of three times: the first has to find the pages."""
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


def main(sizes: tuple[int, ...]) -> None:
    """Print the curve."""
    print(f"{'stories':>10}  {'seconds':>8}  {'MB':>5}  {'bare SQL':>8}")
    for size in sizes:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            written = [new_key(), new_key()]
            (folder / "keys").write_text(" ".join(written))
            keys = Keyring(*(parse_keys(key) for key in written))
            store = Store(f"sqlite:///{folder / 'a.db'}")
            upgrade(store, lambda keys=keys: keys)
            fill(store, keys, size)
            store.close()
            done = subprocess.run(  # noqa: S603 - this file
                [sys.executable, __file__, "measure", name], check=True, capture_output=True, text=True
            )
            seconds, memory, bare = done.stdout.split()[-3:]
            print(f"{size:>10,}  {seconds:>8}  {memory:>5}  {bare:>8}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        measure(Path(sys.argv[2]))
    else:
        main(tuple(map(int, sys.argv[1:])) or SIZES)
