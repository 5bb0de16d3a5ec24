"""Sessions: setting a workshop up, inviting to it, and calling it off."""

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.conversation.dialogue import Errand
from bot.conversation.join_codes import new_code
from bot.conversation.messages import ChannelName
from bot.conversation.script import Script
from bot.delivery.hours import Hours
from bot.delivery.initiative import Initiative
from bot.delivery.people import People
from bot.privacy.keys import Keyring
from bot.workshops.guests import Guest
from models import Store
from models.base import new_id
from models.landlords import Landlord
from models.people import contacts_of
from models.workshops import (
    INVITED,
    Organiser,
    Participant,
    Workshop,
    WorkshopLandlord,
    participant,
    workshop_of,
)

MOST_EARLIER: Final = 2
"""With the one on the day and the one reminder that makes four, which is what joining asks for."""
BEFORE_IT_BEGINS: Final = timedelta(hours=1)
"""Nothing is asked later than that: people are on their way."""
DEFAULT_PROMPTS: Final = ((7, time(10)), (1, time(10)), (0, time(9)))
"""(days before, local time of day) at which participants are asked."""
LONGEST_LINE: Final = 60
"""Letters of a title or a place: they stand in texts of two parts."""


class WorkshopProblem(ValueError):
    """A workshop can't be set up like that. Says why, and what to do, in a sentence."""


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


