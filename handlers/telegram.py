"""Telegram: one bot, through python-telegram-bot.

Facts about the Bot API: https://core.telegram.org/bots/api
"""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from telegram import Bot, BotCommandScopeAllPrivateChats, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import TelegramError

from bot.conversation.messages import (
    Arrival,
    ChannelName,
    Incoming,
    Intrusion,
    Outgoing,
    Pace,
    Reply,
    SendFailed,
    Unreadable,
    Unverified,
    WebRequest,
)
from bot.log import get_logger, log_error
from handlers.telegram_errors import meaning
from handlers.telegram_polling import Poller
from handlers.telegram_request import KeptAliveRequest
from handlers.telegram_updates import ALLOWED_UPDATES, Updates

SECRET_HEADER: Final = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name, not a secret
TIMEOUT_SECONDS: Final = 10.0  # for each step of a call
MOST_AT_ONCE: Final = 256  # calls, each on a connection of its own
STEPS: Final = 3  # so many of them for a call in all: an answer may drip
MOST_PENDING: Final = 100  # more than that waiting at Telegram means that we have been away
LONGEST_TEXT: Final = 4096  # in UTF-16 units, as Telegram counts

Commands = Mapping[str, Sequence[tuple[str, str]]]


class TelegramChannel:
    """One bot.

    Args:
        token: from BotFather; the part before the colon is the bot's own id.
        secret: what Telegram must repeat in a header of every update.
        api_url: where the Bot API is.
        clock: gives the current time, aware; for what has no time of its own.
        webhook_url: where Telegram is to call; None when we fetch instead.
        commands: the bot's menu, (name, description), by language code; the first also serves people whose
            language is not there.
        poll_seconds: how long Telegram may hold a question for updates open.
        timeout: seconds for each step of a call.
    """

    name: ChannelName = "telegram"
    # https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
    pace = Pace(per_chat=1.0, per_second=30)
    body_limit = 1_000_000
    accepted = (b"", "text/plain")

    def __init__(  # noqa: PLR0913 - one bot's settings
        self,
        token: str,
        secret: str,
        api_url: str,
        clock: Callable[[], datetime],
        *,
        webhook_url: str | None = None,
        commands: Commands | None = None,
        poll_seconds: int = 30,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self.account = token.partition(":")[0]
        self._secret = secret.encode()
        self._webhook_url = webhook_url
        self._commands = commands or {}
        self._poll_seconds = poll_seconds
        self._whole_seconds = STEPS * timeout
        self._updates = Updates(self.account, clock)
        # Fetching holds its connection for half a minute, so it has one of its own.
        self._requests = (KeptAliveRequest(MOST_AT_ONCE, timeout), KeptAliveRequest(1, timeout))
        self._bot = Bot(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=self._requests[0],
            get_updates_request=self._requests[1],
        )

    def read(self, request: WebRequest) -> Arrival | None:
        """See `Channel.read`."""
        given = request.headers.get(SECRET_HEADER, "").encode("latin-1", "replace")
        if not self._secret or not hmac.compare_digest(given, self._secret):
            raise Unverified("the secret header is missing or wrong")
        try:
            update = json.loads(request.body)
        except (ValueError, RecursionError):
            raise Unreadable("the body is not JSON") from None
        if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
            raise Unreadable("the body is not an update")
        return self._updates.read(update)

    async def acknowledge(self, arrival: Arrival) -> None:
        """Stop a pressed button from spinning, and leave groups. Too late is no harm: Telegram answers 400."""
        match arrival:
            case Incoming(callback=str(query)):
                await self._bot.answer_callback_query(query)
            case Intrusion(chat=chat):
                await self._bot.leave_chat(int(chat))

    async def prepare(self) -> None:
        """Say where to call, where a webhook is wanted, and what the menu holds.

        Raises:
            telegram.error.TelegramError: when Telegram refuses or can't be reached.
        """
        await self._inspect()
        if self._webhook_url is not None:
            await self._bot.set_webhook(
                self._webhook_url,
                secret_token=self._secret.decode(),
                allowed_updates=ALLOWED_UPDATES,
                drop_pending_updates=False,
            )
        for language in (*self._commands, None):
            menu = self._commands[language or next(iter(self._commands))] if self._commands else ()
            if menu:
                await self._bot.set_my_commands(
                    menu, scope=BotCommandScopeAllPrivateChats(), language_code=language
                )

    async def _inspect(self) -> None:
        """Look whether somebody made Telegram call elsewhere, and how much it could not deliver.

        What it can't deliver for 24 hours it drops (https://core.telegram.org/bots/api#getting-updates).
        """
        try:
            info = await self._bot.get_webhook_info()
        except TelegramError as error:
            log_error("webhook_not_inspected", error)
            return
        if info.url and info.url != self._webhook_url:
            get_logger().error("webhook_was_elsewhere", channel=self.name)
        if info.pending_update_count > MOST_PENDING:
            get_logger().error("updates_pile_up", channel=self.name, pending=info.pending_update_count)

    async def poll(self, take_in: Callable[[Arrival], Awaitable[object]]) -> None:
        """See `Polling.poll`."""
        await Poller(self._bot, self._updates, self._poll_seconds, take_in, self.acknowledge).run()

    async def send(self, outgoing: Outgoing) -> str:
        """See `Channel.send`."""
        try:
            chat = int(outgoing.address)
        except ValueError:
            raise SendFailed("no_chat", "unreachable") from None
        reply = outgoing.reply
        words, keyboard = shortened(reply.text, LONGEST_TEXT), _keyboard(reply)
        try:
            async with asyncio.timeout(self._whole_seconds):
                sent = await self._bot.send_message(chat, words, reply_markup=keyboard)
        except TimeoutError:
            raise SendFailed("no_answer", "unknown") from None
        except TelegramError as error:
            raise meaning(error) from None
        except Exception as error:  # noqa: BLE001 - it said yes, in a form that the library can't read
            log_error("answer_not_understood", error, channel=self.name)
            raise SendFailed("not_understood", "unknown") from None
        return str(sent.message_id)

    async def close(self) -> None:
        """Let go of connections."""
        for request in self._requests:
            await request.shutdown()


def shortened(text: str, units: int) -> str:
    """The text, cut to so many UTF-16 units without breaking a character in half."""
    return text.encode("utf-16-le", "replace")[: 2 * units].decode("utf-16-le", "ignore")


def _keyboard(reply: Reply) -> InlineKeyboardMarkup | None:
    rows = [[InlineKeyboardButton(button.label, callback_data=button.choice)] for button in reply.buttons]
    return InlineKeyboardMarkup(rows) if rows else None
