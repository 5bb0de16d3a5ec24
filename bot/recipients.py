"""Recipients: who gets a landlord's digests, how often, in whose morning; and the link that ends it."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.audit import actor, record
from bot.privacy.keys import Keyring
from models import Store
from models.base import new_id
from models.landlords import OFF, Landlord, Recipient, recipient_at, recipients_of
from models.releases import drop_queued
from models.staff import has_role

EVERY: Final = ("weekly", "four-weekly", OFF)
AUDIENCES: Final = ("landlord", "organiser")
PROOF: Final = "unsubscribe"
PROOF_BYTES: Final = 16


class RecipientProblem(ValueError):
    """What was asked for can't be done. A sentence that says what and how to mend it."""


@dataclass(frozen=True, slots=True, repr=False)
class Reader:
    """One recipient, opened, for those who look after the list."""

    address: str
    audience: str
    every: str
    timezone: str | None
    pdf: bool
    unreachable: str | None


@dataclass(frozen=True, slots=True)
class Subscription:
    """What the page behind a link says: whose digests, and how often. Never the address."""

    landlord: str
    audience: str
    every: str


class Recipients:
    """The list of those who get digests.

    Args:
        store: the database.
        keys: to seal, to look up and to prove a link.
        clock: gives the current time, aware.
    """

    def __init__(self, store: Store, keys: Keyring, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock

    def add(  # noqa: PLR0913 - what there is to say of one
        self,
        landlord: Landlord,
        address: str,
        audience: str,
        who: str,
        *,
        every: str = "weekly",
        timezone: str | None = None,
        pdf: bool = False,
    ) -> None:
        """Add somebody.

        Args:
            landlord: whose digests.
            address: where they go.
            audience: landlord or organiser.
            who: who adds them, for the audit.
            every: how often.
            timezone: whose morning they arrive in; the landlord's by default.
            pdf: whether they come as a PDF too.

        Raises:
            RecipientProblem: when one of these is wrong, or the address gets them already.
        """
        if audience not in AUDIENCES:
            raise RecipientProblem(f"Choose {' or '.join(AUDIENCES)}.")
        _check(every, timezone)
        recipient_id = new_id()
        row = Recipient(
            id=recipient_id,
            landlord_id=landlord.id,
            lookup=self._keys.lookup("recipient", address.casefold()),
            address=self._keys.seal("recipient", recipient_id, "address", address),
            audience=audience,
            every=every,
            timezone=timezone,
            pdf=pdf,
            created_at=self._clock(),
        )
        with self._store.write() as session:
            if self._find(session, landlord, address):
                raise RecipientProblem(
                    "This address gets them already. To change how: listened recipient set"
                )
            if has_role(session, actor(self._keys, address), landlord.id, ["moderator"]):
                raise RecipientProblem("A moderator of this landlord can't read its digests as well.")
            session.add(row)
            record(session, self._keys, self._clock(), who, "recipient_added", "recipient", recipient_id)

    def change(  # noqa: PLR0913 - as above
        self,
        landlord: Landlord,
        address: str,
        who: str,
        *,
        every: str | None = None,
        timezone: str | None = None,
        pdf: bool | None = None,
    ) -> None:
        """Change how somebody gets them; what is None stays, and "" is the landlord's own time zone.

        An address that was unreachable is tried again.

        Raises:
            RecipientProblem: when a value is wrong, or nobody has that address.
        """
        _check(every or EVERY[0], timezone)
        with self._store.write() as session:
            row = self._must_find(session, landlord, address)
            chosen = {"every": every, "timezone": timezone, "pdf": pdf}
            for name, value in chosen.items():
                if value is not None:
                    setattr(row, name, None if value == "" else value)
            row.unreachable = None
            if every == OFF:
                drop_queued(session, row.id)
            record(session, self._keys, self._clock(), who, "recipient_changed", "recipient", row.id)

    def remove(self, landlord: Landlord, address: str, who: str) -> None:
        """Take somebody off the list, with what is still to be sent to them.

        Raises:
            RecipientProblem: when nobody has that address.
        """
        with self._store.write() as session:
            row = self._must_find(session, landlord, address)
            record(session, self._keys, self._clock(), who, "recipient_removed", "recipient", row.id)
            session.delete(row)

    def all(self, landlord: Landlord) -> list[Reader]:
        """Everybody on a landlord's list, in the order in which they were added."""
        with self._store.read() as session:
            return [
                Reader(
                    self._keys.open("recipient", row.id, "address", row.address),
                    row.audience,
                    row.every,
                    row.timezone,
                    row.pdf,
                    row.unreachable,
                )
                for row in recipients_of(session, landlord.id)
            ]

    def look(self, recipient_id: int, proof: str) -> Subscription | None:
        """What a link is about; None when it is not one of ours, or its recipient is gone."""
        with self._store.read() as session:
            row = self._proven(session, recipient_id, proof)
            if row is None:
                return None
            return Subscription(session.get_one(Landlord, row.landlord_id).name, row.audience, row.every)

    def choose(self, recipient_id: int, proof: str, every: str) -> Subscription | None:
        """Change how often by a link; None when it is not one of ours.

        Raises:
            RecipientProblem: when there is no such choice.
        """
        _check(every, None)
        with self._store.write() as session:
            row = self._proven(session, recipient_id, proof)
            if row is None:
                return None
            row.every = every
            if every == OFF:
                drop_queued(session, row.id)
            record(session, self._keys, self._clock(), PROOF, "recipient_changed", "recipient", row.id)
        return self.look(recipient_id, proof)

    def _find(self, session: Session, landlord: Landlord, address: str) -> Recipient | None:
        return recipient_at(session, landlord.id, self._keys.lookups("recipient", address.casefold()))

    def _must_find(self, session: Session, landlord: Landlord, address: str) -> Recipient:
        row = self._find(session, landlord, address)
        if row is None:
            raise RecipientProblem(
                "No digests go to this address. To see who gets them: listened recipient list"
            )
        return row

    def _proven(self, session: Session, recipient_id: int, proof: str) -> Recipient | None:
        known = proofs(self._keys, recipient_id)
        if not any(hmac.compare_digest(proof.encode(), one.encode()) for one in known):
            return None
        return session.get(Recipient, recipient_id)


def proofs(keys: Keyring, recipient_id: int) -> list[str]:
    """What proves that we gave a link out, newest first. A number and a hash: nothing in them names anybody."""
    return [made[-PROOF_BYTES:].hex() for made in keys.proofs(PROOF, str(recipient_id))]


def unsubscribe_path(keys: Keyring, recipient_id: int) -> str:
    """Where a recipient ends or changes their digests, below PUBLIC_BASE_URL."""
    return f"/unsubscribe/{recipient_id}/{proofs(keys, recipient_id)[0]}"


def _check(every: str, timezone: str | None) -> None:
    if every not in EVERY:
        raise RecipientProblem(f"Choose one of {', '.join(EVERY)}.")
    if timezone:
        try:
            ZoneInfo(timezone)
        except (KeyError, ValueError, OSError):
            raise RecipientProblem("Write the time zone like Europe/London.") from None
