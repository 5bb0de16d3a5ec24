"""Posting digests: one mail a recipient, over SMTP, outside any transaction."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from bot.delivery.threads import Threads
from bot.digest.compose import compose
from bot.digest.render import Rendered, render
from bot.log import get_logger, log_error
from bot.privacy.disclosure import from_json
from bot.privacy.keys import Keyring
from bot.wording import load_wording
from models import Store
from models.releases import Delivery, Due, claim
from models.sending import FAILED, SENT, UNKNOWN, retry_at, settle, settle_interrupted

BATCH: Final = 16
TIMEOUT_SECONDS: Final = 30.0
LEASE: Final = timedelta(minutes=15)
"""Longer than a batch of mails can take, each at its time-out."""
RETRY_AFTER: Final = timedelta(minutes=30)  # RFC 5321 §4.5.4.1: at least 30 minutes apart
GIVE_UP_AFTER: Final = 48
"""Attempts: a day of them. A digest later than that would run into the next one."""


class MailSettingsProblem(ValueError):
    """SMTP_URL can't be read."""


@dataclass(frozen=True, slots=True, repr=False)
class MailServer:
    """Where mail goes, and from whom."""

    host: str
    port: int
    username: str | None
    password: str | None
    tls: bool
    sender: str


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """One digest, addressed."""

    delivery_id: int
    address: str
    rendered: Rendered
    attempts: int
    """How often it has been tried, this time included."""


def mail_server(smtp_url: str, sender: str) -> MailServer:
    """Read SMTP_URL.

    Args:
        smtp_url: smtp://user:password@host:587, or smtps:// for TLS from the first byte.
        sender: MAIL_FROM.

    Raises:
        MailSettingsProblem: when it is not of that form.
    """
    try:
        parts = urlsplit(smtp_url)
        port = parts.port
    except ValueError:
        raise MailSettingsProblem("SMTP_URL has a port that is no number") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise MailSettingsProblem("SMTP_URL must look like smtp://user:password@host:587")
    return MailServer(
        host=parts.hostname,
        port=port or (465 if parts.scheme == "smtps" else 587),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=parts.scheme == "smtps",
        sender=sender,
    )


class PostRoom:
    """Writes and sends the digests that are queued.

    Args:
        store: the database.
        keys: to open what is sealed.
        server: where mail goes; None when none is set, and then digests wait.
        operator: who asks and reads; named in every digest.
        clock: gives the current time, aware.
        threads: where the database is used.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        keys: Keyring,
        server: MailServer | None,
        operator: str,
        clock: Callable[[], datetime],
        threads: Threads,
    ) -> None:
        self._store = store
        self._keys = keys
        self._server = server
        self._operator = operator
        self._clock = clock
        self._threads = threads
        self._wording = load_wording("bot.digest")

    async def settle_interrupted(self, *, alone: bool) -> int:
        """Settle what a dead process left half sent; says how many there were.

        Args:
            alone: whether no other process can be sending.
        """

        def settled() -> int:
            with self._store.write() as session:
                return settle_interrupted(session, Delivery, self._clock(), alone=alone)

        return await self._threads.run(settled)

    async def deliver(self) -> dict[str, int]:
        """Send every digest that is due; says how many ended in which state."""
        outcomes: dict[str, int] = {}
        if self._server is None:
            return outcomes
        while letters := await self._threads.run(self._claim):
            for letter in letters:
                state = await self._deliver(letter, self._server)
                outcomes[state] = outcomes.get(state, 0) + 1
        return outcomes

    def _claim(self) -> Sequence[Letter]:
        with self._store.write() as session:
            return [self._write(due) for due in claim(session, self._clock(), BATCH, LEASE)]

    def _write(self, due: Due) -> Letter:
        recipient, frozen = due.Recipient, due.Release
        release = from_json(json.loads(self._keys.open("release", frozen.id, "contents", frozen.contents)))
        digest = compose(release, recipient.audience, self._operator, self._wording)
        address = self._keys.open("recipient", recipient.id, "address", recipient.address)
        return Letter(due.Delivery.id, address, render(digest), due.Delivery.attempts)

    async def _deliver(self, letter: Letter, server: MailServer) -> str:
        state, code = await _send(self._mail(letter, server), server)
        if state == "retry" and letter.attempts >= GIVE_UP_AFTER:
            state = FAILED
        if state != SENT:
            get_logger().warning("digest_not_sent", outcome=state)
        await self._threads.run(lambda: self._record(letter, state, code))
        return state

    def _record(self, letter: Letter, state: str, code: str | None) -> None:
        now = self._clock()
        with self._store.write() as session:
            if state == "retry":
                retry_at(session, Delivery, letter.delivery_id, now + RETRY_AFTER, code or "retry")
            else:
                settle(session, Delivery, letter.delivery_id, state, now, code)

    def _mail(self, letter: Letter, server: MailServer) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = letter.rendered.subject
        # "Listened" and not the operator's name: a name may hold what a header must not.
        mail["From"] = Address("Listened", addr_spec=server.sender)
        mail["To"] = Address(addr_spec=letter.address)
        mail["Date"] = format_datetime(self._clock())
        # The same digest always has the same id, so that a receiver can tell a copy.
        mail["Message-ID"] = f"<digest-{letter.delivery_id}@{server.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies, please
        mail.set_content(letter.rendered.text)
        mail.add_alternative(letter.rendered.html, subtype="html")
        return mail


async def _send(mail: EmailMessage, server: MailServer) -> tuple[str, str | None]:
    """Hand a mail over. Gives a state of `models.sending`, or "retry", and a code."""
    try:
        await aiosmtplib.send(
            mail,
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls,
            timeout=TIMEOUT_SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        codes = [refused.code for refused in error.recipients]
        return _by_code(max(codes))
    except aiosmtplib.SMTPResponseException as error:
        return _by_code(error.code)
    except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPConnectTimeoutError, ConnectionRefusedError):
        return "retry", "no_connection"
    except (aiosmtplib.SMTPException, OSError) as error:
        # Cut off after the words had gone: the server may have taken them.
        log_error("mail_unknown", error)
        return UNKNOWN, "no_answer"
    return SENT, None


def _by_code(code: int) -> tuple[str, str]:
    # RFC 5321 §4.2.1: 4yz is for now, 5yz for good.
    return ("retry" if 400 <= code < 500 else FAILED), str(code)
