"""Visits: a list comes in as a file, is looked at first, and is taken in when somebody says so."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.responses import Response

from bot.audit import record
from bot.console.lists import FILE_BYTES, MOST_SHOWN, NoList, packed, sent
from bot.console.page import Asked, Page
from bot.console.roles import Role
from bot.visit_list import BadRow, NotAList, VisitRow, read_csv
from bot.visits import Plan
from models.visits import counts

OPERATOR: Final = frozenset[Role](("operator",))


@dataclass(frozen=True, slots=True, repr=False)
class Sheet:
    """A list as it was sent, and what it holds."""

    text: str
    good: Sequence[VisitRow]
    bad: Sequence[BadRow]

    @property
    def packed(self) -> str:
        """The list for a field of the next form; "" when it is too long for that."""
        return packed(self.text)


def show(asked: Asked) -> Response:
    """How many visits there are in which state, and where to bring a list."""
    return _page(asked, 200)


def check(asked: Asked) -> Response:
    """What would become of each visit of a list: nothing is written."""
    sheet = _sheet(asked)
    if isinstance(sheet, str):
        return _page(asked, 400, problem=sheet)
    planned = asked.office.visits.preview(asked.of, sheet.good)
    in_order = sorted(planned.items(), key=lambda one: (one[0].day or date.max, one[0].reason))
    return _page(asked, 200, sheet=sheet, planned=[(_said(asked, plan), count) for plan, count in in_order])


def take_in(asked: Asked) -> Response:
    """Take a list in; with bad rows in it only when that was asked for."""
    sheet = _sheet(asked)
    if isinstance(sheet, str):
        return _page(asked, 400, problem=sheet)
    if sheet.bad and asked.text("skip_bad") != "1":
        return _page(asked, 400, sheet=sheet, problem=asked.words("visits.problem.bad"))
    new = asked.office.visits.take_in(asked.of, sheet.good)
    with asked.office.store.write() as session:
        now = asked.office.clock()
        record(session, asked.office.keys, now, asked.who, "visits_imported", "landlord", asked.of.id)
    done = {"new": str(new), "known": str(len(sheet.good) - new), "bad": str(len(sheet.bad))}
    return _page(asked, 200, done=asked.words("visits.done", **done))


def _sheet(asked: Asked) -> Sheet | str:
    """The list that was sent, or a sentence that says why there is none."""
    today = asked.local(asked.office.clock()).date()
    try:
        text = sent(asked)
        return Sheet(text, *read_csv(io.StringIO(text, newline=""), today))
    except (NoList, NotAList) as problem:
        return str(problem)


def _said(asked: Asked, plan: Plan) -> str:
    if plan.day:
        return asked.words("visits.on_day", day=f"{plan.day:%A %-d %B}")
    return asked.words(f"visits.not_asked.{plan.reason}")


def _page(  # noqa: PLR0913 - what the page may show
    asked: Asked,
    status: int,
    sheet: Sheet | None = None,
    planned: Sequence[tuple[str, int]] = (),
    problem: str = "",
    done: str = "",
) -> Response:
    with asked.office.store.read() as session:
        states = counts(session, asked.of.id)
    return asked.show(
        "visits.html.j2",
        status,
        states=sorted(states.items()),
        sheet=sheet,
        planned=planned,
        problem=problem,
        done=done,
        most_shown=MOST_SHOWN,
    )


VISITS: Final = Page(
    "visits", "/{landlord}/visits", show, "Visits that people are asked about", OPERATOR, nav=True
)
PAGES: Final = (
    VISITS,
    VISITS.form("check_visits", "check", check, "See whom a list would ask, and when", form_bytes=FILE_BYTES),
    VISITS.form("take_in_visits", "take-in", take_in, "Take a list of visits in", form_bytes=FILE_BYTES),
)
