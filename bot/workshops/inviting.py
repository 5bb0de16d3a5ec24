"""Inviting: asking people to come who agreed to be asked, each once."""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from bot.conversation.dialogue import Errand
from bot.conversation.messages import ChannelName
from bot.conversation.script import Script
from bot.delivery.initiative import Initiative
from bot.delivery.people import People
from bot.workshops.guests import Guest
from models import Store
from models.base import new_id
from models.participants import INVITED, Participant, participant
from models.people import contacts_of
from models.workshops import Workshop


class Invitations:
    """Invites people to workshops.

    Args:
        store: the database.
        people: who is invited.
        initiative: opens conversations.
        script: the invitation.
        accounts: our number on each channel.
    """

    def __init__(
        self,
        store: Store,
        people: People,
        initiative: Initiative,
        script: Script,
        accounts: Mapping[ChannelName, str],
    ) -> None:
        self._store = store
        self._people = people
        self._initiative = initiative
        self._script = script
        self._accounts = accounts

    def lacks_line(self, guests: Sequence[Guest]) -> list[str]:
        """The channels that somebody on a list is to be asked on, and that we have no line for."""
        return sorted({guest.channel for guest in guests if guest.channel not in self._accounts})

    def invite(self, workshop: Workshop, guests: Sequence[Guest]) -> Counter[str]:
        """Invite people, each once; says how many were, and how many not and why."""
        counted: Counter[str] = Counter()
        for guest in guests:
            if guest.channel not in self._accounts:
                counted[f"no {guest.channel} line"] += 1
                continue
            with self._store.write() as session:
                reason = self._note(session, workshop, guest)
            counted[reason or self._send(workshop, guest)] += 1
        return counted

    def _send(self, workshop: Workshop, guest: Guest) -> str:
        account = self._accounts[guest.channel]
        asked = self._initiative.ask(guest.channel, account, guest.contact, self._script, Errand(workshop.id))
        return "invited" if asked else f"no landlord has the {guest.channel} line"

    def _note(self, session: Session, workshop: Workshop, guest: Guest) -> str | None:
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
