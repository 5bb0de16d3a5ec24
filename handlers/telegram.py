"""Telegram: updates in, messages out through python-telegram-bot.

Facts about the Bot API: https://core.telegram.org/bots/api
"""

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import (
    BadRequest,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import HTTPXRequest

from bot.conversation.messages import (
    ChannelName,
    Incoming,
    Reply,
    SendFailed,
    Unreadable,
    Unverified,
    WebRequest,
)

SECRET_HEADER: Final = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name, not a secret
ALLOWED_UPDATES: Final = ("message", "callback_query")
UNREADABLE_KINDS: Final = (
    "voice",
    "audio",
    "video",
    "video_note",
    "photo",
    "sticker",
    "document",
    "location",
    "contact",
)
TIMEOUT_SECONDS: Final = 10.0
LONGEST_TEXT: Final = 4096  # characters in one message, says the Bot API


class TelegramChannel:
    """One bot.

    Args:
        token: from BotFather; the part before the colon is the bot's own id.
        secret: what Telegram must repeat in a header of every update.
        api_url: where the Bot API is.
        clock: gives the current time, aware; for what has no time of its own.
    """

    name: ChannelName = "telegram"
    body_limit = 1_000_000
    accepted = (b"", "text/plain")

    def __init__(self, token: str, secret: str, api_url: str, clock: Callable[[], datetime]) -> None:
        self.account = token.partition(":")[0]
        self._secret = secret.encode()
        self._clock = clock
        self._bot = Bot(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            request=HTTPXRequest(
                connection_pool_size=32,
                connect_timeout=TIMEOUT_SECONDS,
                read_timeout=TIMEOUT_SECONDS,
                write_timeout=TIMEOUT_SECONDS,
                pool_timeout=TIMEOUT_SECONDS,
            ),
        )

    def read(self, request: WebRequest) -> Incoming | None:
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
        return self.incoming(update)

    def incoming(self, update: Mapping[str, Any]) -> Incoming | None:
        """What an update says to us; None for kinds of update and chats that we don't take part in."""
        message, pressed = update.get("message"), update.get("callback_query")
        if isinstance(pressed, dict):
            return self._button(update["update_id"], pressed)
        if isinstance(message, dict):
            return self._message(update["update_id"], message)
        return None

    async def set_webhook(self, public_base_url: str) -> None:
        """Tell Telegram where to call.

        Raises:
            telegram.error.TelegramError: when it refuses.
        """
        await self._bot.set_webhook(
            f"{public_base_url}/webhooks/telegram",
            secret_token=self._secret.decode(),
            allowed_updates=ALLOWED_UPDATES,
        )

    async def acknowledge(self, incoming: Incoming) -> None:
        """Stop a pressed button from spinning. Too late is no harm: Telegram then answers 400."""
        if incoming.callback:
            await self._bot.answer_callback_query(incoming.callback)

    async def send(self, address: str, reply: Reply) -> str:
        """See `Channel.send`."""
        row = [InlineKeyboardButton(button.label, callback_data=button.choice) for button in reply.buttons]
        try:
            sent = await self._bot.send_message(
                int(address),
                reply.text[:LONGEST_TEXT],
                reply_markup=InlineKeyboardMarkup([[button] for button in row]) if row else None,
            )
        except TelegramError as error:
            raise _failure(error) from None
        return str(sent.message_id)

    async def close(self) -> None:
        """Let go of connections."""
        await self._bot.request.shutdown()

    def _message(self, update_id: int, message: Mapping[str, Any]) -> Incoming | None:
        address = _private_chat(message)
        if address is None:
            return None
        unreadable = next((kind for kind in UNREADABLE_KINDS if kind in message), None)
        text = message.get("text", message.get("caption", ""))
        if not isinstance(text, str) or (not text and unreadable is None):
            return None
        seconds = message.get("date")
        return Incoming(
            channel=self.name,
            account=self.account,
            external_id=str(update_id),
            address=address,
            text=text,
            received_at=datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else self._clock(),
            unreadable=unreadable,
        )

    def _button(self, update_id: int, pressed: Mapping[str, Any]) -> Incoming | None:
        message, data, query_id = pressed.get("message"), pressed.get("data"), pressed.get("id")
        address = _private_chat(message) if isinstance(message, dict) else None
        if address is None or not isinstance(data, str):
            return None
        return Incoming(
            channel=self.name,
            account=self.account,
            external_id=str(update_id),
            address=address,
            text="",
            received_at=self._clock(),
            choice=data,
            callback=query_id if isinstance(query_id, str) else None,
        )


def _private_chat(message: Mapping[str, Any]) -> str | None:
    chat = message.get("chat")
    if not isinstance(chat, dict) or chat.get("type") != "private" or not isinstance(chat.get("id"), int):
        return None
    return str(chat["id"])


def _failure(error: TelegramError) -> SendFailed:
    """What a Telegram error means for the message. BadRequest is a NetworkError, so it is asked first."""
    match error:
        case RetryAfter():
            wait = error.retry_after
            return SendFailed(
                "429", "retry", after=float(wait if isinstance(wait, int) else wait.total_seconds())
            )
        case Forbidden():
            return SendFailed("403", "stopped")  # blocked by the person, or their account is gone
        case InvalidToken():
            return SendFailed("401", "retry")  # ours to mend; the message must not be lost meanwhile
        case BadRequest():
            return SendFailed("400", "failed")
        case TimedOut():
            return SendFailed("timed_out", "unknown")
        case NetworkError() if "ConnectError" in str(error):
            return SendFailed("no_connection", "retry")
        case _:
            return SendFailed("network", "unknown")
