"""People and providers for one bot: a load generator and the provider's API, in one process with a core of its own.

A closed loop: each person posts their next turn only when the one before was acknowledged *and* its replies
have reached the provider. Nobody thinks, so it is harder than life. Only standard input and output and
loopback are used: it prints the port of its API, reads the bot's port, runs, and prints one line of JSON.
"""

import argparse
import asyncio
import contextlib
import json
import re
import resource
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import talk

ADDRESSEE = re.compile(
    rb'(?:chat_id"?[=:]\s*"?|name="chat_id"\r\n(?:[^\r\n]+\r\n)*\r\n|\bTo=(?:whatsapp%3A)?)(-?[\w.%+]+)'
)
LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
CHUNKED = re.compile(rb"\r\ntransfer-encoding:\s*chunked", re.IGNORECASE)
CLOSES = re.compile(rb"\r\nconnection:\s*close", re.IGNORECASE)
PATIENCE = 10.0


def whole(buffer: bytearray) -> tuple[bytes, bytes] | None:
    """The head and body of a whole HTTP message at the front of a buffer, taken out of it; None before it is whole."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(buffer[:end])
    length = LENGTH.search(head)
    if length is None and CHUNKED.search(head):
        last = buffer.find(b"0\r\n\r\n", end + 4)
        if last < 0:
            return None
        stop = last + 5
    else:
        stop = end + 4 + (int(length[1]) if length else 0)
    if len(buffer) < stop:
        return None
    body = bytes(buffer[end + 4 : stop])
    del buffer[:stop]
    return head, body


class Api(asyncio.Protocol):
    """The provider's API on one connection: takes every message and says so, after a while if asked."""

    def __init__(
        self, arrived: Callable[[str], None], answer: Callable[[bytes, bytes], bytes], delay: float
    ) -> None:
        self._arrived, self._answer, self._delay = arrived, answer, delay
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A bot has connected."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer whatever is whole."""
        self._buffer += data
        while message := whole(self._buffer):
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._take, *message)
            else:
                self._take(*message)

    def _take(self, head: bytes, body: bytes) -> None:
        sends = b"essage" in head.partition(b"\r\n")[0]
        if sends and (to := ADDRESSEE.search(body)):
            self._arrived(to[1].decode())
        if not self._transport.is_closing():
            self._transport.write(self._answer(head, body))


@dataclass
class Tally:
    """What was measured since the warming up ended."""

    turns: int = 0
    failed: int = 0
    acknowledged: list[float] = field(default_factory=list)
    replied: list[float] = field(default_factory=list)


class Person(asyncio.Protocol):
    """One place in the loop: a connection on which one person after another has a whole conversation."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._buffer = bytearray()
        self._turn = len(talk.TURNS)
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = transport
        self._next()

    def connection_lost(self, _error: Exception | None) -> None:
        """Some servers close a connection after each answer: connect again, and go on where we were."""
        self._load.lost(self)

    def reconnected(self, transport: asyncio.BaseTransport) -> None:
        """Go on."""
        self._transport = transport

    def _next(self) -> None:
        if self._turn == len(talk.TURNS):
            self._address = self._load.newcomer(self)
            self._turn = 0
        self._expected = self._load.replies[self._turn]
        self._answered = False
        self._posted = time.perf_counter()
        self._transport.write(self._load.request(self._address, self._turn))
        self._late = asyncio.get_running_loop().call_later(PATIENCE, self._give_up)

    def data_received(self, data: bytes) -> None:
        """The bot has answered."""
        self._buffer += data
        if message := whole(self._buffer):
            head = message[0]
            if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 204")):
                self._load.failed(head)
            self._load.acknowledged(time.perf_counter() - self._posted)
            self._answered = True
            self._see()

    def replied(self) -> None:
        """A reply has reached this person's phone."""
        self._expected -= 1
        if self._expected == 0:
            self._load.replied(time.perf_counter() - self._posted)
        self._see()

    def _see(self) -> None:
        if self._answered and (self._expected <= 0 or not self._load.waits):
            if self._late:
                self._late.cancel()
            self._load.finished()
            self._answered = False  # a reply too many must not end the turn twice
            self._turn += 1
            asyncio.get_running_loop().call_soon(self._next)

    def _give_up(self) -> None:
        self._load.failed(b"no reply within the patience")
        self._answered, self._expected = True, 0
        self._see()


