"""People: what somebody may ask of us. Found by the number that they give, never browsed; done when two have agreed."""

import json
from typing import Final, get_args

from starlette.responses import Response

from bot.console.page import Asked, Missing, Page
from bot.console.roles import Role
from bot.conversation.messages import ChannelName
from bot.people_desk import WISHES, CannotBe, PeopleDesk

OPERATOR: Final = frozenset[Role](("operator",))
AUDITOR: Final = frozenset[Role](("auditor",))
CHANNELS: Final[tuple[ChannelName, ...]] = get_args(ChannelName)


def show(asked: Asked) -> Response:
    """What was asked for lately; for an operator, the form."""
    return _list(asked)


def ask(asked: Asked) -> Response:
    """Write down what a person asks of us."""
    channel = next((one for one in CHANNELS if one == asked.text("channel")), None)
    wish = next((one for one in WISHES if one == asked.text("wish")), None)
    reason, address = asked.text("reason", 300), asked.text("address", 40)
    if not (channel and wish and reason and address):
        return _list(asked, "incomplete")
    mine = [number for number, roles in asked.signed_in.roles.items() if "operator" in roles]
    try:
        _desk(asked).ask(channel, address, wish, reason, asked.who, mine)
    except CannotBe as problem:
        return _list(asked, problem.key)
    return asked.go("people")


def agree(asked: Asked) -> Response:
    """A second person agrees."""
    try:
        _desk(asked).agree(asked.number("request"), asked.who)
    except LookupError:
        raise Missing from None
    except CannotBe as problem:
        return _list(asked, problem.key)
    return asked.go("people")


def export(asked: Asked) -> Response:
    """Everything that is held about the person, to be handed to them."""
    try:
        held = _desk(asked).export(asked.number("request"), asked.who)
    except LookupError:
        raise Missing from None
    headers = {"Content-Disposition": 'attachment; filename="export.json"'}
    written = json.dumps(held, indent=2, ensure_ascii=True)
    return Response(written, media_type="application/json", headers=headers)


def _desk(asked: Asked) -> PeopleDesk:
    office = asked.office
    return PeopleDesk(office.store, office.keys, office.clock, asked.of.id)


def _list(asked: Asked, problem: str = "") -> Response:
    return asked.show(
        "people.html.j2",
        400 if problem else 200,
        requests=_desk(asked).requests(),
        channels=CHANNELS,
        wishes=WISHES,
        problem=asked.words(f"people.problem.{problem}") if problem else "",
    )


PEOPLE: Final = Page(
    "people", "/{landlord}/people", show, "What people asked of us", OPERATOR | AUDITOR, nav=True
)
PAGES: Final = (
    PEOPLE,
    PEOPLE.form("person_ask", "", ask, "Write a request down", may=OPERATOR),
    PEOPLE.form("person_agree", "{request}/agree", agree, "Agree as the second person", may=AUDITOR),
    PEOPLE.form(
        "person_export",
        "{request}/export",
        export,
        "All that is held about a person, once two agreed",
        may=OPERATOR,
    ),
)
