"""Obeying: what a command does, at any step."""

from dataclasses import replace

from bot.conversation.asking import advance, current, current_step
from bot.conversation.here import Here
from bot.conversation.messages import Incoming
from bot.conversation.state import State
from bot.conversation.turn import Forgotten, Rejoined, Say, Stopped, Turn
from bot.understanding.commands import Command, named_command, read_command
from bot.understanding.language import read_language

AFTER_STOP: tuple[Command, ...] = ("start", "delete")
"""What is still obeyed after STOP."""


IN_ANY_WORDING: tuple[Command, ...] = ("stop", "delete")
"""What is obeyed in a room as well when it is only likely to be meant."""


def command_in(incoming: Incoming, here: Here) -> Command | None:
    """The command that a message gives."""
    if incoming.choice:
        return None
    # The carrier's word goes before ours: whoever it has cut off must not be thought to read us.
    if incoming.carrier == "stop":
        return "stop"
    command = read_command(incoming.text)
    if here.gathering.room is None or command in IN_ANY_WORDING:
        return command
    # "A real person" asks for help elsewhere, and is an answer to "what made the difference?".
    return named_command(incoming.text)


def obey(command: Command, state: State, incoming: Incoming, here: Here) -> Turn:
    """What a command does."""
    match command:
        case "stop":
            return stop(state, confirmed=incoming.carrier == "stop")
        case "start":
            return _start(state, here)
        case "help":
            answered = incoming.carrier == "help"
            return Turn(state) if answered else Turn(state, (Say("help"), *current(state, here)))
        case "privacy":
            return Turn(state, (Say("privacy"), *current(state, here)))
        case "my_data":
            return Turn(state, (Say("my_data", shows="holdings"),))
        case "delete":
            return _delete(state, here)
        case "language":
            named = read_language(incoming.text, here.languages)
            return switch(state, named, here) if named else Turn(state, (Say("languages"),))
        case "skip":
            asked = current_step(state, here)
            return advance(state, asked, here) if asked else Turn(state, (Say("help"),))
        case "back":
            return _go_back(state, here)


def stop(state: State, *, confirmed: bool) -> Turn:
    """No more messages; `confirmed` says whether the carrier has told the person already."""
    says = () if confirmed else (Say("stopped", kind="farewell"),)
    return Turn(replace(state, stopped=True, doubt=""), says, (Stopped(),))


def forget(state: State) -> Turn:
    """Have everything removed. What is true of the person outlasts it: a STOP, and the language for the last word."""
    gone = State(language=state.language, met=True, stopped=state.stopped)
    return Turn(gone, (Say("deleted", kind="farewell"),), (Forgotten(),))


def switch(state: State, language: str, here: Here) -> Turn:
    """Go on in another language."""
    state = replace(state, language=language)
    return Turn(state, (Say("language_changed"), *current(state, here)))


def _delete(state: State, here: Here) -> Turn:
    if state.stopped:
        return forget(state)  # the number could not reach whom the phone company has cut off
    confirm = Say("delete_confirm", code=here.code, kind="farewell")
    return Turn(replace(state, code=here.code), (confirm,))


def _start(state: State, here: Here) -> Turn:
    if state.stopped:
        return Turn(replace(state, stopped=False, step=None), (Say("rejoined"),), (Rejoined(),))
    # Whoever had all removed is on the list of those whom we don't ask: this takes them off it.
    return Turn(state, current(state, here) or (Say("hello"),), (Rejoined(),))


def _go_back(state: State, here: Here) -> Turn:
    if not state.trail:
        return Turn(state, current(state, here) or (Say("help"),))
    *trail, last = state.trail
    asked = here.scripts[state.script].step(last)
    mode = "retelling" if asked and asked.keeps == "story" else ""
    state = replace(state, step=last, trail=tuple(trail), mode=mode, settling=False)  # type: ignore[arg-type]
    return Turn(state, current(state, here))
