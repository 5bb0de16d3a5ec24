"""A morning after a storm: how long it takes to write prompts to the outbox, and to send them to a client that does nothing.

    PYTHONPATH=.:benchmarks/turns python benchmarks/broadcast.py [100000]

Everybody is somebody new, on WhatsApp, and every rule about whom not to ask is on. The pace that providers ask for is
off. Memory is what the process holds, before and after.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from unittest import mock

import ours
from sqlalchemy import func, select

from bot.app import Product
from bot.conversation.messages import Outgoing
from bot.log import set_up_logging
from bot.visit_list import VisitRow
from handlers.whatsapp import WhatsAppChannel
from models.landlords import all_landlords
from models.outbound import Outbound

T = TypeVar("T")


def main() -> None:
    """Measure."""
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    set_up_logging("WARNING")
    with tempfile.TemporaryDirectory(prefix="listened-bench-") as folder:
        product = ours.make(Path(folder), 1, 2)
        today = datetime.now(UTC).date()
        rows = [
            VisitRow(number, f"GB.BENCH{number}", "whatsapp", today, "repair", "") for number in range(people)
        ]
        with product.store.read() as session:
            landlord = all_landlords(session)[0]
        print(f"before: {_memory():.0f} MB")
        _timed("visits taken in", people, lambda: product.visits.take_in(landlord, rows))
        asked = _timed("prompts queued", people, product.visits.ask_due)
        if (asked, _queued(product)) != (
            people,
            2 * people,
        ):  # to somebody new, who asks and reads comes first
            raise SystemExit(f"only {asked} were asked, in {_queued(product)} messages")
        with mock.patch.object(WhatsAppChannel, "send", _send):
            sent = _timed("messages sent", 2 * people, lambda: asyncio.run(product.outbox.drain()))
        print(f"after: {_memory():.0f} MB; {sent} sent, {_queued(product)} left")


async def _send(_channel: WhatsAppChannel, outgoing: Outgoing) -> str:
    return f"SM{outgoing.id:032x}"


def _timed(what: str, count: int, work: Callable[[], T]) -> T:
    began, used = time.perf_counter(), time.process_time()
    done = work()
    took, cpu = time.perf_counter() - began, time.process_time() - used
    print(
        f"{count} {what}: {took:.1f} s, {count / took:.0f} a second, {cpu / count * 1000:.2f} s of CPU for 1,000"
    )
    return done


def _queued(product: Product) -> int:
    with product.store.read() as session:
        return session.scalar(select(func.count()).where(Outbound.state == "queued")) or 0


def _memory() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024


if __name__ == "__main__":
    main()
