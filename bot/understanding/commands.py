"""Commands: what tells the bot to do something, in any wording and language, at any step.

Four readers, from sure to doubtful: the exact words of the lexicon; its phrases with nothing but words of
the frame around them ("please", "can you"); the lists of the other languages; and the model, which has seen many
English wordings. What only may be a STOP is none, but can be asked about.
"""

import re
from functools import cache
from typing import Final, Literal, cast

from bot.understanding.lexicon import lexicon, pattern, phrases
from bot.understanding.life import read_circumstance
from bot.understanding.model import scores
from bot.understanding.normal import bare, phrase, words_of
from bot.understanding.other import other_lists_hold, read_other_command

Command = Literal["stop", "start", "help", "delete", "skip", "back", "language", "privacy", "my_data"]

MOST_WORDS: Final = 16
"""A longer message is a story that happens to hold such words."""

SURE: Final = -1.5
"""What the likeliest of all acts must get, to be obeyed as a command. Chosen by cross-validation: lower finds
more commands and takes more than one story in a hundred for one."""

MAYBE: Final = -1.75
"""What a STOP must get, to be worth asking about."""

CARRIER_STOP_WORDS: Final = frozenset(
    ("stop", "unsubscribe", "end", "quit", "stopall", "revoke", "optout", "cancel")
)
"""Single words on which Twilio opts a person out and confirms it, so that we must not confirm it again
(https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out)."""

_DEEP_LINK: Final = re.compile(r"/start(@\w+)?( \S+)?\s*", re.IGNORECASE)


def read_command(text: str) -> Command | None:
    """The command in a message, or None. Sure ones only.

    `/stop` and the like are Telegram's way of typing them; `/start 7f3a` is a link that somebody followed.
    """
    named = named_command(text)
    if named or phrase(text) in _said_otherwise() or other_lists_hold(text):
        return named
    guessed = _command_by_model(text)
    # Whoever says that it is the wrong number has a kinder answer.
    return None if guessed and read_circumstance(text) == "wrong_number" else guessed


def named_command(text: str) -> Command | None:
    """The command that a message gives in so many words, in any of our languages; none that is only likely."""
    if _DEEP_LINK.fullmatch(text):
        return "start"
    found = command_by_words(text.removeprefix("/"))
    if found:
        return found[0]
    return None if phrase(text) in _said_otherwise() else read_other_command(text)


def may_mean_stop(text: str) -> bool:
    """Whether a message that is no sure STOP may be one, so that it is worth asking."""
    if read_command(text) == "stop":
        return False
    if len(words_of(text)) > MOST_WORDS:
        return False
    return scores("acts", text)["command:stop"] > MAYBE


def command_by_words(text: str) -> tuple[Command, str] | None:
    """The command that the lexicon finds, and the words by which it does."""
    words = words_of(text)
    if not words:
        return _by_sign(text)
    if len(words) > MOST_WORDS:
        return None
    said = " ".join(words)
    for whole in dict.fromkeys((said, bare(said))):
        for name in lexicon("commands"):
            if whole in phrases("commands", name, "whole"):
                return cast("Command", name), whole
    return _inside(said)


def _by_sign(text: str) -> tuple[Command, str] | None:
    """The command that a message without words gives by a sign such as "?" or a stop sign."""
    for name in lexicon("commands"):
        for sign in sorted(phrases("commands", name, "whole")):
            if not words_of(sign) and sign in text:
                return cast("Command", name), sign
    return None


def _inside(said: str) -> tuple[Command, str] | None:
    best: tuple[int, Command, str] | None = None
    for name in lexicon("commands"):
        for match in pattern("commands", name, "inside").finditer(f" {said}"):
            around = f" {said}"[: match.start()].split() + f" {said}"[match.end() :].split()
            found = (len(match.group()), cast("Command", name), match.group().strip())
            if _frame().issuperset(around) and (best is None or found[0] > best[0]):
                best = found
    return best[1:] if best else None


@cache
def _frame() -> frozenset[str]:
    return phrases("words", "frame")


def _command_by_model(text: str) -> Command | None:
    if not 1 < len(words_of(text)) <= MOST_WORDS:
        return None
    acts = scores("acts", text)
    best = max(acts, key=lambda act: acts[act])
    kind, _, name = best.partition(":")
    return cast("Command", name) if kind == "command" and acts[best] > SURE else None


@cache
def _said_otherwise() -> frozenset[str]:
    """What is an answer or chatter in English, whatever it may be elsewhere."""
    answers = (phrases("answers", choice, "whole") for choice in lexicon("answers"))
    return phrases("chatter", "whole").union(*answers)


def carrier_confirms_stop(text: str) -> bool:
    """Whether the carrier has already told the person that no more texts will come."""
    words = words_of(text)
    return len(words) == 1 and words[0] in CARRIER_STOP_WORDS
