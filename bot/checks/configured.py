"""What is configured, what is missing, and how to mend it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from urllib.parse import urlsplit

from bot import ner
from bot.checks.finding import Finding
from bot.checks.stored import database
from bot.console.group_roles import GroupProblem, read_group_roles
from bot.mail import MailSettingsProblem
from bot.mail_tokens import mail_server_of
from bot.settings import Settings, SettingsProblem
from bot.wording import load_wording


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
        *database(settings),
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


def _languages() -> Iterator[Finding]:
    wording = load_wording("bot.conversation")
    drafts = [code for code in wording.languages if wording.is_draft(code)]
    if drafts:
        yield Finding(
            "Languages", "note", f"Machine-drafted, waiting for a native reader: {', '.join(drafts)}."
        )
