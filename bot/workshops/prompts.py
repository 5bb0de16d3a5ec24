"""Prompts: what participants are asked before and after a workshop, each once and at its time."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.conversation.dialogue import Errand
from bot.conversation.messages import ChannelName
from bot.conversation.script import Script
from bot.delivery.hours import Hours
from bot.delivery.initiative import Initiative
from bot.delivery.people import People
from bot.log import get_logger
from bot.workshops.planning import SCRIPTS
from models import Store
from models.base import new_id
from models.participants import (
    COMING,
    HERE,
    WAITING,
    Participant,
    Prompted,
    contribution,
    count_in,
    participants_of,
    prompted,
)
from models.people import Contact
from models.workshops import Workshop, all_workshops

AT: Final = time(10)
"""The local time at which people are asked afterwards."""
USEFUL_FOR: Final = timedelta(hours=6)
"""A question before a session that is later than that is not asked any more."""
LATER_FOR: Final = timedelta(days=7)
"""The same for questions afterwards."""
REMINDS_UNTIL: Final = timedelta(days=1, hours=3)
"""Before the session: a reminder comes a day after the question, and must not run into the day."""
AFTER_DAYS: Final[Mapping[str, int]] = {"after": 1, "check_30": 30, "check_90": 90}
OVER_AFTER: Final = timedelta(days=100)
FIRST: Final = "first"
NEAR: Final = "near"
EARLIER: Final = (FIRST, NEAR)
TODAY: Final = "today"
PLACE_FREE: Final = "place_free"
MOVED: Final = "moved"
OFF: Final = "off"


@dataclass(frozen=True, slots=True)
class Moment:
    """One time at which a workshop's participants are asked something."""

    name: str
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Asking:
    """One person to be asked: what, where, and what they have decided before."""

    workshop: int
    channel: ChannelName
    address: str
    script: str
    errand: Errand


def moments_of(workshop: Workshop, hours: Hours) -> tuple[Moment, ...]:
    """When the participants of a workshop are asked what, in order: before it and after it."""
    zone = ZoneInfo(workshop.timezone)
    day = workshop.starts_at.astimezone(zone).date()
    before = [datetime.fromisoformat(one) for one in workshop.prompts]
    names = _names([one.astimezone(zone).date() == day for one in before])
    asked = [Moment(name, at, at + USEFUL_FOR) for name, at in zip(names, before, strict=True)]
    for name, days in AFTER_DAYS.items():
        at = hours.next_open(datetime.combine(day + timedelta(days=days), AT, zone), zone)
        asked.append(Moment(name, at, at + LATER_FOR))
    return tuple(asked)


def _names(on_the_day: Sequence[bool]) -> list[str]:
    """What each time before a session is for: stories, then what is left, and on the day itself when and where."""
    earlier = iter(EARLIER)
    return [TODAY if today else next(earlier) for today in on_the_day]


class Prompts:
    """Asks what is due.

    Args:
        store: the database.
        people: who is asked.
        initiative: opens conversations.
        hours: when somebody may be asked.
        scripts: what to ask.
        accounts: our number on each channel.
        clock: gives the current time, aware.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        people: People,
        initiative: Initiative,
        hours: Hours,
        scripts: Mapping[str, Script],
        accounts: Mapping[ChannelName, str],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._people = people
        self._initiative = initiative
        self._hours = hours
        self._scripts = scripts
        self._accounts = accounts
        self._clock = clock

    def run_due(self) -> int:
        """Ask everybody what is due, and give free places to those who wait; says how many were written to."""
        now = self._clock()
        with self._store.write() as session:
            live = [one for one in all_workshops(session) if one.ends_at + OVER_AFTER > now]
            due = [asking for workshop in live for asking in self._due(session, workshop, now)]
        return sum(self._ask(asking) for asking in due)

    def _due(self, session: Session, workshop: Workshop, now: datetime) -> Iterator[Asking]:
        if workshop.closed_at is not None:
            yield from self._news(session, workshop, OFF, workshop.closed_at)
            return
        if workshop.changed_at is not None:
            yield from self._news(session, workshop, MOVED, workshop.changed_at)
        yield from self._free_places(session, workshop, now)
        for moment in moments_of(workshop, self._hours):
            if not moment.at <= now < moment.until:
                continue
            for place in participants_of(session, workshop.id, COMING):
                asking = self._decide(session, workshop, place, moment)
                if asking is not None:
                    yield asking

    def _news(self, session: Session, workshop: Workshop, name: str, since: datetime) -> Iterator[Asking]:
        """It is another day or place, or called off: whoever was on the list before hears it, once, within hours."""
        now = self._clock()
        if now >= workshop.ends_at or self._hours.next_open(now, ZoneInfo(workshop.timezone)) > now:
            return
        once = f"{name} {since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
        for place in participants_of(session, workshop.id, *HERE):
            if (place.joined_at or since) < since and once not in prompted(session, place.id):
                asking = self._mark(session, workshop, place, once, f"workshop.{name}")
                if asking is not None:
                    yield asking

    def _free_places(self, session: Session, workshop: Workshop, now: datetime) -> Iterator[Asking]:
        if now >= workshop.ends_at:
            return
        free = workshop.capacity - count_in(session, workshop.id, COMING)
        for place in participants_of(session, workshop.id, WAITING)[: max(free, 0)]:
            place.state = COMING
            asking = self._mark(session, workshop, place, PLACE_FREE, f"workshop.{PLACE_FREE}")
            if asking is not None:
                yield asking

    def _decide(
        self, session: Session, workshop: Workshop, place: Participant, moment: Moment
    ) -> Asking | None:
        if moment.name == FIRST and place.joined_at and place.joined_at > moment.at:
            return None  # they were asked the one that matters when they joined
        committed = contribution(session, place.id, "will_do") is not None
        if moment.name == "check_30" and not committed:
            return None
        if moment.name in prompted(session, place.id):
            return None
        is_staff = place.role == "staff"
        scripts = SCRIPTS.get(moment.name)
        script = scripts[is_staff] if scripts else f"workshop.{moment.name}"
        if moment.name == "check_90" and not committed:
            script = "pair_after_staff" if is_staff else "pair_after"
        return self._mark(session, workshop, place, moment.name, script)

    def _mark(
        self, session: Session, workshop: Workshop, place: Participant, name: str, script: str
    ) -> Asking | None:
        """Who is asked is written down before anything is sent: a crash asks too little, never twice."""
        now = self._clock()
        session.add(Prompted(id=new_id(), participant_id=place.id, name=name, at=now))
        session.flush()
        contact = session.get_one(Contact, place.contact_id)
        reason = self._people.why_not(session, contact)
        if reason is not None:
            get_logger().info("participant_not_asked", reason=reason)
            return None
        decided = {} if place.agreed is None else {"workshop_consent": "yes" if place.agreed else "no"}
        errand = Errand(workshop.id, decided, reminds=now + REMINDS_UNTIL < workshop.starts_at)
        return Asking(
            workshop.id,
            contact.channel,  # type: ignore[arg-type]  # a plain word in the table
            self._people.address(contact),
            script,
            errand,
        )

    def _ask(self, asking: Asking) -> bool:
        account = self._accounts.get(asking.channel)
        if account is None:
            return False
        script = self._scripts.get(asking.script)
        if script is None:  # it asks nothing: it only says
            return self._initiative.notify(
                asking.channel, account, asking.address, asking.script, asking.workshop
            )
        return self._initiative.ask(asking.channel, account, asking.address, script, asking.errand)
