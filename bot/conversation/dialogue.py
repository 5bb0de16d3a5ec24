"""The dialogue: state and message in; new state, what to say and what to do out.

No I/O, no clock, no dice: whatever depends on those comes in with the message or in `Here`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from bot.conversation.messages import Incoming
from bot.conversation.script import Script, Step
from bot.conversation.state import State
from bot.conversation.turn import (
    Answered,
    Begin,
    Consented,
    Forgotten,
    Rejoined,
    Reworded,
    Say,
    Stopped,
    Told,
    Turn,
)
from bot.understanding.answers import Answer, is_chatter, read_answer, read_consent
from bot.understanding.commands import Command, read_command
from bot.understanding.language import read_language, tell_language
from bot.understanding.normal import clean, has_words, phrase

PREVIEW_WINDOW: Final = timedelta(minutes=15)
"""How long a teller may ask to see their words: later, somebody else may hold the phone."""

OPEN_STORY: Final = "open_story"
TO_STOPPED: Final = ("farewell", "signpost")
"""Kinds of message that go even to somebody who said stop."""

# (key of the label, number that types the same) of each question's buttons.
CHOICE_BUTTONS: Final = (("button_yes", "1"), ("button_partly", "2"), ("button_no", "3"))
CONSENT_BUTTONS: Final = (("button_yes", "1"), ("button_show", "2"), ("button_no", "3"))
PREVIEW_BUTTONS: Final = (("button_share", "1"), ("button_retell", "2"), ("button_private", "3"))
TOO_LATE_BUTTONS: Final = (("button_yes", "1"), ("button_no", "3"))


@dataclass(frozen=True, slots=True)
class Here:
    """What the dialogue knows of the world around it.

    Args:
        scripts: every script there is.
        languages: those that we can answer in.
        code: a fresh number of four digits, should a DELETE want confirming.
    """

    scripts: Mapping[str, Script]
    languages: tuple[str, ...]
    code: str


@dataclass(frozen=True, slots=True)
class World:
    """What stays the same from message to message: see `Here`."""

    scripts: Mapping[str, Script]
    languages: tuple[str, ...]

    def now(self, code: str) -> Here:
        """The world at one message.

        Args:
            code: a fresh number of four digits.
        """
        return Here(self.scripts, self.languages, code)


def step(state: State, incoming: Incoming, here: Here) -> Turn:
    """What one message changes, and what is said to it.

    Args:
        state: where the conversation stands.
        incoming: what came in.
        here: scripts, languages and a number for confirming.

    Returns:
        The new state, what to say, and what to do; first contact is said before anything else.
    """
    turn = _step(state, replace(incoming, text=clean(incoming.text)), here)
    if state.stopped and Rejoined() not in turn.effects:
        return _quietly(turn)
    if turn.says and not turn.state.met and not turn.state.stopped:
        turn = replace(turn, state=replace(turn.state, met=True), says=(Say("first_contact"), *turn.says))
    return turn


def _quietly(turn: Turn) -> Turn:
    """After STOP, what is told is kept and not answered. It gives no leave to show it: that was not asked."""
    says = tuple(say for say in turn.says if say.kind in TO_STOPPED)
    effects = (effect for effect in turn.effects if not (isinstance(effect, Consented) and effect.given))
    return Turn(replace(turn.state, stopped=True), says, tuple(effects))


def hear_edit(state: State, incoming: Incoming, here: Here) -> Turn:
    """What it changes that somebody edited a message.

    Its new words take the place of the old ones, wherever those went. Only STOP and DELETE are obeyed as if
    they were new: nobody edits a message to be asked again.
    """
    text = clean(incoming.text)
    command = read_command(text)
    if command in ("stop", "delete"):
        return step(state, incoming, here)
    answer = read_answer(text)
    words = answer.rest if answer else text
    return Turn(state, (), (Reworded(words, answer.choice if answer else None),))


def begin(state: State, script: Script) -> Turn:
    """Open a conversation from our side: ask the first question of a script."""
    first = script.steps[0]
    fresh = State(script=script.name, step=first.name, language=state.language, met=True)
    greeting = () if state.met else (Say("first_contact", kind="prompt"),)
    return Turn(fresh, (*greeting, replace(_ask(first), kind="prompt")), (Begin(script.name),))


def _step(state: State, incoming: Incoming, here: Here) -> Turn:
    command = _command(incoming)
    if state.stopped and command == "start":
        return Turn(replace(state, stopped=False, step=None), (Say("rejoined"),), (Rejoined(),))
    if state.stopped and command not in ("delete", None):
        return Turn(state)
    if state.code and phrase(incoming.text) == state.code:
        return Turn(
            State(language=state.language, met=True, stopped=state.stopped),
            (Say("deleted", kind="farewell"),),
            (Forgotten(),),
        )
    state = replace(state, code=None)
    if command:
        return _obey(command, state, incoming, here)
    named = (
        None
        if incoming.choice or len(incoming.text.split()) > 3
        else read_language(incoming.text, here.languages)
    )
    if named and named != state.language:
        return _switch(state, named, here)
    if incoming.unreadable and not has_words(incoming.text):
        return Turn(state, (Say("unreadable"), *_current(state, here)))
    return _listen(state, incoming, here)


def _command(incoming: Incoming) -> Command | None:
    if incoming.choice:
        return None
    # The carrier's word goes before ours: whoever it has cut off must not be thought to read us.
    return "stop" if incoming.carrier == "stop" else read_command(incoming.text)


def _obey(command: Command, state: State, incoming: Incoming, here: Here) -> Turn:
    match command:
        case "stop":
            says = () if incoming.carrier == "stop" else (Say("stopped", kind="farewell"),)
            return Turn(replace(state, stopped=True), says, (Stopped(),))
        case "start":
            return Turn(state, _current(state, here) or (Say("hello"),))
        case "help":
            answered = incoming.carrier == "help"
            return Turn(state) if answered else Turn(state, (Say("help"), *_current(state, here)))
        case "delete":
            confirm = Say("delete_confirm", code=here.code, kind="farewell")
            return Turn(replace(state, code=here.code), (confirm,))
        case "language":
            named = read_language(incoming.text, here.languages)
            return _switch(state, named, here) if named else Turn(state, (Say("languages"),))
        case "skip":
            asked = here.scripts[state.script].step(state.step)
            return _advance(state, asked, here) if asked else Turn(state, (Say("help"),))
        case "back":
            return _go_back(state, here)


def _switch(state: State, language: str, here: Here) -> Turn:
    state = replace(state, language=language)
    return Turn(state, (Say("language_changed"), *_current(state, here)))


def _go_back(state: State, here: Here) -> Turn:
    if not state.trail:
        return Turn(state, _current(state, here) or (Say("help"),))
    *trail, last = state.trail
    asked = here.scripts[state.script].step(last)
    mode = "retelling" if asked and asked.keeps == "story" else ""
    state = replace(state, step=last, trail=tuple(trail), mode=mode)  # type: ignore[arg-type]
    return Turn(state, _current(state, here))


def _listen(state: State, incoming: Incoming, here: Here) -> Turn:
    script = here.scripts.get(state.script)
    if incoming.choice:
        pressed, _, number = incoming.choice.partition(":")
        if pressed != state.step:
            return _press_earlier(state, pressed, number, script)
        incoming = replace(incoming, text=number, choice=None)
    asked = script.step(state.step) if script else None
    if asked is None:
        return _out_of_the_blue(state, incoming, here)
    match asked.kind:
        case "choice":
            return _hear_choice(state, incoming, asked, here)
        case "words":
            return _hear_words(state, incoming, asked, here)
        case "consent":
            return _hear_consent(state, incoming, asked, here)


def _press_earlier(state: State, name: str, number: str, script: Script | None) -> Turn:
    """A button of a question asked earlier changes that answer; of any other, it does nothing."""
    pressed = script.step(name) if script else None
    answer = read_answer(number)
    if pressed is None or answer is None or pressed.kind != "choice" or name not in state.trail:
        return Turn(state)
    answers = {**state.answers, pressed.keeps: answer.choice}
    return Turn(replace(state, answers=answers), (), (Answered(pressed.keeps, answer.choice),))


def _out_of_the_blue(state: State, incoming: Incoming, here: Here) -> Turn:
    """Nothing was asked: what came is a story, or it is hello."""
    answer = read_answer(incoming.text)
    if is_chatter(incoming.text) or (answer and not answer.rest):
        return Turn(state) if state.told else Turn(state, (Say("hello"),))
    fresh = State(
        script=OPEN_STORY,
        step=here.scripts[OPEN_STORY].steps[0].name,
        language=state.language,
        met=state.met,
    )
    turn = _tell(fresh, incoming, incoming.text, here)
    kept = (Answered("listened", answer.choice),) if answer else ()
    return replace(turn, effects=(Begin(OPEN_STORY), *kept, *turn.effects))


def _hear_choice(state: State, incoming: Incoming, asked: Step, here: Here) -> Turn:
    answer = read_answer(incoming.text)
    if answer is not None:
        return _choose(state, answer, asked, here, incoming)
    if is_chatter(incoming.text):
        return Turn(state, _current(state, here))
    return _tell(state, incoming, incoming.text, here)


def _choose(state: State, answer: Answer, asked: Step, here: Here, incoming: Incoming) -> Turn:
    state = replace(state, answers={**state.answers, asked.keeps: answer.choice})
    kept = Answered(asked.keeps, answer.choice)
    turn = _tell(state, incoming, answer.rest, here) if answer.rest else _advance(state, asked, here)
    return replace(turn, effects=(kept, *turn.effects))


def _hear_words(state: State, incoming: Incoming, asked: Step, here: Here) -> Turn:
    answer = read_answer(incoming.text)
    if answer and not answer.rest:
        # "No" to "what happened?" is "nothing to tell"; a yes is no story yet.
        return _advance(state, asked, here) if answer.choice == "no" else Turn(state, (Say("words_please"),))
    if is_chatter(incoming.text):
        return Turn(state, (Say("words_please"),))
    if asked.keeps == "story":
        return _tell(state, incoming, incoming.text, here)
    turn = _advance(state, asked, here)
    return replace(turn, effects=(Answered(asked.keeps, incoming.text), *turn.effects))


def _tell(state: State, incoming: Incoming, words: str, here: Here) -> Turn:
    """Words of the story. The language is told from them, and what they answer is not asked again."""
    asked = here.scripts[state.script].step(state.step)
    told = Told(words, anew=state.mode == "retelling")
    state = replace(
        state,
        told=True,
        told_at=incoming.received_at,
        mode="",
        language=tell_language(words, here.languages, state.language),
    )
    turn = _advance(state, asked, here) if asked else Turn(state)
    return replace(turn, effects=(told, *turn.effects))


def _hear_consent(state: State, incoming: Incoming, asked: Step, here: Here) -> Turn:
    if state.mode == "retelling":
        retold = replace(state, mode="", told_at=incoming.received_at)
        return Turn(retold, (_ask(asked),), (Told(incoming.text, anew=True),))
    decision = read_consent(incoming.text)
    if decision:
        return _decide(state, decision, asked, here, incoming)
    if is_chatter(incoming.text):
        return Turn(state, _current(state, here))
    # More of the story. It has been asked about already, so nothing is said.
    return Turn(replace(state, told_at=incoming.received_at, mode=""), (), (Told(incoming.text),))


def _decide(state: State, decision: str, asked: Step, here: Here, incoming: Incoming) -> Turn:
    if decision == "show":
        return _show(state, asked, incoming)
    given = decision == "yes"
    turn = _advance(replace(state, mode=""), asked, here)
    says = (Say("consent_yes" if given else "consent_no"),)
    return Turn(turn.state, says, (Consented(asked.use, given),))


def _show(state: State, asked: Step, incoming: Incoming) -> Turn:
    if state.mode == "shown":  # the second choice under a preview is "tell it again"
        return Turn(replace(state, mode="retelling"), (Say("retell"),))
    if state.told_at is None or incoming.received_at - state.told_at > PREVIEW_WINDOW:
        return Turn(state, (Say("preview_too_late", asked.name, TOO_LATE_BUTTONS),))
    preview = Say("preview", asked.name, PREVIEW_BUTTONS, preview=True)
    return Turn(replace(state, mode="shown"), (preview,))


def _advance(state: State, asked: Step, here: Here) -> Turn:
    """Go to the next question that has not been answered already, or end."""
    for following in here.scripts[state.script].after(asked.name):
        if _applies(following, state):
            moved = replace(state, step=following.name, trail=(*state.trail, asked.name), mode="")
            return Turn(moved, (_ask(following),))
    ended = replace(state, step=None, trail=(), mode="")
    return Turn(ended, (Say("thanks"),))


def _applies(asked: Step, state: State) -> bool:
    if asked.kind == "consent" and not state.told:
        return False
    if asked.keeps == "story" and state.told:
        return False
    return all(state.answers.get(question) in wanted for question, wanted in asked.only_if.items())


def _ask(asked: Step) -> Say:
    buttons = {"choice": CHOICE_BUTTONS, "consent": CONSENT_BUTTONS, "words": ()}
    return Say(asked.says, asked.name, buttons[asked.kind])


def _current(state: State, here: Here) -> tuple[Say, ...]:
    asked = here.scripts[state.script].step(state.step) if state.script in here.scripts else None
    return (_ask(asked),) if asked else ()
