"""The dialogue: state and message, or time passing, in; new state, what to say and what to do out.

No I/O, no clock, no dice: whatever depends on those comes in with the message or in `Here`. What comes first
in a message wins, in this order: danger, commands, what we were in doubt about, who it is, what it asks us,
what it answers or tells.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.conversation.asking import ask, current, current_step
from bot.conversation.gathering import PLAIN, Errand, attend
from bot.conversation.hearing_back import hear_offer
from bot.conversation.here import Gathering, Here, World
from bot.conversation.listening import listen, settle
from bot.conversation.messages import Incoming
from bot.conversation.obeying import AFTER_STOP, command_in, forget, obey, stop, switch
from bot.conversation.safety import (
    danger_in,
    face_danger,
    meet_circumstance,
    signpost,
    want_a_person_told,
)
from bot.conversation.script import OPEN_STORY, Script
from bot.conversation.speech import LANGUAGE_BUTTON
from bot.conversation.state import State
from bot.conversation.turn import (
    Begin,
    Consented,
    Rejoined,
    Reworded,
    Say,
    Told,
    Turn,
    Withdrawn,
)
from bot.understanding.answers import read_answer, read_consent
from bot.understanding.commands import may_mean_stop, read_command
from bot.understanding.language import read_language, tell
from bot.understanding.life import read_circumstance
from bot.understanding.normal import clean, has_words, phrase
from bot.understanding.questions import read_question
from bot.understanding.withdrawing import withdraws_consent

__all__ = [
    "OPEN_STORY",
    "PLAIN",
    "Errand",
    "Gathering",
    "Here",
    "World",
    "begin",
    "hear_edit",
    "notify",
    "pass_time",
    "signposts",
    "step",
]

TO_STOPPED: Final = ("farewell", "signpost")
"""Kinds of message that go even to somebody who said stop."""
BEFORE_WORKSHOPS: Final = ("stop", "delete", "help", "privacy", "my_data")
"""Commands that are obeyed even where a workshop waits for an answer."""
MOST_WORDS_NAMING_A_LANGUAGE: Final = 3
SHORT_QUESTION: Final = 12
"""Words: a longer message that seems to ask something is kept as a story."""
REMIND_AFTER: Final = timedelta(days=1)
SETTLES_WITHIN: Final = timedelta(minutes=1)


def step(state: State, incoming: Incoming, here: Here) -> Turn:
    """What one message changes, and what is said to it.

    Args:
        state: where the conversation stands.
        incoming: what came in.
        here: scripts, languages and a number for confirming.

    Returns:
        The new state, what to say, and what to do. First contact is said before anything else but a
        signpost: whoever is in danger hears that first, and who we are the next time.
    """
    turn = _hear(state, replace(incoming, text=clean(incoming.text)), here)
    if state.stopped and Rejoined() not in turn.effects:
        return _quietly(turn)
    return _introduce(turn)


def hear_edit(state: State, incoming: Incoming, here: Here) -> Turn:
    """What it changes that somebody edited a message.

    Its new words take the place of the old ones, wherever those went. Danger is answered, STOP and DELETE
    are obeyed, as if they were new; nothing else is: nobody edits a message to be asked again.
    """
    text = clean(incoming.text)
    if danger_in(text) or read_command(text) in ("stop", "delete"):
        return step(state, incoming, here)
    answer = read_answer(text)
    words = answer.rest if answer else text
    return Turn(state, (), (Reworded(words, answer.choice if answer else None),))


def begin(state: State, script: Script, errand: Errand = PLAIN) -> Turn:
    """Open a conversation from our side: ask the first question of a script.

    Args:
        state: how the last conversation stood.
        script: what to ask.
        errand: what else is known of why it is asked.
    """
    first = script.steps[0]
    # First contact has just said how to complain.
    fresh = replace(
        state.fresh(script.name, first.name),
        met=True,
        routes_told=not state.met,
        workshop=errand.workshop,
        about=errand.about,
        answers=dict(errand.decided),
    )
    greeting = () if state.met else (Say("first_contact", kind="prompt"),)
    question = replace(ask(first, fresh), kind="prompt")
    wake = REMIND_AFTER if script.reminder and errand.reminds else None
    return Turn(fresh, (*greeting, question), (Begin(script.name),), wake)


def notify(state: State, key: str, workshop: int) -> Turn:
    """Say one thing about a workshop from our side, which asks nothing.

    What is being asked meanwhile stays asked.

    Args:
        state: how the conversation stands.
        key: what to say.
        workshop: about which workshop.
    """
    greeting = () if state.met else (Say("first_contact", kind="prompt"),)
    told = replace(state, met=True, workshop=workshop)
    # A story that is being told is to settle all the same.
    wake = SETTLES_WITHIN if state.settling else None
    return Turn(told, (*greeting, Say(key, kind="prompt")), (), wake)


def pass_time(state: State, _now: datetime, here: Here) -> Turn:
    """What it changes that nothing has come for as long as a turn said: a story settles, or a prompt is repeated once.

    Args:
        state: where the conversation stands.
        _now: the current time.
        here: the world.
    """
    if state.stopped:
        return Turn(state)
    if state.settling:
        return _introduce(settle(state, here))
    script = here.scripts.get(state.script)
    if script is None:
        return Turn(state)
    waits_for_first = state.step == script.steps[0].name and not state.answers and not state.told
    if script.reminder and waits_for_first and not state.reminded:
        first = ask(script.steps[0], state)
        reminder = Say(script.reminder, first.step, first.buttons, kind="reminder")
        return Turn(replace(state, reminded=True), (reminder,))
    return Turn(state)


def signposts(text: str) -> tuple[Say, ...]:
    """What must be said at once to a message, whatever else is broken: where to turn in the danger it speaks of."""
    kind = danger_in(clean(text))
    return (signpost(kind),) if kind else ()


def _introduce(turn: Turn) -> Turn:
    """Say who asks and who reads, before anything else that is said to somebody new."""
    if turn.state.met or turn.state.stopped or not turn.says:
        return turn
    if any(say.kind in TO_STOPPED for say in turn.says):
        return turn
    met = replace(turn.state, met=True, routes_told=True)
    who_we_are = (Say("first_contact"),)
    # Somebody who told us of danger hears first what becomes of that.
    says = (*turn.says, *who_we_are) if turn.state.dangers else (*who_we_are, *turn.says)
    return replace(turn, state=met, says=says)


def _quietly(turn: Turn) -> Turn:
    """After STOP, what is told is kept and not answered. It gives no leave to show it: that was not asked."""
    says = tuple(say for say in turn.says if say.kind in TO_STOPPED)
    effects = (effect for effect in turn.effects if not (isinstance(effect, Consented) and effect.given))
    return Turn(replace(turn.state, stopped=True), says, tuple(effects))


def _hear(state: State, incoming: Incoming, here: Here) -> Turn:
    command = command_in(incoming, here)
    kind = None if incoming.choice else danger_in(incoming.text)
    if kind:
        turn = face_danger(state, incoming, kind, here)
        return _then(turn, obey("stop", turn.state, incoming, here)) if command == "stop" else turn
    if state.code and phrase(incoming.text) == state.code:
        return forget(state)
    state = replace(state, code=None)
    if command not in BEFORE_WORKSHOPS and (not state.stopped or command == "start"):
        attended = attend(state, incoming, command, here)
        if attended is not None:
            return attended
    if command and (not state.stopped or command in AFTER_STOP):
        return obey(command, state, incoming, here)
    if command:
        return Turn(state)
    chosen = _language_pressed(incoming, here)
    if chosen:
        return switch(state, chosen, here)
    if state.doubt and not incoming.choice:
        return _resolve_doubt(state, incoming, here)
    return hear_offer(state, incoming) or _notice(state, incoming, here) or listen(state, incoming, here)


def _then(first: Turn, second: Turn) -> Turn:
    return Turn(second.state, (*first.says, *second.says), (*first.effects, *second.effects))


def _notice(state: State, incoming: Incoming, here: Here) -> Turn | None:
    """What a message may be besides an answer or a story; None when it is one of those."""
    if incoming.choice:
        return None
    if incoming.unreadable and not has_words(incoming.text):
        return Turn(state, (Say("unreadable"), *current(state, here)))
    named = _language_named(incoming.text, here)
    if named and named != state.language:
        return switch(state, named, here)
    circumstance = read_circumstance(incoming.text)
    if circumstance:
        return meet_circumstance(state, incoming, circumstance, here)
    asked = want_a_person_told(state, incoming, here)
    if asked:
        return asked
    if withdraws_consent(incoming.text) and not _asks_for_consent(state, here):
        return Turn(state, (Say("withdrawn"),), (Withdrawn(),))
    if may_mean_stop(incoming.text) and _is_default(state, incoming, here):
        return _doubt_stop(state, incoming, here)
    return _answer_question(state, incoming, here)


def _language_pressed(incoming: Incoming, here: Here) -> str | None:
    button, _, code = (incoming.choice or "").partition(":")
    return code if button == LANGUAGE_BUTTON and code in here.languages else None


def _asks_for_consent(state: State, here: Here) -> bool:
    """Whether it is being asked just now: then such words are the answer."""
    asked = current_step(state, here)
    return asked is not None and asked.kind == "consent" and not state.settling


def _is_default(state: State, incoming: Incoming, here: Here) -> bool:
    """Whether it is in the language that doubtful wordings were learnt in."""
    default = here.languages[0]
    return state.language == default and tell(incoming.text, here.languages, default).how == "stay"


def _language_named(text: str, here: Here) -> str | None:
    few = len(text.split()) <= MOST_WORDS_NAMING_A_LANGUAGE
    return read_language(text, here.languages) if few else None


def _answer_question(state: State, incoming: Incoming, here: Here) -> Turn | None:
    """A short question about us is answered; what might be a story is kept as one."""
    question = read_question(incoming.text)
    if question is None or len(incoming.text.split()) > SHORT_QUESTION:
        return None
    if question == "other" and (state.step or "?" not in incoming.text):
        return None
    key = "help" if question in ("who", "other") else f"about.{question}"
    return Turn(state, (Say(key), *current(state, here)))


def _doubt_stop(state: State, incoming: Incoming, here: Here) -> Turn:
    """What may mean "stop" is asked about, and kept meanwhile as what it may be as well."""
    heard = listen(state, incoming, here)
    effects = tuple(effect for effect in heard.effects if isinstance(effect, Told | Begin))
    doubting = replace(heard.state, doubt="stop", settling=False)
    return Turn(doubting, (Say("stop_maybe"),), effects)


def _resolve_doubt(state: State, incoming: Incoming, here: Here) -> Turn:
    decision = read_consent(incoming.text)
    if decision == "yes":
        return stop(state, confirmed=False)
    sure = replace(state, doubt="")
    if decision == "no":
        return Turn(sure, current(sure, here) or (Say("going_on"),))
    return _hear(sure, incoming, here)
