"""Settings, from the environment or a `.env` file. Each one has a sentence, which `.env.example` repeats."""

from datetime import time, timedelta
from pathlib import Path
from typing import Any, Literal, cast, get_args
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.conversation.messages import ChannelName
from bot.conversation.speech import LINES
from bot.privacy.keys import KeyProblem, Keyring, parse_keys

DOUBTFUL_HOURS = (time(1), time(2))
"""Clocks change between these hours: a local time in it may come twice or never."""


class SettingsProblem(Exception):
    """Something is missing or wrong in the settings. One sentence a line; never shows a value."""


class Settings(BaseSettings):
    """Everything that can be set. Immutable; secrets never show in a repr."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8-sig", extra="ignore", frozen=True
    )

    operator_name: str = Field(
        default="", description="Who asks and reads; shown at first contact and in every digest. Required."
    )
    data_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Keys that seal stories and addresses: 32 bytes each in url-safe base64, comma-separated, newest first. "
        "Required. Make one with: listened keys new",
    )
    lookup_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Keys of the keyed hashes that find a person again. Same form as DATA_KEYS, different keys. Required.",
    )
    database_url: str = Field(
        default="sqlite:///var/listened.db",
        description="Where everything is kept: an SQLite file, or postgresql+psycopg://… when one process is not enough.",
    )
    public_base_url: str = Field(
        default="",
        description="The https address that providers call, without a path. Signatures are checked against it. "
        "Required for SMS, WhatsApp and Telegram webhooks.",
    )
    telegram_bot_token: SecretStr = Field(
        default=SecretStr(""),
        description="The bot's token from BotFather. Leave empty to do without Telegram.",
    )
    telegram_webhook_secret: SecretStr = Field(
        default=SecretStr(""),
        description="A long random word that Telegram repeats with each update, to prove that it is Telegram. "
        "Letters, digits, _ and - only.",
    )
    telegram_mode: Literal["webhook", "polling"] = Field(
        default="webhook",
        description="webhook: Telegram calls PUBLIC_BASE_URL. polling: we fetch, which needs no public address; "
        "one process only.",
    )
    telegram_api_url: str = Field(
        default="https://api.telegram.org",
        description="Where Telegram's Bot API is; changed in tests and the demo only.",
    )
    twilio_account_sid: str = Field(
        default="",
        description="The account's SID from Twilio's console. Leave empty to do without SMS and WhatsApp.",
    )
    twilio_auth_token: SecretStr = Field(
        default=SecretStr(""),
        description="The account's auth token; while it is being changed, the current one and the next, comma-separated.",
    )
    twilio_shared_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Twilio's webhook shared keys, if you use them instead of the auth token to sign webhooks; the current "
        "one and the next, comma-separated.",
    )
    twilio_sms_number: str = Field(
        default="",
        description="The number that texts come from, as +447700900000. Leave empty to do without SMS.",
    )
    twilio_whatsapp_number: str = Field(
        default="",
        description="The WhatsApp sender's number, as +447700900000. Leave empty to do without WhatsApp.",
    )
    twilio_whatsapp_templates: str = Field(
        default="",
        description="Approved WhatsApp templates, as sentence=ContentSid, comma-separated: "
        "after_visit.listened=HX…,consent.pl=HX…. Without one, nothing can be sent to "
        "somebody who has not written for a day.",
    )
    twilio_clear_after_hours: int = Field(
        default=0,
        ge=0,
        description="Hours after which Twilio is asked to blank the words of messages that we have stored. 0 for never; "
        "choose more hours than pass between two backups.",
    )
    twilio_api_url: str = Field(
        default="https://api.twilio.com",
        description="Where Twilio's REST API is; changed in tests and the demo only.",
    )
    daily_message_limit: int = Field(
        default=5000,
        ge=0,
        description="The most messages that one number or bot sends in a day (UTC); 0 for no limit. Receiving never stops, "
        "nor do safety messages and the confirmations of STOP and DELETE.",
    )
    settle_seconds: str = Field(
        default="sms=45,whatsapp=25,telegram=15",
        description="Seconds of silence after which a story counts as told, by channel: people text in fragments.",
    )
    response_wait_seconds: int = Field(
        default=3600,
        ge=0,
        description="Seconds for which whoever wrote a response may take it back, before anybody is told.",
    )
    vital_interests: bool = Field(
        default=False,
        description="Whether a danger to life (self-harm, a child or adult at risk, violence) is passed to the safeguarding "
        "contact without asking first. Decide it in your DPIA. Off: the person is asked.",
    )
    alerts_to: str = Field(
        default="",
        description="The operator's own address for alerts: hand-overs that a landlord has no contact for or leaves lying, "
        "unread stories, digests that did not go out.",
    )
    danger_number: str = Field(
        default=LINES["danger"], description="The number for emergencies that tenants are told."
    )
    gas_number: str = Field(
        default=LINES["gas"], description="The gas emergency line (Great Britain: National Gas, free)."
    )
    abuse_number: str = Field(
        default=LINES["abuse"], description="The domestic abuse helpline (England: run by Refuge, free)."
    )
    samaritans_number: str = Field(default=LINES["samaritans"], description="Samaritans, free.")
    nspcc_number: str = Field(
        default=LINES["nspcc"], description="The helpline for worries about a child (NSPCC)."
    )
    childline_number: str = Field(
        default=LINES["childline"], description="The line for children themselves (Childline, free)."
    )
    smtp_url: SecretStr = Field(
        default=SecretStr(""),
        description="The mail server for digests: smtp://user:password@host:587 (STARTTLS, required) or "
        "smtps://user:password@host:465. ?tls=off at the end: a relay in your own network that has no TLS; "
        "then without a password.",
    )
    smtp_oauth_token_url: str = Field(
        default="",
        description="Where access tokens for the mail server are fetched, if it takes no password. Exchange Online: "
        "https://login.microsoftonline.com/TENANT/oauth2/v2.0/token. SMTP_URL then names the mailbox alone.",
    )
    smtp_oauth_client_id: str = Field(
        default="", description="The id of the application that may send as that mailbox."
    )
    smtp_oauth_client_secret: SecretStr = Field(
        default=SecretStr(""), description="That application's secret."
    )
    smtp_oauth_scope: str = Field(
        default="https://outlook.office365.com/.default", description="What the token is asked for."
    )
    mail_from: str = Field(default="", description="The address that digests come from.")
    digest_time: time = Field(
        default=time(9),
        description="When digests go out on Mondays, in each landlord's time zone. Not between 01:00 and 02:00, "
        "when clocks change.",
    )
    translate_url: str = Field(
        default="",
        description="A LibreTranslate-compatible service that puts excerpts in other languages into English, for staff: "
        "https://translate.example.org. It gets redacted, approved words. Empty: nothing is translated.",
    )
    translate_key: SecretStr = Field(default=SecretStr(""), description="Its API key, where it wants one.")
    ner_model: str = Field(
        default="",
        description="A spaCy model for English that you installed, or its folder, which looks for names as well before "
        "words leave; needs the extra ner. Empty: names are found without one.",
    )
    keep_received_days: int = Field(
        default=30,
        ge=1,
        description="Days for which a message is kept as it came in, beside the story in it.",
    )
    keep_sent_days: int = Field(default=30, ge=1, description="Days for which our own messages are kept.")
    keep_story_days_after_release: int = Field(
        default=90,
        ge=1,
        description="Days for which a story's words and answers are kept once a release has counted it.",
    )
    keep_story_days: int = Field(
        default=365,
        ge=1,
        le=366,
        description="Days after which a story's words and answers go, counted or not. Never more than a year.",
    )
    keep_contact_days: int = Field(
        default=365,
        ge=30,
        description="Days without a message after which a person's address, stories and visits go entirely.",
    )
    keep_hand_over_days: int = Field(
        default=365,
        ge=1,
        description="Days after closing for which a hand-over's notes, names and alerts are kept.",
    )
    keep_event_days: int = Field(
        default=396,
        ge=30,
        description="Days for which a keyed hash of each message is kept, so that a replay is recognised.",
    )
    keep_audit_days: int = Field(
        default=2192, ge=365, description="Days for which it is kept what staff did (six years)."
    )
    sso_issuer: str = Field(
        default="",
        description="The employer's sign-in, for staff: its OpenID Connect issuer. Microsoft Entra: "
        "https://login.microsoftonline.com/TENANT/v2.0. Empty: accounts with passwords only.",
    )
    sso_client_id: str = Field(default="", description="What Listened is called there: its client id.")
    sso_client_secret: SecretStr = Field(default=SecretStr(""), description="The client's secret.")
    sso_groups: str = Field(
        default="",
        description="Which groups there have which role here, as group=role or group=role@landlord, with ; between them. "
        "Empty: operators give all roles.",
    )
    sso_groups_claim: str = Field(
        default="groups",
        description="The claim that holds somebody's groups; roles for app roles of Microsoft Entra.",
    )
    metrics_token: SecretStr = Field(
        default=SecretStr(""),
        description="What Prometheus sends as a bearer token to /metrics. Without it only this machine may ask.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="How much is logged. No level ever logs an address, a story or a token."
    )

    @field_validator(
        "public_base_url",
        "telegram_api_url",
        "twilio_api_url",
        "translate_url",
        "smtp_oauth_token_url",
        "sso_issuer",
    )
    @classmethod
    def _is_base_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.netloc or parts.query):
            raise ValueError("must look like https://listened.example.org")
        return value.rstrip("/")

    @field_validator("settle_seconds")
    @classmethod
    def _has_every_channel(cls, value: str) -> str:
        pairs = [pair.partition("=") for pair in value.split(",")]
        names = {name.strip() for name, _, seconds in pairs if seconds.strip().replace(".", "", 1).isdigit()}
        if names != set(get_args(ChannelName)) or len(pairs) != len(names):
            raise ValueError("must look like sms=45,whatsapp=25,telegram=15")
        return value

    @field_validator("digest_time")
    @classmethod
    def _is_unambiguous(cls, value: time) -> time:
        if DOUBTFUL_HOURS[0] <= value < DOUBTFUL_HOURS[1]:
            raise ValueError("must not lie between 01:00 and 02:00, when clocks change")
        return value

    def keyring(self) -> Keyring:
        """The keys, ready for use.

        Raises:
            SettingsProblem: when they are missing or malformed.
        """
        problems, keys = [], []
        for name in ("data_keys", "lookup_keys"):
            try:
                keys.append(parse_keys(getattr(self, name).get_secret_value()))
            except KeyProblem as problem:
                problems.append(f"{name.upper()}: {problem}. Make a key with: listened keys new")
        if problems:
            raise SettingsProblem("\n".join(problems))
        if set(keys[0]) & set(keys[1]):
            raise SettingsProblem("DATA_KEYS and LOOKUP_KEYS must be different keys")
        return Keyring(*keys)

    @property
    def numbers(self) -> dict[str, str]:
        """Our number on each channel that has numbers; "" where none is set."""
        return {"sms": self.twilio_sms_number, "whatsapp": self.twilio_whatsapp_number}

    @property
    def lines(self) -> dict[str, str]:
        """Numbers for people in danger, by the name that sentences use."""
        return {name: getattr(self, f"{name}_number") for name in LINES}

    @property
    def quiet(self) -> dict[ChannelName, float]:
        """Seconds of silence after which a story counts as told, by channel."""
        pairs = (pair.partition("=") for pair in self.settle_seconds.split(","))
        return {cast("ChannelName", name.strip()): float(seconds) for name, _, seconds in pairs}

    @property
    def response_wait(self) -> timedelta:
        """For how long a response may be taken back."""
        return timedelta(seconds=self.response_wait_seconds)

    @property
    def has_telegram(self) -> bool:
        """Whether a Telegram bot is configured."""
        return bool(self.telegram_bot_token.get_secret_value())

    @property
    def twilio_tokens(self) -> tuple[str, ...]:
        """The auth tokens whose signatures are accepted: the current one, then the next."""
        return _several(self.twilio_auth_token)

    @property
    def twilio_keys(self) -> tuple[str, ...]:
        """The webhook shared keys whose signatures are accepted: the current one, then the next."""
        return _several(self.twilio_shared_keys)

    @property
    def whatsapp_templates(self) -> dict[str, str]:
        """ContentSids by sentence, or by sentence.language."""
        pairs = (pair.partition("=") for pair in self.twilio_whatsapp_templates.split(",") if pair.strip())
        return {key.strip(): sid.strip() for key, _, sid in pairs}


def _several(secret: SecretStr) -> tuple[str, ...]:
    return tuple(part.strip() for part in secret.get_secret_value().split(",") if part.strip())


def load_settings(env_file: Path | None = Path(".env"), **given: Any) -> Settings:
    """Read the settings.

    Args:
        env_file: the file to read besides the environment; None for none.
        **given: settings that outrank both, by their lower-case names.

    Raises:
        SettingsProblem: naming each setting that is wrong and what it should be.
    """
    try:
        return Settings(_env_file=env_file, **given)  # type: ignore[call-arg]  # pydantic-settings takes it
    except ValidationError as error:
        # The value is left out on purpose: it may be a secret in the wrong place.
        lines = [f"{str(e['loc'][0]).upper()} {_plain(e['msg'])}" for e in error.errors()]
        raise SettingsProblem("\n".join(lines)) from None
    except UnicodeDecodeError:
        raise SettingsProblem(f"{env_file} is not UTF-8 text") from None


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should be", "must be")
