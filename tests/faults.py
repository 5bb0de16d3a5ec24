"""Kills the process at every named failpoint, time and again, and counts what was lost or doubled.

    python tests/faults.py [--rounds 20] [--only claimed]

The stand-in providers' ledger is the truth about what phones were shown. Telegram delivers an update again
until it hears 200; Twilio doesn't, so what it could not deliver must be fetched from its list.
"""

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from rig import Rig, rig, wait_for
from sqlalchemy import func, select

from bot.conversation.messages import ChannelName
from bot.delivery.outbox import LEASE
from bot.demo.phones import Webhook
from bot.failpoints import NAMES
from bot.stories import StoryBook
from bot.work import SWEEP_EVERY
from models.inbound import Inbound
from models.outbound import Outbound
from models.sending import UNFINISHED, UNKNOWN
from models.stories import Story

REPLIES_TO_A_STORY = 2
AT_ONCE = 2  # rigs side by side
PATIENCE = 90
"""Seconds until a failpoint must have been reached: a busy machine takes long to start a process."""
SETTING_UP = threading.Lock()
"""Migrations keep their context in a global: one at a time in a process."""


@dataclass
class Tally:
    """What came of one failpoint."""

    name: str
    kills: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled_stories: int = 0
    doubled_replies: int = 0
    missing_replies: int = 0
    unknown: int = 0
    stuck: int = 0
    after_stop: int = 0
    stops: int = 0

    @property
    def good(self) -> bool:
        """Whether the promises were kept. A reply may be missing only where it is recorded as unknown."""
        broken = self.lost + self.doubled_stories + self.doubled_replies + self.stuck + self.after_stop
        return broken == 0 and self.missing_replies <= self.unknown


@dataclass
class Person:
    """Somebody who tells one story, and what their provider still has to deliver."""

    channel: ChannelName
    address: str
    story: str
    webhook: Webhook
    acknowledged: bool = False


@dataclass
class Town:
    """One rig with its people."""

    rig: Rig
    tally: Tally
    people: list[Person] = field(default_factory=list)

    def newcomer(self) -> Person:
        """Somebody new, on either kind of provider in turn."""
        number = len(self.people)
        channel: ChannelName = "sms" if number % 2 else "telegram"
        address = f"+4477009{30000 + number}" if channel == "sms" else f"{610000 + number}"
        story = f"made up story {number} about a gate that never shuts"
        webhook = self.rig.webhook(channel, address, story)
        if channel == "sms":
            self.rig.phones.kept(webhook)
        person = Person(channel, address, story, webhook)
        self.people.append(person)
        return person

    def deliver(self, person: Person) -> None:
        """What the provider does: post, and hear whether it was accepted."""
        try:
            answer = httpx.post(
                person.webhook.url, content=person.webhook.body, headers=person.webhook.headers, timeout=15
            )
        except httpx.HTTPError:
            return
        person.acknowledged |= answer.status_code == 200

    def deliver_again(self) -> None:
        """Telegram tries until it hears 200. Twilio has given up."""
        for person in self.people:
            if person.channel == "telegram" and not person.acknowledged:
                self.deliver(person)

    def round(self, name: str) -> None:
        """Start with a failpoint, have somebody text, and see the process die."""
        process = self.rig.start("serve", "--port", self.rig.port, FAILPOINT=name)
        person = self.newcomer()
        if self.rig.wait_ready(process):
            self.deliver(person)
        # What was left over from the round before may have killed it before that.
        assert wait_for(lambda: process.poll() is not None, PATIENCE), f"{name} was not reached"
        self.tally.kills += 1

    def recover(self) -> None:
        """Start without a failpoint, let the providers do what they do, and wait until all is quiet."""
        process = self.rig.serve()
        self.deliver_again()
        wait_for(lambda: self._stored() >= len(self.people), 30)
        # Where several may send, what a dead process was sending is settled when its lease is over.
        wait_for(lambda: self._unfinished() == 0, (LEASE + SWEEP_EVERY).total_seconds() + 20)
        process.terminate()
        process.wait(20)

    def count(self) -> None:
        """Compare what is stored, and what phones were shown, with what was told."""
        told = Counter(self._words())
        sent = self.rig.providers.ledger
        shown = Counter((one.channel, one.to, one.text) for one in sent)
        tally = self.tally
        tally.acknowledged = sum(person.acknowledged for person in self.people)
        tally.lost = sum(told[person.story] == 0 for person in self.people)
        tally.doubled_stories = sum(count - 1 for count in told.values())
        tally.doubled_replies = sum(count - 1 for count in shown.values())
        tally.missing_replies = REPLIES_TO_A_STORY * len(self.people) - len(shown)
        tally.unknown = self._count(Outbound.state == UNKNOWN)
        tally.stuck = self._unfinished()

    def _words(self) -> list[str]:
        store = self.rig.store()
        with store.read() as session:
            words = StoryBook(session, self.rig.keys).words(session.scalars(select(Story.id)).all())
        store.close()
        return list(words.values())

    def _unfinished(self) -> int:
        return self._count(Outbound.state.in_(UNFINISHED))

    def _stored(self) -> int:
        return self._count(Inbound.id.is_not(None))

    def _count(self, condition: object) -> int:
        store = self.rig.store()
        with store.read() as session:
            number = session.scalar(select(func.count()).where(condition))  # type: ignore[arg-type]
        store.close()
        return number or 0


