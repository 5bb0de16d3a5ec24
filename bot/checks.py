"""What is configured, what is missing, and how to mend it: said before anything opens a port."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import ner
from bot.audit import actor
from bot.console.group_roles import Given, GroupProblem, read_group_roles
from bot.conversation.hand_overs import ROLES
from bot.key_chain import CANT_OPEN, check_chain
from bot.mail import MailSettingsProblem
from bot.mail_tokens import mail_server_of
from bot.migrations import is_current
from bot.privacy.keys import KeyProblem, Keyring
from bot.retention import Retention, keep_of
from bot.rotation import left, unreadable
from bot.settings import Settings, SettingsProblem
from bot.wording import load_wording
from models import Store
from models.handovers import contacts_for
from models.inbound import count_quarantined
from models.landlords import Landlord, all_landlords, name_key, recipients_of
from models.staff import can_sign_in_as

Verdict = Literal["good", "missing", "wrong", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Args:
        about: what.
        verdict: `good`; `missing` (left out, and the rest works); `wrong` (nothing starts until it is
            mended); `note` (worth knowing).
        sentence: what is the matter, and how to mend it.
    """

    about: str
    verdict: Verdict
    sentence: str


def check(settings: Settings) -> list[Finding]:
    """Look at everything, in the order in which somebody would set it up."""
    return [
        *_identity(settings),
        *_keys(settings),
        *_telegram(settings),
        *_twilio(settings),
        *_mail(settings),
        *_sign_in(settings),
        *_names(settings),
        *_database(settings),
        *_languages(),
    ]


def _identity(settings: Settings) -> Iterator[Finding]:
    if settings.operator_name:
        yield Finding("Operator", "good", f"{settings.operator_name} asks and reads.")
    else:
        yield Finding("Operator", "wrong", "Set OPERATOR_NAME: tenants must be told who asks and reads.")


def _keys(settings: Settings) -> Iterator[Finding]:
    try:
        settings.keyring()
    except SettingsProblem as problem:
        for line in str(problem).splitlines():
            yield Finding("Keys", "wrong", line)
    else:
        yield Finding("Keys", "good", "Stories and addresses are sealed.")


def _telegram(settings: Settings) -> Iterator[Finding]:
    if not settings.has_telegram:
        yield Finding("Telegram", "missing", "Set TELEGRAM_BOT_TOKEN to use it.")
        return
    if not settings.telegram_webhook_secret.get_secret_value():
        yield Finding(
            "Telegram", "wrong", "Set TELEGRAM_WEBHOOK_SECRET: without it anybody could pose as Telegram."
        )
    yield from _public_address("Telegram", settings)


def _twilio(settings: Settings) -> Iterator[Finding]:
    numbers = {"SMS": settings.twilio_sms_number, "WhatsApp": settings.twilio_whatsapp_number}
    for name, number in numbers.items():
        if not number:
            yield Finding(name, "missing", f"Set TWILIO_{name.upper()}_NUMBER to use it.")
        elif not settings.twilio_account_sid or not settings.twilio_tokens:
            yield Finding(name, "wrong", "Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN as well.")
        elif not number.startswith("+"):
            yield Finding(name, "wrong", f"Write TWILIO_{name.upper()}_NUMBER with + and country code.")
        else:
            yield from _public_address(name, settings)


def _public_address(name: str, settings: Settings) -> Iterator[Finding]:
    address = urlsplit(settings.public_base_url)
    if not settings.public_base_url:
        yield Finding(name, "wrong", "Set PUBLIC_BASE_URL: the https address that the provider calls.")
    elif address.scheme != "https" and address.hostname not in ("127.0.0.1", "localhost"):
        yield Finding(name, "wrong", "PUBLIC_BASE_URL must begin with https://: stories travel over it.")
    else:
        yield Finding(name, "good", "Configured.")


def _mail(settings: Settings) -> Iterator[Finding]:
    if not settings.smtp_url.get_secret_value():
        yield Finding("Mail", "missing", "Set SMTP_URL and MAIL_FROM; until then digests wait.")
        return
    try:
        mail_server_of(settings, lambda: datetime.now(UTC))
    except MailSettingsProblem as problem:
        yield Finding("Mail", "wrong", f"{problem}.")
        return
    if "@" not in settings.mail_from:
        yield Finding("Mail", "wrong", "Set MAIL_FROM to the address that digests come from.")
    else:
        yield Finding("Mail", "good", f"Digests go out on Mondays at {settings.digest_time:%H:%M}.")


def _sign_in(settings: Settings) -> Iterator[Finding]:
    """The employer's sign-in for staff."""
    if not settings.sso_issuer:
        yield Finding("Sign-in", "missing", "Set SSO_ISSUER to let staff in with their work accounts.")
        return
    issuer = urlsplit(settings.sso_issuer)
    try:
        read_group_roles(settings.sso_groups)
    except GroupProblem as problem:
        yield Finding("Sign-in", "wrong", f"SSO_GROUPS: {problem}.")
        return
    if find_spec("authlib") is None:
        yield Finding("Sign-in", "wrong", "SSO_ISSUER needs more: pip install 'listened[sso]'")
    elif issuer.scheme != "https" and issuer.hostname not in ("127.0.0.1", "localhost"):
        yield Finding("Sign-in", "wrong", "SSO_ISSUER must begin with https://: it says who may come in.")
    elif not (settings.sso_client_id and settings.sso_client_secret.get_secret_value()):
        yield Finding("Sign-in", "wrong", "Set SSO_CLIENT_ID and SSO_CLIENT_SECRET as well.")
    elif not settings.public_base_url:
        yield Finding("Sign-in", "wrong", "Set PUBLIC_BASE_URL: people come back to it from there.")
    else:
        yield Finding("Sign-in", "good", "Staff may come in with their work accounts.")


def _names(settings: Settings) -> Iterator[Finding]:
    if not settings.ner_model:
        return
    problem = ner.missing(settings.ner_model)
    if problem:
        yield Finding("Names", "wrong", problem)
    else:
        yield Finding("Names", "good", "A model of yours looks for names as well.")


def _database(settings: Settings) -> Iterator[Finding]:
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


def _languages() -> Iterator[Finding]:
    wording = load_wording("bot.conversation")
    drafts = [code for code in wording.languages if wording.is_draft(code)]
    if drafts:
        yield Finding(
            "Languages", "note", f"Machine-drafted, waiting for a native reader: {', '.join(drafts)}."
        )
