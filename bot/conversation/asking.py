"""Asking: which question comes next, and how it is put."""

from dataclasses import replace
from typing import Final, Literal

from bot.conversation.here import Here
from bot.conversation.script import Step
from bot.conversation.state import State
from bot.conversation.turn import Say, Turn

# (key of the label, number that types the same) of each question's buttons.
CHOICE_BUTTONS: Final = (("button_yes", "1"), ("button_partly", "2"), ("button_no", "3"))
CONSENT_BUTTONS: Final = (("button_yes", "1"), ("button_show", "2"), ("button_no", "3"))
YES_NO_BUTTONS: Final = (("button_yes", "1"), ("button_no", "3"))
ROLE_BUTTONS: Final = (("button_tenant", "1"), ("button_staff", "2"))
BUTTONS: Final = {
    "choice": CHOICE_BUTTONS,
    "consent": CONSENT_BUTTONS,
    "hand_over": YES_NO_BUTTONS,
    "response": YES_NO_BUTTONS,
    "invitation": YES_NO_BUTTONS,
    "role": ROLE_BUTTONS,
    "words": (),
}


def ask(asked: Step, state: State) -> Say:
    """The question of a step."""
    key = f"{asked.says}.{state.handing}" if asked.kind == "hand_over" else asked.says
    shows: Literal["", "answer"] = "answer" if asked.kind == "response" else ""
    return Say(key, asked.name, BUTTONS[asked.kind], shows=shows)


def current(state: State, here: Here) -> tuple[Say, ...]:
    """The question that waits, put again; nothing when none waits, or a story is still being told."""
    asked = current_step(state, here)
    return (ask(asked, state),) if asked and not state.settling else ()


def current_step(state: State, here: Here) -> Step | None:
    """The step that waits for an answer."""
    script = here.scripts.get(state.script)
    return script.step(state.step) if script else None


def advance(state: State, asked: Step | None, here: Here) -> Turn:
    """Go to the next question that has not been answered already, or end.

    Args:
        state: where the conversation stands.
        asked: the question that has been dealt with; None to rest after a story that asked nothing.
        here: the world.
    """
    state = replace(state, settling=False, mode="")
    script = here.scripts[state.script]
    for following in script.after(asked.name) if asked else ():
        if _applies(following, state):
            moved = replace(state, step=following.name, trail=(*state.trail, asked.name if asked else ""))
            question = ask(following, moved)
            return _with_routes(moved, question) if following.kind == "consent" else Turn(moved, (question,))
    # What was told for a workshop is its teller's to change until then: "back" still finds the questions.
    left = (*state.trail, asked.name) if script.workshop and asked else ()
    ended = replace(state, step=None, trail=left)
    return _with_routes(ended, Say("added" if state.dangers else "thanks"))


def _with_routes(state: State, last: Say) -> Turn:
    """Whoever told of trouble hears how to complain and where repairs are reported, unless they just have."""
    if not state.bad or state.routes_told or not state.met:
        return Turn(state, (last,))
    return Turn(replace(state, routes_told=True), (Say("bad_story"), last))


def _applies(asked: Step, state: State) -> bool:
    if asked.kind == "consent" and (not state.told or state.private or state.dangers):
        return False
    if asked.kind == "consent" and asked.keeps in state.answers:  # decided before
        return False
    if asked.keeps == "story" and state.told:
        return False
    return all(state.answers.get(question) in wanted for question, wanted in asked.only_if.items())
