"""Workshops: the next ones; asking the room and letting words through, by different people; the pack."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import HTMLResponse, Response

from bot.console.page import Asked, Missing, Page
from bot.console.roles import Role
from bot.conversation.join_codes import spoken
from bot.workshops.moderating import NotAllowed, WordsDesk
from bot.workshops.print import pack_page
from bot.workshops.room import Kind
from models.workshops import COMING, Workshop, count_in, landlords_of, workshops_at

ORGANISERS: Final = frozenset[Role](("organiser",))
MODERATORS: Final = frozenset[Role](("moderator",))
BOTH: Final = ORGANISERS | MODERATORS


@dataclass(frozen=True, slots=True)
class Line:
    """One workshop in the list."""

    workshop: Workshop
    code: str
    coming: int


def show_all(asked: Asked) -> Response:
    """The landlord's workshops, the next one first."""
    with asked.office.store.read() as session:
        lines = [
            Line(one, spoken(one.code), count_in(session, one.id, COMING))
            for one in workshops_at(session, asked.of.id)
        ]
    return asked.show("workshops.html.j2", lines=lines)


def show(asked: Asked) -> Response:
    """One workshop: its screen, and what waits."""
    return _page(asked, _workshop(asked), 200)


def ask(asked: Asked) -> Response:
    """Open a question in the room."""
    workshop = _workshop(asked)
    kind: Kind = "number" if asked.text("kind") == "number" else "word"
    try:
        asked.office.room.ask(workshop, kind, asked.text("asks"))
    except ValueError as problem:
        return _page(asked, workshop, 400, str(problem))
    return _back(asked, workshop)


def close(asked: Asked) -> Response:
    """Close the question that is open, and count it."""
    workshop = _workshop(asked)
    asked.office.room.close(workshop)
    return _back(asked, workshop)


def decide(asked: Asked) -> Response:
    """Let words through, or keep them back. What is gone meanwhile needs no decision."""
    workshop = _workshop(asked)
    number = asked.text("words")
    try:
        desk = _desk(asked, workshop)
        if number.isdecimal():
            (desk.approve if asked.text("verdict") == "approve" else desk.set_aside)(int(number))
    except NotAllowed as problem:
        return _page(asked, workshop, 400, str(problem))
    except LookupError:
        pass
    return _back(asked, workshop)


def pack(asked: Asked) -> Response:
    """The pack as it is now, to save and print."""
    workshop = _workshop(asked)
    with asked.office.store.write() as session:
        page = pack_page(asked.office.workroom.pack(session, workshop))
    saved = {"Content-Disposition": f'attachment; filename="pack-{workshop.code}.html"'}
    return HTMLResponse(page, headers=saved)


def _page(asked: Asked, workshop: Workshop, status: int, problem: str = "") -> Response:
    waiting = []
    if "moderator" in asked.roles:
        try:
            waiting = _desk(asked, workshop).waiting()
        except NotAllowed as refused:
            problem = problem or str(refused)
    return asked.show(
        "workshop.html.j2",
        status,
        workshop=workshop,
        code=spoken(workshop.code),
        screen=asked.office.room.screen(workshop),
        live=f"{asked.office.base_url}/live/{workshop.live_key}",
        waiting=waiting,
        problem=problem,
    )


def _desk(asked: Asked, workshop: Workshop) -> WordsDesk:
    office = asked.office
    return WordsDesk(office.store, office.keys, office.clock, workshop, asked.who)


def _workshop(asked: Asked) -> Workshop:
    with asked.office.store.read() as session:
        workshop = session.get(Workshop, asked.number("workshop"))
        theirs = landlords_of(session, workshop.id) if workshop else ()
    if workshop is None or asked.of.id not in {one.id for one in theirs}:
        raise Missing
    return workshop


def _back(asked: Asked, workshop: Workshop) -> Response:
    return asked.go("workshop", workshop=workshop.id)


AT: Final = "/{landlord}/workshops/{workshop}"
PAGES: Final = (
    Page("workshops", "/{landlord}/workshops", show_all, "Workshops", BOTH, nav=True),
    Page("workshop", AT, show, "One workshop: its room and its words", BOTH, part_of="workshops"),
    Page("room_ask", f"{AT}/ask", ask, "Ask the room", ORGANISERS, method="POST", part_of="workshops"),
    Page(
        "room_close",
        f"{AT}/close",
        close,
        "Close the question",
        ORGANISERS,
        method="POST",
        part_of="workshops",
    ),
    Page(
        "room_decide",
        f"{AT}/decide",
        decide,
        "Let words through",
        MODERATORS,
        method="POST",
        part_of="workshops",
    ),
    Page("workshop_pack", f"{AT}/pack", pack, "The pack, to print", ORGANISERS, part_of="workshops"),
)
