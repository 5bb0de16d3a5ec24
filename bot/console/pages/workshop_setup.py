"""Setting a workshop up: planned in a form, changed in the same form, called off."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from starlette.responses import Response

from bot.console.page import Asked, Page
from bot.console.pages.workshops import AT, ORGANISERS, WORKSHOP, back, workshop_of
from bot.mail import tidy_address
from bot.wording import DEFAULT, english_name, load_wording
from bot.workshops.planning import MOST_EARLIER, Plan, WorkshopProblem
from bot.workshops.sessions import Planned
from models.landlords import Landlord
from models.workshops import Workshop

MOMENT: Final = "%Y-%m-%dT%H:%M"
"""What browsers send for a day and time."""
TIMES: Final = MOST_EARLIER + 1
Fields = Mapping[str, str]


def new(asked: Asked) -> Response:
    """The form, with what is usual."""
    fields = {"hours": "2", "capacity": "24", "in_en": "1", f"of_{asked.of.id}": "1", "times": "usual"}
    return _form(asked, {**fields, "organisers": asked.who})


def add(asked: Asked) -> Response:
    """Set a workshop up."""
    try:
        plan, landlords = _read(asked, asked.of.timezone)
        made = asked.office.workshops.add(plan, landlords, asked.who)
    except WorkshopProblem as problem:
        return _form(asked, _typed(asked), problem=str(problem))
    return back(asked, made)


def plan(asked: Asked) -> Response:
    """The form, with what was planned."""
    workshop = workshop_of(asked)
    return _form(asked, _fields(asked.office.workshops.look(workshop)), workshop)


def change(asked: Asked) -> Response:
    """Plan a workshop anew."""
    workshop = workshop_of(asked)
    try:
        plan, landlords = _read(asked, workshop.timezone)
        others = [
            one
            for one in asked.office.workshops.look(workshop).landlords
            if one.id not in {mine.id for mine in _mine(asked)}
        ]
        asked.office.workshops.change(workshop, plan, [*landlords, *others], asked.who)
    except WorkshopProblem as problem:
        return _form(asked, _typed(asked), workshop, str(problem))
    return back(asked, workshop)


def call_off(asked: Asked) -> Response:
    """Call a workshop off, once somebody has said that they are sure."""
    workshop = workshop_of(asked)
    if asked.text("sure") != "1":
        return _form(
            asked, _fields(asked.office.workshops.look(workshop)), workshop, asked.words("plan.problem.sure")
        )
    asked.office.workshops.close(workshop, asked.who)
    return back(asked, workshop)


def _read(asked: Asked, timezone: str) -> tuple[Plan, list[Landlord]]:
    """What was typed, as a plan.

    Raises:
        WorkshopProblem: when something of it can't be read.
    """
    zone = ZoneInfo(timezone)
    starts = _moment(asked.text("starts"), zone)
    if starts is None:
        raise WorkshopProblem(asked.words("plan.problem.starts"))
    given = asked.text("organisers").replace(",", " ").replace(";", " ").split()
    addresses = [tidy_address(one) for one in given]
    if None in addresses:
        raise WorkshopProblem(asked.words("plan.problem.address", which=given[addresses.index(None)]))
    languages = [code for code in load_wording("bot.conversation").languages if asked.text(f"in_{code}")]
    made = Plan(
        title=asked.text("title", 200),
        place=asked.text("place", 200),
        starts_at=starts,
        length=timedelta(hours=_number(asked.text("hours"))),
        timezone=timezone,
        capacity=int(_number(asked.text("capacity"))),
        languages=tuple(languages or [DEFAULT]),
        organisers=tuple(dict.fromkeys(one for one in addresses if one)),
        prompts=None,
    )
    landlords = [one for one in _mine(asked) if asked.text(f"of_{one.id}") or one.id == asked.of.id]
    if asked.text("times") != "own":
        return made, landlords
    times = [_moment(asked.text(f"time_{number}"), zone) for number in range(TIMES)]
    if not any(times):
        raise WorkshopProblem(asked.words("plan.problem.times"))
    return replace(made, prompts=tuple(one for one in times if one)), landlords


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        return None


def _number(text: str) -> float:
    try:
        return min(max(float(text), 0), 9999)
    except ValueError:
        return 0  # which is refused, with how to mend it, where the plan is looked at


def _mine(asked: Asked) -> list[Landlord]:
    """The landlords whose workshops whoever asks may set up."""
    roles = asked.signed_in.roles
    return [one for one in asked.landlords if "organiser" in roles.get(one.id, ())]


def _typed(asked: Asked) -> Fields:
    return {name: value for name, value in asked.form.items() if isinstance(value, str)}


def _fields(planned: Planned) -> Fields:
    """A plan as the form has it."""
    plan = planned.plan
    times = {f"time_{number}": f"{one:{MOMENT}}" for number, one in enumerate(plan.prompts or ())}
    return {
        "title": plan.title,
        "place": plan.place,
        "starts": f"{plan.starts_at:{MOMENT}}",
        "hours": f"{plan.length / timedelta(hours=1):g}",
        "capacity": str(plan.capacity),
        "organisers": "\n".join(plan.organisers),
        "times": "usual" if plan.prompts is None else "own",
        **times,
        **{f"in_{code}": "1" for code in plan.languages},
        **{f"of_{one.id}": "1" for one in planned.landlords},
    }


def _form(asked: Asked, fields: Fields, workshop: Workshop | None = None, problem: str = "") -> Response:
    languages: Sequence[str] = load_wording("bot.conversation").languages
    return asked.show(
        "workshop_plan.html.j2",
        400 if problem else 200,
        fields=fields,
        workshop=workshop,
        problem=problem,
        languages=[(code, english_name(code)) for code in languages],
        mine=_mine(asked),
        times=range(TIMES),
    )


NEW: Final = Page(
    "workshop_new", "/{landlord}/workshops/new", new, "Set a workshop up", ORGANISERS, part_of="workshops"
)
PLAN: Final = Page("workshop_plan", f"{AT}/plan", plan, "Change a workshop", ORGANISERS, part_of="workshops")
PAGES: Final = (
    NEW,
    NEW.form("workshop_add", "", add, "Set a workshop up"),
    PLAN,
    PLAN.form("workshop_change", "", change, "Change a workshop"),
    WORKSHOP.form("workshop_off", "call-off", call_off, "Call a workshop off", may=ORGANISERS),
)