@contextmanager
def town(name: str) -> Iterator[Town]:
    """A town of its own for one failpoint."""
    with tempfile.TemporaryDirectory(prefix="listened-faults-") as folder, rig(Path(folder)) as made:
        with SETTING_UP:
            made.set_up_quickly()
        yield Town(made, Tally(name))


def kill_at(*names: str, rounds: int) -> Tally:
    """Kill at each of these failpoints that many times, then count."""
    with town(" ".join(names)) as made:
        for name in names * rounds:
            made.round(name)
        made.recover()
        made.count()
        return made.tally


def race_stop(name: str, rounds: int) -> Tally:
    """Hold a sender up at one failpoint while STOP comes in, that many times.

    Returns:
        A tally whose `after_stop` is how many messages a phone was shown that were begun after STOP was
        safely stored.
    """
    with town(name) as made:
        receiver = made.rig.serve("--no-work")
        for number in range(rounds):
            made.tally.stops += 1
            made.tally.after_stop += _one_race(made, name, number)
        receiver.terminate()
        return made.tally


def _one_race(made: Town, name: str, number: int) -> int:
    file = made.rig.folder / f"go-on-{number}"
    person = made.newcomer()
    made.deliver(person)
    assert person.acknowledged, "the message was not taken in"
    sender = made.rig.start("work", FAILPOINT=f"{name}:{file}")
    reached = Path(f"{file}.reached")
    assert wait_for(reached.exists, PATIENCE), f"{name} was not reached"
    # Where the sender holds the database, STOP must wait for it; so it is let go a moment later anyhow.
    threading.Timer(0.3, file.touch).start()
    stop = made.rig.webhook(person.channel, person.address, "stop texting me")
    assert made.rig.post(stop).status_code == 200
    stopped = datetime.now(UTC)
    begun = sum(one.to == person.address for one in made.rig.providers.ledger if one.at <= stopped)
    wait_for(lambda: made._unfinished() == 0, 20)  # noqa: SLF001 - a part of this file
    sender.terminate()
    sender.wait(20)
    shown = [one for one in made.rig.providers.ledger if one.to == person.address]
    replies = [one for one in shown[begun:] if "no more messages" not in one.text]
    # Held up while it claims, the sender has the database first: what it claims is begun before the STOP.
    return max(len(replies) - (name == "claiming"), 0)


COLUMNS = (
    ("failpoint", "name"),
    ("kills", "kills"),
    ("acknowledged", "acknowledged"),
    ("lost", "lost"),
    ("stories doubled", "doubled_stories"),
    ("replies doubled", "doubled_replies"),
    ("not sent", "missing_replies"),
    ("recorded unknown", "unknown"),
    ("stuck", "stuck"),
    ("STOP races", "stops"),
    ("sent after STOP", "after_stop"),
)


def table(tallies: Sequence[Tally]) -> str:
    """The figures, a failpoint a line."""
    rows = [[title for title, _ in COLUMNS]]
    rows += [[str(getattr(tally, name)) for _, name in COLUMNS] for tally in tallies]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


RACED = ("claiming", "claimed", "sent", "recording", "recorded")
"""Where a STOP can meet a reply on its way out."""


def run(names: Sequence[str], rounds: int) -> list[Tally]:
    """All kills and races, two rigs side by side."""

    def one(name: str) -> Tally:
        tally = kill_at(name, rounds=rounds)
        if name in RACED:
            raced = race_stop(name, rounds)
            tally.stops, tally.after_stop = raced.stops, raced.after_stop
        print(f"{time.strftime('%H:%M:%S')}  {name}: {tally.kills} kills, {tally.stops} races", flush=True)
        return tally

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, names))


def main() -> int:
    """Run it; 0 when every promise was kept."""
    parser = argparse.ArgumentParser(description="Kill the process at every failpoint and count the damage.")
    parser.add_argument("--rounds", type=int, default=20, help="kills and races at each failpoint (20)")
    parser.add_argument("--only", choices=NAMES, action="append", help="this failpoint only; may be repeated")
    chosen = parser.parse_args()
    tallies = run(chosen.only or NAMES, chosen.rounds)
    print(table(tallies))
    bad = [tally.name for tally in tallies if not tally.good]
    print(
        f"Broken at: {', '.join(bad)}" if bad else "Nothing lost, nothing doubled, nobody texted after STOP."
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
