"""People: from an address to its contact, and whether they want to be written to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.conversation.messages import ChannelName
from bot.privacy.keys import Keyring
from models.base import new_id
from models.handovers import live_hand_overs
from models.outbound import Addressee
from models.people import (
    Contact,
    add_contacts,
    contacts_by_lookup,
    contacts_of_all,
    listed,
    people_elsewhere,
    rejoin,
    stop,
    stored_as,
)

ONE_NUMBER = ("sms", "whatsapp")
"""Channels whose addresses are phone numbers: the same number is the same person on both."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of some contacts that says whether they may be asked; `People.known` looks it up."""

    hashes: Mapping[int, Sequence[bytes]]
    """Every keyed hash under which a contact's person may be listed, by contact."""
    everywhere: Mapping[bytes, Sequence[Contact]]
    """Every contact of each of these people, on any channel, by person."""


class People:
    """Finds and remembers people.

    Args:
        keys: to seal and to look up.
        clock: gives the current time, aware.
    """

    def __init__(self, keys: Keyring, clock: Callable[[], datetime]) -> None:
        self._keys = keys
        self._clock = clock

    def find(
        self, session: Session, channel: ChannelName, address: str, *, lock: bool = True
    ) -> Contact | None:
        """The contact at an address, locked for this transaction or not; None when it is new to us."""
        hashes = self._keys.lookups("contact", channel, address)
        return next(iter(contacts_by_lookup(session, hashes, lock=lock)), None)

    def meet(self, session: Session, channel: ChannelName, address: str) -> Contact:
        """The contact at an address, locked for this transaction; written down when it is new to us."""
        return self.meet_all(session, [(channel, address)])[0]

    def meet_all(self, session: Session, where: Sequence[tuple[ChannelName, str]]) -> list[Contact]:
        """The contact at each of these addresses, as `meet` gives it."""
        hashes = [self._keys.lookups("contact", *one) for one in where]
        while True:  # more than twice when another process meets them, and they are erased, meanwhile
            found = contacts_by_lookup(session, [one for own in hashes for one in own])
            known = {contact.lookup: contact for contact in found}
            met = [next((known[one] for one in own if one in known), None) for own in hashes]
            new = [one for one, contact in zip(where, met, strict=True) if contact is None]
            if not new:
                return [contact for contact in met if contact is not None]
            add_contacts(session, [self.new_row(session, *one) for one in new])

    def new_row(self, session: Session, channel: str, address: str) -> dict[str, Any]:
        """The columns of a contact that we have not met."""
        contact_id = new_id()
        return {
            "id": contact_id,
            "channel": channel,
            "lookup": self._hash(session, "contact", channel, address),
            "person": self._hash(session, "person", *_identity(channel, address)),
            "address": self._keys.seal("contact", contact_id, "address", address),
            "met": False,
            "created_at": self._clock(),
        }

    def number(self, channel: str, address: str) -> bytes:
        """The keyed hash of the person at an address."""
        return self._keys.lookup("person", *_identity(channel, address))

    def address(self, contact: Contact | Addressee) -> str:
        """Where to write to a contact."""
        return self._keys.open("contact", contact.id, "address", contact.address)

    def hashes_of(self, contact: Contact) -> list[bytes]:
        """Every keyed hash under which this person may stand on the list of those who said stop."""
        return self._hashes(contact.channel, self.address(contact))

    def is_listed(self, session: Session, channel: str, address: str) -> bool:
        """Whether the person at an address is not to be asked anything: they said stop, or had all removed."""
        return bool(listed(session, self._hashes(channel, address)))

    def why_not(self, session: Session, contact: Contact) -> str | None:
        """Why a person is not to be asked anything, whatever it is; None when they may be."""
        return self.whys_not(session, [contact], self.known(session, [contact]))[contact.id]

    def whys_not(self, session: Session, contacts: Sequence[Contact], known: Known) -> dict[int, str | None]:
        """For each of these contacts, by id, what `why_not` says; `known` is what `known` says of them."""
        on_list = listed(session, [one for theirs in known.hashes.values() for one in theirs])
        live = live_hand_overs(session, [one.id for theirs in known.everywhere.values() for one in theirs])

        def why(contact: Contact) -> str | None:
            theirs = known.everywhere[contact.person]
            if not on_list.isdisjoint(known.hashes[contact.id]):
                return "stopped"
            if any(one.do_not_ask for one in theirs):
                return next(one.do_not_ask for one in theirs if one.do_not_ask)
            if contact.unreachable:
                return "unreachable"
            return "hand_over_open" if any(one.id in live for one in theirs) else None

        return {contact.id: why(contact) for contact in contacts}

    def known(self, session: Session, contacts: Sequence[Contact]) -> Known:
        """What must be known of these contacts to say whether they may be asked."""
        everywhere: dict[bytes, list[Contact]] = {}
        for one in contacts:
            everywhere.setdefault(one.person, []).append(one)
        # Few are on two channels, and only those are read again.
        ids = {contact.id for contact in contacts}
        elsewhere = people_elsewhere(session, list(everywhere), ids)
        for one in contacts_of_all(session, elsewhere) if elsewhere else ():
            if one.id not in ids:
                everywhere[one.person].append(one)
        return Known({contact.id: self.hashes_of(contact) for contact in contacts}, everywhere)

    def stop(self, session: Session, contact: Contact) -> None:
        """Write to this person no more, on any channel."""
        stop(session, contact.person, self._clock())

    def rejoin(self, session: Session, contact: Contact) -> None:
        """This person wants to hear from us again."""
        rejoin(session, self.hashes_of(contact))

    def _hash(self, session: Session, purpose: str, *parts: str) -> bytes:
        # While look-up keys are being changed a stop, or this person's other channel, may stand under the
        # older hash; the two are compared with each other, so the new row takes what is there.
        hashes = self._keys.lookups(purpose, *parts)
        older = stored_as(session, hashes) if len(hashes) > 1 else None
        return older or hashes[0]

    def _hashes(self, channel: str, address: str) -> list[bytes]:
        # Under the one address too: that is how it was written down before people had hashes of their own.
        by_address = self._keys.lookups("contact", channel, address)
        return [*self._keys.lookups("person", *_identity(channel, address)), *by_address]


def _identity(channel: str, address: str) -> tuple[str, ...]:
    if channel in ONE_NUMBER and address.startswith("+"):
        return ("number", address)
    return (channel, address)
