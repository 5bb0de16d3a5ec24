"""Accounts of people who sign in at their employer's: made and bound at the first time, and asked about ever after."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from bot.audit import actor, record
from bot.console.accounts import Accounts, Refused
from bot.console.group_roles import Given, given_to
from bot.console.roles import Role
from bot.console.signing_in import SigningIn
from bot.console.vouching import Away, Known, NotVouchedFor
from bot.log import get_logger
from bot.mail import tidy_address
from bot.privacy.keys import Keyring
from models import Store
from models.landlords import all_landlords, name_key
from models.staff import (
    Login,
    Staff,
    drop_invitations,
    drop_role,
    login_by_lookup,
    roles_of,
    staff_by_lookup,
    staff_by_subject,
)

if TYPE_CHECKING:  # it needs the extra `sso`
    from bot.console.sso import SingleSignOn

ASKED_EVERY: Final = timedelta(seconds=15)
"""So long somebody stays in after their employer has thrown them out: each page asks again after that."""
UNASKED: Final = timedelta(minutes=10)
"""So long somebody stays in while the employer's sign-in gives no answer."""
WHO: Final = "the employer's sign-in"
"""Who gives and takes what goes by groups: for the audit."""


@dataclass(frozen=True, slots=True, repr=False)
class Doubt:
    """A login that must be asked about."""

    login_id: int
    held: str
    vouched_at: datetime


class WorkAccounts:
    """Lets people in whom their employer vouches for, and puts them out when it does so no more.

    Args:
        store: the database.
        keys: to open, seal and find.
        sso: the employer's sign-in.
        groups: what each group there gives; empty where operators give all roles.
        accounts: makes accounts, gives and takes roles.
        signing_in: makes logins.
        clock: gives the current time, aware.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        keys: Keyring,
        sso: "SingleSignOn",
        groups: Mapping[str, frozenset[Given]],
        accounts: Accounts,
        signing_in: SigningIn,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._keys = keys
        self.sso = sso
        self._groups = groups
        self._accounts = accounts
        self._signing_in = signing_in
        self._clock = clock

    def let_in(self, known: Known) -> str:
        """Let somebody in.

        Returns:
            What their cookie is to hold.

        Raises:
            Refused: when nothing here is theirs, or what they have does not go together.
        """
        email = tidy_address(known.email)
        if email is None or not known.verified:
            raise Refused("sso.problem.address")
        with self._store.write() as session:
            person = self._person(session, known, email)
            self._bring_in_line(session, person, known)
            if roles_of(session, person.id):
                return self._signing_in.let_in(session, person, known.held)
            self._accounts.remove_person(session, person, WHO)
        raise Refused("sso.problem.nobody")

    def look_again(self, token: str) -> None:
        """Ask about whoever has this cookie, if that was not done just now; what is taken away holds at once."""
        doubt = self._doubt(token)
        if doubt is None:
            return
        try:
            known = self.sso.again(doubt.held)
            self._confirm(doubt, known)
        except Away:
            if doubt.vouched_at < self._clock() - UNASKED:
                self._end(doubt)
        except (NotVouchedFor, Refused):
            self._end(doubt)

    def _doubt(self, token: str) -> Doubt | None:
        """The login under this cookie, if it is time to ask about it; nobody else then asks as well."""
        lookups, before = self._keys.lookups("login", token), self._clock() - ASKED_EVERY
        with self._store.read() as session:
            if not _is_doubtful(login_by_lookup(session, lookups), before):
                return None
        with self._store.write() as session:
            found = login_by_lookup(session, lookups)
            if found is None or not _is_doubtful(found, before):
                return None
            login = found[0]
            login.asked_at = self._clock()
            held = self._keys.open("login", login.id, "held", login.held or b"")
            return Doubt(login.id, held, login.vouched_at or login.made_at)

    def _confirm(self, doubt: Doubt, known: Known) -> None:
        """They are still known: note it, and bring their roles in line with their groups."""
        with self._store.write() as session:
            login = session.get(Login, doubt.login_id)
            if login is None:
                return
            person = session.get_one(Staff, login.staff_id, with_for_update=True)
            if person.subject not in self._subjects(known):
                raise NotVouchedFor
            self._bring_in_line(session, person, known)
            if not roles_of(session, person.id):
                self._accounts.remove_person(session, person, WHO)
                return
            login.vouched_at = self._clock()
            login.held = self._keys.seal("login", login.id, "held", known.held)

    def _end(self, doubt: Doubt) -> None:
        get_logger().warning("sso_login_ended")
        with self._store.write() as session:
            login = session.get(Login, doubt.login_id)
            if login is not None:
                record(session, self._keys, self._clock(), WHO, "sign_in_ended", "staff", login.staff_id)
                session.delete(login)

    def _subjects(self, known: Known) -> list[bytes]:
        return self._keys.lookups("subject", self.sso.provider.issuer, known.subject)

    def _person(self, session: Session, known: Known, email: str) -> Staff:
        """Their account: the one bound to them, one that an operator has made for their address, or a new one."""
        person = staff_by_subject(session, self._subjects(known))
        if person is not None:
            return person
        person = staff_by_lookup(session, actor(self._keys, email))
        if person is not None and (person.password or person.subject):
            raise Refused("sso.problem.taken")
        if person is None and not given_to(known.groups, self._groups):
            raise Refused("sso.problem.nobody")
        person = person or self._accounts.new_person(session, email)
        person.subject = self._subjects(known)[0]
        drop_invitations(session, person.id)
        record(session, self._keys, self._clock(), email, "staff_joined", "staff", person.id)
        return person

    def _bring_in_line(self, session: Session, person: Staff, known: Known) -> None:
        """Give what their groups give, and take what they gave no more. What an operator gave stays."""
        wanted = self._wanted(session, known)
        has = {(one.landlord_id, one.role): one.by_group for one in roles_of(session, person.id)}
        for (landlord_id, role), by_group in has.items():
            if by_group and (landlord_id, role) not in wanted:
                drop_role(session, person.id, landlord_id, role)
                record(session, self._keys, self._clock(), WHO, "role_taken", "staff", person.id)
        email = self._keys.open("staff", person.id, "email", person.email)
        for landlord_id, role in sorted(wanted - has.keys()):
            self._accounts.give(session, person, email, landlord_id, role, WHO, by_group=True)

    def _wanted(self, session: Session, known: Known) -> set[tuple[int, Role]]:
        """(landlord id, role) for each that their groups give."""
        landlords = all_landlords(session)
        ids = {landlord.name_key: landlord.id for landlord in landlords}
        if len(landlords) == 1:
            ids[""] = landlords[0].id
        wanted = set()
        for given in given_to(known.groups, self._groups):
            if name_key(given.landlord) in ids:
                wanted.add((ids[name_key(given.landlord)], given.role))
            else:
                get_logger().error("sso_group_without_landlord")
        return wanted


def _is_doubtful(found: tuple[Login, Staff] | None, before: datetime) -> bool:
    """Whether a login is one of the employer's sign-in that was not asked about since."""
    return bool(found and found[0].held and found[0].asked_at and found[0].asked_at < before)