class Sessions:
    """Sets workshops up.

    Args:
        store: the database.
        keys: to seal and to look up.
        people: who is invited.
        initiative: opens conversations.
        hours: when somebody may be asked.
        script: the invitation.
        accounts: our number on each channel.
        clock: gives the current time, aware.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        keys: Keyring,
        people: People,
        initiative: Initiative,
        hours: Hours,
        script: Script,
        accounts: Mapping[ChannelName, str],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._keys = keys
        self._people = people
        self._initiative = initiative
        self._hours = hours
        self._script = script
        self._accounts = accounts
        self._clock = clock

    def add(self, plan: Plan, landlords: Sequence[Landlord]) -> Workshop:
        """Set a workshop up.

        Raises:
            WorkshopProblem: when something about the plan can't be.
        """
        self._check(plan, landlords)
        with self._store.write() as session:
            workshop = Workshop(
                id=new_id(),
                code=self._fresh_code(session),
                live_key=secrets.token_urlsafe(16),
                title=plan.title,
                place=plan.place,
                starts_at=plan.starts_at,
                ends_at=plan.starts_at + plan.length,
                timezone=plan.timezone,
                languages=list(plan.languages),
                capacity=plan.capacity,
                prompts=[one.astimezone(UTC).isoformat() for one in self._prompts(plan)],
                created_at=self._clock(),
            )
            session.add(workshop)
            session.flush()
            for landlord in landlords:
                session.add(WorkshopLandlord(workshop_id=workshop.id, landlord_id=landlord.id))
            for address in dict.fromkeys(plan.organisers):
                organiser_id = new_id()
                lookup = self._keys.lookup("organiser", address.casefold())
                sealed = self._keys.seal("organiser", organiser_id, "address", address)
                session.add(
                    Organiser(id=organiser_id, workshop_id=workshop.id, lookup=lookup, address=sealed)
                )
            session.flush()
            session.expunge(workshop)
        return workshop

    def reprompt(self, workshop: Workshop, prompts: Sequence[datetime]) -> list[datetime]:
        """Ask at other times; gives those that are kept: in hours, ahead of us, and before it begins.

        Raises:
            WorkshopProblem: when there are too many, or none is left.
        """
        kept = self._usable(prompts, workshop.starts_at, workshop.timezone)
        if not kept:
            raise WorkshopProblem(
                "None of these times is left: each must be ahead of us, within the hours in which people may be "
                "texted, and at least an hour before the workshop begins."
            )
        with self._store.write() as session:
            row = session.get_one(Workshop, workshop.id)
            row.prompts = [one.astimezone(UTC).isoformat() for one in kept]
        return kept

    def close(self, workshop: Workshop) -> None:
        """Call a workshop off: nobody can join, and nobody is asked anything about it any more."""
        with self._store.write() as session:
            session.get_one(Workshop, workshop.id).closed_at = self._clock()

    def invite(self, workshop: Workshop, guests: Sequence[Guest]) -> Counter[str]:
        """Invite people, each once; says how many were, and how many not and why."""
        counted: Counter[str] = Counter()
        for guest in guests:
            with self._store.write() as session:
                reason = self._note_invited(session, workshop, guest)
            counted[reason or self._send(workshop, guest)] += 1
        return counted

    def _send(self, workshop: Workshop, guest: Guest) -> str:
        account = self._accounts.get(guest.channel)
        errand = Errand(workshop.id)
        asked = account is not None and self._initiative.ask(
            guest.channel, account, guest.contact, self._script, errand
        )
        return "invited" if asked else f"no {guest.channel} line"

    def _note_invited(self, session: Session, workshop: Workshop, guest: Guest) -> str | None:
        """Write an invitation down before it is sent: a crash invites too few, never anybody twice."""
        if self._people.is_listed(session, guest.channel, guest.contact):
            return "said stop, or had all removed"
        contact = self._people.meet(session, guest.channel, guest.contact)
        if contact.do_not_ask:
            return "not to be asked"
        ids = [one.id for one in contacts_of(session, contact.person)]
        if participant(session, workshop.id, ids) is not None:
            return "on the list already"
        session.add(Participant(id=new_id(), workshop_id=workshop.id, contact_id=contact.id, state=INVITED))
        return None

    def _check(self, plan: Plan, landlords: Sequence[Landlord]) -> None:
        for name, line in (("title", plan.title), ("place", plan.place)):
            if not line.strip() or len(line) > LONGEST_LINE:
                raise WorkshopProblem(f"Say the {name}, in at most {LONGEST_LINE} letters.")
        if plan.starts_at <= self._clock():
            raise WorkshopProblem("That time has passed. Say when it begins, as 2026-12-03T14:00.")
        if plan.capacity < 1:
            raise WorkshopProblem("Say for how many people there is room: --capacity 24.")
        if not landlords:
            raise WorkshopProblem("Say whose tenants and staff meet: --landlord NAME.")
        if not plan.organisers:
            raise WorkshopProblem("Say who gets the pack: --organiser EMAIL.")

    def _prompts(self, plan: Plan) -> list[datetime]:
        if plan.prompts is not None:
            return self._usable(plan.prompts, plan.starts_at, plan.timezone)
        zone = ZoneInfo(plan.timezone)
        day = plan.starts_at.astimezone(zone).date()
        usual = [datetime.combine(day - timedelta(days=days), at, zone) for days, at in DEFAULT_PROMPTS]
        return self._usable(usual, plan.starts_at, plan.timezone)

    def _usable(self, prompts: Sequence[datetime], starts_at: datetime, timezone: str) -> list[datetime]:
        """The times that people may be asked at, moved into the hours for that."""
        zone = ZoneInfo(timezone)
        opened = sorted({self._hours.next_open(one, zone) for one in prompts})
        usable = [one for one in opened if self._clock() < one <= starts_at - BEFORE_IT_BEGINS]
        on_the_day = sum(one.astimezone(zone).date() == starts_at.astimezone(zone).date() for one in usable)
        if len(usable) - on_the_day > MOST_EARLIER or on_the_day > 1:
            raise WorkshopProblem(
                "Ask at most twice on earlier days and once on the day itself: with the one reminder that is four "
                "texts, which is what people joined for."
            )
        return usable

    def _fresh_code(self, session: Session) -> str:
        while True:
            code = new_code(secrets.choice)
            if workshop_of(session, code) is None:
                return code
