"""Forgetting: what goes when its time is over, what a person may ask of us, and what staff did."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from console import a_story
from desk import NUMBER, Desk, Wire
from rig import Rig, wait_for
from sqlalchemy import delete, func, select, update
from test_danger import DUTY, link_to, put_on_duty
from test_keys import moderator, opened, take_in_visit

from bot import audit, moderation
from bot.conversation.messages import SendFailed
from bot.demo.mailbox import Mail
from bot.export import Export, as_text
from bot.privacy.keys import Keyring
from bot.releases import freeze
from bot.retention import RULES, Keep, Retention, keep_of
from bot.rights import erase, withdraw
from bot.rotation import columns_that_hold
from bot.settings import load_settings
from models import Base, Store
from models.audit import Audit
from models.base import SEALED, new_id
from models.handovers import HandOver
from models.inbound import QUARANTINED, Inbound
from models.landlords import all_landlords
from models.outbound import Outbound
from models.people import Contact, Suppression
from models.providers import Clearing
from models.releases import Release
from models.scopes import scope_of
from models.stories import APPROVED, Answer, Excerpt, Story, StoryPart
from models.visits import Visit

KEEP = keep_of(load_settings(None))
STORY = "canarystory the grey heron stood on the sill"


def count(desk: Desk, table: type[Base], *which: Any) -> int:
    """How many rows there are."""
    with desk.store.read() as session:
        return session.scalar(select(func.count()).select_from(table).where(*which)) or 0


def retention(desk: Desk) -> Retention:
    """What removes things at that desk."""
    return Retention(desk.store, desk.keys, KEEP, desk.clock)


def told(desk: Desk, *, yes: bool = True) -> None:
    """Somebody tells a story, answers, says yes or no, and a moderator lets the words leave."""
    desk.text(STORY, "1")
    desk.drain()
    desk.text("1" if yes else "3", "2")
    desk.drain()
    if yes:
        staff = moderator(desk)
        for waiting in staff.waiting():
            staff.approve(waiting.story_id)


def the_contact(desk: Desk) -> Contact:
    """The one at the usual number."""
    with desk.store.write() as session:
        found = desk.people.find(session, "sms", NUMBER)
        assert found is not None
        return found


def quarantined(store: Store, keys: Keyring, now: datetime, number: str) -> None:
    """A message that could only be stored: it belongs to nobody yet."""
    row_id = new_id()
    body = {"event": "message", "channel": "sms", "address": number, "text": STORY, "external_id": "SMx"}
    with store.write() as session:
        session.add(
            Inbound(
                id=row_id,
                key=keys.lookup("inbound", f"{row_id}"),
                channel="sms",
                body=keys.seal("inbound", row_id, "body", json.dumps(body)),
                received_at=now,
                state=QUARANTINED,
            )
        )


@pytest.mark.parametrize(
    ("what", "table", "which", "kept"),
    [
        ("received_messages", Inbound, Inbound.body.is_not(None), KEEP.received),
        ("sent_messages", Outbound, Outbound.body.is_not(None), KEEP.sent),
        ("story_words", StoryPart, StoryPart.id > 0, KEEP.story),
        ("contacts", Contact, Contact.id > 0, KEEP.contact),
        ("event_hashes", Inbound, Inbound.id > 0, KEEP.event),
        ("audit", Audit, Audit.id > 0, KEEP.audit),
    ],
)
def test_each_thing_goes_when_its_time_is_over(
    tmp_path: Path, what: str, table: type[Base], which: Any, kept: timedelta
) -> None:
    """A minute before its time it is there; a minute after it is gone, and nothing is overdue."""
    desk = Desk(tmp_path, Wire())
    told(desk)
    assert count(desk, table, which) > 0
    began = desk.now
    desk.now = began + kept - timedelta(minutes=1)
    retention(desk).run()
    assert count(desk, table, which) > 0
    desk.now = began + kept + timedelta(minutes=1)
    assert retention(desk).overdue(timedelta())[what] > 0
    removed = retention(desk).run()
    assert removed[what] > 0
    assert count(desk, table, which) == 0
    assert retention(desk).overdue(timedelta()) == {}
    assert retention(desk).run() == {}


def test_words_go_after_their_release(tmp_path: Path) -> None:
    """Counted in a release, a story's words go 90 days later; an approved excerpt that never left goes too."""
    desk = Desk(tmp_path, Wire())
    told(desk)
    released(desk)
    with desk.store.write() as session:
        release_id = session.scalars(select(Release.id)).one()
        session.execute(update(Story).values(release_id=release_id))
    desk.now += KEEP.story_after_release - timedelta(minutes=1)
    retention(desk).run()
    assert count(desk, StoryPart) == 1
    desk.now += timedelta(minutes=2)
    retention(desk).run()
    assert (count(desk, StoryPart), count(desk, Answer), count(desk, Story)) == (0, 0, 1)
    assert count(desk, Excerpt, Excerpt.words.is_not(None)) == 0
    assert count(desk, Excerpt, Excerpt.verdict == APPROVED, Excerpt.release_id.is_(None)) == 0
    released(desk)  # and the next release is made all the same


