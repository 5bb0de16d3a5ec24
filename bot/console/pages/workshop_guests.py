"""Guests of a workshop: a list of people to invite is looked at first, and sent to when somebody says so.

Whether a number said stop, or talks to us at all, is nobody's business here: an organiser who brings a list
learns what is wrong with its rows, and nothing about the people.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from bot.audit import record
from bot.console.lists import MOST_SHOWN, NoList, packed, sent
from bot.console.page import Asked, Page
from bot.console.pages.workshops import AT, ORGANISERS, workshop_of
from bot.workshops.guests import BadGuest, Guest, NotAList, read_guests
from models.workshops import Workshop

LIST_BYTES: Final = 200_000
MOST_GUESTS: Final = 1000


@dataclass(frozen=True, slots=True, repr=False)
class GuestList:
    """A list as it was sent, and what it holds."""

    text: str
    good: Sequence[Guest]
    bad: Sequence[BadGuest]

    @property
    def packed(self) -> str:
        """The list for a field of the next form; "" when it is too long for that."""
        return packed(self.text)


def show(asked: Asked) -> Response:
    """Where to bring a list."""
    return _page(asked, workshop_of(asked))


def check(asked: Asked) -> Response:
    """Who of a list would be invited, and which rows can't be used, and why: nothing is written or sent."""
    workshop = workshop_of(asked)
    guests = _guests(asked, workshop)
    if isinstance(guests, str):
        return _page(asked, workshop, problem=guests)
    return _page(asked, workshop, guests)


def invite(asked: Asked) -> Response:
    """Invite the people of a list; with bad rows in it only when that was asked for."""
    workshop = workshop_of(asked)
    guests = _guests(asked, workshop)
    if isinstance(guests, str):
        return _page(asked, workshop, problem=guests)
    if guests.bad and asked.text("skip_bad") != "1":
        return _page(asked, workshop, guests, asked.words("guests.problem.bad"))
    asked.office.invitations.invite(workshop, guests.good)
    with asked.office.store.write() as session:
        now = asked.office.clock()
        record(session, asked.office.keys, now, asked.who, "guests_invited", "workshop", workshop.id)
    return _page(asked, workshop, done=asked.words("guests.done"))


def _guests(asked: Asked, workshop: Workshop) -> GuestList | str:
    """The list that was sent, or a sentence that says why there is none, or why nobody of it can be asked."""
    if _is_over(asked, workshop):
        return asked.words("guests.problem.over")
    try:
        text = sent(asked)
        good, bad = read_guests(io.StringIO(text, newline=""))
    except (NoList, NotAList) as problem:
        return str(problem)
    if len(good) > MOST_GUESTS:
        return asked.words("guests.problem.many", most=str(MOST_GUESTS))
    if lacking := asked.office.invitations.lacks_line(good):
        return asked.words("guests.problem.no_line", channels=" and ".join(lacking))
    return GuestList(text, good, bad)


def _page(
    asked: Asked, workshop: Workshop, guests: GuestList | None = None, problem: str = "", done: str = ""
) -> Response:
    counted = {"sms": 0, "whatsapp": 0}
    for one in guests.good if guests else ():
        counted[one.channel] += 1
    return asked.show(
        "workshop_guests.html.j2",
        400 if problem else 200,
        workshop=workshop,
        guests=guests,
        counted=counted,
        problem=problem,
        done=done,
        most_shown=MOST_SHOWN,
        over=_is_over(asked, workshop),
    )


def _is_over(asked: Asked, workshop: Workshop) -> bool:
    return workshop.closed_at is not None or workshop.ends_at <= asked.office.clock()


WORKSHOP_GUESTS: Final = Page(
    "workshop_guests", f"{AT}/guests", show, "Invite people", ORGANISERS, part_of="workshops"
)
PAGES: Final = (
    WORKSHOP_GUESTS,
    WORKSHOP_GUESTS.form(
        "check_guests", "check", check, "See who of a list would be invited", form_bytes=LIST_BYTES
    ),
    WORKSHOP_GUESTS.form(
        "invite_guests", "invite", invite, "Invite the people of a list", form_bytes=LIST_BYTES
    ),
)
