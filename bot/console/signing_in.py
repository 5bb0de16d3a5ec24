"""Signing in: invitations taken up, passwords with a code, limits on trying, and logins that end."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot.audit import actor, record
from bot.console.accounts import Refused
from bot.console.passwords import Passwords, problem_with, step_of_code
from bot.log import get_logger
from bot.privacy.keys import Keyring
from models import Store
from models.base import new_id
from models.staff import (
    Invitation,
    Login,
    SignInFailure,
    Staff,
    drop_failures,
    drop_invitations,
    drop_stale_logins,
    end_logins,
    failures_since,
    invitation_by_lookup,
    login_by_lookup,
    roles_of,
    staff_by_lookup,
)

IDLE: Final = timedelta(hours=1)
ABSOLUTE: Final = timedelta(hours=12)
"""A working day: nobody signs in twice in one, and nobody stays in overnight."""
SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly it is kept when somebody was last there: each time is a write."""
WINDOW: Final = timedelta(minutes=15)
MOST_BY_ACCOUNT: Final = 10
MOST_BY_ADDRESS: Final = 50
"""More than for an account: a whole office has one address."""


@dataclass(frozen=True, slots=True, repr=False)
class Me:
    """Whoever is signed in, and what they may do."""

    id: int
    login_id: int
    email: str
    roles: Mapping[int, frozenset[str]]
    """By landlord id."""


@dataclass(frozen=True, slots=True, repr=False)
class Invited:
    """An invitation that was opened: whose, and the secret for their authenticator app."""

    email: str
    secret: str