def test_somebody_who_still_writes_is_kept(tmp_path: Path) -> None:
    """A year after the first message but not the last, the contact is there; with an open hand-over too."""
    desk = Desk(tmp_path, Wire())
    desk.text("the tap drips still", "1")
    desk.now += KEEP.contact - timedelta(days=1)
    desk.text("still drips", "2")
    desk.now += timedelta(days=2)
    retention(desk).run()
    assert count(desk, Contact) == 1
    desk.text("i can smell gas in the hall", "3")
    assert count(desk, HandOver) == 1
    desk.now += KEEP.contact * 2
    retention(desk).run()
    assert count(desk, Contact) == 1
    with desk.store.write() as session:
        session.execute(update(HandOver).values(state="closed", closed_at=desk.now))
    retention(desk).run()
    assert (count(desk, Contact), count(desk, HandOver)) == (0, 1)
    desk.now += KEEP.hand_over + timedelta(minutes=1)
    retention(desk).run()
    assert count(desk, HandOver, HandOver.note.is_not(None)) == 0


def test_every_rule_has_a_period_that_can_be_set() -> None:
    """No rule is without a setting, and each name can be logged."""
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert set(Keep.__dataclass_fields__) <= {
        name.removeprefix("keep_").replace("_days", "") for name in type(load_settings(None)).model_fields
    }


