"""Preview: what the people of a workshop are asked and told, as it will go out, and when. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.conversation.asking import ask
from bot.conversation.script import Script
from bot.conversation.speech import Facts, reply_for
from bot.conversation.state import State
from bot.conversation.turn import Say
from bot.wording import Wording
from bot.workshops.planning import SCRIPTS


@dataclass(frozen=True, slots=True)
class Ahead:
    """What goes out at one moment.

    Args:
        name: of the moment.
        at: local.
        tenants: the texts to tenants, in order; each waits for the answer to the one before.
        staff: the texts to staff, where they are others; empty where they are the same.
    """

    name: str
    at: datetime
    tenants: tuple[str, ...]
    staff: tuple[str, ...]


def ahead(  # noqa: PLR0913 - what a text is made of
    name: str, at: datetime, scripts: Mapping[str, Script], wording: Wording, language: str, facts: Facts
) -> Ahead:
    """What goes out at a moment, as people read it.

    Args:
        name: of the moment.
        at: local.
        scripts: every script there is.
        wording: the sentences of `bot.conversation`.
        language: which language to show them in.
        facts: what they are filled with.
    """

    def said(say: Say) -> str:
        return reply_for(wording, language, say, facts).text

    def texts(script: str) -> tuple[str, ...]:
        state = State(script=script, language=language)
        return tuple(said(ask(step, state)) for step in scripts[script].steps)

    if name not in SCRIPTS:
        return Ahead(name, at, (said(Say(f"workshop.{name}")),), ())
    tenants, staff = map(texts, SCRIPTS[name])
    return Ahead(name, at, tenants, () if staff == tenants else staff)
