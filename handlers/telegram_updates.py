"""Reading Telegram's updates. Pure: whatever an update holds, it becomes one of our values or None.

https://core.telegram.org/bots/api#update
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bot.conversation.messages import Arrival, Departure, Incoming, Intrusion

ALLOWED_UPDATES: Final = ("message", "edited_message", "callback_query", "my_chat_member")

# Telegram's names for what is no text, and ours. The more particular come first: an animation is a document
# as well, and a venue is a location as well.
UNREADABLE_KINDS: Final[Mapping[str, str]] = {
    "voice": "voice",
    "audio": "voice",
    "animation": "video",
    "video": "video",
    "video_note": "video",
    "photo": "photo",
    "sticker": "sticker",
    "document": "document",
    "venue": "location",
    "location": "location",
    "contact": "contact",
    "story": "media",
    "paid_media": "media",
    "poll": "media",
    "dice": "media",
    "game": "media",
    "checklist": "media",
}
BOT_NAME: Final = re.compile(r"^(/[A-Za-z0-9_]{1,32})@[A-Za-z0-9_]{1,32}(?=\s|$)")
START: Final = re.compile(r"/start(?:\s+(?P<source>.*))?", re.DOTALL)
SOURCE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")  # https://core.telegram.org/bots/features#deep-linking

Json = Mapping[str, Any]


class Updates:
    """Reads the updates of one bot.

    Args:
        account: the bot's id.
        clock: gives the current time, aware; for what has no time of its own.
    """

    def __init__(self, account: str, clock: Callable[[], datetime]) -> None:
        self._account = account
        self._clock = clock

    def read(self, update: Json) -> Arrival | None:
        """What an update says to us; None for kinds of update that we don't take part in."""
        number = str(update["update_id"])
        match update:
            case {"message": {"chat": {}} as message}:
                return self._message(number, message, edited=False)
            case {"edited_message": {"chat": {}} as message}:
                return self._message(number, message, edited=True)
            case {"callback_query": {"message": {"chat": {}}} as pressed}:
                return self._button(number, pressed)
            case {"my_chat_member": {"chat": {}, "new_chat_member": {"status": str(status)}} as change}:
                return self._membership(number, change, status)
            case _:
                return None

    def _message(self, number: str, message: Json, *, edited: bool) -> Arrival | None:
        address, intrusion = _private_chat(message["chat"])
        if address is None:
            return intrusion
        words = message.get("text", message.get("caption", ""))
        unreadable = next((ours for theirs, ours in UNREADABLE_KINDS.items() if theirs in message), None)
        if "caption" in message:
            unreadable = unreadable or "media"  # a kind that is newer than we are
        # An edit without words is a location that moves. Without words and kind it is no message of anybody's.
        if not isinstance(words, str) or not (words or (unreadable and not edited)):
            return None
        text, source = _command(words)
        return Incoming(
            channel="telegram",
            account=self._account,
            external_id=number,
            address=address,
            text=text,
            received_at=self._time(message.get("edit_date" if edited else "date")),
            unreadable=unreadable,
            message_id=f"{address}:{message.get('message_id')}",
            edited=edited,
            source=source,
        )

    def _button(self, number: str, pressed: Json) -> Arrival | None:
        message, data, query = pressed["message"], pressed.get("data"), pressed.get("id")
        address, intrusion = _private_chat(message["chat"])
        if address is None or not isinstance(data, str):
            return intrusion
        return Incoming(
            channel="telegram",
            account=self._account,
            external_id=number,
            address=address,
            text="",
            received_at=self._clock(),
            choice=data,
            callback=query if isinstance(query, str) else None,
            message_id=f"{address}:{message.get('message_id')}",
        )

    def _membership(self, number: str, change: Json, status: str) -> Arrival | None:
        gone = status in ("kicked", "left")
        address, intrusion = _private_chat(change["chat"])
        if address is None:
            return None if gone else intrusion
        if not gone:
            return None  # unblocked; whoever wants more will say so
        when = self._time(change.get("date"))
        return Departure("telegram", self._account, external_id=number, address=address, received_at=when)

    def _time(self, seconds: object) -> datetime:
        if isinstance(seconds, int):
            try:
                return datetime.fromtimestamp(seconds, UTC)
            except (OverflowError, ValueError, OSError):
                pass  # no time that there is
        return self._clock()


def _private_chat(chat: Json) -> tuple[str | None, Intrusion | None]:
    """The address of a person, or the group that we are not to be in; neither when it is no chat at all."""
    match chat:
        case {"id": int(number), "type": "private"}:
            return str(number), None
        case {"id": int(number), "type": str()}:
            return None, Intrusion(str(number))
        case _:
            return None, None


def _command(words: str) -> tuple[str, str | None]:
    """The words without our own name behind a command, and what a deep link adds to /start."""
    text = BOT_NAME.sub(r"\1", words)
    start = START.fullmatch(text)
    if start is None:
        return text, None
    source = (start["source"] or "").strip()
    return "/start", source if SOURCE.fullmatch(source) else None