def test_retention_takes_a_bounded_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a batch of messages goes in several transactions, all of it in one night."""
    monkeypatch.setattr("bot.retention.BATCH", 3)
    desk = Desk(tmp_path, Wire())
    for number in range(8):
        desk.text("the tap drips still", f"{number}", sender=f"+4477009009{number:02d}")
    desk.now += KEEP.received + timedelta(minutes=1)
    assert retention(desk).run()["received_messages"] == 8
    assert count(desk, Clearing) >= 8  # and the provider is asked to delete its copies


def test_a_withdrawn_yes_stops_the_next_release(tmp_path: Path) -> None:
    """Approved words whose teller took the yes back are in no release; the story still counts."""
    desk = Desk(tmp_path, Wire())
    told(desk)
    assert count(desk, Excerpt, Excerpt.verdict == APPROVED) == 1
    with desk.store.write() as session:
        assert withdraw(session, the_contact(desk), desk.now) == 1
    released(desk)
    assert count(desk, Excerpt, Excerpt.release_id.is_not(None)) == 0
    assert count(desk, Story) == 1
    assert moderator(desk).waiting() == []


def released(desk: Desk) -> None:
    """A release is made."""
    with desk.store.write() as session:
        (landlord,) = all_landlords(session)
        freeze(session, desk.keys, scope_of(session, landlord), desk.now.date(), desk.now, desk.now)


def test_an_export_holds_everything(tmp_path: Path) -> None:
    """Number, words, answers, consents, visits, messages both ways and hand-overs: as data and as text."""
    desk = Desk(tmp_path, Wire(), Wire(name="whatsapp"))
    told(desk)
    put_on_duty(desk)
    desk.text("i can smell gas in the hall", "3")
    desk.text("the lift is out again", "4", channel="whatsapp")
    take_in_visit(desk, NUMBER, "JOB4711")
    desk.drain()
    with desk.store.write() as session:
        mine = [the_contact(desk), *session.scalars(select(Contact).where(Contact.channel == "whatsapp"))]
        held = Export(session, desk.keys).of(mine)
    assert json.loads(json.dumps(held)) == held
    for plain in (json.dumps(held), as_text(held)):
        for expected in (NUMBER, STORY, "smell gas", "lift is out", "JOB4711", "whatsapp", "gas", "approved"):
            assert expected in plain
        assert "share your words" in plain  # what we wrote to them
    # What somebody said at a workshop is looked at in test_workshops.py.
    assert all(held[part] for part in held if part not in ("not_to_be_texted", "workshops"))


def test_erasure_reaches_what_belongs_to_nobody_yet(tmp_path: Path) -> None:
    """A message in quarantine, a planned visit, a hand-over's link, the other channel: all of it goes."""
    desk = Desk(tmp_path, Wire(), Wire(name="whatsapp"))
    told(desk)
    put_on_duty(desk)
    desk.text("i can smell gas in the hall", "3")
    desk.text("the lift is out again", "4", channel="whatsapp")
    take_in_visit(desk, NUMBER, "JOB4711")
    quarantined(desk.store, desk.keys, desk.now, NUMBER)
    quarantined(desk.store, desk.keys, desk.now, "+447700900111")
    with desk.store.write() as session:
        erase(session, desk.keys, the_contact(desk), desk.now)
    retention(desk).run()
    left = {
        name: number
        for table in (Contact, Story, StoryPart, Answer, Outbound, Visit, Excerpt, HandOver, Suppression)
        if (number := count(desk, table))
        for name in [table.__tablename__]
    }
    assert left == {"hand_over": 1, "suppression": 1}
    assert count(desk, HandOver, HandOver.contact_id.is_not(None)) == 0
    assert count(desk, Inbound, Inbound.body.is_not(None)) == 1  # somebody else's
    assert not [text for text in opened(desk.store, desk.keys) if NUMBER in text or "JOB4711" in text]


def test_after_delete_a_canary_is_found_nowhere(fresh_rig: Rig) -> None:
    """Every table opened, the file, its log and shared memory, our logs, and Twilio's copies: nothing is left."""
    rig, number = fresh_rig, "+447700900777"
    process = rig.serve()
    rig.text("sms", number, STORY, replies=2)
    rig.text("whatsapp", number, "canarystory by whatsapp", replies=1)
    store = rig.store()
    quarantined(store, rig.keys, datetime.now().astimezone(), number)
    with store.read() as session:
        parts = [bytes(words) for words in session.scalars(select(StoryPart.words))]
        parts += [bytes(address) for address in session.scalars(select(Contact.address))]
    asked = rig.text("sms", number, "please delete everything", replies=3)[-1].text
    code = re.search(r"\b\d{4}\b", asked)
    assert code
    rig.text("sms", number, code.group(), replies=4)

    def contacts() -> int:
        with store.read() as session:
            return session.scalar(select(func.count()).select_from(Contact)) or 0

    assert wait_for(lambda: contacts() == 0)
    with store.write() as session:  # the provider has delivered its last message by now
        session.execute(update(Clearing).values(due_at=datetime.now().astimezone()))
    rig.kill(process)
    process = rig.serve()
    assert wait_for(lambda: not at_provider(rig, number), 20), at_provider(rig, number)
    rig.kill(process)
    canaries = ("canarystory", "heron", number, number[1:])
    assert [text for text in opened(store, rig.keys) if any(canary in text for canary in canaries)] == []
    store.checkpoint()
    for path in rig.folder.rglob("*"):
        raw = path.read_bytes() if path.is_file() else b""
        assert [canary for canary in canaries if canary.encode() in raw] == [], path
        assert not any(sealed in raw for sealed in parts), path  # not even sealed
    store.close()


