"""The inbox: one event in, one transaction, and only then does the provider hear that all is well."""

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, assert_never, cast

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.conversation import dialogue
from bot.conversation.messages import Arrival, ChannelName, Departure, Incoming, Intrusion, Report
from bot.conversation.script import Script
from bot.conversation.state import State
from bot.conversation.turn import Turn
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
from models.conversations import locked, put_to_sleep, waking
from models.inbound import (
    DONE,
    QUARANTINED,
    WAITING,
    Inbound,
    assign,
    is_known,
    of_message,
    put_off,
    take_in,
    waiting,
)
from models.landlords import Line, line_for
from models.outbound import release_held
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
class Receipt:
    """What became of an event: whether it was new, and how many replies wait to be sent."""

    new: bool
    replies: int = 0


class Inbox:
    """Takes events in, and opens conversations.

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
        if isinstance(arrival, Intrusion):
            return Receipt(new=False)
        if isinstance(arrival, Report):
            with self._store.write() as session:
                return Receipt(note_report(session, self._people, arrival, self._clock()))
        try:
            with self._store.write() as session:
                receipt = self._take_in(session, arrival)
                failpoint("turned")
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001 - a poisonous message must not be lost, nor hold up the next
            receipt = self._keep_for_later(arrival, error)
        failpoint("committed")
        log = get_logger()
        log.info("taken_in", channel=arrival.channel, new=receipt.new, replies=receipt.replies)
        self._wake()
        return receipt

    def retry(self) -> int:
        """Work out what follows from messages that could only be stored; says how many there were."""
        with self._store.read() as session:
            rows = waiting(session, self._clock(), BATCH)
        for row in rows:
            try:
                with self._store.write() as session:
                    arrival = _from_json(json.loads(self._open(row)))
                    replies = self._follow(session, arrival, row.id)
                    session.get_one(Inbound, row.id).state = DONE
            except Exception as error:  # noqa: BLE001 - the others are not to wait for it
                self._put_off(row, error)
            else:
                if replies:
                    self._wake()
        return len(rows)

    def ask(
        self,
        channel: ChannelName,
        account: str,
        address: str,
        script: Script,
        errand: dialogue.Errand = dialogue.PLAIN,
    ) -> bool:
        """Open a conversation from our side.

        Args:
            channel: on which channel.
            account: from which of our numbers or bots.
            address: to whom.
            script: what to ask.
            errand: what else is known of why it is asked.

        Returns:
            False when nothing is sent, because the person said stop or had all removed, or the line has no landlord.
        """
        return self._say_first(channel, account, address, lambda state: dialogue.begin(state, script, errand))

    def notify(self, channel: ChannelName, account: str, address: str, key: str, workshop: int) -> bool:
        """Say one thing about a workshop from our side, which asks nothing; False as for `ask`."""
        return self._say_first(channel, account, address, lambda state: dialogue.notify(state, key, workshop))

    def _say_first(
        self, channel: ChannelName, account: str, address: str, turn: Callable[[State], Turn]
    ) -> bool:
        with self._store.write() as session:
            line = line_for(session, channel, account)
            if line is None or self._people.is_listed(session, channel, address):
                return False
            contact = self._people.meet(session, channel, address)
            talk = self._turns.open(session, contact, line)
            self._turns.write(session, talk, turn(talk.state))
        self._wake()
        return True

    def pass_time(self) -> int:
        """Let time pass in every conversation that wants to be asked now; says how many there were."""
        with self._store.read() as session:
            ids = waking(session, self._clock(), BATCH)
        replies = 0
        for conversation_id in ids:
            try:
                with self._store.write() as session:
                    replies += self._wake_up(session, conversation_id)
            except SQLAlchemyError:
                raise
            except Exception as error:  # noqa: BLE001 - the others are not to wait for it
                log_error("not_woken", error)
                with self._store.write() as session:
                    put_to_sleep(session, conversation_id)
        if replies:
            self._wake()
        return len(ids)

    def _wake_up(self, session: Session, conversation_id: int) -> int:
        conversation = locked(session, conversation_id)
        if conversation is None or conversation.wake_at is None or conversation.wake_at > self._clock():
            return 0  # something has come meanwhile
        contact = session.get_one(Contact, conversation.contact_id, with_for_update=True)
        line = session.get_one(Line, conversation.line_id)
        talk = self._turns.open(session, contact, line)
        if talk.conversation is None or talk.conversation.id != conversation_id:
            conversation.wake_at = None  # another one has begun
            return 0
        turn = dialogue.pass_time(talk.state, self._clock(), self._here(cast("ChannelName", contact.channel)))
        return self._turns.write(session, talk, turn)

    def _take_in(self, session: Session, arrival: Incoming | Departure) -> Receipt:
        inbound_id = self._insert(session, arrival)
        if inbound_id is None:
            return Receipt(new=False)
        failpoint("stored")
        return Receipt(new=True, replies=self._follow(session, arrival, inbound_id))

    def _insert(self, session: Session, arrival: Incoming | Departure) -> int | None:
        """Store an event as it came; None when it is there already."""
        keys = self._keys.lookups("inbound", arrival.channel, arrival.account, arrival.external_id)
        if is_known(session, keys[1:]):  # under an older key
            return None
        inbound_id = new_id()
        about = self._message_keys(arrival)
        row = Inbound(
            id=inbound_id,
            key=keys[0],
            message_key=about[0] if about else None,
            channel=arrival.channel,
            body=self._keys.seal("inbound", inbound_id, "body", json.dumps(_to_json(arrival))),
            received_at=arrival.received_at,
        )
        return inbound_id if take_in(session, row) else None

    def _message_keys(self, arrival: Incoming | Departure) -> Sequence[bytes]:
        if isinstance(arrival, Departure) or not arrival.message_id:
            return ()
        return self._keys.lookups("message", arrival.channel, arrival.account, arrival.message_id)

    def _follow(self, session: Session, arrival: Incoming | Departure, inbound_id: int) -> int:
        """Do all that follows from an event; says how many replies wait."""
        line = line_for(session, arrival.channel, arrival.account)
        if line is None:
            raise NoLandlord
        contact = self._people.meet(session, arrival.channel, arrival.address)
        assign(session, inbound_id, contact.id, line.id)
        match arrival:
            case Departure():
                self._people.stop(session, contact)
                return 0
            case Incoming():
                return self._hear(session, arrival, inbound_id, contact, line)
            case _:
                assert_never(arrival)

    def _hear(
        self, session: Session, incoming: Incoming, inbound_id: int, contact: Contact, line: Line
    ) -> int:
        self._note(session, incoming, contact)
        talk = self._turns.open(session, contact, line)
        versions = of_message(session, self._message_keys(incoming), but=inbound_id)
        if versions and not incoming.edited:
            return 0  # its edit overtook it: what it said first is kept, and counts no more
        hear = dialogue.hear_edit if versions else dialogue.step
        gathering = self._members.look(session, contact, incoming, talk.state)
        turn = hear(talk.state, incoming, replace(self._here(incoming.channel), gathering=gathering))
        return self._turns.write(session, talk, turn, (inbound_id, *(version.id for version in versions)))

    def _here(self, channel: ChannelName) -> dialogue.Here:
        return self._world.now(channel, f"{secrets.randbelow(9000) + 1000}")

    def _note(self, session: Session, incoming: Incoming, contact: Contact) -> None:
        """What a message says about its sender, whatever its words are."""
        contact.last_heard_at, contact.unreachable = self._clock(), None
        if incoming.source:
            contact.source = self._keys.seal("contact", contact.id, "source", incoming.source)
        release_held(session, contact.id, PROMPTED, self._clock())

    def _keep_for_later(self, arrival: Incoming | Departure, error: Exception) -> Receipt:
        with self._store.write() as session:
            inbound_id = self._insert(session, arrival)
            if inbound_id is None:
                return Receipt(new=False)
            self._log(error, arrival.channel)
            put_off(session, inbound_id, WAITING, self._clock() + AGAIN_AFTER)
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
    return {**asdict(arrival), "received_at": arrival.received_at.isoformat(), "event": kind}


def _from_json(plain: dict[str, Any]) -> Incoming | Departure:
    made = {"departure": Departure, "message": Incoming}[plain.pop("event")]
    arrival: Incoming | Departure = made(
        **{**plain, "received_at": datetime.fromisoformat(plain["received_at"])}
    )
    return arrival