class Load:
    """Everybody.

    Args:
        chosen: the command line.
    """

    def __init__(self, chosen: argparse.Namespace) -> None:
        self.replies = [int(number) for number in chosen.replies.split(",")]
        self.waits = chosen.wait
        self._chosen = chosen
        self._addresses: Iterator[str] = talk.addresses(chosen.channel, chosen.first)
        self._people: dict[str, Person] = {}
        self._counting = False
        self.tally = Tally()
        self.problems: deque[bytes] = deque(maxlen=5)

    def newcomer(self, person: Person) -> str:
        """Somebody who has not written yet; the one before has gone."""
        address = next(self._addresses)
        self._people[talk.key(address)] = person
        return address

    def request(self, address: str, turn: int) -> bytes:
        """The provider's request for one turn of somebody's."""
        return talk.request(self._chosen.channel, address, turn, self._chosen)

    def arrived(self, to: str) -> None:
        """A message for somebody has reached the provider."""
        if person := self._people.get(talk.key(to)):
            person.replied()

    def acknowledged(self, seconds: float) -> None:
        """A webhook was answered."""
        if self._counting:
            self.tally.acknowledged.append(seconds)

    def replied(self, seconds: float) -> None:
        """The last reply of a turn has arrived."""
        if self._counting:
            self.tally.replied.append(seconds)

    def finished(self) -> None:
        """A turn is over."""
        self.tally.turns += self._counting

    def failed(self, why: bytes) -> None:
        """A turn went wrong."""
        self.tally.failed += 1
        self.problems.append(why[:200])

    def lost(self, person: Person) -> None:
        """A connection was closed by the bot."""
        asyncio.get_running_loop().create_task(self._reconnect(person))

    async def _reconnect(self, person: Person) -> None:
        with contextlib.suppress(OSError):
            transport, _ = await asyncio.get_running_loop().create_connection(
                partial(Again, person), "127.0.0.1", self._chosen.port
            )
            person.reconnected(transport)

    async def run(self) -> dict[str, object]:
        """Warm up, measure, and say what was measured."""
        loop = asyncio.get_running_loop()
        for _ in range(self._chosen.people):
            await loop.create_connection(lambda: Person(self), "127.0.0.1", self._chosen.port)
        await asyncio.sleep(self._chosen.warm)
        self._counting, began, used = True, time.perf_counter(), own_cpu()
        print("measuring", flush=True)
        await asyncio.sleep(self._chosen.seconds)
        took = time.perf_counter() - began
        self._counting = False
        tally = self.tally
        return {
            "turns": tally.turns,
            "seconds": took,
            "failed": tally.failed,
            "problems": [problem.decode(errors="replace") for problem in self.problems],
            "ack_p50": share(tally.acknowledged, 0.5),
            "ack_p99": share(tally.acknowledged, 0.99),
            "reply_p50": share(tally.replied, 0.5),
            "reply_p99": share(tally.replied, 0.99),
            "load_cpu": (own_cpu() - used) / took,
        }


class Again(asyncio.Protocol):
    """A second connection of somebody whose first was closed."""

    def __init__(self, person: Person) -> None:
        self._person = person

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        self._person.data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        """Pass it on."""
        self._person.connection_lost(error)


def share(values: list[float], part: float) -> float | None:
    """A quantile, in milliseconds."""
    return sorted(values)[int(len(values) * part)] * 1000 if values else None


def own_cpu() -> float:
    """The seconds of CPU that this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def main() -> None:
    """Open the API, hear where the bot is, and run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--channel", choices=("telegram", "sms", "whatsapp"), default="telegram")
    parser.add_argument("--people", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--warm", type=float, default=1.5)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds that the API takes to answer")
    parser.add_argument("--replies", default="1,1,1,1", help="how many messages answer each turn")
    parser.add_argument("--wait", action=argparse.BooleanOptionalAction, default=True, help="for the replies")
    parser.add_argument("--path", required=True)
    parser.add_argument("--public", default="", help="the address that signatures are made for")
    parser.add_argument("--first", type=int, default=0, help="the number of the first person")
    chosen = parser.parse_args()
    load = Load(chosen)
    loop = asyncio.get_running_loop()
    api = await loop.create_server(
        lambda: Api(load.arrived, talk.api_answer(chosen.channel), chosen.delay), "127.0.0.1", 0, backlog=1024
    )
    print(api.sockets[0].getsockname()[1], flush=True)
    chosen.port, _, chosen.public = (
        (await loop.run_in_executor(None, sys.stdin.readline)).strip().partition(" ")
    )
    print(json.dumps(await load.run()), flush=True)


if __name__ == "__main__":
    with contextlib.suppress(ModuleNotFoundError):
        import uvloop

        uvloop.install()
    asyncio.run(main())
