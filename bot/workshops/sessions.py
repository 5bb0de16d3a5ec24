"""Sessions: setting a workshop up, changing it, and calling it off."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.audit import actor, record
from bot.conversation.join_codes import new_code
from bot.delivery.hours import Hours
from bot.privacy.keys import Keyring
from bot.wording import load_wording
from bot.workshops.planning import Plan, WorkshopProblem, check, evening_before, prompt_times
from models import Store
from models.base import new_id
from models.landlords import Landlord
from models.staff import has_role
from models.workshops import (
    Organiser,
    Workshop,
    WorkshopLandlord,
    drop_landlords,
    landlords_of,
    organisers_of,
    workshop_of,
)


@dataclass(frozen=True, slots=True, repr=False)
class Planned:
    """A workshop as it was planned, to be looked at and changed."""

    plan: Plan
    landlords: Sequence[Landlord]


class Sessions:
    """Sets workshops up.

    Args:
        store: the database.
        keys: to seal and to look up.
        hours: when somebody may be asked.
        operator: who asks and reads; named in texts.
        lines: numbers for people in danger; said in texts.
        clock: gives the current time, aware.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        keys: Keyring,
        hours: Hours,
        operator: str,
        lines: Mapping[str, str],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._keys = keys
        self._hours = hours
        self._operator = operator
        self._lines = lines
        self._clock = clock

    def add(self, plan: Plan, landlords: Sequence[Landlord], who: str) -> Workshop:
        """Set a workshop up.

        Args:
            plan: what was decided.
            landlords: whose tenants and staff meet.
            who: who does it, for the audit.

        Raises:
            WorkshopProblem: when something about the plan can't be.
        """
        with self._store.write() as session:
            plan = self._checked(session, plan, landlords)
            workshop = Workshop(
                id=new_id(),
                code=self._fresh_code(session),
                live_key=secrets.token_urlsafe(16),
                created_at=self._clock(),
            )
            self._write(session, workshop, plan, prompt_times(plan, self._hours, self._clock()), landlords)
            record(session, self._keys, self._clock(), who, "workshop_added", "workshop", workshop.id)
            session.expunge(workshop)
        return workshop

    def look(self, workshop: Workshop) -> Planned:
        """A workshop as it is planned; its usual times are None, as in a plan."""
        with self._store.read() as session:
            return self._planned(session, workshop)

    def change(self, workshop: Workshop, plan: Plan, landlords: Sequence[Landlord], who: str) -> None:
        """Plan a workshop anew. Whoever is on the list is told when its title, time or place is another one.

        Raises:
            WorkshopProblem: when something about the plan can't be, or it is too late.
        """
        now = self._clock()
        with self._store.write() as session:
            row = session.get_one(Workshop, workshop.id)
            self._check_in_time(row, plan)
            plan = self._checked(session, plan, landlords)
            before = (row.title, row.place, row.starts_at)
            prompts = prompt_times(plan, self._hours, now, self._gone(row))
            self._write(session, row, plan, prompts, landlords)
            if before != (row.title, row.place, row.starts_at):
                row.changed_at = now
            record(session, self._keys, now, who, "workshop_changed", "workshop", row.id)

    def reprompt(self, workshop: Workshop, prompts: Sequence[datetime], who: str) -> None:
        """Ask at other times.

        Raises:
            WorkshopProblem: when there are too many, or none is left.
        """
        planned = self.look(workshop)
        wanted = replace(planned.plan, prompts=tuple(prompts))
        if prompt_times(wanted, self._hours, self._clock()) == []:
            raise WorkshopProblem(
                "None of these times is left: each must be ahead of us, within the hours in which people may be "
                "texted, and at least an hour before the workshop begins."
            )
        self.change(workshop, wanted, planned.landlords, who)

    def close(self, workshop: Workshop, who: str) -> None:
        """Call a workshop off: nobody can join, whoever is on the list is told, and nobody is asked anything more."""
        with self._store.write() as session:
            session.get_one(Workshop, workshop.id).closed_at = self._clock()
            record(session, self._keys, self._clock(), who, "workshop_closed", "workshop", workshop.id)

    def _planned(self, session: Session, workshop: Workshop) -> Planned:
        organisers = tuple(
            self._keys.open("organiser", one.id, "address", one.address)
            for one in organisers_of(session, workshop.id)
        )
        zone = ZoneInfo(workshop.timezone)
        times = tuple(datetime.fromisoformat(one).astimezone(zone) for one in workshop.prompts)
        plan = Plan(
            workshop.title,
            workshop.place,
            workshop.starts_at.astimezone(zone),
            workshop.ends_at - workshop.starts_at,
            workshop.timezone,
            workshop.capacity,
            tuple(workshop.languages),
            organisers,
        )
        usual = prompt_times(plan, self._hours, workshop.created_at)
        return Planned(
            plan if list(times) == usual else replace(plan, prompts=times), landlords_of(session, workshop.id)
        )

    def _checked(self, session: Session, plan: Plan, landlords: Sequence[Landlord]) -> Plan:
        plan = plan.tidied()
        check(plan, self._clock(), load_wording("bot.conversation"), self._operator, self._lines)
        if not landlords:
            raise WorkshopProblem("Say whose tenants and staff meet: at least one landlord.")
        for address in plan.organisers:
            if any(has_role(session, actor(self._keys, address), one.id, ["moderator"]) for one in landlords):
                raise WorkshopProblem(
                    "A moderator of one of these landlords can't be an organiser as well: the pack goes to organisers, "
                    "and nobody decides what is shown and reads it too."
                )
        return plan

    def _check_in_time(self, row: Workshop, plan: Plan) -> None:
        now, zone = self._clock(), ZoneInfo(row.timezone)
        if row.closed_at is not None:
            raise WorkshopProblem("It was called off. Set up another one.")
        if row.starts_at <= now:
            raise WorkshopProblem("It has begun, so it can't be changed any more.")
        other_day = plan.starts_at.astimezone(zone).date() != row.starts_at.astimezone(zone).date()
        if other_day and now >= evening_before(row.starts_at, row.timezone):
            raise WorkshopProblem(
                "Its pack has gone out, so it can't move to another day. Call it off and set up another one."
            )

    def _gone(self, row: Workshop) -> list[datetime]:
        times = [datetime.fromisoformat(one) for one in row.prompts]
        return [one for one in times if one <= self._clock()]

    def _write(
        self,
        session: Session,
        row: Workshop,
        plan: Plan,
        prompts: Sequence[datetime],
        landlords: Sequence[Landlord],
    ) -> None:
        row.title, row.place, row.timezone = plan.title, plan.place, plan.timezone
        row.starts_at, row.ends_at = (
            plan.starts_at.astimezone(UTC),
            (plan.starts_at + plan.length).astimezone(UTC),
        )
        row.languages, row.capacity = list(plan.languages), plan.capacity
        row.prompts = [one.astimezone(UTC).isoformat() for one in prompts]
        session.add(row)
        session.flush()
        drop_landlords(session, row.id)
        for landlord in landlords:
            session.add(WorkshopLandlord(workshop_id=row.id, landlord_id=landlord.id))
        self._write_organisers(session, row, plan.organisers)
        session.flush()

    def _write_organisers(self, session: Session, row: Workshop, addresses: Sequence[str]) -> None:
        wanted = {one.casefold(): one for one in addresses}
        for organiser in organisers_of(session, row.id):
            address = self._keys.open("organiser", organiser.id, "address", organiser.address)
            if wanted.pop(address.casefold(), None) is None:
                session.delete(organiser)
        for folded, address in wanted.items():
            organiser_id = new_id()
            lookup = self._keys.lookup("organiser", folded)
            sealed = self._keys.seal("organiser", organiser_id, "address", address)
            session.add(Organiser(id=organiser_id, workshop_id=row.id, lookup=lookup, address=sealed))

    def _fresh_code(self, session: Session) -> str:
        while True:
            code = new_code(secrets.choice)
            if workshop_of(session, code) is None:
                return code
