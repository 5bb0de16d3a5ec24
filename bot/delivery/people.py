"""People: from an address to its contact, and whether they want to be written to."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from bot.conversation.messages import ChannelName
from bot.privacy.keys import Keyring
from models.base import new_id
from models.people import Contact, add_contact, contact_by_lookup, is_stopped, rejoin, stop

ONE_NUMBER = ("sms", "whatsapp")
"""Channels whose addresses are phone numbers: the same number is the same person on both."""


class People:
    """Finds and remembers people.

    Args:
        keys: to seal and to look up.
        clock: gives the current time, aware.
    """

    def __init__(self, keys: Keyring, clock: Callable[[], datetime]) -> None:
        self._keys = keys
        self._clock = clock

    def find(self, session: Session, channel: ChannelName, address: str) -> Contact | None:
        """The contact at an address, locked for this transaction; None when it is new to us."""
        return contact_by_lookup(session, self._keys.lookups("contact", channel, address))

    def meet(self, session: Session, channel: ChannelName, address: str) -> Contact:
        """The contact at an address, locked for this transaction; written down when it is new to us."""
        contact = self.find(session, channel, address)
        if contact is not None:
            return contact
        contact_id = new_id()
        return add_contact(
            session,
            Contact(
                id=contact_id,
                channel=channel,
                lookup=self._keys.lookup("contact", channel, address),
                person=self._keys.lookup("person", *_identity(channel, address)),
                address=self._keys.seal("contact", contact_id, "address", address),
                created_at=self._clock(),
            ),
        )

    def address(self, contact: Contact) -> str:
        """Where to write to a contact."""
        return self._keys.open("contact", contact.id, "address", contact.address)

    def has_stopped(self, session: Session, channel: str, address: str) -> bool:
        """Whether the person at an address said stop, here or on another channel of the same number."""
        return is_stopped(session, self._hashes(channel, address))

    def stop(self, session: Session, contact: Contact) -> None:
        """Write to this person no more, on any channel."""
        stop(session, contact.person, self._clock())

    def rejoin(self, session: Session, contact: Contact) -> None:
        """This person wants to hear from us again."""
        rejoin(session, self._hashes(contact.channel, self.address(contact)))

    def _hashes(self, channel: str, address: str) -> list[bytes]:
        # Under the one address too: that is how it was written down before people had hashes of their own.
        by_address = self._keys.lookups("contact", channel, address)
        return [*self._keys.lookups("person", *_identity(channel, address)), *by_address]


def _identity(channel: str, address: str) -> tuple[str, ...]:
    if channel in ONE_NUMBER and address.startswith("+"):
        return ("number", address)
    return (channel, address)
