"""Hearing back: whether somebody wants to know what comes of what they told. Offered, never asked twice."""

from dataclasses import replace
from typing import Final

from bot.conversation.messages import Incoming
from bot.conversation.state import State
from bot.conversation.turn import Consented, Say, Turn
from bot.understanding.answers import read_consent
from bot.understanding.normal import phrase

USE: Final = "response"
"""The use that they agree to: of their address, for one message about what came of it."""
STEP: Final = "hear_back"
BUTTONS: Final = (("button_yes", "1"),)
NODS: Final = frozenset(("ok", "okay", "okey", "k", "fine", "right", "alright"))
"""What people say when a talk is over. It is no yes to another text: that takes a word or digit that means it."""


def offer(state: State, key: str) -> tuple[State, Say]:
    """The last thing that is said, with the offer behind it. It is no question: whoever says nothing said no."""
    return replace(state, offered=True), Say(key, STEP, BUTTONS, then="hear_back")


def hear_offer(state: State, incoming: Incoming) -> Turn | None:
    """What is said to the offer; None when it is something else, or nothing is offered."""
    pressed, _, number = (incoming.choice or "").partition(":")
    if not state.offered or (incoming.choice and pressed != STEP):
        return None
    if phrase(incoming.text) in NODS:
        return None
    decision = read_consent(number or incoming.text)
    if decision not in ("yes", "no"):
        return None
    settled = replace(state, offered=False)
    if decision == "no":
        return Turn(settled)
    return Turn(settled, (Say("hear_back_yes"),), (Consented(USE, given=True),))
