"""Several `listened serve` and `listened work` on one PostgreSQL, killed at random while people text.

    python tests/many.py [--people 3300] [--serves 2] [--works 2]

Each person tells a story and agrees to share it, and each of their messages is delivered to two servers at
the same moment. The stand-in providers' ledger is the truth about what phones were shown.
"""

import argparse
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import databases
import httpx
import postgresql
from rig import Rig, rig, wait_for
from sqlalchemy import func, select, text

from bot.demo.phones import Webhook
from bot.leader import LOCK_NUMBER
from models.conversations import Conversation
from models.inbound import Inbound
from models.outbound import Outbound
from models.sending import UNFINISHED, UNKNOWN
from models.stories import Story

MESSAGES_EACH = 2
REPLIES_EACH = 3
AT_ONCE = 8
DICE = random.Random()  # noqa: S311 - another order of deaths each time
KILL_EVERY = (1.0, 4.0)  # seconds
PATIENCE = 90  # seconds until a message was accepted


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    people: int
    kills: int
    stories: int
    inbound: int
    conversations: int
    doubled: int
    """Messages that a phone was shown twice."""
    missing: int
    """Messages that no phone was shown."""
    excused: int
    """The most that may be missing: recorded as unknown, or not settled yet."""
    leaders: int

    @property
    def good(self) -> bool:
        """Whether nothing was lost, nothing done twice, and one process leads."""
        once = self.stories == self.conversations == self.people
        return (
            once
            and self.inbound == self.people * MESSAGES_EACH
            and self.doubled == 0
            and self.missing <= self.excused
            and self.leaders == 1
        )


@dataclass
class Many:
    """The processes, and what goes on around them."""

    rig: Rig
    serves: int
    works: int
    kills: int = 0
    running: dict[tuple[str, ...], subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self) -> None:
        """Start everything and wait until it answers."""
        for _ in range(self.serves):
            with socket.create_server(("127.0.0.1", 0)) as opened:
                port = str(opened.getsockname()[1])
            self._start("serve", "--no-work", "--port", port)
        for number in range(self.works):
            self._start("work", *[""] * number)
        assert wait_for(lambda: all(map(self._answers, self.ports)), 60), self.rig.output

    @property
    def ports(self) -> list[str]:
        """Where the servers listen."""
        return [command[-1] for command in self.running if command[0] == "serve"]

    def text(self, webhook: Webhook) -> None:
        """What a provider does: post, and post again until it hears 200; here at two servers at once."""
        ports = DICE.sample(self.ports, min(2, self.serves))
        threads = [threading.Thread(target=self._deliver, args=(webhook, port)) for port in ports]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def tell(self, number: int) -> None:
        """One person tells a story, and then agrees."""
        for words in (f"the gate of number {number} never shuts", "1"):
            self.text(self.rig.webhook("telegram", f"{700000 + number}", words))

    def kill_one(self) -> None:
        """Kill -9 any process, and start another in its place."""
        command = DICE.choice(list(self.running))
        self.rig.kill(self.running[command])
        self.kills += 1
        self._start(*command)

    def _start(self, *command: str) -> None:
        self.running[command] = self.rig.start(*(part for part in command if part))

    def _deliver(self, webhook: Webhook, port: str) -> None:
        url = webhook.url.replace(f":{self.rig.port}/", f":{port}/")
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                if httpx.post(url, content=webhook.body, headers=webhook.headers, timeout=15).is_success:
                    return
            except httpx.HTTPError:
                pass  # killed just now
            time.sleep(0.1)
        raise AssertionError("a message was not accepted")

    def _answers(self, port: str) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/readyz").is_success
        except httpx.HTTPError:
            return False

    def count(self, people: int) -> Outcome:
        """Compare what is stored, and what phones were shown, with what was told."""
        shown = Counter((one.to, one.text) for one in self.rig.providers.ledger)
        unsettled = select(func.count()).where(Outbound.state.in_((*UNFINISHED, UNKNOWN)))
        with self.rig.store().read() as session:
            return Outcome(
                people=people,
                kills=self.kills,
                stories=session.scalar(select(func.count()).select_from(Story)) or 0,
                inbound=session.scalar(select(func.count()).select_from(Inbound)) or 0,
                conversations=session.scalar(select(func.count()).select_from(Conversation)) or 0,
                doubled=sum(shown.values()) - len(shown),
                missing=people * REPLIES_EACH - len(shown),
                excused=session.scalar(unsettled) or 0,
                leaders=session.scalar(text(HELD), {"number": LOCK_NUMBER}) or 0,
            )


HELD = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = :number"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def live_through(folder: Path, people: int, serves: int = 2, works: int = 2, settle: float = 10) -> Outcome:
    """Have that many people text while processes are killed, then wait a while and count.

    Args:
        folder: an empty folder.
        people: how many tell a story.
        serves: how many processes receive.
        works: how many processes send.
        settle: the most seconds to wait at the end for what is still to be sent.
    """
    with rig(folder) as made:
        made.set_up_quickly()
        town = Many(made, serves, works)
        town.start()
        over = threading.Event()
        killer = threading.Thread(target=_kill_until, args=(town, over))
        killer.start()
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(town.tell, range(people)))
        finally:
            over.set()
            killer.join()
        wait_for(lambda: town.count(people).excused == 0, settle)
        wait_for(lambda: town.count(people).leaders == 1, 30)
        return town.count(people)


def _kill_until(town: Many, over: threading.Event) -> None:
    while not over.wait(DICE.uniform(*KILL_EVERY)):
        town.kill_one()


def main(arguments: Sequence[str], run: Callable[..., Outcome] = live_through) -> int:
    """Run it; 0 when every promise was kept."""
    parser = argparse.ArgumentParser(description="Kill processes on one PostgreSQL and count the damage.")
    parser.add_argument(
        "--people", type=int, default=3300, help="each sends two messages and gets three (3300)"
    )
    parser.add_argument("--serves", type=int, default=2)
    parser.add_argument("--works", type=int, default=2)
    chosen = parser.parse_args(arguments)
    begun = time.monotonic()
    with postgresql.chosen(), tempfile.TemporaryDirectory(prefix="listened-many-") as folder:
        databases.make_template()
        outcome = run(Path(folder), chosen.people, chosen.serves, chosen.works, settle=100)
    print(
        f"{outcome}\n{time.monotonic() - begun:.0f} s: {'every promise kept' if outcome.good else 'BROKEN'}"
    )
    return 0 if outcome.good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
