"""Post: the pack on the evening before, and what came of it after ninety days, by mail to the organisers, once each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.delivery.threads import Threads
from bot.digest.across import across
from bot.digest.letter import SAFE_LINES
from bot.digest.render import render
from bot.hidden import one_line, visible
from bot.log import get_logger
from bot.mail import MailServer, send_mail
from bot.pdf import NoPdf, as_pdf
from bot.privacy.keys import Keyring
from bot.wording import load_wording
from bot.workshops.after import AFTER, After, compose_after
from bot.workshops.members import when_it_is
from bot.workshops.pack import Facts, Pack, compose
from bot.workshops.planning import evening_before
from bot.workshops.print import after_page, pack_page
from bot.workshops.releasing import Releases
from bot.workshops.taking_part import taking_part
from models import Store
from models.base import new_id
from models.sending import FAILED, SENT, retry_at, settle, settle_interrupted
from models.workshops import (
    Organiser,
    Workshop,
    WorkshopMail,
    all_workshops,
    claim_mails,
    landlords_of,
    organisers_of,
)

CAME_OF_IT: Final = timedelta(days=97)
"""A week for the answers of the ninetieth day."""
LATEST: Final = timedelta(days=14)
PACK: Final = "pack"
AFTERWARDS: Final = "after"
BATCH: Final = 8
LEASE: Final = timedelta(minutes=10)
RETRY_AFTER: Final = timedelta(minutes=30)
GIVE_UP_AFTER: Final = 48


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """One mail, addressed: what it says (`html` is "" for text alone), and the page that goes with it."""

    mail_id: int
    address: str
    subject: str
    text: str
    html: str
    page: str
    name: str
    attempts: int


class Workroom:
    """Makes what is said of workshops to their organisers, and sends it.

    Args:
        store: the database.
        keys: to open what is sealed.
        server: where mail goes; None when none is set, and then mails wait.
        operator: who asks and moderates.
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
        self._wording = load_wording("bot.workshops")

    def pack(self, session: Session, workshop: Workshop) -> Pack:
        """The pack as it may be made now: words that may be shown; figures from the evening before on."""
        releases = Releases(session, self._keys, workshop, self._clock())
        made = {name: releases.words(name) for name in ("stories", "excellent", "barriers")}
        if self._clock() >= evening_before(workshop.starts_at, workshop.timezone):
            made |= {name: releases.figures(name) for name in ("listened", "guess", "able")}
        return compose(self._facts(session, workshop), made, self._wording)

    def after(self, session: Session, workshop: Workshop) -> After:
        """What came of a workshop; its figures are counted the first time that this is asked for."""
        releases = Releases(session, self._keys, workshop, self._clock())
        made = {name: releases.figures(name) for name in AFTER}
        made["what_came"] = releases.words("what_came")
        return compose_after(workshop.title, made, self._wording)

    async def run_due(self) -> dict[str, int]:
        """Queue what is due, and send it; says how many mails ended in which state."""
        await self._threads.run(self._queue)
        outcomes: dict[str, int] = {}
        if self._server is None:
            return outcomes
        while letters := await self._threads.run(self._claim):
            for letter in letters:
                state = await self._deliver(letter, self._server)
                outcomes[state] = outcomes.get(state, 0) + 1
        return outcomes

    async def settle_interrupted(self, *, alone: bool) -> int:
        """Settle what a dead process left half sent; says how many there were."""

        def settled() -> int:
            with self._store.write() as session:
                return settle_interrupted(session, WorkshopMail, self._clock(), alone=alone)

        return await self._threads.run(settled)

    def _facts(self, session: Session, workshop: Workshop) -> Facts:
        return Facts(
            title=workshop.title,
            landlords=", ".join(one.name for one in landlords_of(session, workshop.id)),
            when=when_it_is(workshop, "en"),
            place=workshop.place,
            starts_at=workshop.starts_at.astimezone(ZoneInfo(workshop.timezone)),
            operator=self._operator,
        )

    def _queue(self) -> None:
        now = self._clock()
        with self._store.write() as session:
            for workshop in all_workshops(session):
                if workshop.closed_at is not None:
                    continue
                came_of_it = workshop.starts_at + CAME_OF_IT
                if evening_before(workshop.starts_at, workshop.timezone) <= now < workshop.ends_at:
                    self._queue_for(session, workshop, PACK)
                if came_of_it <= now < came_of_it + LATEST:
                    self._queue_for(session, workshop, AFTERWARDS)

    def _queue_for(self, session: Session, workshop: Workshop, kind: str) -> None:
        for organiser in organisers_of(session, workshop.id):
            query = select(WorkshopMail.id).filter_by(organiser_id=organiser.id, kind=kind)
            if session.scalar(query) is None:
                row = WorkshopMail(id=new_id(), organiser_id=organiser.id, kind=kind, due_at=self._clock())
                session.add(row)
        session.flush()

    def _claim(self) -> Sequence[Letter]:
        with self._store.write() as session:
            return [self._write(session, *due) for due in claim_mails(session, self._clock(), BATCH, LEASE)]

    def _write(
        self, session: Session, mail: WorkshopMail, organiser: Organiser, workshop: Workshop
    ) -> Letter:
        values = {"title": workshop.title, "when": when_it_is(workshop, "en")}
        if mail.kind == PACK:
            subject = self._wording.text("en", "pack.subject", **values)
            pack = self.pack(session, workshop)
            text, html = self._view(session, workshop, subject, self._opening(pack, values))
            page, name = pack_page(pack), "pack"
        else:
            after = self.after(session, workshop)
            subject, page, name = after.title, after_page(after), "what-came-of-it"
            text, html = "\n\n".join((after.intro, *after.missing, after.footer)), ""
        address = self._keys.open("organiser", organiser.id, "address", organiser.address)
        return Letter(mail.id, address, subject, text, html, page, name, mail.attempts)

    def _opening(self, pack: Pack, values: Mapping[str, str]) -> list[str]:
        return [self._wording.text("en", "pack.mail", **values), *pack.missing]

    def _view(
        self, session: Session, workshop: Workshop, subject: str, opening: Sequence[str]
    ) -> tuple[str, str]:
        """What the landlords that take part were told, beside the pack: as text, and as HTML."""
        part = taking_part(session, self._keys, workshop, self._clock())
        shown = render(across(subject, opening, part, self._operator, load_wording("bot.digest")))
        return shown.text, shown.html

    async def _deliver(self, letter: Letter, server: MailServer) -> str:
        mail = await self._threads.run(lambda: self._mail(letter, server))
        state, code = await send_mail(mail, server)
        if state == "retry" and letter.attempts >= GIVE_UP_AFTER:
            state = FAILED
        if state != SENT:
            get_logger().warning("workshop_mail_not_sent", outcome=state)
        await self._threads.run(lambda: self._record(letter, state, code))
        return state

    def _record(self, letter: Letter, state: str, code: str | None) -> None:
        now = self._clock()
        with self._store.write() as session:
            if state == "retry":
                retry_at(session, WorkshopMail, letter.mail_id, now + RETRY_AFTER, code or "retry")
            else:
                settle(session, WorkshopMail, letter.mail_id, state, now, code)

    def _mail(self, letter: Letter, server: MailServer) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = one_line(letter.subject)
        mail["From"] = Address("Listened", addr_spec=server.sender)
        mail["To"] = Address(addr_spec=letter.address)
        mail["Date"] = format_datetime(self._clock())
        mail["Message-ID"] = f"<workshop-{letter.mail_id}@{server.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies, please
        mail.set_content(visible(letter.text), cte=SAFE_LINES)
        if letter.html:
            mail.add_alternative(letter.html, subtype="html", cte=SAFE_LINES)
        mail.add_attachment(
            letter.page.encode(), maintype="text", subtype="html", filename=f"{letter.name}.html"
        )
        try:
            pdf = as_pdf(letter.page)
        except NoPdf:
            return mail  # the page prints the same
        mail.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{letter.name}.pdf")
        return mail
