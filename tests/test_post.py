"""Posting: fifty readers, whatever the mail server does and wherever the process is killed."""

import asyncio
import csv
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path

import databases
import pytest
from postmaster import CUT, PHASES, Phase, Postmaster, serving
from rig import Rig, rig, wait_for
from sqlalchemy import select, update

from bot.delivery.threads import Threads
from bot.demo.stage import furnish
from bot.digest.post import RETRY_AFTER, PostRoom
from bot.digest.sheet import to_csv
from bot.failpoints import DIGEST_NAMES
from bot.mail import mail_server
from bot.pdf import can_make_pdf
from bot.privacy.disclosure import Approved, Scope, Telling, make_release
from bot.privacy.keys import Keyring, new_key, parse_keys
from bot.privacy.redact import Redacted
from bot.recipients import Recipients
from bot.schedule import queue_due
from models import Store
from models.handovers import Alert
from models.landlords import Recipient, all_landlords
from models.releases import Delivery

READERS = 50
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
CODES = ("421", "450", "451", "452", "550", "552", "554")


pytestmark = pytest.mark.database


class Office:
    """A post room with fifty readers, on a clock that the test moves."""

    def __init__(self, folder: Path) -> None:
        self.now = MONDAY
        self.keys = Keyring(parse_keys(new_key()), parse_keys(new_key()))
        self.store = databases.store(databases.migrated(folder / "a.db"))
        furnish(self.store, self.keys, since=MONDAY - timedelta(weeks=3))
        self.recipients = Recipients(self.store, self.keys, self.clock)
        with self.store.read() as session:
            self.landlord = all_landlords(session)[0]
        self.addresses = [one.address for one in self.recipients.all(self.landlord)]
        for number in range(READERS - len(self.addresses)):
            self.addresses.append(f"reader{number}@harbour.example")
            self.recipients.add(self.landlord, self.addresses[-1], "landlord", "test")

    def clock(self) -> datetime:
        """The time, as the test has it."""
        return self.now

    def queue(self) -> None:
        """Monday comes."""
        with self.store.write() as session:
            queue_due(session, self.keys, moment=self.now, now=self.now, at=time(9))

    async def post(self, postmaster: Postmaster, tries: int = 6) -> Counter[str]:
        """Send, and send again whenever it is time; says how often what was the outcome."""
        outcomes: Counter[str] = Counter()
        async with serving(postmaster) as port:
            server = mail_server(f"smtp://127.0.0.1:{port}", "digest@listened.example")
            room = PostRoom(
                self.store,
                self.keys,
                server,
                "The Team",
                "https://l.example",
                "operator@listened.example",
                self.clock,
                Threads(),
            )
            for _ in range(tries):
                outcomes.update(await room.deliver())
                self.now += RETRY_AFTER
        return outcomes

    def rows(self) -> dict[str, Delivery]:
        """Each reader's delivery, by address."""
        with self.store.read() as session:
            query = select(Delivery, Recipient).join(Recipient, Recipient.id == Delivery.recipient_id)
            return {
                self.keys.open("recipient", row.Recipient.id, "address", row.Recipient.address): row.Delivery
                for row in session.execute(query)
            }


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office whose Monday has come."""
    made = Office(tmp_path)
    made.queue()
    yield made
    made.store.close()


@pytest.mark.parametrize("phase", PHASES)
def test_a_server_that_refuses(phase: Phase, office: Office) -> None:
    """Every code in turn at one phase: nobody gets it twice, and whoever did not is recorded as refused."""
    postmaster = Postmaster({phase: [f"{code} 0.0.0 no" for code in CODES * 2]})
    asyncio.run(office.post(postmaster))
    assert set(postmaster.copies.values()) == {1}
    rows = office.rows()
    assert set(rows) == set(office.addresses)
    refused = {address: row.error for address, row in rows.items() if row.state == "failed"}
    assert {address for address, row in rows.items() if row.state == "sent"} == set(postmaster.copies)
    assert set(refused) | set(postmaster.copies) == set(office.addresses)
    about_this_mail = phase in ("RCPT", "DATA", "dot")
    assert sorted(refused.values()) == (["550", "550", "552", "552", "554", "554"] if about_this_mail else [])  # type: ignore[type-var]


@pytest.mark.parametrize("phase", PHASES)
def test_a_server_that_hangs_up(phase: Phase, office: Office) -> None:
    """Cut off at any phase: nobody is missed, and twice only where that is recorded, under one Message-ID."""
    postmaster = Postmaster({phase: [CUT] * 9})
    asyncio.run(office.post(postmaster))
    assert set(postmaster.copies) == set(office.addresses)
    twice = {address for address, count in postmaster.copies.items() if count > 1}
    doubted = {address for address, row in office.rows().items() if row.doubts}
    assert twice <= doubted
    assert len(twice) == (9 if phase == "dot" else 0)
    assert max(postmaster.copies.values()) <= 2
    ids = {(str(mail["To"]), str(mail["Message-ID"])) for mail in postmaster.taken}
    assert len(ids) == READERS
    assert {row.state for row in office.rows().values()} == {"sent"}


def test_a_fate_that_stays_unknown(office: Office) -> None:
    """A server that always hangs up after the words: two copies at most, and it says so."""
    postmaster = Postmaster({"dot": [CUT] * 200})
    asyncio.run(office.post(postmaster))
    assert set(postmaster.copies.values()) == {2}
    assert {(row.state, row.doubts) for row in office.rows().values()} == {("unknown", 2)}


def test_a_mailbox_that_is_not_there(office: Office) -> None:
    """It gets nothing more, and whoever can mend it is told once, without the address."""
    postmaster = Postmaster({"RCPT": ["550 5.1.1 no such user", "550 5.1.1 no such user"]})
    asyncio.run(office.post(postmaster))
    gone = [one for one in office.recipients.all(office.landlord) if one.unreachable]
    assert [one.unreachable for one in gone] == ["mailbox_gone 550"] * 2
    with office.store.read() as session:
        alerts = session.scalars(select(Alert)).all()
        told = [office.keys.open("alert", one.id, "address", one.address) for one in alerts]
        bodies = [office.keys.open("alert", one.id, "body", one.body) for one in alerts]
    assert told == ["operator@listened.example"] * 2
    assert all("550" in body and gone[0].address not in body for body in bodies)
    office.now = MONDAY + timedelta(weeks=1)
    office.queue()
    postmaster.taken.clear()
    asyncio.run(office.post(postmaster, tries=1))
    assert set(postmaster.copies) == set(office.addresses) - {one.address for one in gone}
    office.recipients.change(office.landlord, gone[0].address, "operator")
    again = {one.address: one.unreachable for one in office.recipients.all(office.landlord)}
    assert again[gone[0].address] is None


def first_mail(office: Office) -> EmailMessage:
    """The first mail that goes out."""
    postmaster = Postmaster()
    asyncio.run(office.post(postmaster, tries=1))
    return postmaster.taken[0]


def test_what_a_mail_is_made_of(office: Office) -> None:
    """Headers that let a reader end it in one click, one id for ever, and no line longer than mail allows."""
    mail = first_mail(office)
    link = str(mail["List-Unsubscribe"])
    assert re.fullmatch(r"<https://l\.example/unsubscribe/\d+/[0-9a-f]{32}>", link)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    row = office.rows()[str(mail["To"])]
    assert mail["Message-ID"] == f"<digest-{row.id}@listened.example>"
    assert max(len(line) for line in mail.as_bytes().splitlines()) <= 998
    html = mail.get_body(("html",))
    assert html
    assert not re.search(r"(?:src|background)\s*=|url\(|<link|<script", html.get_content())


@pytest.mark.skipif(not can_make_pdf(), reason="the extra `pdf` is not installed")
def test_a_pdf_for_who_wants_one(office: Office) -> None:
    """Whoever asked for a PDF gets one that begins and ends as PDFs do; nobody else does."""
    office.recipients.change(office.landlord, office.addresses[1], "test", pdf=True)
    postmaster = Postmaster()
    asyncio.run(office.post(postmaster, tries=1))
    pdfs = {
        str(mail["To"]): part.get_content()
        for mail in postmaster.taken
        for part in mail.iter_attachments()
        if part.get_content_type() == "application/pdf"
    }
    assert set(pdfs) == {office.addresses[1]}
    made = pdfs[office.addresses[1]]
    assert made.startswith(b"%PDF-")
    assert made.rstrip().endswith(b"%%EOF")
    streams = re.findall(rb"stream\n(.*?)\nendstream", made, re.DOTALL)
    opened = b"".join(zlib.decompress(one) for one in streams if one[:1] == b"\x78")
    assert b"/StructTreeRoot" in opened  # tagged, for screen readers


@pytest.mark.parametrize(
    "hostile",
    [
        ('=HYPERLINK("http://x.example")', "+44", "-1", "@SUM(A1)"),
        ("\t=1", "fine\r\n=1", "|cmd", " =1"),
    ],
)
def test_a_sheet_carries_nothing_out(hostile: tuple[str, ...]) -> None:
    """What a spreadsheet would take for a formula is a text; figures are the release's own."""
    approved = [Approved(n, n, Redacted(words), "yes") for n, words in enumerate(hostile)]
    release = make_release(
        scope=Scope("landlord", "Harbour Homes"),
        number=1,
        on_date=MONDAY.date(),
        since=None,
        weeks_waiting=1,
        tellings=[Telling(n, "yes" if n % 2 else "no") for n in range(40)],
        approved=approved,
    )
    rows = list(csv.reader(io.StringIO(to_csv(release).removeprefix("\ufeff"))))
    assert {len(row) for row in rows} == {6}
    words = [row[5] for row in rows if row[0] == "words"]
    assert len(words) == len(hostile)
    assert not [cell for row in rows for cell in row if cell[:1] in "=+-@\t\r\n|%" and cell]
    assert ["people", "all", "40", "", "", ""] in rows


