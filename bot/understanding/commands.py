"""Commands: what tells the bot to do something, in any wording and language, at any step."""

from typing import Final, Literal, cast

from bot.understanding.lexicon import lexicon, phrases
from bot.understanding.normal import words_of

Command = Literal["stop", "start", "help", "delete", "skip", "back", "language"]

MOST_WORDS: Final = 12
"""A longer message is a story that happens to hold such words."""

CARRIER_STOP_WORDS: Final = frozenset(
    ("stop", "unsubscribe", "end", "quit", "stopall", "revoke", "optout", "cancel")
)
"""Single words on which Twilio opts a person out and confirms it, so that we must not confirm it again
(https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out)."""


def read_command(text: str) -> Command | None:
    """The command in a message, or None.

    `/stop` and the like are Telegram's way of typing them.
    """
    words = words_of(text.removeprefix("/"))
    if not words and text.strip() == "?":
        return "help"
    if not words or len(words) > MOST_WORDS:
        return None
    said = " ".join(words)
    for name in lexicon("commands"):
        if said in phrases("commands", name, "whole"):
            return cast("Command", name)
    padded = f" {said} "
    for name in lexicon("commands"):
        if any(f" {entry} " in padded for entry in phrases("commands", name, "inside")):
            return cast("Command", name)
    return None


def carrier_confirms_stop(text: str) -> bool:
    """Whether the carrier has already told the person that no more texts will come."""
    words = words_of(text)
    return len(words) == 1 and words[0] in CARRIER_STOP_WORDS
