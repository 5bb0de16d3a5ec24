"""Hand-overs: who told of a danger or a complaint, for who need know. Opening one is kept, with the reason."""

from collections.abc import Callable
from typing import Final

from starlette.responses import Response

from bot.console.page import Asked, Missing, Page
from bot.console.roles import Role
from bot.hand_over_room import Opened, Room

DUTY: Final = frozenset[Role](("duty",))
SHORTEST_REASON: Final = 3
LONGEST_REASON: Final = 300


def show(asked: Asked) -> Response:
    """What is open, with its clock; what was closed last. No words and no numbers."""
    room = room_of(asked)
    with asked.office.store.read() as session:
        return asked.show(
            "hand_overs.html.j2",
            roles=sorted(room.roles(session)),
            live=room.live(session),
            closed=room.closed(session),
            now=asked.office.clock(),
        )


def show_one(asked: Asked) -> Response:
    """One hand-over."""
    return _one(asked)


def open_it(asked: Asked) -> Response:
    """Say why, and see who told what."""
    reason = asked.text("reason", LONGEST_REASON)
    if len(reason) < SHORTEST_REASON:
        return _one(asked, asked.words("hand_overs.problem.reason"))
    take = asked.text("do") == "take"
    return _done(asked, lambda room, number: room.open(number, reason, take=take))


def note(asked: Asked) -> Response:
    """Write down what was done so far."""
    words = asked.text("note")
    if not words:
        return _one(asked, asked.words("hand_overs.problem.note"))
    return _done(asked, lambda room, number: room.note(number, words))


def close(asked: Asked) -> Response:
    """It has been dealt with, and how."""
    words = asked.text("note")
    if not words:
        return _one(asked, asked.words("hand_overs.problem.note"))
    return _done(asked, lambda room, number: room.close(number, words))


def room_of(asked: Asked) -> Room:
    """The room of whoever asks."""
    office = asked.office
    return Room(office.store, office.keys, office.hand_overs, office.clock, asked.of.id, asked.who)


def _opened(asked: Asked) -> Opened:
    opened = room_of(asked).look(asked.number("hand_over"))
    if opened is None:
        raise Missing
    return opened


def _one(asked: Asked, problem: str = "") -> Response:
    return asked.show(
        "hand_over_opened.html.j2",
        400 if problem else 200,
        opened=_opened(asked),
        now=asked.office.clock(),
        problem=problem,
    )


def _done(asked: Asked, do: Callable[[Room, int], bool]) -> Response:
    if not do(room_of(asked), asked.number("hand_over")):
        raise Missing
    return asked.go("hand_over", hand_over=asked.number("hand_over"))


HAND_OVER: Final = Page(
    "hand_over",
    "/{landlord}/hand-overs/{hand_over}",
    show_one,
    "One hand-over, with words once a reason was given",
    DUTY,
    part_of="hand_overs",
)
PAGES: Final = (
    Page("hand_overs", "/{landlord}/hand-overs", show, "Hand-overs, without words", DUTY, nav=True),
    HAND_OVER,
    HAND_OVER.form("hand_over_open", "open", open_it, "Say why, and see who told what"),
    HAND_OVER.form("hand_over_note", "note", note, "Write a note"),
    HAND_OVER.form("hand_over_close", "close", close, "Close it"),
)