def test_readers_get_it_in_their_own_morning(tmp_path: Path) -> None:
    """New York's nine o'clock is London's two in the afternoon; and who wants none gets none."""
    office = Office(tmp_path)
    office.recipients.change(office.landlord, office.addresses[0], "test", timezone="America/New_York")
    office.recipients.change(office.landlord, office.addresses[1], "test", timezone="Asia/Tokyo")
    office.recipients.change(office.landlord, office.addresses[2], "test", every="off")
    office.queue()
    postmaster = Postmaster()
    asyncio.run(office.post(postmaster, tries=1))
    assert len(postmaster.taken) == READERS - 2
    office.now = MONDAY + timedelta(hours=4, minutes=59)
    asyncio.run(office.post(postmaster, tries=1))
    assert len(postmaster.taken) == READERS - 2
    office.now = MONDAY + timedelta(hours=5)
    asyncio.run(office.post(postmaster, tries=1))
    assert set(office.addresses) - set(postmaster.copies) == {office.addresses[2]}
    office.store.close()


def test_off_takes_back_what_waits(office: Office) -> None:
    """Whoever says "off" while a digest waits does not get it."""
    office.recipients.change(office.landlord, office.addresses[3], "test", every="off")
    postmaster = Postmaster()
    asyncio.run(office.post(postmaster, tries=1))
    assert set(office.addresses) - set(postmaster.copies) == {office.addresses[3]}


