"""What is to be said of the database, and of what it holds: tables, keys, landlords, people on duty, what lies there."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.audit import actor
from bot.checks.finding import Finding
from bot.console.group_roles import Given, GroupProblem, read_group_roles
from bot.conversation.hand_overs import ROLES
from bot.key_chain import CANT_OPEN, check_chain
from bot.migrations import is_current
from bot.privacy.keys import KeyProblem, Keyring
from bot.retention import Retention, keep_of
from bot.rotation import left, unreadable
from bot.settings import Settings, SettingsProblem
from models import Store
from models.handovers import contacts_for
from models.inbound import count_quarantined
from models.landlords import Landlord, all_landlords, name_key, recipients_of
from models.staff import can_sign_in_as


def database(settings: Settings) -> Iterator[Finding]:
    """Whether it can be opened, and what it holds."""
    try:
        store = Store(settings.database_url)
    except (SQLAlchemyError, OSError, ImportError) as error:
        yield _cant_be_opened(error)
        return
    with closing(store):
        yield from _kept(settings, store)


def _cant_be_opened(error: Exception) -> Finding:
    return Finding("Database", "wrong", f"DATABASE_URL can't be opened ({type(error).__name__}).")


def _kept(settings: Settings, store: Store) -> Iterator[Finding]:
    """What is to be said of what the database holds."""
    try:
        current = is_current(store)
    except (SQLAlchemyError, OSError) as error:
        yield _cant_be_opened(error)
        return
    if not current:
        yield Finding("Database", "wrong", "The tables are missing or old. Run: listened migrate")
        return
    yield Finding("Database", "good", "The tables are up to date.")
    yield from _stored(settings, store)
    with store.read() as session:
        landlords = all_landlords(session)
        if not landlords:
            yield Finding("Landlord", "wrong", "There is none yet. Run: listened landlord add --help")
        for landlord in landlords:
            count = len(recipients_of(session, landlord.id))
            if count:
                yield Finding(
                    "Landlord", "good", f"{landlord.name}: mailboxes that get its digests: {count}."
                )
            else:
                yield Finding(
                    "Landlord",
                    "missing",
                    f"{landlord.name}: nobody gets its digests. Run: listened recipient add",
                )
            yield from _duty(session, landlord)
        yield from _left_lying(session)
        yield from _groups(settings, landlords)


def _groups(settings: Settings, landlords: Sequence[Landlord]) -> Iterator[Finding]:
    """Whether there is a landlord for each role that SSO_GROUPS gives."""
    known = {landlord.name_key for landlord in landlords} | ({""} if len(landlords) == 1 else set())
    try:
        given = frozenset[Given]().union(*read_group_roles(settings.sso_groups).values())
    except GroupProblem:
        return  # said already
    for one in sorted({one.landlord for one in given if name_key(one.landlord) not in known}):
        sentence = f"no landlord is called {one}" if one else "say which landlord, as group=role@landlord"
        yield Finding("Sign-in", "wrong", f"SSO_GROUPS: {sentence}.")


def _stored(settings: Settings, store: Store) -> Iterator[Finding]:
    """Whether our keys are those of what is stored, and whether all went that should have gone."""
    try:
        keys, _ = check_chain(store, settings.keyring())
    except SettingsProblem:
        return  # said already
    except KeyProblem as problem:
        yield Finding("Keys", "wrong", str(problem))
        return
    if count := unreadable(store, keys):
        yield Finding("Keys", "wrong", f"{count} stored values need another key. {CANT_OPEN}")
    elif count := left(store, keys):
        yield Finding(
            "Keys",
            "note",
            f"{count} stored values are of an older key. Bring them over: listened keys rotate",
        )
    yield from _without_account(store, keys)
    overdue = Retention(store, keys, keep_of(settings), lambda: datetime.now(UTC)).overdue()
    if overdue:
        named = ", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in overdue.items())
        yield Finding(
            "Forgetting",
            "note",
            f"Should have been removed by now: {named}. It is done at night while serving, or with: listened forget",
        )
    else:
        yield Finding("Forgetting", "good", "Nothing is kept longer than it may be.")


def _without_account(store: Store, keys: Keyring) -> Iterator[Finding]:
    """Who is told of hand-overs and opens them without signing in."""
    with store.read() as session:
        for landlord in all_landlords(session):
            emails = {
                keys.open("duty_contact", contact.id, "email", contact.email)
                for contact in contacts_for(session, landlord.id, ROLES)
            }
            count = sum(
                not can_sign_in_as(session, actor(keys, email), landlord.id, "duty") for email in emails
            )
            if count:
                yield Finding(
                    "On duty",
                    "note",
                    f"{landlord.name}: {count} of {len(emails)} open hand-overs by a link alone, without signing in. "
                    "Give them accounts: listened staff add EMAIL --role duty",
                )


def _duty(session: Session, landlord: Landlord) -> Iterator[Finding]:
    """Who is told of what can't wait for a digest."""
    missing = [role for role in ROLES if not contacts_for(session, landlord.id, [role])]
    if missing:
        yield Finding(
            "On duty",
            "missing",
            f"{landlord.name}: nobody is told at once ({', '.join(missing)}). Run: listened landlord contact --help",
        )
    else:
        yield Finding("On duty", "good", f"{landlord.name}: somebody is told at once, in every role.")


def _left_lying(session: Session) -> Iterator[Finding]:
    count = count_quarantined(session)
    if count:
        yield Finding(
            "Inbox", "note", f"{count} messages could not be worked out. Try them again: listened inbox retry"
        )
