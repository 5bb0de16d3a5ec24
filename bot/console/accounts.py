"""Accounts: who may use the console, in which role for which landlord. All of it is written to the audit."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot.audit import actor, record
from bot.console.passwords import new_secret
from bot.console.roles import Role, clash
from bot.privacy.keys import Keyring
from models import Store
from models.base import new_id
from models.landlords import is_recipient
from models.staff import (
    Invitation,
    Staff,
    StaffRole,
    drop_invitations,
    drop_role,
    end_logins,
    roles_of,
    staff_by_lookup,
    staff_with_roles,
)
from models.workshops import organises_at

INVITATION_LASTS: Final = timedelta(days=7)
ORGANISES_FOR: Final = timedelta(days=120)
"""After a workshop its organisers still hear what came of it."""


class Refused(Exception):
    """It can't be done. `key` is that of the sentence in the wording that says why and how to mend it."""

    def __init__(self, key: str, **values: str) -> None:
        super().__init__(key)
        self.key = key
        self.values: Mapping[str, str] = values


@dataclass(frozen=True, slots=True, repr=False)
class Account:
    """One person as a list of accounts shows them."""

    id: int
    email: str
    joined: bool
    """Whether they have been in; otherwise their invitation is still open, or has run out."""
    by_employer: bool
    """Whether they sign in with their employer's account, and have no password here."""
    roles: tuple[tuple[int, str], ...]
    """(landlord id, role)."""


class Accounts:
    """Adds people, gives and takes roles, removes people.

    Args:
        store: the database.
        keys: to open, seal and find.
        clock: gives the current time, aware.
    """

    def __init__(self, store: Store, keys: Keyring, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock

    def of(self, landlord_ids: Sequence[int]) -> list[Account]:
        """Everybody with a role for one of these landlords, and their roles there, oldest first."""
        with self._store.read() as session:
            people: dict[int, Staff] = {}
            roles: dict[int, list[tuple[int, str]]] = {}
            for person, role in staff_with_roles(session, landlord_ids):
                people[person.id] = person
                roles.setdefault(person.id, []).append((role.landlord_id, role.role))
            return [
                Account(
                    person.id,
                    self._email(person),
                    (person.password or person.subject) is not None,
                    person.subject is not None,
                    tuple(roles[person.id]),
                )
                for person in people.values()
            ]

    def add(self, email: str, landlord_id: int, role: Role, who: str) -> str | None:
        """Give somebody a role; whoever is new is invited.

        Returns:
            For somebody new, what their invitation's link ends with; otherwise None.

        Raises:
            Refused: when they may not have it.
        """
        with self._store.write() as session:
            person = staff_by_lookup(session, actor(self._keys, email))
            is_new = person is None
            if person is None:
                person = self.new_person(session, email)
            self.give(session, person, email, landlord_id, role, who)
            return self._invite(session, person, who) if is_new else None

    def take(self, email: str, landlord_id: int, role: Role, who: str) -> None:
        """Take a role away, from the next click on. An account without any role is removed.

        Raises:
            Refused: when nobody of that address has it.
        """
        with self._store.write() as session:
            person = staff_by_lookup(session, actor(self._keys, email))
            if person is None or not drop_role(session, person.id, landlord_id, role):
                raise Refused("staff.problem.no_role", email=email, role=role)
            record(session, self._keys, self._clock(), who, "role_taken", "staff", person.id)
            if not roles_of(session, person.id):
                self.remove_person(session, person, who)

    def remove(self, email: str, who: str) -> None:
        """Remove somebody: they are out at once, everywhere.

        Raises:
            Refused: when there is nobody of that address.
        """
        with self._store.write() as session:
            self.remove_person(session, self._found(session, email), who)

    def invite_again(self, email: str, who: str, within: Collection[int] | None = None) -> str:
        """A new link, for somebody who lost theirs, their password or their phone; what they had opens nothing.

        Args:
            email: whose.
            who: who does it.
            within: the landlords that the person may have roles for: otherwise an operator of one landlord could
                take over an account of another. None for whoever has the keys of all.

        Returns:
            What the link ends with.

        Raises:
            Refused: when there is nobody of that address, or they have a role elsewhere.
        """
        with self._store.write() as session:
            person = self._found(session, email)
            theirs = {one.landlord_id for one in roles_of(session, person.id)}
            if within is not None and not theirs <= set(within):
                raise Refused("staff.problem.elsewhere", email=email)
            if person.subject is not None:
                raise Refused("staff.problem.by_employer", email=email)
            person.password = person.totp = person.totp_step = None
            end_logins(session, person.id)
            return self._invite(session, person, who)

    def sign_out_everywhere(self, staff_id: int, who: str) -> None:
        """End every login of somebody, in whichever browser."""
        with self._store.write() as session:
            end_logins(session, staff_id)
            record(session, self._keys, self._clock(), who, "signed_out_everywhere", "staff", staff_id)

    def _found(self, session: Session, email: str) -> Staff:
        person = staff_by_lookup(session, actor(self._keys, email))
        if person is None:
            raise Refused("staff.problem.nobody", email=email)
        return person

    def new_person(self, session: Session, email: str) -> Staff:
        """An account without any role yet."""
        staff_id = new_id()
        person = Staff(
            id=staff_id,
            lookup=actor(self._keys, email)[0],
            email=self._keys.seal("staff", staff_id, "email", email),
            created_at=self._clock(),
        )
        session.add(person)
        session.flush()
        return person

    def give(  # noqa: PLR0913 - who gives whom what
        self,
        session: Session,
        person: Staff,
        email: str,
        landlord_id: int,
        role: Role,
        who: str,
        *,
        by_group: bool = False,
    ) -> None:
        """Give a role to somebody whose row is locked, so that two roles given at once see each other.

        Raises:
            Refused: when they have it, or may not have it.
        """
        has = {one.role for one in roles_of(session, person.id) if one.landlord_id == landlord_id}
        if role in has:
            raise Refused("staff.problem.has_it", email=email, role=role)
        if other := clash(role, has):
            raise Refused("staff.problem.clash", role=role, other=other)
        mailbox = self._keys.lookups("recipient", email.casefold())
        if role == "moderator" and is_recipient(session, landlord_id, mailbox):
            raise Refused("staff.problem.gets_digests")
        organiser, lately = self._keys.lookups("organiser", email.casefold()), self._clock() - ORGANISES_FOR
        if role == "moderator" and organises_at(session, landlord_id, organiser, lately):
            raise Refused("staff.problem.organises")
        session.add(
            StaffRole(id=new_id(), staff_id=person.id, landlord_id=landlord_id, role=role, by_group=by_group)
        )
        record(session, self._keys, self._clock(), who, "role_given", "staff", person.id)

    def _invite(self, session: Session, person: Staff, who: str) -> str:
        drop_invitations(session, person.id)
        token, invitation_id = secrets.token_urlsafe(32), new_id()
        session.add(
            Invitation(
                id=invitation_id,
                staff_id=person.id,
                lookup=self._keys.lookup("invitation", token),
                totp=self._keys.seal("invitation", invitation_id, "totp", new_secret()),
                expires_at=self._clock() + INVITATION_LASTS,
            )
        )
        record(session, self._keys, self._clock(), who, "staff_invited", "staff", person.id)
        return token

    def remove_person(self, session: Session, person: Staff, who: str) -> None:
        """Remove an account, and with it every login."""
        record(session, self._keys, self._clock(), who, "staff_removed", "staff", person.id)
        session.delete(person)

    def _email(self, person: Staff) -> str:
        return self._keys.open("staff", person.id, "email", person.email)
