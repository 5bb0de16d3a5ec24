"""The inbox: one event in, one transaction, and only then does the provider hear that all is well."""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from bot.conversation import dialogue
from bot.conversation.messages import Arrival, Departure, Incoming, Report
from bot.delivery.kinds import PROMPTED
from bot.delivery.people import People
from bot.delivery.reports import note_report
from bot.delivery.turns import Turns
from bot.failpoints import failpoint
from bot.log import get_logger, log_error
from bot.privacy.keys import Keyring
from bot.workshops.members import Members
from models import Store
from models.base import new_id
from models.group import Group
from models.inbound import (
    QUARANTINED,
    WAITING,
    Inbound,
    assign,
    known_events,
    of_messages,
    put_off,
    take_in,
    waiting,
)
from models.landlords import Line, line_for
from models.outbound import AWAITED, UNASKED, hasten, release_held
from models.people import Contact

MOST_ATTEMPTS: Final = 5
AGAIN_AFTER: Final = timedelta(seconds=30)
WITHOUT_LANDLORD: Final = timedelta(minutes=2)
"""How often a message to a number that belongs to nobody yet is looked at again."""
BATCH: Final = 50

Wake = Callable[[], None]


class NoLandlord(Exception):
    """The line that a message came in on belongs to no landlord yet."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A stored message, whose it is, and the earlier versions of it that are stored."""

    arrival: Incoming | Departure
    inbound_id: int
    contact: Contact
    line: Line
    message_key: bytes | None
    earlier: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an event: whether it was new, and how many replies wait to be sent."""

    new: bool
    replies: int = 0


class Inbox:
    """Takes events in.

    Args:
        store: the database.
        keys: to seal and to look up.
        people: who writes.
        turns: writes down what a message changes.
        world: what the dialogue knows of the world around it.
        clock: gives the current time, aware.
        wake: called after a commit that left something to send.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        keys: Keyring,
        people: People,
        turns: Turns,
        world: dialogue.World,
        clock: Callable[[], datetime],
        wake: Wake = lambda: None,
    ) -> None:
        self._store = store
        self._keys = keys
        self._people = people
        self._turns = turns
        self._world = world
        self._members = Members(keys, clock)
        self._clock = clock
        self._wake = wake

    def receive(self, arrival: Arrival) -> Receipt:
        """Store one event with everything that follows from it, once.

        What follows from a message is worked out in the transaction that stores it. Where that fails, the
        message alone is stored, for `retry`: the provider hears that it is safe, and the person's next
        message is not held up by it.

        Returns:
            A receipt, after the commit. An event that was here before changes nothing.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: when it could not be stored at all; then the provider must try again.
        """
        try:
            receipts = self._commit([arrival])
        except IntegrityError:
            receipts = self._commit([arrival])  # it has just come in through another process: now it is known
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001 - a poisonous message must not be lost, nor hold up the next
            receipts = [self._keep_for_later(cast("Incoming | Departure", arrival), error)]
            self._committed(receipts)
        return receipts[0]

    def receive_all(self, arrivals: Sequence[Arrival]) -> list[Receipt | Exception]:
        """Store events that wait together in one transaction, which costs little more than one alone.

        Args:
            arrivals: events of different people: see `Intake`.

        Returns:
            After the commit, each one's receipt, or why it could not be stored. Where the transaction fails,
            each is stored by itself, so that one message can't fail the others.
        """
        if len(arrivals) > 1:
            try:
                return list(self._commit(arrivals))
            except Exception:  # noqa: BLE001, S110 - whose fault it was shows when each is alone
                pass
        return [self._alone(arrival) for arrival in arrivals]

    def retry(self) -> int:
        """Work out what follows from messages that could only be stored; says how many there were."""
        with self._store.read() as session:
            rows = waiting(session, self._clock(), BATCH)
        for row in rows:
            try:
                with self._store.write() as session:
                    replies = self._take_up(session, row)
            except Exception as error:  # noqa: BLE001 - the others are not to wait for it
                self._put_off(row, error)
            else:
                if replies:
                    self._wake()
        return len(rows)

    def _alone(self, arrival: Arrival) -> Receipt | Exception:
        try:
            return self.receive(arrival)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for it
            return error

    def _commit(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        with self._store.write() as session:
            receipts = self._take_in(session, arrivals)
            failpoint("turned")
        self._committed(receipts)
        return receipts

    def _committed(self, receipts: Sequence[Receipt]) -> None:
        failpoint("committed")
        new, replies = sum(one.new for one in receipts), sum(one.replies for one in receipts)
        get_logger().info("taken_in", events=len(receipts), new=new, replies=replies)
        self._wake()

    def _take_in(self, session: Session, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """Store events and all that follows from them, in the order in which they came."""
        reports = [one for one in arrivals if isinstance(one, Report)]
        noted = {id(one): note_report(session, self._people, one, self._clock()) for one in reports}
        heard = self._insert(session, [one for one in arrivals if isinstance(one, Incoming | Departure)])
        failpoint("stored")
        replies = dict(zip((id(one.arrival) for one in heard), self._follow(session, heard), strict=True))
        return [
            Receipt(id(one) in replies or noted.get(id(one), False), replies.get(id(one), 0))
            for one in arrivals
        ]

    def _insert(self, session: Session, arrivals: Sequence[Incoming | Departure]) -> list[Heard]:
        """Store messages as they came, but for those that are there already; gives the new ones."""
        keys = [self._keys.lookups("inbound", one.channel, one.account, one.external_id) for one in arrivals]
        known = known_events(session, [key for own in keys for key in own])
        fresh = [(one, own[0]) for one, own in zip(arrivals, keys, strict=True) if known.isdisjoint(own)]
        heard = self._place(session, [(one, new_id()) for one, _ in fresh])
        rows = [
            {
                **self._row(one.arrival, one.inbound_id, key, one.message_key),
                "contact_id": one.contact.id,
                "line_id": one.line.id,
            }
            for one, (_, key) in zip(heard, fresh, strict=True)
        ]
        take_in(session, rows)
        return heard

    def _row(
        self, arrival: Incoming | Departure, inbound_id: int, key: bytes, message_key: bytes | None
    ) -> dict[str, Any]:
        return {
            "id": inbound_id,
            "key": key,
            "message_key": message_key,
            "channel": arrival.channel,
            "body": self._keys.seal("inbound", inbound_id, "body", json.dumps(_to_json(arrival))),
            "received_at": arrival.received_at,
        }

    def _place(self, session: Session, arrivals: Sequence[tuple[Incoming | Departure, int]]) -> list[Heard]:
        """Find out whose messages these are, which line they came in on, and what came before of the same message."""
        if not arrivals:
            return []
        lines = {
            where: line_for(session, *where)
            for where in {(one.channel, one.account): None for one, _ in arrivals}
        }
        if None in lines.values():
            raise NoLandlord
        contacts = self._people.meet_all(session, [(one.channel, one.address) for one, _ in arrivals])
        about = [self._message_keys(one) for one, _ in arrivals]
        earlier = of_messages(session, [key for keys in about for key in keys])
        return [
            Heard(
                one,
                inbound_id,
                contact,
                cast("Line", lines[one.channel, one.account]),
                next(iter(keys), None),
                tuple(row_id for key, row_id in earlier if key in keys and row_id != inbound_id),
            )
            for (one, inbound_id), contact, keys in zip(arrivals, contacts, about, strict=True)
        ]

    def _message_keys(self, arrival: Incoming | Departure) -> Sequence[bytes]:
        if isinstance(arrival, Departure) or not arrival.message_id:
            return ()
        return self._keys.lookups("message", arrival.channel, arrival.account, arrival.message_id)

    def _follow(self, session: Session, heard: Sequence[Heard]) -> list[int]:
        """Do all that follows from messages; says of each how many replies wait."""
        if not heard:
            return []
        with self._turns.together(session, [(one.contact, one.line) for one in heard]) as group:
            return [self._hear(group, one) for one in heard]

    def _hear(self, group: Group, heard: Heard) -> int:
        incoming, contact = heard.arrival, heard.contact
        if isinstance(incoming, Departure):
            group.write()
            self._people.stop(group.session, contact)
            return 0
        self._note(group, incoming, contact)
        if heard.earlier and not incoming.edited:
            return 0  # its edit overtook it: what it said first is kept, and counts no more
        talk = self._turns.open(group, contact, heard.line)
        hear = dialogue.hear_edit if heard.earlier else dialogue.step
        here = self._world.now(incoming.channel, f"{secrets.randbelow(9000) + 1000}")
        if contact.person in group.members or self._members.may_concern(incoming, talk.state):
            here = replace(here, gathering=self._members.look(group.session, contact, incoming, talk.state))
        turn = hear(talk.state, incoming, here)
        return self._turns.write(group, talk, turn, (heard.inbound_id, *heard.earlier))

    def _note(self, group: Group, incoming: Incoming, contact: Contact) -> None:
        """What a message says about its sender, whatever its words are."""
        now = self._clock()
        group.change(Contact, contact.id, last_heard_at=now, unreachable=None)
        if incoming.source:
            source = self._keys.seal("contact", contact.id, "source", incoming.source)
            group.change(Contact, contact.id, source=source)
        if contact.id in group.held:
            release_held(group.session, contact.id, PROMPTED, now)
        if group.queued.get(contact.id) == UNASKED:
            hasten(group.session, contact.id, AWAITED, now)

    def _take_up(self, session: Session, row: Inbound) -> int:
        """What follows from a message that could only be stored when it came."""
        (heard,) = self._place(session, [(_from_json(json.loads(self._open(row))), row.id)])
        assign(session, row.id, heard.contact.id, heard.line.id)
        return self._follow(session, [heard])[0]

    def _keep_for_later(self, arrival: Incoming | Departure, error: Exception) -> Receipt:
        keys = self._keys.lookups("inbound", arrival.channel, arrival.account, arrival.external_id)
        with self._store.write() as session:
            if known_events(session, keys):
                return Receipt(new=False)
            self._log(error, arrival.channel)
            row = self._row(arrival, new_id(), keys[0], next(iter(self._message_keys(arrival)), None))
            again = {"state": WAITING, "attempts": 1, "due_at": self._clock() + AGAIN_AFTER}
            take_in(session, [{**row, **again}])
        return Receipt(new=True)

    def _put_off(self, row: Inbound, error: Exception) -> None:
        self._log(error, row.channel)
        homeless = isinstance(error, NoLandlord)
        again = row.attempts + 1 < MOST_ATTEMPTS or homeless
        wait = WITHOUT_LANDLORD if homeless else AGAIN_AFTER * 2**row.attempts
        if not again:
            get_logger().error("quarantined", channel=row.channel)
        with self._store.write() as session:
            put_off(session, row.id, WAITING if again else QUARANTINED, self._clock() + wait)

    def _log(self, error: Exception, channel: str) -> None:
        if isinstance(error, NoLandlord):
            get_logger().warning("line_without_landlord", channel=channel)
        else:
            log_error("not_understood", error, channel=channel)

    def _open(self, row: Inbound) -> str:
        return self._keys.open("inbound", row.id, "body", row.body or b"")


def _to_json(arrival: Incoming | Departure) -> dict[str, Any]:
    kind = "departure" if isinstance(arrival, Departure) else "message"
    plain = {one.name: getattr(arrival, one.name) for one in fields(arrival)}
    return {**plain, "received_at": arrival.received_at.isoformat(), "event": kind}


def _from_json(plain: dict[str, Any]) -> Incoming | Departure:
    made = {"departure": Departure, "message": Incoming}[plain.pop("event")]
    arrival: Incoming | Departure = made(
        **{**plain, "received_at": datetime.fromisoformat(plain["received_at"])}
    )
    return arrival
