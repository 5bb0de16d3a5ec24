"""Fetching Telegram's updates, where Telegram can't call us.

https://core.telegram.org/bots/api#getupdates
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from telegram import Bot
from telegram.error import Conflict, RetryAfter, TelegramError

from bot.conversation.messages import Arrival, SecondPoller
from bot.log import log_error
from handlers.telegram_errors import wait
from handlers.telegram_updates import ALLOWED_UPDATES, Updates

FIRST_WAIT_SECONDS: Final = 1.0
LONGEST_WAIT_SECONDS: Final = 60.0
IDLE_SECONDS: Final = 0.2  # between two empty answers of a server that does not hold the question open

TakeIn = Callable[[Arrival], Awaitable[object]]


class Poller:
    """Fetches one bot's updates. What was fetched is confirmed only after it was taken in.

    Telegram forgets an update when a later offset is asked for, so the offset moves past an update only
    once that one is safe with us: one that could not be taken in is fetched again, for as long as it takes.

    Args:
        bot: the client.
        updates: reads what comes.
        poll_seconds: how long Telegram may hold a question open when there is nothing.
        take_in: makes an arrival safe.
    """

    def __init__(self, bot: Bot, updates: Updates, poll_seconds: int, take_in: TakeIn) -> None:
        self._bot = bot
        self._updates = updates
        self._poll_seconds = poll_seconds
        self._take_in = take_in
        self._offset: int | None = None
        self._wait = FIRST_WAIT_SECONDS

    async def run(self) -> None:
        """Go on until cancelled.

        Raises:
            SecondPoller: when somebody else fetches for the same bot.
        """
        while not await self._tried(self._without_webhook):
            pass
        while True:
            await self._tried(self._turn)

    async def _tried(self, step: Callable[[], Awaitable[None]]) -> bool:
        """Take a step; after a failure wait, longer each time."""
        try:
            await step()
        except Conflict:
            raise SecondPoller("somebody else fetches this bot's messages, or has set a webhook") from None
        except RetryAfter as error:
            await asyncio.sleep(wait(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the same updates are fetched again
            name = "not_fetched" if isinstance(error, TelegramError) else "not_taken_in"
            log_error(name, error, channel="telegram")
            await asyncio.sleep(self._wait)
            self._wait = min(2 * self._wait, LONGEST_WAIT_SECONDS)
        else:
            self._wait = FIRST_WAIT_SECONDS
            return True
        return False

    async def _without_webhook(self) -> None:
        await self._bot.delete_webhook(drop_pending_updates=False)

    async def _turn(self) -> None:
        fetched = await self._fetch()
        for update in fetched:
            arrival = self._updates.read(update)
            if arrival is not None:
                await self._take_in(arrival)
            self._offset = update["update_id"] + 1
        if not fetched:
            await asyncio.sleep(IDLE_SECONDS)

    async def _fetch(self) -> list[Mapping[str, Any]]:
        """The updates from the offset on, raw: the library's own parser raises for a whole batch when one is odd."""
        asked = {"offset": self._offset, "timeout": self._poll_seconds, "allowed_updates": ALLOWED_UPDATES}
        # Spelt so, it is no method of Bot, which would warn; the library makes getUpdates of it.
        answer = await self._bot.do_api_request(
            "get_Updates",
            api_kwargs={name: value for name, value in asked.items() if value is not None},
            read_timeout=self._poll_seconds + 10.0,
        )
        return [u for u in answer if isinstance(u, dict) and isinstance(u.get("update_id"), int)]
