"""Posting digests: one mail a recipient, over SMTP, outside any transaction."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot.delivery.threads import Threads
from bot.digest.compose import compose
from bot.digest.letter import Letter, to_mail
from bot.digest.render import render
from bot.digest.sheet import to_csv
from bot.failpoints import failpoint
from bot.log import get_logger
from bot.mail import GONE, MailServer, send_mail
from bot.pdf import NoPdf, as_pdf
from bot.privacy.disclosure import Release
from bot.privacy.keys import Keyring
from bot.recipients import unsubscribe_path
from bot.releases import thaw
from bot.responses import answers_of_landlord
from bot.staff_alerts import on_duty, tell_staff
from bot.wording import DEFAULT, load_wording
from models import Store
from models.landlords import Landlord, Recipient
from models.releases import (
    Delivery,
    Due,
    claim,
    closing_before,
    doubt,
    doubt_interrupted,
    releases_between,
)
from models.releases import Release as Frozen
from models.sending import FAILED, SENT, UNKNOWN, retry_at, settle

LEASE: Final = timedelta(minutes=15)
"""Longer than one mail can take, each step at its time-out."""
RETRY_AFTER: Final = timedelta(minutes=30)  # RFC 5321 §4.5.4.1: at least 30 minutes apart
WEEKS_TOLD: Final = {"four-weekly": 4}
ON_PAPER: Final = "@page { size: A4; margin: 18mm 16mm; } body { background: #ffffff !important; }"
GIVE_UP_AFTER: Final = 48
"""Attempts: a day of them. A digest later than that would run into the next one."""


class PostRoom:
    """Writes and sends the digests that are queued.

    Args:
        store: the database.
        keys: to open what is sealed.
        server: where mail goes; None when none is set, and then digests wait.
        operator: who asks and reads; named in every digest.
        base_url: our own address, for the link that ends a digest; "" for none.
        alerts_to: the operator's own address, to be told of mailboxes that are not there; "" for none.
        clock: gives the current time, aware.
        threads: where the database is used.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        keys: Keyring,
        server: MailServer | None,
        operator: str,
        base_url: str,
        alerts_to: str,
        clock: Callable[[], datetime],
        threads: Threads,
    ) -> None:
        self._store = store
        self._keys = keys
        self._server = server
        self._operator = operator
        self._base_url = base_url
        self._alerts_to = alerts_to
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
                return doubt_interrupted(session, self._clock(), alone=alone)

        return await self._threads.run(settled)

    async def deliver(self) -> dict[str, int]:
        """Send every digest that is due; says how many ended in which state."""
        outcomes: dict[str, int] = {}
        if self._server is None:
            return outcomes
        while letter := await self._threads.run(self._claim):
            failpoint("digest_claimed")
            state = await self._deliver(letter, self._server)
            outcomes[state] = outcomes.get(state, 0) + 1
        return outcomes

    def _claim(self) -> Letter | None:
        """The next digest that is due. One at a time: whatever is cut off, only one is in doubt."""
        with self._store.write() as session:
            due = claim(session, self._clock(), 1, LEASE)
            if due:
                failpoint("digest_claiming")
            return self._write(session, due[0]) if due else None

    def _write(self, session: Session, due: Due) -> Letter:
        recipient, frozen = due.Recipient, due.Release
        release = thaw(self._keys, frozen)
        manage = self._base_url and self._base_url + unsubscribe_path(self._keys, recipient.id)
        digest = compose(
            self._weeks(session, frozen, recipient.every),
            recipient.audience,
            self._operator,
            self._wording,
            self._before(session, frozen, recipient.every),
            answers_of_landlord(session, recipient.landlord_id, frozen.on_date, self._clock()),
        )
        return Letter(
            delivery_id=due.Delivery.id,
            address=self._keys.open("recipient", recipient.id, "address", recipient.address),
            rendered=render(digest, manage, self._wording.text(DEFAULT, "manage")),
            on_date=frozen.on_date,
            sheet=to_csv(release) if release.figures else "",
            unsubscribe=manage,
            pdf=recipient.pdf,
            attempts=due.Delivery.attempts,
        )

    def _weeks(self, session: Session, frozen: Frozen, every: str) -> list[Release]:
        """What a digest tells of: that release, or for a four-weekly one all of the last four weeks, newest first."""
        since = frozen.on_date - timedelta(weeks=WEEKS_TOLD.get(every, 1))
        return [thaw(self._keys, one) for one in releases_between(session, frozen, since)]

    def _before(self, session: Session, frozen: Frozen, every: str) -> Release | None:
        """The newest release with figures before all of those."""
        earlier = closing_before(session, frozen, frozen.on_date - timedelta(weeks=WEEKS_TOLD.get(every, 1)))
        return thaw(self._keys, earlier) if earlier else None

    async def _deliver(self, letter: Letter, server: MailServer) -> str:
        pdf = await asyncio.to_thread(_pdf, letter)
        state, code = await send_mail(to_mail(letter, server.sender, self._clock(), pdf), server)
        failpoint("digest_sent")
        if state == "retry" and letter.attempts >= GIVE_UP_AFTER:
            state = FAILED
        if state != SENT:
            get_logger().warning("digest_not_sent", outcome=state)
        await self._threads.run(lambda: self._record(letter, state, code))
        failpoint("digest_recorded")
        return state

    def _record(self, letter: Letter, state: str, code: str | None) -> None:
        now = self._clock()
        with self._store.write() as session:
            match state:
                case "retry":
                    retry_at(session, Delivery, letter.delivery_id, now + RETRY_AFTER, code or "retry")
                case _ if state == UNKNOWN:
                    doubt(session, letter.delivery_id, now + RETRY_AFTER, now, code or "unknown")
                case _:
                    settle(session, Delivery, letter.delivery_id, state, now, code)
                    if code and code.startswith(GONE):
                        self._give_up_on(session, letter.delivery_id, code, now)
            failpoint("digest_recording")

    def _give_up_on(self, session: Session, delivery_id: int, code: str, now: datetime) -> None:
        """There is no such mailbox: send nothing more there, and tell whoever can mend it. Never which address."""
        delivery = session.get_one(Delivery, delivery_id)
        recipient = session.get_one(Recipient, delivery.recipient_id)
        landlord = session.get_one(Landlord, recipient.landlord_id)
        recipient.unreachable = code
        text = self._wording.text
        topic = f"mailbox {recipient.id} {now:%F}"
        subject = text(DEFAULT, "mailbox_gone.subject")
        body = text(
            DEFAULT, "mailbox_gone.body", landlord=landlord.name, code=code.removeprefix(GONE).strip()
        )
        to = on_duty(session, self._keys, landlord.id) | {self._alerts_to}
        tell_staff(session, self._keys, to, topic, subject, body, now)


def _pdf(letter: Letter) -> bytes | None:
    if not letter.pdf:
        return None
    try:
        return as_pdf(letter.rendered.html, ON_PAPER)
    except NoPdf:
        get_logger().warning("pdf_extra_missing")
        return None