def test_after_delete_nothing_of_telegram_or_a_digest_is_left(fresh_rig: Rig) -> None:
    """Told by Telegram, quoted in two readers' mails, then deleted: our tables, files and logs hold nothing of it.

    Mail that was sent lies with its readers, and Telegram lets no bot delete what somebody wrote to it: that is said.
    """
    rig, chat = fresh_rig, "4815162342"
    process = rig.serve()
    rig.text("telegram", chat, STORY, replies=2)
    rig.text("telegram", chat, "1", replies=3)
    others_tell(rig)
    mails = quoted_in_digests(rig)
    assert len([mail for mail in mails if "grey heron" in mail.text]) == len(mails) == 2
    sealed = everything_sealed(rig.store())
    asked = rig.text("telegram", chat, "please delete everything", replies=4)[-1].text
    code = re.search(r"\b\d{4}\b", asked)
    assert code
    assert "can't be called back" in asked
    rig.text("telegram", chat, code.group(), replies=5)
    store = rig.store()
    assert wait_for(lambda: not any(chat in text for text in opened(store, rig.keys)))
    rig.kill(process)
    assert not [text for text in opened(store, rig.keys) if "heron" in text or "canarystory" in text]
    store.checkpoint()
    gone = sealed - everything_sealed(store)
    assert {where for where, _ in gone} >= {
        "contact.address",
        "story_part.words",
        "excerpt.words",
        "inbound.body",
        "outbound.body",
        "release.contents",
    }
    for path in rig.folder.rglob("*"):
        raw = path.read_bytes() if path.is_file() else b""
        assert [canary for canary in (b"canarystory", b"heron", chat.encode()) if canary in raw] == [], path
        assert [where for where, value in gone if value in raw] == [], path  # not even sealed
    store.close()


def others_tell(rig: Rig) -> None:
    """Enough people for a digest tell a story; the words of two of them and of whoever told before may leave."""
    store, now = rig.store(), datetime.now().astimezone()
    with store.write() as session:
        (landlord,) = all_landlords(session)
        for number in range(30):
            words = "they mended the gate and said sorry for the wait"
            a_story(
                session, rig.keys, words, landlord.id, f"+447700900{number:03d}", shared=number < 2, now=now
            )
        session.expunge(landlord)
    desk = moderation.Desk(store, rig.keys, lambda: now, landlord, "Morwenna Moderator")
    for waiting in desk.waiting():
        desk.approve(waiting.story_id)


def quoted_in_digests(rig: Rig) -> list[Mail]:
    """Two Mondays pass, the second of which quotes what was told before the first; gives its mails."""
    today = datetime.now(ZoneInfo("Europe/London")).date()
    for weeks in (1, 2):
        before = len(rig.mailbox.mails)
        monday = today + timedelta(weeks=weeks, days=-today.weekday())
        done = rig.run("digest", "run", "--at", f"{monday}T09:00")
        assert done.returncode == 0, done.stderr
    return rig.mailbox.mails[before:]


def everything_sealed(store: Store) -> set[tuple[str, bytes]]:
    """Every sealed value as it lies in the database, with its column."""
    with store.read() as session:
        return {
            (str(column), bytes(value))
            for column in columns_that_hold(SEALED)
            for value in session.scalars(select(column).where(column.is_not(None)))
        }


@pytest.mark.parametrize("refused", [True, False])
def test_delete_after_stop_removes_everything_at_once(tmp_path: Path, *, refused: bool) -> None:
    """Whether the phone company carries the last word or not: all is gone, and the STOP stays."""
    desk = Desk(tmp_path, Wire())
    told(desk)
    desk.text("STOP", "3")
    desk.drain()
    desk.text("this was told after the stop", "4")
    before = len(desk.wire.got)
    desk.wire.failures = [SendFailed("21610", "stopped")] if refused else []
    desk.text("delete everything", "5")
    desk.drain()
    assert len(desk.wire.got) == before + (0 if refused else 1)
    assert [count(desk, table) for table in (Contact, Story, Outbound, Excerpt)] == [0, 0, 0, 0]
    with desk.store.read() as session:
        (listed,) = session.scalars(select(Suppression)).all()
    assert (listed.reason, listed.lookup) == ("stopped", desk.keys.lookup("person", "number", NUMBER))
    assert not [text for text in opened(desk.store, desk.keys) if "told after" in text or NUMBER in text]


