"""Gathering: joining a workshop and leaving it, as a tenant or as staff, and answering in its room."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from bot.conversation.asking import advance, ask, current
from bot.conversation.here import Door, Here
from bot.conversation.messages import Incoming
from bot.conversation.script import Step
from bot.conversation.state import State
from bot.conversation.turn import (
    Begin,
    Declined,
    Effect,
    Joined,
    Left,
    Rejoined,
    RoomAnswered,
    Say,
    TookRole,
    Turn,
)
from bot.understanding.answers import read_consent
from bot.understanding.commands import Command
from bot.understanding.roles import read_role, wants_to_leave
from bot.understanding.room import is_figures, read_room_answer

JOIN: Final = "workshop_join"
LATE: Final = "pre_session_late"


@dataclass(frozen=True, slots=True)
class Errand:
    """Why somebody is asked something.

    Args:
        workshop: the workshop that it belongs to.
        decided: what they have decided before, so that it is not asked again.
        reminds: whether the script's reminder may come: not where it would come too late.
        about: the id of the response that is told; 0 for none.
    """

    workshop: int | None = None
    decided: Mapping[str, str] = field(default_factory=dict)
    reminds: bool = True
    about: int = 0


PLAIN: Final = Errand()


def attend(state: State, incoming: Incoming, command: Command | None, here: Here) -> Turn | None:
    """What a message means to a workshop; None when it means nothing to any.

    Args:
        state: where the conversation stands.
        incoming: what came in.
        command: the command that it gives besides, if any: a code may stand in it, an answer may not.
        here: the world, with what it knows of this person's workshops.
    """
    gathering = here.gathering
    if gathering.door is not None:
        return _enter(state, gathering.door, here)
    if incoming.choice:
        return None
    if gathering.member is not None and wants_to_leave(incoming.text):
        rest = replace(state, step=None, trail=(), workshop=gathering.member)
        return Turn(rest, (Say("workshop.left"),), (Left(gathering.member),))
    busy = command or (state.script == JOIN and state.step)
    return None if busy else _answer_in_room(state, incoming, here)


def plan(state: State, incoming: Incoming, asked: Step, here: Here) -> Turn | None:
    """Whether somebody comes, or as whom; None when the message is no answer to an invitation."""
    if asked.kind == "role":
        return _take_role(state, incoming, asked, here)
    decision = read_consent(incoming.text)
    if decision == "yes":
        door = here.gathering.invited
        return _enter(state, door, here) if door else Turn(replace(state, step=None), (Say("workshop.over"),))
    if decision == "no" and state.workshop is not None:
        return Turn(replace(state, step=None), (Say("workshop.declined"),), (Declined(state.workshop),))
    return None


def _take_role(state: State, incoming: Incoming, asked: Step, here: Here) -> Turn:
    role = read_role(incoming.text)
    if role is None or state.workshop is None:
        return Turn(state, current(state, here))
    taken: tuple[Effect, ...] = (TookRole(state.workshop, role),)
    gathering = here.gathering
    if gathering.rests:
        return replace(advance(state, asked, here), effects=taken)
    if not gathering.late:
        return Turn(replace(state, step=None), (Say("workshop.ready"),), taken)
    # They come after the questions have gone out: they get the one that matters.
    first = here.scripts[LATE].steps[0]
    asking = replace(state.fresh(LATE, first.name), workshop=state.workshop, routes_told=state.routes_told)
    return Turn(asking, (ask(first, asking),), (*taken, Begin(LATE)))


def _enter(state: State, door: Door, here: Here) -> Turn:
    if door.state == "over":
        return Turn(state, (Say("workshop.over"),))
    back: tuple[Effect, ...] = (Rejoined(),) if state.stopped else ()
    state = replace(state, stopped=False)
    told = Say("workshop.full" if door.state == "full" else "workshop.joined")
    if door.known:
        return Turn(replace(state, workshop=door.workshop), (told,), back)
    first = here.scripts[JOIN].steps[0]
    asking = replace(state.fresh(JOIN, first.name), workshop=door.workshop)
    return Turn(asking, (told, ask(first, asking)), (*back, Begin(JOIN), Joined(door.workshop)))


def _answer_in_room(state: State, incoming: Incoming, here: Here) -> Turn | None:
    room = here.gathering.room
    answer = read_room_answer(incoming.text, room.kind) if room else None
    if room is None or (answer is None and not is_figures(incoming.text)):
        return None
    if answer is None:
        return Turn(state, (Say("room.number" if room.kind == "number" else "words_please"),))
    # A story that is being told is to settle all the same.
    wake = timedelta(seconds=here.quiet) if state.settling else None
    return Turn(state, (Say("room.kept"),), (RoomAnswered(room.question, answer),), wake)
