"""A morning after a storm: prompts written to the outbox and sent by WhatsApp, at full speed, at a set pace, and killed.

    PYTHONPATH=.:benchmarks/turns python benchmarks/broadcast.py [--people 100000] [--only queue drain pace kills]

Everybody is somebody new, so each gets two messages; every rule about whom not to ask is on. Messages go through
twilio's client to a provider on loopback, in a process and on a core of its own. `bare` is that same client, called with
messages that are ready, by nothing else. A prompt counts as lost when nobody was shown it and nothing says that it
may have been; as doubled when the provider got the same row twice. Ends with 1 where one was.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import ours
import uvloop
from sqlalchemy import func, select

from bot.app import Product
from bot.conversation.messages import Outgoing, Reply
from bot.log import set_up_logging
from bot.privacy.keys import new_key
from bot.visit_list import VisitRow
from models.conversations import Conversation
from models.landlords import all_landlords
from models.outbound import Outbound
from models.sending import QUEUED, SENT, UNFINISHED, UNKNOWN
from models.visits import ASKED, Visit

T = TypeVar("T")
STAGES = ("queue", "drain", "pace", "kills")
EACH = 2  # messages to somebody new: who asks and reads, then the question
BARE_AT_ONCE = 256
TEMPLATES = f"first_contact=HX{'1' * 32},after_visit.listened=HX{'2' * 32}"
CORES = sorted(os.sched_getaffinity(0))
DICE = random.Random()  # noqa: S311 - another moment of death each time
PER_SECOND = 50.0
PACED_SECONDS = 20
KILLED_PEOPLE = 4000
KILLS = 4


@dataclass(frozen=True)
class Place:
    """A database, the keys to it, and what time it is there: any process may open it."""

    folder: Path
    api_port: int
    data_key: str
    lookup_key: str
    moved: float
    """Seconds between the clock and the time there: it is eleven in the morning, whenever this runs."""

    def open(self, *, per_second: float = 1e6, anew: bool = False) -> Product:
        """The product on it."""
        moved = timedelta(seconds=self.moved)
        keys = {"data_keys": self.data_key, "lookup_keys": self.lookup_key}
        return ours.make(
            self.folder,
            1,
            self.api_port,
            lambda: datetime.now(UTC) + moved,
            per_second=per_second,
            anew=anew,
            twilio_whatsapp_templates=TEMPLATES,
            **keys,
        )

    def ledger(self) -> "Ledger":
        """What the provider got since it was last asked."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.api_port}/ledger") as answer:
            plain = json.load(answer)
        return Ledger({int(row): count for row, count in plain["rows"].items()}, plain["moments"])


@dataclass(frozen=True)
class Ledger:
    """What the provider got: how often each row, and when."""

    rows: dict[int, int]
    moments: list[float]


@contextmanager
def place() -> Iterator[Place]:
    """An empty place, with a provider of its own."""
    morning = datetime.now(UTC).replace(hour=11, minute=0, second=0)
    moved = (morning - datetime.now(UTC)).total_seconds()
    program = str(Path(ours.__file__).with_name("provider.py"))
    provider = subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert provider.stdout is not None  # noqa: S101 - it is a pipe
    if len(CORES) > 1:
        os.sched_setaffinity(provider.pid, CORES[:1])
        os.sched_setaffinity(0, CORES[1:])
    try:
        with tempfile.TemporaryDirectory(prefix="listened-bench-") as folder:
            port = int(provider.stdout.readline())
            yield Place(Path(folder), port, new_key(), new_key(), moved)
    finally:
        provider.kill()
        provider.wait()


def take_in(product: Product, people: int) -> None:
    """Take in a visit of each of so many people."""
    today = product.clock().date()
    rows = [VisitRow(one, f"GB.BENCH{one}", "whatsapp", today, "repair", "") for one in range(people)]
    with product.store.read() as session:
        landlord = all_landlords(session)[0]
    timed("visits taken in", people, lambda: product.visits.take_in(landlord, rows))


def queue(at: Place, people: int) -> Product:
    """Write prompts to that many people; how long it takes, and what it takes in memory."""
    product = at.open(anew=True)
    take_in(product, people)
    print(f"memory before: {memory():.0f} MB")
    asked = timed("prompts queued", people, product.visits.ask_due)
    print(f"memory after: {memory():.0f} MB")
    if asked != people or count(product, Outbound.state == QUEUED) != EACH * people:
        raise SystemExit(f"only {asked} were asked")
    return product


async def drain(at: Place, product: Product, messages: int) -> None:
    """Send that many of what is queued, pace off; before and after it as many by the client alone."""
    before = await bare(product, messages // 2)
    at.ledger()
    seen = [memory()]
    began, used = time.perf_counter(), time.process_time()
    outbox = asyncio.create_task(product.outbox.run())
    while count(product, Outbound.state == SENT) < messages:
        await asyncio.sleep(0.25)
        seen.append(memory())
    took, cpu = time.perf_counter() - began, time.process_time() - used
    sent = count(product, Outbound.state == SENT)
    await product.outbox.stop()
    outbox.cancel()
    ledger = at.ledger()
    after = await bare(product, messages // 2)
    rate, alone = sent / took, (before + after) / 2
    print(
        f"sent: {sent} of {sent + count(product, Outbound.state == QUEUED)} queued, {rate:.0f} a second,"
        f" {cpu / sent * 1000:.2f} s of CPU for 1,000"
    )
    print(f"bare client: {before:.0f} and {after:.0f} a second; ratio {rate / alone:.2f}")
    print(f"memory while sending: {seen[0]:.0f} MB, {seen[len(seen) // 2]:.0f} MB, {seen[-1]:.0f} MB")
    check(max(ledger.rows.values()) == 1, "a row was sent twice")


async def bare(product: Product, messages: int) -> float:
    """How many messages a second the client sends when it does nothing else."""
    reply = Reply("", (), "after_visit.listened", ("Harbour Homes",))
    now = product.clock()
    ready = Outgoing(1, "GB.BENCH1", reply, "en", 3600, None, now)
    numbers = iter(range(messages))
    send = product.channels["whatsapp"].send

    async def one_after_another() -> None:
        for number in numbers:
            await send(replace(ready, id=number))

    began = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(BARE_AT_ONCE)))
    return messages / (time.perf_counter() - began)