@pytest.mark.only_sqlite  # it makes its database in the rig's folder
def test_killed_everywhere(tmp_path: Path) -> None:
    """Fifty readers, kill -9 at every failpoint between the release and the last mail, then a quiet start."""
    with rig(tmp_path) as made:
        furnish(store := made.store(), made.keys, since=datetime.now(UTC) - timedelta(weeks=2))
        recipients = Recipients(store, made.keys, lambda: datetime.now(UTC))
        with store.read() as session:
            landlord = all_landlords(session)[0]
        for number in range(READERS - 2):
            recipients.add(landlord, f"reader{number}@harbour.example", "landlord", "test")
        for name in DIGEST_NAMES:
            dying = made.start("work", FAILPOINT=name)
            assert wait_for(lambda dying=dying: dying.poll() is not None, 30), name  # type: ignore[misc]
            assert dying.poll() == -9, made.output
            _hurry(store)
        made.start("work")
        assert wait_for(lambda: _unfinished(store) == 0, 60)
        copies = Counter(mail.to[0] for mail in made.mailbox.mails)
        ids = {(mail.to[0], str(mail.message["Message-ID"])) for mail in made.mailbox.mails}
        doubted = _doubted(store, made)
        store.close()
    assert len(copies) == READERS
    assert {address for address, count in copies.items() if count > 1} <= doubted
    assert len(ids) == READERS
    assert max(copies.values()) <= 2
    assert len(doubted) <= len(DIGEST_NAMES)


def _hurry(store: Store) -> None:
    """What is to be tried again in half an hour is tried now."""
    with store.write() as session:
        session.execute(update(Delivery).values(due_at=datetime.now(UTC) - timedelta(minutes=1)))


def _unfinished(store: Store) -> int:
    with store.read() as session:
        states = session.scalars(select(Delivery.state)).all()
    return sum(state != "sent" for state in states) if states else READERS


def _doubted(store: Store, made: Rig) -> set[str]:
    query = select(Recipient).join(Delivery, Delivery.recipient_id == Recipient.id).where(Delivery.doubts > 0)
    with store.read() as session:
        return {made.keys.open("recipient", one.id, "address", one.address) for one in session.scalars(query)}
