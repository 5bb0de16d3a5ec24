"""What an error of python-telegram-bot means for a message and its person.

Which answers of Telegram become which error: `telegram.request.BaseRequest`. BadRequest and TimedOut are
kinds of NetworkError there, so they are asked about first.
"""

import os
from datetime import timedelta

from aiohttp import ClientError
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.conversation.messages import SendFailed
from handlers.connections import lost

# The library's own switch for how its next version tells durations; without it, it warns at each 429.
os.environ.setdefault("PTB_TIMEDELTA", "true")

# https://github.com/tdlib/telegram-bot-api, Client.cpp: what it says of an address that there is not
NO_SUCH_CHAT = ("chat not found", "user not found", "peer_id_invalid")


def meaning(error: TelegramError) -> SendFailed:
    """What a Telegram error means for the message that it was about."""
    match error:
        case RetryAfter():
            return SendFailed("429", "retry", after=wait(error))
        case Forbidden():
            return SendFailed("403", "stopped")  # blocked by the person, or their account is gone
        case InvalidToken():
            return SendFailed("401", "down")
        case ChatMigrated():
            return SendFailed("400", "failed")  # a group that became another; we write to no groups
        case BadRequest():
            nobody = any(words in error.message.lower() for words in NO_SUCH_CHAT)
            return SendFailed("400", "unreachable" if nobody else "failed")
        case TimedOut() | NetworkError():
            return _network(error)
        case _:
            return SendFailed("not_understood", "unknown")


def wait(error: RetryAfter) -> float:
    """The seconds that Telegram asks us to wait."""
    asked = error.retry_after
    return asked.total_seconds() if isinstance(asked, timedelta) else float(asked)


def _network(error: NetworkError) -> SendFailed:
    """There was no answer, or it was one of trouble at Telegram's."""
    cause = error.__cause__
    if isinstance(cause, ClientError | TimeoutError | OSError):
        return lost(cause)
    if "too many requests" in error.message.lower():
        return SendFailed("429", "retry")  # without the seconds, which are optional
    return SendFailed("5xx", "unknown")
