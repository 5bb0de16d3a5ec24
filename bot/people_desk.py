"""What a person may ask of us, done by two: an operator asks for it, an auditor agrees, and both are in the audit."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from sqlalchemy.orm import Session

from bot.audit import Action, record
from bot.conversation.messages import ChannelName
from bot.delivery.people import ONE_NUMBER, People
from bot.export import Export, Plain
from bot.numbers import normal_number
from bot.privacy.keys import Keyring
from bot.rights import erase, forget_if_erased, withdraw
from models import Store
from models.base import new_id
from models.landlords import row_of_landlord
from models.people import Contact, contacts_of
from models.requests import PersonRequest, landlords_of, requests_of

Wish = Literal["export", "erase", "withdraw"]
WISHES: Final[tuple[Wish, ...]] = get_args(Wish)
ACTIONS: Final[dict[str, Action]] = {
    "export": "person_exported",
    "erase": "person_erased",
    "withdraw": "consents_withdrawn",
}
LASTS: Final = timedelta(days=7)
"""How long a request waits for a second person, and an export to be fetched."""


class CannotBe(Exception):
    """It can't be done; `key` ends the key of the sentence that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One request, as the page shows it: never with the number."""

    id: int
    wish: str
    reason: str
    asked_by: str
    asked_at: datetime
    agreed_by: str
    agreed_at: datetime | None


class PeopleDesk:
    """Finds a person by a number that the caller gives, and does what they ask once two have agreed.

    Args:
        store: the database.
        keys: to open, seal and find.
        clock: gives the current time, aware.
        landlord_id: for which landlord; the person must have had to do with it.
    """

    def __init__(self, store: Store, keys: Keyring, clock: Callable[[], datetime], landlord_id: int) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._landlord_id = landlord_id

    def ask(  # noqa: PLR0913 - who wants what about whom, and why
        self, channel: ChannelName, address: str, wish: Wish, reason: str, who: str, mine: Collection[int]
    ) -> None:
        """Write down what a person asks of us; nothing is done before a second person agrees.

        Args:
            channel: where they write to us.
            address: the number, or the chat's id on Telegram.
            wish: what they ask.
            reason: how we know that it is them.
            who: who writes it down.
            mine: the landlords for which whoever writes it down is an operator.

        Raises:
            CannotBe: when nothing is held about them here, or something about a landlord that is not theirs.
        """
        with self._store.write() as session:
            normal = normal_number(address) if channel in ONE_NUMBER else address
            contact = People(self._keys, self._clock).find(session, channel, normal or address)
            held = (
                landlords_of(session, [one.id for one in _everywhere(session, contact)]) if contact else set()
            )
            if contact is None or self._landlord_id not in held:
                raise CannotBe("nobody")
            if not held <= set(mine):
                raise CannotBe("elsewhere")
            row_id = new_id()
            session.add(
                PersonRequest(
                    id=row_id,
                    landlord_id=self._landlord_id,
                    contact_id=contact.id,
                    wish=wish,
                    reason=self._keys.seal("person_request", row_id, "reason", reason),
                    asked_by=self._keys.seal("person_request", row_id, "asked_by", who),
                    asked_at=self._clock(),
                )
            )
            self._note(session, who, "person_request_made", [contact])

    def requests(self) -> list[Request]:
        """What was asked for lately, newest first."""
        with self._store.read() as session:
            return [
                self._shown(row) for row in requests_of(session, self._landlord_id, self._clock() - LASTS)
            ]

    def agree(self, request_id: int, who: str) -> Wish:
        """A second person agrees. Erasing and taking back is done at once; an export may be fetched from then on.

        Raises:
            LookupError: when there is no such request.
            CannotBe: when it is the same person, or it has been agreed to already.
        """
        with self._store.write() as session:
            row, contact = self._found(session, request_id)
            if self._open(row, "asked_by", row.asked_by).casefold() == who.casefold():
                raise CannotBe("same_person")
            if row.agreed_at is not None:
                raise CannotBe("done")
            row.agreed_by = self._keys.seal("person_request", row.id, "agreed_by", who)
            row.agreed_at = self._clock()
            self._note(session, who, "person_request_agreed", [contact])
            wish = _wish(row)
            if wish != "export":
                self._note(session, who, ACTIONS[wish], _everywhere(session, contact))
            if wish == "withdraw":
                withdraw(session, contact, self._clock())
            if wish == "erase":
                erase(session, self._keys, contact, self._clock())
                forget_if_erased(session, self._keys, contact.id, self._clock())
        if wish == "erase":
            self._store.checkpoint()
        return wish

    def export(self, request_id: int, who: str) -> Plain:
        """Everything that is held about the person, once a second person has agreed.

        Raises:
            LookupError: when there is no such request, or nobody has agreed.
        """
        with self._store.write() as session:
            row, contact = self._found(session, request_id)
            if row.wish != "export" or row.agreed_at is None:
                raise LookupError("not agreed")
            contacts = _everywhere(session, contact)
            self._note(session, who, "person_exported", contacts)
            return Export(session, self._keys).of(contacts)

    def _found(self, session: Session, request_id: int) -> tuple[PersonRequest, Contact]:
        row = row_of_landlord(session, PersonRequest, request_id, self._landlord_id)
        if row.asked_at < self._clock() - LASTS:
            raise LookupError("no such request any more")
        return row, session.get_one(Contact, row.contact_id)

    def _note(self, session: Session, who: str, action: Action, contacts: Sequence[Contact]) -> None:
        for contact in contacts:
            record(session, self._keys, self._clock(), who, action, "contact", contact.id)

    def _shown(self, row: PersonRequest) -> Request:
        return Request(
            row.id,
            row.wish,
            self._open(row, "reason", row.reason),
            self._open(row, "asked_by", row.asked_by),
            row.asked_at,
            self._open(row, "agreed_by", row.agreed_by) if row.agreed_by else "",
            row.agreed_at,
        )

    def _open(self, row: PersonRequest, column: str, sealed: bytes) -> str:
        return self._keys.open("person_request", row.id, column, sealed)


def _everywhere(session: Session, contact: Contact) -> Sequence[Contact]:
    """Every contact of the same person; the one given first."""
    others = (one for one in contacts_of(session, contact.person) if one.id != contact.id)
    return [contact, *others]


def _wish(row: PersonRequest) -> Wish:
    return next(wish for wish in WISHES if wish == row.wish)
