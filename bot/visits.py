"""Visits: taking them in, and asking about each at its time, once, unless somebody should not be asked."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, cast
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.conversation.messages import ChannelName
from bot.conversation.script import Script
from bot.delivery.hours import Hours
from bot.delivery.initiative import Initiative
from bot.delivery.people import Known, People
from bot.log import get_logger, log_error
from bot.privacy.keys import Keyring
from bot.visit_list import VisitRow
from models import Store
from models.base import new_id
from models.bulk import insert_all
from models.landlords import Landlord
from models.people import Contact, contacts_locked
from models.visits import (
    PLANNED,
    Due,
    Visit,
    asked_since,
    due_visits,
    known_contacts,
    known_keys,
    mark_asked,
    mark_not_asked,
)

BATCH: Final = 1000
LAST_ASK: Final = time(18, 30)
"""A visit known by then is asked about on its own day; a later one on the next morning."""
MORNING: Final = time(10)
MINDED_FOR: Final = timedelta(days=30)
"""Nobody is asked about two visits within this time."""
DORMANT_AFTER: Final = timedelta(days=365)
TOO_LATE: Final = timedelta(days=14)

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What would become of a visit: the local day on which it is asked about, or why it is not."""

    day: date | None = None
    reason: str = ""


class Visits:
    """Takes visits in and asks about them.

    Args:
        store: the database.
        keys: to seal and to look up.
        people: whom they were at.
        initiative: opens conversations.
        hours: when somebody may be asked.
        script: what to ask.
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

    def take_in(
        self, landlord: Landlord, rows: Sequence[VisitRow], progress: Progress = lambda _count: None
    ) -> int:
        """Write visits down; what is there already is left as it is.

        Args:
            landlord: whose.
            rows: the visits.
            progress: told after each batch how many rows are done.

        Returns:
            How many were new.
        """
        new = 0
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            with self._store.write() as session:
                new += self._write(session, landlord, batch)
            progress(len(batch))
        return new

    def when(self, row: VisitRow, landlord: Landlord) -> datetime:
        """When a visit is asked about: on its own day, or the next morning that is not quiet."""
        zone, now = ZoneInfo(landlord.timezone), self._clock()
        today = now.astimezone(zone).date()
        if row.visited_on > today:  # after the visit has been
            return self._hours.next_open(datetime.combine(row.visited_on, LAST_ASK, zone), zone)
        if now <= datetime.combine(today, LAST_ASK, zone):
            earliest = now if row.visited_on == today else datetime.combine(today, MORNING, zone)
            return self._hours.next_open(max(now, earliest), zone)
        return self._hours.next_open(datetime.combine(today + timedelta(days=1), MORNING, zone), zone)

    def preview(self, landlord: Landlord, rows: Sequence[VisitRow]) -> Counter[Plan]:
        """How many would be asked on which day, and how many not and why, as things stand now."""
        counted: Counter[Plan] = Counter()
        asked: set[bytes] = set()
        with self._store.read() as session:
            contacts = [self._people.find(session, row.channel, row.contact, lock=False) for row in rows]
            found = list({contact.id: contact for contact in contacts if contact}.values())
            reasons = self._reasons(session, found, self._people.known(session, found))
            for row, contact in zip(rows, contacts, strict=True):
                reason = reasons[contact.id] if contact else None
                lookup = self._people.number(row.channel, row.contact)
                if reason is None and lookup in asked:
                    reason = "asked_lately"
                asked.add(lookup)
                day = self.when(row, landlord).astimezone(ZoneInfo(landlord.timezone)).date()
                counted[Plan(reason=reason) if reason else Plan(day)] += 1
        return counted

    def ask_due(self) -> int:
        """Ask about every visit whose time has come; says how many were asked."""
        asked, more = self.ask_some()
        while more:
            said, more = self.ask_some()
            asked += said
        return asked

    def ask_some(self) -> tuple[int, bool]:
        """Ask about the next visits whose time has come, all in one transaction.

        Returns:
            How many were asked, and whether there may be more of them.
        """
        try:
            due, said = self._ask_next(BATCH)
        except SQLAlchemyError:
            raise
        except Exception:  # noqa: BLE001 - whose fault it was shows when each is alone
            return self._ask_each(BATCH)
        return said, due == BATCH

    def _ask_each(self, most: int) -> tuple[int, bool]:
        """The same, each in a transaction of its own: one that can't be asked about holds no other up."""
        asked = 0
        for _ in range(most):
            try:
                due, said = self._ask_next(1)
            except SQLAlchemyError:
                raise
            except Exception as error:  # noqa: BLE001 - as it says
                self._give_up(error)
                continue
            asked += said
            if not due:
                return asked, False
        return asked, True

    def _ask_next(self, most: int) -> tuple[int, int]:
        """Ask about the next visits that are due: says how many there were, and how many were asked."""
        with self._store.write() as session:
            due = due_visits(session, self._clock(), most)
            contacts = {one.id: one for one in contacts_locked(session, [one.contact_id for one in due])}
            known = self._people.known(session, list(contacts.values()))
            wanted = self._decide(session, due, contacts, known)
            whom = [
                (contacts[visit.contact_id], account)
                for visit in wanted
                if (account := self._accounts.get(cast("ChannelName", visit.channel)))
            ]
            said = self._initiative.ask_all(session, whom, self._script)
            mark_asked(session, [one.id for one in wanted if one.contact_id in said], self._clock())
            mark_not_asked(session, [one.id for one in wanted if one.contact_id not in said], "no_line")
        if said:
            self._initiative.wake()
        return len(due), len(said)

    def _decide(
        self, session: Session, due: Sequence[Due], contacts: Mapping[int, Contact], known: Known
    ) -> Sequence[Due]:
        """Those of these visits that are to be asked about; the others are marked with the reason."""
        now, reasons = self._clock(), self._reasons(session, list(contacts.values()), known)
        wanted: dict[bytes, Due] = {}
        unwanted: dict[str, list[int]] = {}
        for visit in due:
            contact = contacts[visit.contact_id]
            reason = reasons[contact.id] or ("asked_lately" if contact.person in wanted else None)
            if reason is None and now - visit.ask_at > TOO_LATE:
                reason = "too_late"
            if reason is None:
                wanted[contact.person] = visit
            else:
                unwanted.setdefault(reason, []).append(visit.id)
        for reason, ids in unwanted.items():
            mark_not_asked(session, ids, reason)
            get_logger().info("visits_not_asked", reason=reason, count=len(ids))
        return list(wanted.values())

    def _give_up(self, error: Exception) -> None:
        """The visit whose turn it is can't be asked about; the others are not to wait for it."""
        log_error("visit_broke", error)
        with self._store.write() as session:
            mark_not_asked(session, [one.id for one in due_visits(session, self._clock(), 1)], "broken")

    def _reasons(self, session: Session, contacts: Sequence[Contact], known: Known) -> dict[int, str | None]:
        """Why each of these people is not to be asked, or None; by contact."""
        now = self._clock()
        reasons = self._people.whys_not(session, contacts, known)
        everywhere = known.everywhere
        asked = asked_since(session, [one.id for own in everywhere.values() for one in own], now - MINDED_FOR)
        for contact in contacts:
            if reasons[contact.id] is not None:
                continue
            if any(one.id in asked for one in everywhere[contact.person]):
                reasons[contact.id] = "asked_lately"
            elif now - (contact.last_heard_at or contact.created_at) > DORMANT_AFTER:
                reasons[contact.id] = "dormant"
        return reasons

    def _write(self, session: Session, landlord: Landlord, rows: Sequence[VisitRow]) -> int:
        keyed = {self._keys_of(landlord, row): row for row in rows}
        known = known_keys(session, [key for keys in keyed for key in keys])
        fresh = {keys[0]: row for keys, row in keyed.items() if known.isdisjoint(keys)}
        contacts = self._contacts(session, list(fresh.values()))
        insert_all(
            session,
            Visit,
            [
                self._visit(key, row, landlord, contacts[row.channel, row.contact])
                for key, row in fresh.items()
            ],
        )
        return len(fresh)

    def _keys_of(self, landlord: Landlord, row: VisitRow) -> tuple[bytes, ...]:
        """What a visit is known by: one a generation of look-up keys, newest first."""
        day = row.visited_on.isoformat()
        parts = (str(landlord.id), row.channel, row.contact, day, row.kind, row.reference)
        return tuple(self._keys.lookups("visit", *parts))

    def _contacts(self, session: Session, rows: Sequence[VisitRow]) -> dict[tuple[str, str], int]:
        """The contact of each row, written down where it is new."""
        wanted = {
            (row.channel, row.contact): self._keys.lookups("contact", row.channel, row.contact)
            for row in rows
        }
        known = known_contacts(session, [lookup for lookups in wanted.values() for lookup in lookups])
        found = {
            who: next(known[lookup] for lookup in lookups if lookup in known)
            for who, lookups in wanted.items()
            if any(lookup in known for lookup in lookups)
        }
        new = [
            self._people.new_row(session, channel, number)
            for channel, number in wanted
            if (channel, number) not in found
        ]
        insert_all(session, Contact, new)
        made = {row["lookup"]: row["id"] for row in new}
        return {
            who: found.get(who) or next(made[lookup] for lookup in lookups if lookup in made)
            for who, lookups in wanted.items()
        }

    def _visit(self, key: bytes, row: VisitRow, landlord: Landlord, contact_id: int) -> dict[str, object]:
        visit_id = new_id()
        sealed = self._keys.seal("visit", visit_id, "reference", row.reference) if row.reference else None
        return {
            "id": visit_id,
            "key": key,
            "landlord_id": landlord.id,
            "contact_id": contact_id,
            "channel": row.channel,
            "kind": row.kind,
            "visited_on": row.visited_on,
            "reference": sealed,
            "state": PLANNED,
            "ask_at": self.when(row, landlord),
            "created_at": self._clock(),
        }
