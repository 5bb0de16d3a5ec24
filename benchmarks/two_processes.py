"""Two `listened serve` on one PostgreSQL, killed at random while many people text, and what became of every message.

    PYTHONPATH=.:tests nice python benchmarks/two_processes.py [--seconds 600] [--messages 100000]

Each person tells a story in two messages at the same moment, one to each process, and taps twice at the same moment
after that; every tenth message is delivered to both processes at once. As Telegram does, whoever delivers tries again
until they hear 200. Both processes receive and send. Pace is off; everything else is as in life. The stand-in
provider's ledger is the truth about what phones were shown; nothing is made faster in PostgreSQL but that it does not
wait for the disk (what is killed here is us). Ends with 1 where a promise was broken.
"""

import argparse
import asyncio
import json
import os
import random
import re
import socket
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import databases
import httpx
import postgresql
import processes
from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector
from processes import Process
from rig import Rig, rig, wait_for
from sqlalchemy import func, select

from bot.demo.phones import Webhook
from models.conversations import Conversation
from models.inbound import Inbound
from models.outbound import Outbound
from models.people import Contact
from models.sending import SENT, UNFINISHED, UNKNOWN
from models.stories import Answer, StoryPart

MESSAGES_EACH = 4
AT_ONCE = 400
"""People who are in the middle of it at one moment; each waits for their story to settle."""
POSTS_AT_ONCE = 24
BOTH_PROCESSES = 0.1
SETTLES_SECONDS = 1
DICE = random.Random()  # noqa: S311 - another order of deaths each time
KILL_EVERY = (3.0, 9.0)  # seconds
PATIENCE = 180  # seconds until a process answers
PART = re.compile(r"\d+[ab]")
SETTLED_WITHIN = 150  # seconds: the lease of whoever was killed while sending has run out by then
PROGRAM = """
import sys
from bot.conversation.messages import Pace
from handlers.telegram import TelegramChannel
TelegramChannel.pace = Pace(per_chat=0, per_second=1e6)
from bot.__main__ import main
sys.argv = ["listened", "serve", "--port", sys.argv[1]]
main()
"""


@dataclass
class Town:
    """Two processes, and the people who text them."""

    rig: Rig
    ports: list[str]
    running: dict[str, Process] = field(default_factory=dict)
    kills: int = 0
    people: int = 0
    posts: int = 0
    refused: int = 0
    """Posts that did not hear 200, because somebody was killed; each was tried again."""

    def start(self, port: str) -> None:
        """Start the process that listens on a port."""
        output = self.rig.folder / "output.txt"
        env = {
            **self.rig.env,
            "LOG_LEVEL": "ERROR",
            "SETTLE_SECONDS": f"sms=0,whatsapp=0,telegram={SETTLES_SECONDS}",
        }
        self.running[port] = processes.start(
            ("-c", PROGRAM, port), folder=self.rig.folder, env=env, streams=(os.devnull, output, output)
        )
        self.rig.processes.append(self.running[port])

    async def kill_until(self, over: asyncio.Event) -> None:
        """Kill -9 either at random and start it again, until it is over."""
        while not over.is_set():
            await asyncio.sleep(DICE.uniform(*KILL_EVERY))
            port = DICE.choice(self.ports)
            await asyncio.to_thread(self.rig.kill, self.running[port])
            self.kills += 1
            self.start(port)
            await asyncio.to_thread(self.wait_ready, port)

    def wait_ready(self, port: str) -> None:
        """Wait until a process answers."""

        def answers() -> bool:
            try:
                return httpx.get(f"http://127.0.0.1:{port}/readyz").is_success
            except httpx.HTTPError:
                return False

        process = self.running[port]
        if (
            not wait_for(lambda: process.poll() is not None or answers(), PATIENCE)
            or process.poll() is not None
        ):
            raise RuntimeError(f"it did not start: {self.rig.output[-2000:]}")


class Crowd:
    """People who text.

    Args:
        town: where.
        http: how.
    """

    def __init__(self, town: Town, http: ClientSession) -> None:
        self._town = town
        self._http = http
        self._posting = asyncio.Semaphore(POSTS_AT_ONCE)

    async def live(self, deadline: float, most: int) -> None:
        """Have people tell stories until that moment, or until there were that many messages."""
        places = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            while time.monotonic() < deadline and self._town.people * MESSAGES_EACH < most:
                await places.acquire()
                self._town.people += 1
                group.create_task(self._tell(self._town.people, places))

    async def _tell(self, number: int, places: asyncio.Semaphore) -> None:
        try:
            address, first = str(700_000 + number), number % 2
            await self._both(address, first, said(number))
            await asyncio.sleep(2.5 * SETTLES_SECONDS)
            await self._both(address, 1 - first, ("1", "1"))
        finally:
            places.release()

    async def _both(self, address: str, first: int, words: tuple[str, str]) -> None:
        ports = self._town.ports
        webhooks = [self._town.rig.webhook("telegram", address, text) for text in words]
        posts = [self._deliver(webhook, ports[first - at]) for at, webhook in enumerate(webhooks)]
        if DICE.random() < 2 * BOTH_PROCESSES:
            posts.append(self._deliver(webhooks[0], ports[first - 1]))
        await asyncio.gather(*posts)

    async def _deliver(self, webhook: Webhook, port: str) -> None:
        while True:
            url = webhook.url.replace(f":{self._town.rig.port}/", f":{port}/")
            async with self._posting:
                self._town.posts += 1
                try:
                    async with self._http.post(url, data=webhook.body, headers=webhook.headers) as answer:
                        if answer.status == 200:
                            return
                except (ClientError, OSError, TimeoutError):
                    pass  # killed just now
            self._town.refused += 1
            await asyncio.sleep(0.2)
            port = DICE.choice(self._town.ports)


