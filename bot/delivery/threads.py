"""Threads for the database, beside the event loop that must never wait for a disk."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError

from bot.log import log_error
from models.store import passes

T = TypeVar("T")
AGAIN_SECONDS: Final = 5.0
MOST_TRIES: Final = 5
WAIT_SECONDS: Final = 0.02
AWAY_SECONDS: Final = 1.0


class Bell:
    """Something to wait for that any thread may ring."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def ring(self) -> None:
        """Wake whoever waits, or the next one who will."""
        if self._loop is None:
            self._rung.set()
        else:
            self._loop.call_soon_threadsafe(self._rung.set)

    async def wait(self, seconds: float) -> None:
        """Wait for a ring, but no longer than that."""
        self._loop = asyncio.get_running_loop()
        try:
            # Not wait_for: in Python 3.11 it swallows a cancellation that meets the ring, and nothing ends.
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return
        finally:
            self._rung.clear()


async def keep_doing(work: Callable[[], Awaitable[float]], bell: Bell, name: str) -> None:
    """Do something again and again until cancelled.

    Args:
        work: does it once; gives the seconds until it is worth doing again.
        bell: wakes it earlier.
        name: what it is called in the log, should it fail; it is then tried again.
    """
    while True:
        try:
            seconds = await work()
        except Exception as error:  # noqa: BLE001 - it must outlive a database that is away
            log_error(name, error)
            seconds = AGAIN_SECONDS
        await bell.wait(seconds)


class Threads:
    """Runs functions that block.

    Args:
        count: how many at once. One for SQLite, which lets one write at a time: more would only wait for
            each other inside the database.
    """

    def __init__(self, count: int = 1) -> None:
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="database")

    async def run(self, function: Callable[[], T], patience: float = 0.0) -> T:
        """The function's result, computed off the event loop.

        What fails because another transaction was in its way is done again.

        Args:
            function: does one thing, which changes nothing more when it is done again.
            patience: for how many seconds to try again when the database is away, and not only held up.
        """
        loop = asyncio.get_running_loop()
        deadline, tries = loop.time() + patience, 0
        while True:
            tries += 1
            try:
                return await loop.run_in_executor(self._pool, function)
            except DBAPIError as error:
                if passes(error) and tries < MOST_TRIES:
                    seconds = WAIT_SECONDS * tries
                elif isinstance(error, OperationalError) and loop.time() < deadline:
                    seconds = AWAY_SECONDS
                else:
                    raise
            await asyncio.sleep(seconds)

    def close(self) -> None:
        """Finish what is running and stop."""
        self._pool.shutdown(wait=True)