async def pace(at: Place) -> None:
    """Send at a set pace: the mean over all, and the worst second, wherever it begins."""
    product = at.open(per_second=PER_SECOND, anew=True)
    take_in(product, int(PER_SECOND * PACED_SECONDS))
    product.visits.ask_due()
    outbox = asyncio.create_task(product.outbox.run())
    await asyncio.sleep(PACED_SECONDS)
    await product.outbox.stop()
    outbox.cancel()
    moments = sorted(at.ledger().moments)
    mean = (len(moments) - 1) / (moments[-1] - moments[0])
    worst = max(bisect_left(moments, moment + 1.0) - place for place, moment in enumerate(moments))
    print(
        f"pace {PER_SECOND:.0f} a second for {PACED_SECONDS} s: mean {mean:.2f} ({mean / PER_SECOND:.3f}),"
        f" most in any second {worst} (allowed {1.05 * PER_SECOND + 1:.1f})"
    )
    await product.close()


def kills(at: Place, people: int) -> None:
    """Kill -9 whoever queues, then whoever sends, time and again; then count."""
    product = at.open(anew=True)
    take_in(product, people)
    asking = kill_often(at, "ask", lambda: count(product, Visit.state == ASKED), people)
    rows = count(product, Outbound.id > 0)
    with product.store.read() as session:
        each = select(func.count(Conversation.id)).group_by(Conversation.contact_id)
        once = session.scalars(each).all() == [1] * people
    print(
        f"queueing killed {asking} times: {count(product, Visit.state == ASKED)} of {people} visits asked about,"
        f" {rows} messages"
    )
    check(once and rows == EACH * people, "a visit was asked about twice, or by halves")
    sending = kill_often(at, "send", lambda: rows - count(product, Outbound.state.in_(UNFINISHED)), rows)
    shown, unknown = at.ledger().rows, count(product, Outbound.state == UNKNOWN)
    twice = sum(number > 1 for number in shown.values())
    print(
        f"sending killed {sending} times: {len(shown)} of {rows} shown, {twice} twice, {unknown} recorded as unknown"
    )
    check(twice == 0, "a message was sent twice")
    check(rows - len(shown) <= unknown, "a message was lost")


def kill_often(at: Place, what: str, done: Callable[[], int], total: int) -> int:
    """Have somebody do something, killed time and again at any share of it, until it is done; says how often."""
    killed = 0
    marks = sorted(DICE.uniform(0, 0.9) * total for _ in range(KILLS))
    while done() < total:
        child = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, __file__, "--child", what, json.dumps({**vars(at), "folder": str(at.folder)})]
        )
        mark = marks[killed] if killed < KILLS else total
        while done() < max(mark, 1) and child.poll() is None:
            time.sleep(0.05)
        killed += child.poll() is None and mark < total
        child.kill()
        child.wait()
    return killed


async def child(what: str, product: Product) -> None:
    """What is killed."""
    if what == "ask":
        product.visits.ask_due()
    else:
        product.outbox.settle_interrupted(alone=True)
        await product.outbox.run()


def timed(what: str, number: int, work: Callable[[], T]) -> T:
    """Do something, and print what a piece of it took."""
    began, used = time.perf_counter(), time.process_time()
    done = work()
    took, cpu = time.perf_counter() - began, time.process_time() - used
    print(
        f"{number} {what}: {took:.1f} s, {number / took:.0f} a second, {cpu / number * 1000:.3f} s of CPU for 1,000"
    )
    return done


def count(product: Product, condition: object) -> int:
    """How many rows there are of which something is true."""
    with product.store.read() as session:
        return session.scalar(select(func.count()).where(condition)) or 0  # type: ignore[arg-type]


def check(kept: bool, broken: str) -> None:
    """End where a promise was broken."""
    if not kept:
        raise SystemExit(f"BROKEN: {broken}")


def memory() -> float:
    """What this process holds, in MB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024


def main(stages: Sequence[str], people: int, messages: int) -> None:
    """Measure."""
    if "queue" in stages or "drain" in stages:
        with place() as at:
            product = queue(at, people)
            if "drain" in stages:
                uvloop.run(drain(at, product, messages))
    if "pace" in stages:
        with place() as at:
            uvloop.run(pace(at))
    if "kills" in stages:
        with place() as at:
            kills(at, KILLED_PEOPLE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument(
        "--messages", type=int, default=20_000, help="how many of what is queued are sent (20000)"
    )
    parser.add_argument("--only", nargs="+", choices=STAGES, default=STAGES)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    set_up_logging("ERROR")
    if chosen.child:
        told = json.loads(chosen.child[1])
        uvloop.run(child(chosen.child[0], Place(**{**told, "folder": Path(told["folder"])}).open()))
    else:
        main(chosen.only, chosen.people, chosen.messages)