def said(number: int) -> tuple[str, str]:
    """The two parts of a person's story."""
    return f"gate {number}a of our yard never shuts", f"and door {number}b sticks as well"


@dataclass(frozen=True, slots=True)
class Written:
    """A row of the outbox, opened: for which chat, what it says, and what became of it."""

    chat: str
    body: dict[str, str]
    state: str
    provider_id: str | None


def outbox(town: Town) -> list[Written]:
    """Every row of it."""
    keys = town.rig.keys
    columns = (Outbound.id, Outbound.body, Outbound.state, Outbound.provider_id)
    query = select(*columns, Contact.id.label("contact"), Contact.address)
    with town.rig.store().read() as session:
        return [
            Written(
                keys.open("contact", row.contact, "address", row.address),
                json.loads(keys.open("outbound", row.id, "body", row.body)),
                row.state,
                row.provider_id,
            )
            for row in session.execute(query.join(Contact, Contact.id == Outbound.contact_id))
        ]


def count(town: Town) -> dict[str, int]:
    """What became of it; what must be 0 begins with an exclamation mark."""
    rows, shown = outbox(town), {one.id: one for one in town.rig.providers.ledger}
    may_be_shown = Counter((row.chat, row.body["text"]) for row in rows if row.state in (SENT, UNKNOWN))
    were_shown = Counter((one.to, one.text) for one in shown.values())
    sent = [row for row in rows if row.state == SENT]
    greetings = Counter(row.chat for row in rows if row.body["key"] == "first_contact")
    not_shown = [
        row
        for row in sent
        if (one := shown.get(row.provider_id or "")) is None
        or (one.to, one.text) != (row.chat, row.body["text"])
    ]
    parts = Counter(word for words in told(town) for word in words.split() if PART.fullmatch(word))
    expected = {part for number in range(1, town.people + 1) for part in (f"{number}a", f"{number}b")}
    with town.rig.store().read() as session:
        stored = session.scalar(select(func.count()).select_from(Inbound)) or 0
        talks = session.scalar(select(func.count()).select_from(Conversation)) or 0
    return {
        "people": town.people,
        "messages acknowledged": town.people * MESSAGES_EACH,
        "posts": town.posts,
        "posts that heard no 200, and were done again": town.refused,
        "kills": town.kills,
        "replies written": len(rows),
        "replies shown": len(shown),
        "replies recorded as unknown": sum(row.state == UNKNOWN for row in rows),
        "! messages acknowledged and not stored, or stored twice": abs(stored - town.people * MESSAGES_EACH),
        "! parts of stories lost": len(expected - set(parts)),
        "! parts of stories kept twice": sum(number > 1 for number in parts.values()),
        "! people greeted twice": sum(number > 1 for number in greetings.values()),
        "! people never greeted": town.people - len(greetings),
        "! conversations more or fewer than people": abs(talks - town.people),
        "! replies shown more often than written": (were_shown - may_be_shown).total(),
        "! replies recorded as sent and not shown": len(not_shown),
        "! replies neither sent nor unknown": sum(row.state not in (SENT, UNKNOWN) for row in rows),
    }


def told(town: Town) -> list[str]:
    """All that was told, as it is stored."""
    keys = town.rig.keys
    with town.rig.store().read() as session:
        parts = session.execute(select(StoryPart.id, StoryPart.words)).all()
        answers = session.execute(select(Answer.id, Answer.value)).all()
    return [keys.open("story_part", one.id, "words", one.words) for one in parts] + [
        keys.open("answer", one.id, "value", one.value) for one in answers
    ]


async def live(town: Town, seconds: float, most: int) -> None:
    """Have people text while processes are killed."""
    over = asyncio.Event()
    connector = TCPConnector(limit=0, force_close=True)
    async with ClientSession(connector=connector, timeout=ClientTimeout(total=15)) as http:
        killer = asyncio.create_task(town.kill_until(over))
        await Crowd(town, http).live(time.monotonic() + seconds, most)
        over.set()
        await killer


def unsettled(town: Town) -> int:
    """How much is still to happen: replies to be sent, stories to settle."""
    with town.rig.store().read() as session:
        left = session.scalar(select(func.count()).where(Outbound.state.in_(UNFINISHED))) or 0
        waking = select(func.count()).where(Conversation.wake_at < datetime.now(UTC) + timedelta(minutes=1))
        return left + (session.scalar(waking) or 0)


def run(folder: Path, seconds: float, most: int) -> bool:
    """Set up, live, count and print; whether every promise was kept."""
    with rig(folder) as made:
        made.set_up_quickly()
        town = Town(made, [free_port(), free_port()])
        for port in town.ports:
            town.start(port)
        for port in town.ports:
            town.wait_ready(port)
        began = time.monotonic()
        asyncio.run(live(town, seconds, most))
        took = time.monotonic() - began
        wait_for(lambda: unsettled(town) == 0, SETTLED_WITHIN)
        found = count(town)
    for name, number in found.items():
        print(f"{number:>9,}  {name}")
    broken = [name for name, number in found.items() if name.startswith("!") and number]
    rate = found["messages acknowledged"] / took
    print(f"{took:.0f} s, {rate:.0f} messages a second: {'BROKEN' if broken else 'every promise kept'}")
    return not broken


def free_port() -> str:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        return str(opened.getsockname()[1])


def main() -> int:
    """Run it; 0 when every promise was kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--messages", type=int, default=100_000)
    chosen = parser.parse_args()
    with postgresql.chosen(), tempfile.TemporaryDirectory(prefix="listened-two-") as folder:
        databases.make_template()
        return 0 if run(Path(folder), chosen.seconds, chosen.messages) else 1


if __name__ == "__main__":
    sys.exit(main())