def at_provider(rig: Rig, number: str) -> list[str]:
    """What Twilio's stand-in still holds of a number."""
    messages = rig.providers.twilio.messages.values()
    return [sid for sid in map(str, messages) if number in sid or "canarystory" in sid]


def test_what_staff_do_is_written_down(tmp_path: Path) -> None:
    """Approving, opening and closing leave rows that verify; none holds a name, a number or a word."""
    desk = Desk(tmp_path, Wire())
    told(desk)
    put_on_duty(desk)
    desk.text("i can smell gas in the hall", "3")
    desk.by_link.open(link_to(desk, DUTY), "Wilhelmina Warden", "on call")
    desk.by_link.close(link_to(desk, DUTY), "Wilhelmina Warden", "went round")
    with desk.store.read() as session:
        rows = session.scalars(select(Audit).order_by(Audit.number)).all()
        assert [row.action for row in rows] == ["story_approved", "hand_over_opened", "hand_over_closed"]
        assert rows[1].actor in audit.actor(desk.keys, "wilhelmina  warden")
        outcome = audit.verify(session, desk.keys)
    assert (outcome.count, outcome.broken_at) == (3, None)
    for column in Audit.__table__.columns:
        with desk.store.read() as session:
            for value in session.scalars(select(column)):
                assert "Wilhelmina" not in str(value)
                assert NUMBER not in str(value)


@pytest.mark.parametrize(
    ("tamper", "broken_at"),
    [
        (update(Audit).where(Audit.number == 2).values(action="story_set_aside"), 2),
        (update(Audit).where(Audit.number == 2).values(about_id=1), 2),
        (update(Audit).where(Audit.number == 1).values(action="person_erased"), 1),
        (delete(Audit).where(Audit.number == 2), 3),
        (update(Audit).where(Audit.number == 3).values(link=b"x" * 32), 3),
    ],
)
def test_tampering_with_a_row_shows(tmp_path: Path, tamper: Any, broken_at: int) -> None:
    """A changed row, a changed link and a missing row are found, and where."""
    desk = Desk(tmp_path, Wire())
    with desk.store.write() as session:
        for action in ("story_approved", "person_exported", "person_erased"):
            audit.record(session, desk.keys, desk.now, "Me", action, "story", 7)
    with desk.store.write() as session:
        assert audit.verify(session, desk.keys).broken_at is None
        session.execute(tamper)
        assert audit.verify(session, desk.keys).broken_at == broken_at


def test_person_commands_ask_first_and_write_it_down(fresh_rig: Rig) -> None:
    """Export, withdraw and erase by number, however it is written; without a yes nothing happens."""
    rig = fresh_rig
    desk_rows(rig)
    where = ("--channel", "sms", "--address", "07700 900900")
    exported = rig.run("person", "export", *where, "--json", "--yes", "--as", "Zebedee")
    held = json.loads(exported.stdout)
    assert held["contacts"][0]["address"] == NUMBER
    assert rig.run("person", "withdraw", *where, typed="y\n").returncode == 0
    assert rig.run("person", "erase", *where, typed="y\n").returncode == 0
    gone = rig.run("person", "export", *where, "--yes")
    assert (gone.returncode, "Nothing is held" in gone.stderr) == (2, True)
    listed = rig.run("audit", "list").stdout
    actions = ("person_erased", "consents_withdrawn", "person_exported")
    assert [action for line in listed.splitlines() for action in actions if action in line] == list(actions)
    assert "Zebedee" not in listed
    assert rig.run("audit", "verify").stdout.startswith("3 rows")


def desk_rows(rig: Rig) -> None:
    """Somebody has texted."""
    store = rig.store()
    contact_id = new_id()
    with store.write() as session:
        session.add(
            Contact(
                id=contact_id,
                channel="sms",
                lookup=rig.keys.lookup("contact", "sms", NUMBER),
                person=rig.keys.lookup("person", "number", NUMBER),
                address=rig.keys.seal("contact", contact_id, "address", NUMBER),
                created_at=datetime.now().astimezone(),
            )
        )
    store.close()