class SigningIn:
    """Lets people in, and knows who is in.

    Args:
        store: the database.
        keys: to open, seal and find.
        passwords: hashes and checks them.
        clock: gives the current time, aware.
    """

    def __init__(
        self, store: Store, keys: Keyring, passwords: Passwords, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._keys = keys
        self._passwords = passwords
        self._clock = clock

    def invited(self, token: str) -> Invited | None:
        """What an invitation's link opens; None when it opens nothing any more. Opening it changes nothing."""
        with self._store.write() as session:
            found = self._invitation(session, token)
            return self._opened(*found) if found else None

    def join(self, token: str, password: str, code: str) -> None:
        """Somebody sets their password and shows that their authenticator app works.

        Raises:
            Refused: when the link, the password or the code is no good.
        """
        invited = self.invited(token)
        if invited is None:
            raise Refused("invitation.gone")
        if wrong := problem_with(password, invited.email):
            raise Refused(f"password.{wrong}")
        step = step_of_code(invited.secret, code, self._clock(), None)
        if step is None:
            raise Refused("invitation.wrong_code")
        hashed = self._passwords.hash(password)
        with self._store.write() as session:
            found = self._invitation(session, token)
            if found is None:
                raise Refused("invitation.gone")
            person = found[1]
            person.password = self._keys.seal("staff", person.id, "password", hashed)
            person.totp = self._keys.seal("staff", person.id, "totp", invited.secret)
            person.totp_step = step
            drop_invitations(session, person.id)
            end_logins(session, person.id)
            record(session, self._keys, self._clock(), invited.email, "staff_joined", "staff", person.id)

    def sign_in(self, email: str, password: str, code: str, address: str) -> str:
        """Let somebody in.

        Args:
            email: who they say they are.
            password: their password.
            code: the six digits that their authenticator app shows.
            address: the network address that they come from.

        Returns:
            What their cookie is to hold.

        Raises:
            Refused: when they are not let in. It doesn't say which of the three was wrong.
        """
        with self._store.read() as session:
            self._refuse_too_many(session, email, address)
            person = staff_by_lookup(session, actor(self._keys, email), lock=False)
            hashed = self._sealed(person, "password")
        right = self._passwords.is_right(hashed, password)
        with self._store.write() as session:
            person = staff_by_lookup(session, actor(self._keys, email)) if right else None
            step = self._step(person, code) if person else None
            if person is not None and step is not None:
                person.totp_step = step
                return self.let_in(session, person)
            self._note_failure(session, email, address)
        get_logger().warning("sign_in_refused")
        raise Refused("sign_in.refused")

    def let_in(self, session: Session, person: Staff, held: str | None = None) -> str:
        """Make a login.

        Args:
            session: a transaction that may write.
            person: whose.
            held: what to ask their employer's sign-in with later; None after a password.

        Returns:
            What the cookie is to hold.
        """
        now, token, login_id = self._clock(), secrets.token_urlsafe(32), new_id()
        drop_stale_logins(session, now - ABSOLUTE, now - IDLE)
        login = Login(
            id=login_id,
            staff_id=person.id,
            lookup=self._keys.lookup("login", token),
            made_at=now,
            seen_at=now,
        )
        if held:
            login.held = self._keys.seal("login", login_id, "held", held)
            login.asked_at = login.vouched_at = now
        session.add(login)
        email = self._keys.open("staff", person.id, "email", person.email)
        record(session, self._keys, now, email, "signed_in", "staff", person.id)
        return token

    def who(self, token: str) -> Me | None:
        """Whose cookie this is, with their roles as they are now; None when it lets nobody in."""
        now = self._clock()
        lookups = self._keys.lookups("login", token)
        with self._store.read() as session:
            found = login_by_lookup(session, lookups)
            if found is None or found[0].made_at < now - ABSOLUTE or found[0].seen_at < now - IDLE:
                return None
            login, person = found
            me = self._me(session, login, person)
        if login.seen_at < now - SEEN_EVERY:
            with self._store.write() as session:
                again = login_by_lookup(session, lookups)
                if again:
                    again[0].seen_at = now
        return me

    def sign_out(self, login_id: int) -> None:
        """End one login."""
        with self._store.write() as session:
            login = session.get(Login, login_id)
            if login is not None:
                session.delete(login)

    def _me(self, session: Session, login: Login, person: Staff) -> Me:
        roles: dict[int, set[str]] = {}
        for one in roles_of(session, person.id):
            roles.setdefault(one.landlord_id, set()).add(one.role)
        email = self._keys.open("staff", person.id, "email", person.email)
        return Me(person.id, login.id, email, {key: frozenset(value) for key, value in roles.items()})

    def _invitation(self, session: Session, token: str) -> tuple[Invitation, Staff] | None:
        found = invitation_by_lookup(session, self._keys.lookups("invitation", token), self._clock())
        return (found, session.get_one(Staff, found.staff_id)) if found else None

    def _opened(self, invitation: Invitation, person: Staff) -> Invited:
        email = self._keys.open("staff", person.id, "email", person.email)
        return Invited(email, self._keys.open("invitation", invitation.id, "totp", invitation.totp))

    def _sealed(self, person: Staff | None, column: str) -> str | None:
        value = getattr(person, column) if person else None
        return self._keys.open("staff", person.id, column, value) if person and value else None

    def _step(self, person: Staff, code: str) -> int | None:
        secret = self._sealed(person, "totp")
        return step_of_code(secret, code, self._clock(), person.totp_step) if secret else None

    def _counted(self, email: str, address: str) -> tuple[tuple[list[bytes], int], ...]:
        account = " ".join(email.casefold().split())
        return (
            (self._keys.lookups("sign_in_account", account), MOST_BY_ACCOUNT),
            (self._keys.lookups("sign_in_address", address), MOST_BY_ADDRESS),
        )

    def _refuse_too_many(self, session: Session, email: str, address: str) -> None:
        since = self._clock() - WINDOW
        for lookups, most in self._counted(email, address):
            if failures_since(session, lookups, since) >= most:
                get_logger().warning("sign_in_too_often")
                raise Refused("sign_in.too_often")

    def _note_failure(self, session: Session, email: str, address: str) -> None:
        now = self._clock()
        drop_failures(session, now - WINDOW)
        for lookups, _ in self._counted(email, address):
            session.add(SignInFailure(id=new_id(), lookup=lookups[0], at=now))
