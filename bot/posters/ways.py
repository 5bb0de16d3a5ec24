"""The ways to reach a landlord's lines: what to scan, and what to type. Pure."""

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

import segno

from bot.conversation.messages import ChannelName
from bot.numbers import spaced

ORDER: Final[tuple[ChannelName, ...]] = ("sms", "whatsapp", "telegram")
_BOT_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{4,31}")
LONGEST_SOURCE: Final = 64
"""Telegram's limit for what a link may carry: core.telegram.org/bots/features#deep-linking."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to write to us.

    Args:
        channel: on which channel.
        shown: what somebody types who scans nothing: a number, or a bot's name.
        link: what the code holds.
    """

    channel: ChannelName
    shown: str
    link: str

    def svg(self) -> str:
        """The code as SVG for a page: black on white, scaled by the page."""
        # "Q" still reads when a quarter of it is worn off or covered, as on a door in a stairwell.
        code = segno.make(self.link, error="q", micro=False)
        out = io.BytesIO()
        code.save(out, kind="svg", xmldecl=False, svgns=True, border=4, omitsize=True, light="#fff")
        return out.getvalue().decode()


def ways(reached: Iterable[tuple[ChannelName, str]], source: str = "", says: str = "") -> tuple[Way, ...]:
    """The ways to reach these lines.

    Args:
        reached: (channel, number in E.164 or bot's name without @).
        source: where the poster hangs; only Telegram's links can carry it.
        says: what is typed already when somebody scans the code of SMS or WhatsApp.
    """
    made = {channel: _way(channel, name, source, says) for channel, name in reached}
    return tuple(made[channel] for channel in ORDER if channel in made)


def _way(channel: ChannelName, name: str, source: str, says: str) -> Way:
    typed = quote(says, safe="")
    match channel:
        case "sms":
            return Way(
                channel, spaced(name), f"sms:{name}?body={typed}" if says else f"sms:{name}"
            )  # RFC 5724
        case "whatsapp":
            # WhatsApp, "How to use click to chat": the number without + or zeros in front.
            link = f"https://wa.me/{name.lstrip('+')}"
            return Way(channel, spaced(name), f"{link}?text={typed}" if says else link)
        case "telegram":
            start = f"?start={quote(source, safe='')}" if source else ""
            return Way(channel, f"@{name}", f"https://t.me/{name}{start}")


def is_bot_name(text: str) -> bool:
    """Whether Telegram lets a bot be called this (core.telegram.org/method/account.updateUsername)."""
    return _BOT_NAME.fullmatch(text) is not None


def is_source(text: str) -> bool:
    """Whether Telegram lets a link carry this: letters, digits, _ and -, at most 64 of them."""
    return len(text) <= LONGEST_SOURCE and all(
        char.isascii() and (char.isalnum() or char in "_-") for char in text
    )


Sheet = Literal["poster", "cards"]
"""One A4 page to hang up, or four cards on a page to cut apart."""
