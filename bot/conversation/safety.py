"""Safety: what comes before everything else. Danger is answered at once, and passed on by the rule of its kind."""

from dataclasses import replace

from bot.conversation.asking import ask, current
from bot.conversation.here import Here
from bot.conversation.messages import Incoming
from bot.conversation.script import OPEN_STORY
from bot.conversation.state import State
from bot.conversation.turn import (
    Begin,
    DoNotAsk,
    Effect,
    HandOver,
    KeepPrivate,
    Say,
    Stopped,
    Told,
    Turn,
)
from bot.understanding.allegations import read_allegation
from bot.understanding.language import tell
from bot.understanding.life import Circumstance
from bot.understanding.normal import has_words, words_of
from bot.understanding.questions import wants_to_complain
from bot.understanding.urgency import read_urgency

HAND_OVER = "hand_over"
TELLS_SOMETHING = 14
"""Somebody who says in so many words that they text for another tells what happened as well."""


def danger_in(text: str) -> str | None:
    """The kind of danger that a message speaks of, or None."""
    urgency = read_urgency(text) if has_words(text) else None
    return urgency.kind if urgency else None


def signpost(kind: str) -> Say:
    """Where to turn in that danger."""
    return Say(f"signpost.{kind}", kind="signpost")


def face_danger(state: State, incoming: Incoming, kind: str, here: Here) -> Turn:
    """A message that speaks of danger: where to turn, at once; then who else is to know."""
    new = kind not in state.dangers
    state, effects = _told(state, incoming, here)
    state = replace(state, dangers=(*state.dangers, kind) if new else state.dangers, bad=True, mode="")
    if not new:
        return _rest(state, (signpost(kind),), effects)
    rule = here.rules.get(kind)
    if rule is None:
        return _rest(state, (signpost(kind),), effects)
    if rule.is_at_once(vital_interests=here.vital_interests):
        passed_on = Say("passed_on", kind="signpost")
        return _rest(state, (signpost(kind), passed_on), (*effects, HandOver(kind)))
    asked = offer(state, kind, here)
    return replace(asked, says=(signpost(kind), *asked.says), effects=effects)


def offer(state: State, kind: str, here: Here) -> Turn:
    """Ask whether somebody who can act may be told."""
    first = here.scripts[HAND_OVER].steps[0]
    asking = replace(
        state,
        script=HAND_OVER,
        step=first.name,
        trail=(),
        settling=False,
        mode="",
        handing=kind,
        answers={**state.answers, "handing": kind},
    )
    return Turn(asking, (ask(first, asking),))


def want_a_person_told(state: State, incoming: Incoming, here: Here) -> Turn | None:
    """A complaint, or an allegation against somebody of the landlord's: both are offered to be passed on."""
    kind = "complaint" if wants_to_complain(incoming.text) else None
    if read_allegation(incoming.text):
        kind = "staff_allegation"
    if kind is None or kind == state.handing or kind not in here.rules:
        return None
    state, effects = _told(state, incoming, here)
    asked = offer(replace(state, bad=True, routes_told=True), kind, here)
    return replace(asked, effects=effects)


def meet_circumstance(state: State, incoming: Incoming, circumstance: Circumstance, here: Here) -> Turn:
    """Who it is changes how we go on; each gets a kind answer of its own."""
    match circumstance:
        case "under_18":
            state, effects = _told(state, incoming, here)
            rest = replace(state, step=None, private=True, settling=False)
            return Turn(rest, (Say("under_18"),), (*effects, KeepPrivate("under_18")))
        case "wrong_number":
            rest = replace(state, step=None, settling=False, stopped=True)
            return Turn(rest, (Say("wrong_number", kind="farewell"),), (Stopped(),))
        case "bereavement":
            state, effects = _told(state, incoming, here)
            rest = replace(state, step=None, settling=False)
            return Turn(rest, (Say("bereavement"),), (*effects, DoNotAsk("bereavement")))
        case "on_behalf":
            says = (Say("on_behalf"), *current(state, here))
            if len(words_of(incoming.text)) < TELLS_SOMETHING:
                return Turn(state, says)
            state, effects = _told(state, incoming, here)
            return Turn(state, (Say("on_behalf"),), effects)


def _told(state: State, incoming: Incoming, here: Here) -> tuple[State, tuple[Effect, ...]]:
    """Keep the words: as a part of the story that is being told, or as a new one."""
    effects: tuple[Effect, ...] = (Told(incoming.text, anew=state.mode == "retelling"),)
    if state.step is None and not (state.told and state.dangers):
        state = state.fresh(OPEN_STORY, here.scripts[OPEN_STORY].steps[0].name)
        effects = (Begin(OPEN_STORY), *effects)
    # Whoever chose a language and writes a word of English in danger is not to be answered in English.
    default = state.language == here.languages[0]
    told = tell(incoming.text, here.languages, state.language)
    language = told.language if default and told.how == "sure" else state.language
    return replace(state, told=True, told_at=incoming.received_at, language=language), effects


def _rest(state: State, says: tuple[Say, ...], effects: tuple[Effect, ...]) -> Turn:
    """Ask nothing more of somebody in danger."""
    return Turn(replace(state, step=None, trail=(), settling=False), says, effects)
