"""What importing the product costs, and the memory of a server that holds conversations.

    python benchmarks/memory.py [--conversations 10000] [--channel telegram] [--people 32]

Conversations are those of `make bench`, four turns each, every story another one, held over HTTP with a provider on
loopback. The server is a process of its own; its resident memory is printed as it goes, and what it grows by for each
1,000 conversations from the first thousand on.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "turns")]

import load  # noqa: E402
import run  # noqa: E402
import talk  # noqa: E402

TIMES: Final = 5
FIRST: Final = 1_000
REPLIES: Final = {"telegram": "2,1,1,1", "sms": "1,1,1,1", "whatsapp": "2,1,1,1"}


def marks() -> list[int]:
    """After how many conversations to look: 0, then 1, 2 and 5 thousand, ten times that, and so on."""
    return [0, *(step * FIRST * 10**power for power in range(4) for step in (1, 2, 5))]


def imported(statement: str) -> float:
    """The seconds of CPU of a Python that does one thing; the middle of a few."""
    return statistics.median(_cpu(statement) for _ in range(TIMES))


def _cpu(statement: str) -> float:
    before = os.times()
    subprocess.run([sys.executable, "-c", statement], check=True, cwd=HERE.parent)  # noqa: S603 - our own words
    after = os.times()
    return sum(after[2:4]) - sum(before[2:4])


class Counted(load.Load):
    """Everybody, counted."""

    def __init__(self, chosen: Namespace) -> None:
        super().__init__(chosen)
        self.turns = 0
        self.mark = asyncio.Event()
        self._next = 0

    @property
    def over(self) -> int:
        """How many conversations are over."""
        return self.turns // len(talk.TURNS)

    async def until(self, conversations: int) -> None:
        """Wait until so many are over."""
        self._next = conversations * len(talk.TURNS)
        self.mark.clear()
        await self.mark.wait()

    def finished(self) -> None:
        """A turn is over."""
        self.turns += 1
        if self.turns >= self._next:
            self.mark.set()


async def hold(chosen: Namespace) -> None:
    """Hold the conversations, and print the server's memory."""
    loop, people = asyncio.get_running_loop(), Counted(chosen)
    api = await loop.create_server(
        lambda: load.Api(people.arrived, talk.api_answer(chosen.channel), 0.0), "127.0.0.1", 0, backlog=1024
    )
    chosen.port = run.free_port()
    chosen.public = f"http://127.0.0.1:{chosen.port}"
    command = [sys.executable, str(HERE / "turns" / "ours.py"), str(chosen.port)]
    command.append(str(api.sockets[0].getsockname()[1]))
    with run.serving(command, chosen.port) as server:
        await asyncio.sleep(chosen.warm)
        began, seen = time.monotonic(), {0: run.rss(server.pid)}
        print(f"{'conversations':>13} {'MB':>6} {'seconds':>8}\n{0:13} {seen[0]:6.0f}", flush=True)
        for _ in range(chosen.people):
            await loop.create_connection(lambda: load.Person(people), "127.0.0.1", chosen.port)
        for mark in [*(mark for mark in marks() if 0 < mark < chosen.conversations), chosen.conversations]:
            await people.until(mark)
            seen[people.over] = run.rss(server.pid)
            took = time.monotonic() - began
            print(f"{people.over:13} {seen[people.over]:6.0f} {took:8.0f}", flush=True)
    _growth(seen)
    print(f"{people.tally.failed} turns failed {[*people.problems]}")


def _growth(seen: dict[int, float]) -> None:
    later = [over for over in seen if over >= FIRST]
    if len(later) > 1:
        more = (seen[later[-1]] - seen[later[0]]) / (later[-1] - later[0]) * 1_000
        print(f"{more:.2f} MB for each 1,000 conversations after the first {later[0]}")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--channel", choices=REPLIES, default="telegram")
    parser.add_argument("--people", type=int, default=32)
    parser.add_argument(
        "--warm", type=float, default=5.0, help="seconds after the start before it is looked at"
    )
    chosen = parser.parse_args()
    load.PATIENCE = 120.0  # nobody gives up: it is memory that is measured
    chosen.first, chosen.wait, chosen.replies = 0, True, REPLIES[chosen.channel]
    chosen.path = (
        "/webhooks/telegram" if chosen.channel == "telegram" else f"/webhooks/twilio/{chosen.channel}"
    )
    nothing, product = imported("pass"), imported("import bot.app")
    print(
        f"import bot.app: {product:.2f} s of CPU, {product / nothing:.0f} x python -c pass ({nothing:.3f} s)"
    )
    asyncio.run(hold(chosen))


if __name__ == "__main__":
    main()
