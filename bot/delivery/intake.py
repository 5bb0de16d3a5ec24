"""The intake: events that wait together are stored together, and each is answered only after that commit.

One commit waits for the disk whether it holds one message or fifty, so a storm is stored in few of them.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from bot.conversation.messages import Arrival, Departure, Incoming, Intrusion
from bot.delivery.inbox import Receipt
from bot.delivery.threads import Threads

MOST_TOGETHER: Final = 64
"""So many events in one transaction: whoever comes next waits for no more than that."""
MOST_WAITING: Final = 2_000
"""Events beyond that are refused, so that the provider tries again later and not in vain."""

StoreAll = Callable[[Sequence[Arrival]], Sequence[Receipt | Exception]]
Waiting = tuple[Arrival, "asyncio.Future[Receipt]"]


class Overloaded(Exception):
    """More waits to be stored than can be stored in time."""


class Intake:
    """Where events wait for the next transaction.

    Args:
        store_all: stores events of different people in one transaction; gives what became of each.
        threads: where the database is used, off the event loop.
    """

    def __init__(self, store_all: StoreAll, threads: Threads) -> None:
        self._store_all = store_all
        self._threads = threads
        self._waiting: list[Waiting] = []
        self._storing: asyncio.Task[None] | None = None

    async def receive(self, arrival: Arrival) -> Receipt:
        """Have an event stored with all that follows from it.

        Returns:
            After the commit.

        Raises:
            Overloaded: when too much waits already.
            sqlalchemy.exc.SQLAlchemyError: when it could not be stored.
        """
        if isinstance(arrival, Intrusion):
            return Receipt(new=False)  # nothing of it is kept
        if len(self._waiting) >= MOST_WAITING:
            raise Overloaded
        stored: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, stored))
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store())
        return await stored

    async def _store(self) -> None:
        while self._waiting:
            group = self._next_group()
            arrivals = [arrival for arrival, _ in group]
            try:
                ended = await self._threads.run(lambda those=arrivals: self._store_all(those))  # type: ignore[misc]
            except BaseException as error:
                _answer(group, [RuntimeError(type(error).__name__)] * len(group))
                raise
            _answer(group, ended)

    def _next_group(self) -> list[Waiting]:
        """What comes next: of one address only the first, because the next message builds on what it changes."""
        group: list[Waiting] = []
        left: list[Waiting] = []
        seen: set[str] = set()
        for place, waiting in enumerate(self._waiting):
            if len(group) == MOST_TOGETHER:
                left += self._waiting[place:]
                break
            arrival = waiting[0]
            address = arrival.address if isinstance(arrival, Incoming | Departure) else None
            if address in seen:
                left.append(waiting)
                continue
            if address is not None:
                seen.add(address)
            group.append(waiting)
        self._waiting = left
        return group


def _answer(group: Sequence[Waiting], ended: Sequence[Receipt | Exception]) -> None:
    for (_, stored), end in zip(group, ended, strict=True):
        if stored.done():
            continue  # whoever asked has gone
        if isinstance(end, Exception):
            stored.set_exception(end)
        else:
            stored.set_result(end)
