"""A hand-over opened by the link in an alert, by a contact who has no account: with a name and a reason, which are kept."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.audit import record
from bot.hand_over_links import OPERATOR, Links, console_path
from bot.handover import Desk, View
from bot.log import get_logger
from bot.privacy.keys import Keyring
from models import Store
from models.handovers import CLOSED, DutyContact, HandOver


@dataclass(frozen=True, slots=True, repr=False)
class Link:
    """The parts of a link."""

    hand_over_id: int
    contact_id: int
    proof: str


@dataclass(frozen=True, slots=True, repr=False)
class Elsewhere:
    """Whoever has the link opens the hand-over on the console, there."""

    path: str


class ByLink:
    """What is behind the links of contacts without an account.

    Args:
        store: the database.
        keys: to open what is sealed.
        desk: shows hand-overs, and marks them.
        links: knows which links are ours.
        clock: gives the current time, aware.
        operator_alerts: the operator's own address for alerts; "" for none.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        keys: Keyring,
        desk: Desk,
        links: Links,
        clock: Callable[[], datetime],
        operator_alerts: str,
    ) -> None:
        self._store = store
        self._keys = keys
        self._desk = desk
        self._links = links
        self._clock = clock
        self._operator_alerts = operator_alerts

    def look(self, link: Link) -> View | Elsewhere | None:
        """That there is something, and of what kind. None for a link that opens nothing."""
        with self._store.read() as session:
            found = self._found(session, link)
            return self._desk.view(session, found[0]) if isinstance(found, tuple) else found

    def open(self, link: Link, name: str, reason: str) -> View | Elsewhere | None:
        """Somebody says who they are and why: from now on it is theirs, and they are shown words and number."""
        with self._store.write() as session:
            found = self._found(session, link)
            if not isinstance(found, tuple):
                return found
            made, email = found
            if made.state == CLOSED:
                return self._desk.view(session, made)
            self._desk.mark_taken(made, name)
            self._desk.note_event(session, made, "opened", _by_link(name, email), reason)
            get_logger().info("hand_over_opened", kind=made.kind)
            record(session, self._keys, self._clock(), name, "hand_over_opened", "hand_over", made.id)
            return self._desk.view(session, made, name)

    def close(self, link: Link, name: str, words: str) -> View | Elsewhere | None:
        """It has been dealt with, and how."""
        with self._store.write() as session:
            found = self._found(session, link)
            if not isinstance(found, tuple):
                return found
            made, email = found
            if made.state != CLOSED:
                self._desk.note_event(session, made, "closed", _by_link(name, email), words)
                self._desk.mark_closed(session, made, name, words)
            return self._desk.view(session, made)

    def _found(self, session: Session, link: Link) -> tuple[HandOver, str] | Elsewhere | None:
        """The hand-over and the address that the link was sent to, while that is still told of such things."""
        if not self._links.is_ours(link.hand_over_id, link.contact_id, link.proof):
            return None
        made = session.get(HandOver, link.hand_over_id)
        email = self._address(session, link.contact_id)
        if made is None or not email:
            return None
        if self._links.signs_in(session, made, email):
            return Elsewhere(console_path(made))
        return made, email

    def _address(self, session: Session, contact_id: int) -> str:
        if contact_id == OPERATOR:
            return self._operator_alerts
        contact = session.get(DutyContact, contact_id)
        return self._keys.open("duty_contact", contact.id, "email", contact.email) if contact else ""


def _by_link(name: str, email: str) -> str:
    return f"{name}, by the link to {email}"
