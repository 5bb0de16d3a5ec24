"""Landlords: their sentences and clock, the numbers and bots that are theirs, and who is told when somebody must act."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, get_args
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.audit import Action, record
from bot.conversation.hand_overs import ROLES
from bot.conversation.messages import ChannelName
from bot.conversation.segments import plain, segments
from bot.conversation.speech import Facts, reply_for
from bot.conversation.turn import Say
from bot.numbers import is_uk_mobile, normal_number
from bot.privacy.keys import Keyring
from bot.wording import DEFAULT, load_wording
from models import Store
from models.base import new_id
from models.handovers import DutyContact, contacts_for
from models.landlords import Landlord, Line, landlord_named, line_at, lines_of, name_key, row_of_landlord

MOST_PARTS: Final = 2
"""Text messages: nothing that a tenant is told may cost more, whatever stands in it."""
NEVER_ALONE: Final = ("preview", "response")
"""Texts that hold words of others: of the teller, who asked for them, and of staff, which are measured by themselves."""
CHANNELS: Final[tuple[ChannelName, ...]] = get_args(ChannelName)
FEWEST_DIGITS: Final = 3
LONGEST_SHORT_CODE: Final = 6


class LandlordProblem(ValueError):
    """What was asked for can't be done. A sentence that says what and how to mend it.

    Args:
        field: what it is about: the name of an argument.
        sentence: what is wrong.
    """

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """Somebody who is told when something about a landlord needs somebody."""

    id: int
    role: str
    email: str
    has_mobile: bool


class Landlords:
    """Sets landlords up.

    Args:
        store: the database.
        keys: to seal, to look up and to write the audit.
        operator: who asks and reads: every text to tenants is measured with that name.
        numbers: those for people in danger, as settings have them.
        clock: gives the current time, aware.
    """

    def __init__(
        self,
        store: Store,
        keys: Keyring,
        operator: str,
        numbers: Mapping[str, str],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._keys = keys
        self._operator = operator
        self._numbers = numbers
        self._clock = clock

    def add(self, name: str, complaints: str, emergency: str, timezone: str, who: str) -> None:
        """Add a landlord. It needs a way to complain and an emergency line: every tenant is told both.

        Raises:
            LandlordProblem: when one of these is missing or too long, or the landlord is there already.
        """
        self._check(name, complaints, emergency, timezone)
        with self._store.write() as session:
            if landlord_named(session, name):
                raise LandlordProblem("name", f"{name} is there already.")
            landlord_id = new_id()
            self._note(session, who, "landlord_added", landlord_id)
            session.add(
                Landlord(
                    id=landlord_id,
                    name=" ".join(name.split()),
                    name_key=name_key(name),
                    complaints=complaints.strip(),
                    emergency=emergency.strip(),
                    timezone=timezone,
                    created_at=self._clock(),
                )
            )

    def change(self, landlord: Landlord, complaints: str, emergency: str, timezone: str, who: str) -> None:
        """Say anew what a landlord's tenants are told, and whose clock its Mondays go by.

        Raises:
            LandlordProblem: as for `add`; or when a pool has another clock.
        """
        self._check(landlord.name, complaints, emergency, timezone)
        with self._store.write() as session:
            row = session.get_one(Landlord, landlord.id)
            if row.pool_id is not None and timezone != row.timezone:
                raise LandlordProblem(
                    "timezone", "It is counted together with others, so its clock is theirs."
                )
            row.complaints, row.emergency, row.timezone = complaints.strip(), emergency.strip(), timezone
            self._note(session, who, "landlord_changed", landlord.id)

    def lines(self, landlord: Landlord) -> list[Line]:
        """The numbers and bots that are a landlord's."""
        with self._store.read() as session:
            return list(lines_of(session, landlord.id))

    def give_line(
        self,
        landlord: Landlord,
        channel: str,
        account: str,
        who: str,
        within: Collection[int] | None = None,
    ) -> None:
        """Say that a number or bot is a landlord's. Needed once there are two.

        Args:
            landlord: whose it is from now on.
            channel: sms, whatsapp or telegram.
            account: the number (+447700900000) or the bot's id.
            who: who says so, for the audit.
            within: the landlords that it may be taken from; None for whoever has all of them.

        Raises:
            LandlordProblem: when there is no such channel, it is no number, or it is another landlord's.
        """
        if channel not in CHANNELS:
            raise LandlordProblem("channel", f"Choose one of {', '.join(CHANNELS)}.")
        account = _account(channel, account)
        with self._store.write() as session:
            line = line_at(session, channel, account)
            if line and within is not None and line.landlord_id not in {landlord.id, *within}:
                raise LandlordProblem(
                    "account", "It can't be given from here. Whoever runs the service can: listened line add"
                )
            if line is None:
                line = Line(id=new_id(), channel=channel, account=account, landlord_id=landlord.id)
                session.add(line)
            line.landlord_id = landlord.id
            record(session, self._keys, self._clock(), who, "line_added", "line", line.id)

    def told(self, landlord: Landlord) -> list[Told]:
        """Who is told of what, by role."""
        with self._store.read() as session:
            return [
                Told(
                    one.id,
                    role,
                    self._keys.open("duty_contact", one.id, "email", one.email),
                    bool(one.mobile),
                )
                for role in ROLES
                for one in contacts_for(session, landlord.id, [role])
            ]

    def tell(self, landlord: Landlord, role: str, email: str, mobile: str, who: str) -> None:
        """Have somebody told at once of hazards, safety, complaints or allegations.

        Args:
            landlord: whose tenants it is about.
            role: one of the roles that hand-overs have.
            email: a tidied address.
            mobile: a UK mobile that is texted as well; "" for none.
            who: who says so, for the audit.

        Raises:
            LandlordProblem: when there is no such role, it is no UK mobile, or they are told already.
        """
        if role not in ROLES:
            raise LandlordProblem("role", f"Choose one of {', '.join(ROLES)}.")
        number = normal_number(mobile) if mobile else None
        if mobile and not (number and is_uk_mobile(number)):
            raise LandlordProblem("sms", "That is no UK mobile.")
        contact_id = new_id()
        contact = DutyContact(
            id=contact_id,
            landlord_id=landlord.id,
            role=role,
            lookup=self._keys.lookup("duty", email.casefold()),
            email=self._keys.seal("duty_contact", contact_id, "email", email),
            mobile=self._keys.seal("duty_contact", contact_id, "mobile", number) if number else None,
            created_at=self._clock(),
        )
        known = self._keys.lookups("duty", email.casefold())
        with self._store.write() as session:
            if any(one.lookup in known for one in contacts_for(session, landlord.id, [role])):
                raise LandlordProblem("email", "This address has that role already.")
            session.add(contact)
            record(session, self._keys, self._clock(), who, "duty_contact_added", "duty_contact", contact_id)

    def tell_no_more(self, landlord: Landlord, contact_id: int, who: str) -> None:
        """Have somebody told no more.

        Raises:
            LookupError: when that landlord has no such contact.
        """
        with self._store.write() as session:
            session.delete(row_of_landlord(session, DutyContact, contact_id, landlord.id))
            record(
                session, self._keys, self._clock(), who, "duty_contact_removed", "duty_contact", contact_id
            )

    def _note(self, session: Session, who: str, action: Action, landlord_id: int) -> None:
        record(session, self._keys, self._clock(), who, action, "landlord", landlord_id)

    def _check(self, name: str, complaints: str, emergency: str, timezone: str) -> None:
        if not complaints.strip():
            raise LandlordProblem("complaints", "Say how to complain, in a sentence.")
        if sum(map(str.isdigit, emergency)) < FEWEST_DIGITS:
            raise LandlordProblem("emergency", "That is no phone number.")
        try:
            ZoneInfo(timezone)
        except (KeyError, ValueError, OSError):
            raise LandlordProblem("timezone", "Write it like Europe/London.") from None
        parts = longest_text(Facts(self._operator, name, complaints, emergency, self._numbers))
        if parts > MOST_PARTS:
            raise LandlordProblem(
                "complaints",
                f"A text to tenants would take {parts} parts with these words. Shorten them, or use plain letters.",
            )


def longest_text(facts: Facts) -> int:
    """How many parts the dearest English text to a tenant takes, with these facts in it."""
    wording = load_wording("bot.conversation")
    says = (Say(key) for key in wording.keys(DEFAULT) if key not in NEVER_ALONE)
    return max(segments(plain(reply_for(wording, DEFAULT, say, facts).text)).parts for say in says)


def _account(channel: str, account: str) -> str:
    """A number as lines have it, or a bot's id."""
    if channel == "telegram":
        if not (account.isascii() and account.isdigit()):
            raise LandlordProblem(
                "account", "A bot's id is a number: what stands before the colon of its token."
            )
        return account
    if account.isascii() and account.isdigit() and len(account) <= LONGEST_SHORT_CODE:
        return account
    number = normal_number(account)
    if number is None:
        raise LandlordProblem("account", "That is no phone number: write it as +447700900000.")
    return number
