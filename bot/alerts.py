"""Alerts: mails and texts to people on duty, sent within a minute or tried again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from bot.conversation.messages import Channel, Outgoing, Reply, SendFailed
from bot.delivery.threads import Threads
from bot.log import get_logger
from bot.mail import MailServer, send_mail
from bot.privacy.keys import Keyring
from models import Store
from models.handovers import Alert, claim_alerts
from models.sending import FAILED, SENT, UNKNOWN, retry_at, settle, settle_interrupted

BATCH: Final = 20
LEASE: Final = timedelta(minutes=15)
RETRY_AFTER: Final = timedelta(minutes=1)
"""Sooner than mail servers like (RFC 5321 says half an hour): somebody may be in danger."""
MOST_ATTEMPTS: Final = 60


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """One alert, opened."""

    id: int
    medium: str
    address: str
    subject: str
    body: str
    attempts: int


class Bellman:
    """Sends alerts. A lost answer is tried again: an alert twice does less harm than none.

    Args:
        store: the database.
        keys: to open what is sealed.
        server: where mail goes; None when none is set.
        sms: how texts are sent; None when SMS is not set up.
        clock: gives the current time, aware.
        threads: where the database is used.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        keys: Keyring,
        server: MailServer | None,
        sms: Channel | None,
        clock: Callable[[], datetime],
        threads: Threads,
    ) -> None:
        self._store = store
        self._keys = keys
        self._server = server
        self._sms = sms
        self._clock = clock
        self._threads = threads

    async def run_once(self) -> int:
        """Send every alert that is due; says how many were tried."""
        calls = await self._threads.run(self._claim)
        for call in calls:
            state, code = await self._send(call)
            await self._threads.run(lambda call=call, state=state, code=code: self._record(call, state, code))  # type: ignore[misc]
        return len(calls)

    def settle_interrupted(self, *, alone: bool) -> int:
        """Queue again what a dead process left half sent."""
        with self._store.write() as session:
            return settle_interrupted(
                session, Alert, self._clock(), alone=alone, again=Alert.attempts < MOST_ATTEMPTS
            )

    def _claim(self) -> Sequence[Call]:
        with self._store.write() as session:
            now = self._clock()
            return [self._open(row) for row in claim_alerts(session, now, BATCH, now + LEASE)]

    def _open(self, row: Alert) -> Call:
        address = self._keys.open("alert", row.id, "address", row.address)
        body = self._keys.open("alert", row.id, "body", row.body)
        return Call(row.id, row.medium, address, row.subject, body, row.attempts)

    async def _send(self, call: Call) -> tuple[str, str | None]:
        if call.medium == "sms":
            return await self._text(call)
        if self._server is None:
            return "retry", "no_mail_server"
        return await send_mail(self._mail(call, self._server), self._server)

    async def _text(self, call: Call) -> tuple[str, str | None]:
        if self._sms is None:
            return FAILED, "no_sms"
        now = self._clock()
        outgoing = Outgoing(call.id, call.address, Reply(call.body), "en", None, None, now)
        try:
            await self._sms.send(outgoing)
        except SendFailed as failure:
            again = failure.outcome in ("retry", "down", "unknown")
            return ("retry" if again else FAILED), failure.code
        return SENT, None

    def _mail(self, call: Call, server: MailServer) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = call.subject
        mail["From"] = Address("Listened", addr_spec=server.sender)
        mail["To"] = Address(addr_spec=call.address)
        mail["Date"] = format_datetime(self._clock())
        mail["Message-ID"] = f"<alert-{call.id}@{server.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["Importance"] = "high"
        mail.set_content(call.body)
        return mail

    def _record(self, call: Call, state: str, code: str | None) -> None:
        now = self._clock()
        with self._store.write() as session:
            if state in ("retry", UNKNOWN) and call.attempts < MOST_ATTEMPTS:
                get_logger().error("alert_not_sent", medium=call.medium, attempts=call.attempts)
                retry_at(session, Alert, call.id, now + RETRY_AFTER, code or "retry")
            else:
                settle(session, Alert, call.id, SENT if state == SENT else FAILED, now, code)
