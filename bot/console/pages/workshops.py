"""Workshops: the next ones; one of them: who comes, what is asked when, its room, and the words for it."""

from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console.page import Asked, Missing, Page
from bot.console.roles import Role
from bot.conversation.join_codes import spoken
from bot.conversation.script import load_scripts
from bot.conversation.speech import Facts
from bot.wording import DEFAULT, english_name, load_wording
from bot.workshops.after import recurring
from bot.workshops.members import when_it_is
from bot.workshops.moderating import NotAllowed, WordsDesk
from bot.workshops.pack import characteristic
from bot.workshops.preview import ahead
from bot.workshops.prompts import moments_of
from bot.workshops.releasing import words_kept
from bot.workshops.room import Kind
from models.participants import COMING, DECLINED, LEFT, WAITING, count_in
from models.workshops import Workshop, landlords_of, workshops_at, workshops_of

ORGANISERS: Final = frozenset[Role](("organiser",))
MODERATORS: Final = frozenset[Role](("moderator",))
BOTH: Final = ORGANISERS | MODERATORS
RECURRING: Final = ("excellent", "barriers")
"""The words of which it is said what recurs."""


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
        recurs = _recurring(asked, session) if "organiser" in asked.roles else []
    return asked.show("workshops.html.j2", lines=lines, recurs=recurs)


def _recurring(asked: Asked, session: Session) -> list[tuple[str, list[tuple[str, int]]]]:
    """What recurs across the workshops that whoever asks organises: in how many of them, never of how many people."""
    office = asked.office
    held = workshops_of(session, office.keys.lookups("organiser", asked.who.casefold()))
    found = [
        (name, recurring(words_kept(session, office.keys, held, name, office.clock()))) for name in RECURRING
    ]
    return [(name, [(characteristic(theme), count) for theme, count in them]) for name, them in found if them]


def show(asked: Asked) -> Response:
    """One workshop: who comes, when people are asked, its room, and what waits."""
    return _page(asked, workshop_of(asked), 200)


def texts(asked: Asked) -> Response:
    """What people are asked and told, as it goes out, and when."""
    workshop, wording = workshop_of(asked), load_wording("bot.conversation")
    language = asked.query.get("language", DEFAULT)
    language = language if language in wording.languages else DEFAULT
    owner = asked.of
    facts = Facts(
        asked.office.operator,
        owner.name,
        owner.complaints,
        owner.emergency,
        asked.office.lines,
        title=workshop.title,
        when=when_it_is(workshop, language),
        place=workshop.place,
    )
    zone = ZoneInfo(workshop.timezone)
    shown = [
        ahead(one.name, one.at.astimezone(zone), load_scripts(), wording, language, facts)
        for one in moments_of(workshop, asked.office.hours)
    ]
    languages = [(code, english_name(code)) for code in wording.languages]
    return asked.show(
        "workshop_texts.html.j2", workshop=workshop, shown=shown, languages=languages, language=language
    )


def ask(asked: Asked) -> Response:
    """Open a question in the room."""
    workshop = workshop_of(asked)
    kind: Kind = "number" if asked.text("kind") == "number" else "word"
    try:
        asked.office.room.ask(workshop, kind, asked.text("asks"))
    except ValueError as problem:
        return _page(asked, workshop, 400, str(problem))
    return back(asked, workshop)


def close(asked: Asked) -> Response:
    """Close the question that is open, and count it."""
    workshop = workshop_of(asked)
    asked.office.room.close(workshop)
    return back(asked, workshop)


def decide(asked: Asked) -> Response:
    """Let words through, or keep them back. What is gone meanwhile needs no decision."""
    workshop = workshop_of(asked)
    number = asked.text("words")
    try:
        desk = _desk(asked, workshop)
        if number.isdecimal():
            (desk.approve if asked.text("verdict") == "approve" else desk.set_aside)(int(number))
    except NotAllowed as problem:
        return _page(asked, workshop, 400, str(problem))
    except LookupError:
        pass
    return back(asked, workshop)


def workshop_of(asked: Asked) -> Workshop:
    """The workshop in the path.

    Raises:
        Missing: when there is none, or it is none of the landlord in the path.
    """
    with asked.office.store.read() as session:
        workshop = session.get(Workshop, asked.number("workshop"))
        theirs = landlords_of(session, workshop.id) if workshop else ()
    if workshop is None or asked.of.id not in {one.id for one in theirs}:
        raise Missing
    return workshop


def back(asked: Asked, workshop: Workshop) -> Response:
    """Back to the page of a workshop."""
    return asked.go("workshop", workshop=workshop.id)


def _page(asked: Asked, workshop: Workshop, status: int, problem: str = "") -> Response:
    waiting = []
    if "moderator" in asked.roles:
        try:
            waiting = _desk(asked, workshop).waiting()
        except NotAllowed as refused:
            problem = problem or str(refused)
    with asked.office.store.read() as session:
        # Not how many were invited: whether an invitation goes out depends on what somebody has told us.
        counts = {
            "coming": count_in(session, workshop.id, COMING),
            "waiting": count_in(session, workshop.id, WAITING),
            "not_coming": count_in(session, workshop.id, DECLINED, LEFT),
        }
        landlords = [one.name for one in landlords_of(session, workshop.id)]
    return asked.show(
        "workshop.html.j2",
        status,
        workshop=workshop,
        code=spoken(workshop.code),
        counts=counts,
        landlords=landlords,
        languages=[english_name(code) for code in workshop.languages],
        moments=moments_of(workshop, asked.office.hours),
        has_begun=workshop.starts_at <= asked.office.clock(),
        screen=asked.office.room.screen(workshop),
        live=f"{asked.office.base_url}/live/{workshop.live_key}",
        waiting=waiting,
        problem=problem,
    )


def _desk(asked: Asked, workshop: Workshop) -> WordsDesk:
    office = asked.office
    return WordsDesk(office.store, office.keys, office.clock, workshop, asked.who)


AT: Final = "/{landlord}/workshops/{workshop}"
WORKSHOP: Final = Page(
    "workshop", AT, show, "One workshop: its people, its room and its words", BOTH, part_of="workshops"
)
PAGES: Final = (
    Page("workshops", "/{landlord}/workshops", show_all, "Workshops", BOTH, nav=True),
    WORKSHOP,
    Page(
        "workshop_texts",
        f"{AT}/texts",
        texts,
        "What people are asked, as it goes out, and when",
        ORGANISERS,
        part_of="workshops",
    ),
    WORKSHOP.form("room_ask", "ask", ask, "Ask the room", may=ORGANISERS),
    WORKSHOP.form("room_close", "close", close, "Close the question", may=ORGANISERS),
    WORKSHOP.form("room_decide", "decide", decide, "Let words through", may=MODERATORS),
)
