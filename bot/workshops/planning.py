"""Planning: what an organiser decides about a workshop, whether it can be, and when people are asked before it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.conversation.segments import plain, segments
from bot.conversation.speech import Facts, reply_for
from bot.conversation.turn import Say
from bot.delivery.hours import Hours
from bot.wording import DEFAULT, Wording

MOST_EARLIER: Final = 2
"""With the one on the day and the one reminder that makes four, which is what joining asks for."""
BEFORE_IT_BEGINS: Final = timedelta(hours=1)
"""Nothing is asked later than that: people are on their way."""
DEFAULT_PROMPTS: Final = ((7, time(10)), (1, time(10)), (0, time(9)))
"""(days before, local time of day) at which participants are asked."""
EVENING: Final = time(18)
"""The local time, on the day before, at which the pack is made and figures are counted."""
LONGEST_LINE: Final = 60
"""Letters of a title or a place: they stand in texts of two parts."""
LONGEST: Final = timedelta(hours=12)
MOST_PEOPLE: Final = 1000
MOST_PARTS: Final = 2
ABOUT_WORKSHOPS: Final = (
    "workshop.joined",
    "workshop.full",
    "workshop.place_free",
    "workshop.invite",
    "workshop.today",
    "workshop.moved",
    "workshop.off",
)
"""The texts that say a workshop's title and place."""
SCRIPTS: Final[Mapping[str, tuple[str, str]]] = {
    "first": ("pre_session", "pre_session_staff"),
    "near": ("pre_session_near", "pre_session_near_staff"),
    "after": ("post_session", "post_session"),
    "check_30": ("commitment", "commitment"),
    "check_90": ("commitment_last", "commitment_last_staff"),
}
"""What tenants and what staff are asked at each time. On the day itself they are told something and asked nothing."""


class WorkshopProblem(ValueError):
    """A workshop can't be like that. Says why, and what to do, in a sentence."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an organiser decides about a workshop.

    Args:
        title: what it is called.
        place: where it is.
        starts_at: when it begins, aware.
        length: how long it takes.
        timezone: whose local time counts.
        capacity: how many people there is room for.
        languages: in which it is held.
        organisers: e-mail addresses of those who get the pack.
        prompts: when participants are asked before it, aware; None for the usual times.
    """

    title: str
    place: str
    starts_at: datetime
    length: timedelta
    timezone: str
    capacity: int
    languages: tuple[str, ...]
    organisers: tuple[str, ...]
    prompts: tuple[datetime, ...] | None = None

    def tidied(self) -> "Plan":
        """The same without spaces that nobody meant."""
        title, place = (" ".join(one.split()) for one in (self.title, self.place))
        return replace(self, title=title, place=place)


def check(plan: Plan, now: datetime, wording: Wording, operator: str, lines: Mapping[str, str]) -> None:
    """See that a workshop can be like that.

    Args:
        plan: what was decided.
        now: the current time.
        wording: the sentences of `bot.conversation`, which hold its title and place.
        operator: who asks and reads, named in them too.
        lines: numbers for people in danger.

    Raises:
        WorkshopProblem: when it can't.
    """
    for name, line in (("title", plan.title), ("place", plan.place)):
        if not line or len(line) > LONGEST_LINE:
            raise WorkshopProblem(f"Say the {name}, in at most {LONGEST_LINE} letters.")
    if plan.starts_at <= now:
        raise WorkshopProblem("That time has passed. Say a day and time at which it is to begin.")
    if not timedelta() < plan.length <= LONGEST:
        raise WorkshopProblem("Say how many hours it takes: more than none, and at most 12.")
    if not 1 <= plan.capacity <= MOST_PEOPLE:
        raise WorkshopProblem(f"Say for how many people there is room, from 1 to {MOST_PEOPLE}.")
    if not plan.organisers:
        raise WorkshopProblem("Say who gets the pack: the e-mail address of at least one organiser.")
    facts = Facts(
        operator,
        "",
        "",
        "",
        lines,
        title=plan.title,
        place=plan.place,
        when=f"{plan.starts_at:%A %d %B, %H:%M}",
    )
    for key in ABOUT_WORKSHOPS:
        text = reply_for(wording, DEFAULT, Say(key), facts).text
        if segments(plain(text)).parts > MOST_PARTS:
            raise WorkshopProblem("A text about it would take three parts. Shorten the title or the place.")


def usual_prompts(starts_at: datetime, zone: ZoneInfo) -> list[datetime]:
    """The usual times before a session that begins then."""
    day = starts_at.astimezone(zone).date()
    return [datetime.combine(day - timedelta(days=days), at, zone) for days, at in DEFAULT_PROMPTS]


def prompt_times(plan: Plan, hours: Hours, now: datetime, gone: Sequence[datetime] = ()) -> list[datetime]:
    """When people are asked before a session: those times that have gone, and those that can still be.

    Args:
        plan: what was decided.
        hours: when somebody may be asked; a time outside of them moves to when they next begin.
        now: the current time.
        gone: the times at which people have been asked already; they stay what they were.

    Raises:
        WorkshopProblem: when people would be asked more often than they joined for.
    """
    zone = ZoneInfo(plan.timezone)
    wanted = usual_prompts(plan.starts_at, zone) if plan.prompts is None else plan.prompts
    opened = sorted({hours.next_open(one, zone) for one in wanted})
    usable = [one for one in opened if now < one <= plan.starts_at - BEFORE_IT_BEGINS]
    if plan.prompts is None and gone:  # the last of the usual ones that there is room for
        usable = [one for one in usable if not _too_many([*gone, *usable[usable.index(one) :]], plan)]
    if _too_many([*gone, *usable], plan):
        raise WorkshopProblem(
            "Ask at most twice on earlier days and once on the day itself: with the one reminder that is four "
            "texts, which is what people joined for."
        )
    return [*gone, *usable]


def _too_many(prompts: Sequence[datetime], plan: Plan) -> bool:
    on_the_day = sum(_day(one, plan) == _day(plan.starts_at, plan) for one in prompts)
    return len(prompts) - on_the_day > MOST_EARLIER or on_the_day > 1


def _day(moment: datetime, plan: Plan) -> object:
    return moment.astimezone(ZoneInfo(plan.timezone)).date()


def evening_before(starts_at: datetime, timezone: str) -> datetime:
    """When the pack of a workshop that begins then is made by itself."""
    zone = ZoneInfo(timezone)
    return datetime.combine(starts_at.astimezone(zone).date() - timedelta(days=1), EVENING, zone)
