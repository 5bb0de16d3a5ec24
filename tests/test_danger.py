"""Danger: where to turn, at once; then who is told, by the rule of its kind, and what happens when nobody acts."""

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import databases
import httpx
import pytest
from desk import NUMBER, Desk, Wire
from rig import Rig, rig, wait_for
from sqlalchemy import func, select

from bot.alerts import MOST_ATTEMPTS, Bellman
from bot.audit import actor
from bot.console.accounts import Accounts
from bot.conversation.messages import Incoming
from bot.delivery.hours import load_hours
from bot.delivery.threads import Threads
from bot.hand_over_by_link import Elsewhere, Link
from bot.handover import View
from bot.privacy import disclosure
from bot.releases import propose
from bot.settings import Settings
from bot.watch import Watch
from bot.wording import load_wording
from models.base import new_id
from models.handovers import Alert, DutyContact, HandOver, HandOverEvent
from models.landlords import all_landlords
from models.people import Contact
from models.scopes import scope_of
from models.staff import staff_by_lookup
from models.stories import Consent, Story

GAS = "there is a strong smell of gas in my kitchen"
ABUSE = "my husband hits me and i am scared of him"
DESPAIR = "i want to kill myself tonight"
COMPLAINT = "i want to make a formal complaint about the plumber"
DUTY, SAFE, SECOND, COMPLAINTS = (
    f"{role}@harbour.example" for role in ("duty", "safeguarding", "second", "complaints")
)


def put_on_duty(desk: Desk, *, mobile: str | None = None) -> None:
    """One contact in each role."""
    with desk.store.write() as session:
        landlord = all_landlords(session)[0]
        for role, address in zip(
            ("duty", "safeguarding", "second", "complaints"), (DUTY, SAFE, SECOND, COMPLAINTS), strict=True
        ):
            contact_id = new_id()
            session.add(
                DutyContact(
                    id=contact_id,
                    landlord_id=landlord.id,
                    role=role,
                    lookup=desk.keys.lookup("duty", address),
                    email=desk.keys.seal("duty_contact", contact_id, "email", address),
                    mobile=desk.keys.seal("duty_contact", contact_id, "mobile", mobile) if mobile else None,
                    created_at=desk.now,
                )
            )


def alerts(desk: Desk) -> list[tuple[str, str]]:
    """(address, body) of every alert, oldest first."""
    with desk.store.read() as session:
        rows = session.scalars(select(Alert).order_by(Alert.id)).all()
        return [
            (
                desk.keys.open("alert", row.id, "address", row.address),
                desk.keys.open("alert", row.id, "body", row.body),
            )
            for row in rows
        ]


def made(desk: Desk) -> list[tuple[str, str]]:
    """(kind, state) of every hand-over."""
    with desk.store.read() as session:
        rows = session.scalars(select(HandOver).order_by(HandOver.id)).all()
        return [(row.kind, row.state) for row in rows]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with people on duty."""
    desk = Desk(tmp_path, Wire())
    put_on_duty(desk)
    return desk


def test_a_hazard_is_answered_first_and_passed_on_at_once(desk: Desk) -> None:
    """The signpost is the first thing said; duty is told without asking; nothing else is asked."""
    desk.text(GAS, "1")
    desk.drain()
    assert "0800 111 999" in desk.wire.got[0]
    assert "We are telling the people at Harbour Homes" in desk.wire.got[1]
    assert len(desk.wire.got) == 2
    assert made(desk) == [("fire_gas_electrical", "open")]
    ((address, body),) = alerts(desk)
    assert address == DUTY
    assert NUMBER not in body
    assert "gas" not in body
    assert "https://l.example/hand-over/" in body


def test_the_same_danger_told_twice_is_one_hand_over(desk: Desk) -> None:
    """More words of the same are kept, answered with the signpost again, and alert nobody twice."""
    desk.text(GAS, "1")
    desk.text("the gas smell is getting worse in here", "2")
    desk.drain()
    assert len(made(desk)) == len(alerts(desk)) == 1
    assert sum("0800 111 999" in text for text in desk.wire.got) == 2
    with desk.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Story)) == 1


@pytest.mark.parametrize(("vital", "told"), [(False, 0), (True, 1)], ids=["asked first", "at once"])
def test_danger_to_life_goes_by_the_operators_decision(tmp_path: Path, vital: bool, told: int) -> None:
    """With VITAL_INTERESTS on, safeguarding is told at once; otherwise the person is asked."""
    desk = Desk(tmp_path, Wire(), vital_interests=vital)
    put_on_duty(desk)
    desk.text(DESPAIR, "1")
    desk.drain()
    assert "116 123" in desk.wire.got[0]
    assert len(alerts(desk)) == told
    assert ("May we give your number" in desk.wire.got[1]) != vital
    if not vital:
        desk.text("1", "2")
        assert [address for address, _ in alerts(desk)] == [SAFE]


def test_abuse_is_asked_about_in_neutral_words(desk: Desk) -> None:
    """Nothing that is sent names it; nobody is told without a yes; a safe time is asked for."""
    desk.text(ABUSE, "1")
    desk.drain()
    assert alerts(desk) == []
    assert "0808 2000 247" in desk.wire.got[0]
    assert not re.search(r"abuse|violen|husband|partner|hit", " ".join(desk.wire.got), re.IGNORECASE)
    desk.text("yes", "2")
    desk.drain()
    assert [address for address, _ in alerts(desk)] == [SAFE]
    assert any("safe to get in touch" in text for text in desk.wire.got)
    desk.text("mondays at ten, he is out then", "3")
    view = desk.by_link.open(link_to(desk, SAFE), "Ama", "on call")
    assert isinstance(view, View)
    assert view.shown is not None
    assert view.shown.safe_time == "mondays at ten, he is out then"


def test_a_no_is_kept_and_nobody_is_told(desk: Desk) -> None:
    """Whoever does not want it passed on is not passed on."""
    desk.text(ABUSE, "1")
    desk.text("3", "2")
    desk.drain()
    assert made(desk) == [("domestic_abuse", "declined")]
    assert alerts(desk) == []
    assert any("told nobody" in text for text in desk.wire.got)


def test_a_complaint_needs_a_yes(desk: Desk) -> None:
    """With "to do this we must tell them who you are" and a yes it is theirs; with a no the story goes on unnamed."""
    desk.text(COMPLAINT, "1")
    desk.drain()
    assert "we must tell Harbour Homes who you are" in desk.wire.got[-1]
    desk.text("yes", "2")
    assert made(desk) == [("complaint", "open")]
    assert [address for address, _ in alerts(desk)] == [COMPLAINTS]
    desk.text(COMPLAINT, "3", sender="+447700900901")
    desk.text("no", "4", sender="+447700900901")
    desk.drain()
    assert ("complaint", "declined") in made(desk)
    assert "share your words" in desk.wire.got[-1]


def test_an_allegation_goes_past_the_team_it_is_about(desk: Desk) -> None:
    """It is told to the second contact alone, and stays with them when nobody answers."""
    desk.text("the plumber touched me and made sexual comments", "1")
    desk.text("1", "2")
    assert [address for address, _ in alerts(desk)] == [SECOND]
    desk.now += timedelta(hours=5)
    assert desk.hand_overs.escalate() == 1
    assert {address for address, _ in alerts(desk)} == {SECOND}


def test_nobody_answers_so_more_people_are_told(desk: Desk) -> None:
    """An alert that is not taken on is escalated by the clock, to everybody on duty, until somebody does."""
    desk.text(GAS, "1")
    assert desk.hand_overs.escalate() == 0
    desk.now += timedelta(minutes=16)
    assert desk.hand_overs.escalate() == 1
    assert {address for address, _ in alerts(desk)} == {DUTY, SAFE, SECOND, COMPLAINTS}
    assert "Nobody has taken this on yet" in alerts(desk)[-1][1]
    assert desk.by_link.open(link_to(desk, DUTY), "Ama", "on call") is not None
    desk.now += timedelta(days=1)
    assert desk.hand_overs.escalate() == 0


def test_a_wrong_link_opens_nothing(desk: Desk) -> None:
    """Without the proof there is nothing to see, whatever the number; and nobody else's proof will do."""
    desk.text(GAS, "1")
    link = link_to(desk, DUTY)
    wrong = (
        replace(link, proof="0" * len(link.proof)),
        replace(link, proof=""),
        replace(link, hand_over_id=link.hand_over_id + 1),
        replace(link, contact_id=link.contact_id + 1),
        replace(link, contact_id=0),
    )
    for one in wrong:
        assert desk.by_link.look(one) is None
        assert desk.by_link.open(one, "Ama", "on call") is None
        assert desk.by_link.close(one, "Ama", "done") is None
    assert made(desk) == [("fire_gas_electrical", "open")]


def test_a_link_is_its_contacts_own(desk: Desk) -> None:
    """Opening it is kept with name, reason and whose link it was; once closed it shows no words; gone with the contact."""
    desk.text(GAS, "1")
    link = link_to(desk, DUTY)
    opened = desk.by_link.open(link, "Ama", "on call tonight")
    assert isinstance(opened, View)
    assert opened.shown
    with desk.store.read() as session:
        (event,) = session.scalars(select(HandOverEvent)).all()
        kept = [
            desk.keys.open("hand_over_event", event.id, column, getattr(event, column))
            for column in ("who", "words")
        ]
    assert kept == [f"Ama, by the link to {DUTY}", "on call tonight"]
    desk.by_link.close(link, "Ama", "made safe")
    closed = desk.by_link.open(link, "Ama", "curious")
    assert isinstance(closed, View)
    assert (closed.state, closed.shown) == ("closed", None)
    with desk.store.write() as session:
        session.delete(session.get_one(DutyContact, link.contact_id))
    assert desk.by_link.look(link) is None


def test_whoever_has_an_account_signs_in(desk: Desk) -> None:
    """The alert leads to the console; a link from before they had one leads there too, and opens nothing itself."""
    desk.text(GAS, "1")
    link = link_to(desk, DUTY)
    accounts = Accounts(desk.store, desk.keys, desk.clock)
    with desk.store.read() as session:
        landlord_id = all_landlords(session)[0].id
    accounts.add(DUTY, landlord_id, "duty", "a test")
    assert isinstance(
        desk.by_link.look(link), View
    )  # invited, and not in yet: the danger can't wait for that
    with desk.store.write() as session:
        person = staff_by_lookup(session, actor(desk.keys, DUTY))
        assert person
        person.password = desk.keys.seal("staff", person.id, "password", "a hash")
    path = f"/console/{landlord_id}/hand-overs/{link.hand_over_id}"
    for found in (desk.by_link.look(link), desk.by_link.open(link, "Ama", "on call")):
        assert isinstance(found, Elsewhere)
        assert found.path == path
    assert made(desk) == [("fire_gas_electrical", "open")]
    desk.now += timedelta(minutes=16)
    desk.hand_overs.escalate()
    bodies = dict(alerts(desk)[1:])
    assert f"https://l.example{path}\n" in bodies[DUTY]
    assert "/hand-over/" not in bodies[DUTY]
    assert "/hand-over/" in bodies[SAFE]


def link_to(desk: Desk, email: str) -> Link:
    """The link in the newest alert to somebody."""
    body = [body for address, body in alerts(desk) if address == email][-1]
    found = re.search(r"/hand-over/(\d+)/(\d+)/(\w+)", body)
    assert found
    return Link(int(found[1]), int(found[2]), found[3])


def test_whoever_was_passed_on_is_not_counted(desk: Desk) -> None:
    """A landlord that knows who told must not find them among the unnamed."""
    for number in range(25):
        desk.text("they were lovely and it works", str(number), sender=f"+4477009010{number:02}")
    assert _people(desk) == 25
    desk.text(GAS, "gas", sender="+447700901000")
    assert _people(desk) == 25  # 24, rounded


def _people(desk: Desk) -> int:
    with desk.store.read() as session:
        landlord = all_landlords(session)[0]
        until = desk.now + timedelta(hours=1)
        contacts = session.scalar(
            select(func.count(func.distinct(Story.contact_id))).where(Story.landlord_id == landlord.id)
        )
        assert contacts == 25
        release: disclosure.Release = propose(
            session, desk.keys, scope_of(session, landlord), until.date(), until
        )
        assert release.figures is not None
        return release.figures.about


def test_nothing_of_a_child_is_used(desk: Desk) -> None:
    """Somebody under 18 gets a kind answer, is not asked for a yes, and is not asked about visits."""
    desk.text("im 15 and the lift is always broken", "1")
    desk.text("the stairs are dark too", "2")
    desk.text("1", "3")
    desk.drain()
    assert any("0800 1111" in text for text in desk.wire.got)
    with desk.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Consent)) == 0
        assert session.scalars(select(Contact.do_not_ask)).one() == "under_18"


def test_after_stop_danger_still_gets_its_signpost(desk: Desk) -> None:
    """Somebody who said stop and is in danger hears where to turn, once, and nothing else."""
    desk.text("please stop texting me", "1")
    desk.text(GAS, "2")
    desk.drain()
    assert [
        "no more messages" in text or "0800 111 999" in text or "telling" in text for text in desk.wire.got
    ] == [True] * len(desk.wire.got)
    assert sum("0800 111 999" in text for text in desk.wire.got) == 1


def test_danger_in_an_edit_is_danger(desk: Desk) -> None:
    """Words that somebody adds to a message are read as well."""
    desk.text("the kitchen is cold", "1")
    edit = Incoming(
        "sms",
        desk.wire.account,
        "2",
        NUMBER,
        f"the kitchen is cold and {GAS}",
        desk.now,
        message_id="m1",
        edited=True,
    )
    desk.inbox.receive(edit)
    desk.drain()
    assert made(desk) == [("fire_gas_electrical", "open")]


def test_alerts_are_tried_again_and_texted_too(tmp_path: Path) -> None:
    """Without a mail server an alert waits and is tried every minute; a text goes out beside it."""
    desk = Desk(tmp_path, Wire())
    put_on_duty(desk, mobile="+447700900999")
    desk.text(GAS, "1")
    bellman = Bellman(desk.store, desk.keys, None, desk.wire, desk.clock, Threads())
    for _ in range(3):
        asyncio.run(bellman.run_once())
        desk.now += timedelta(minutes=2)
    texts = [text for text in desk.wire.got if text.startswith("+447700900999")]
    assert len(texts) == 1
    assert "/hand-over/" in texts[0]
    with desk.store.read() as session:
        mail = session.scalars(select(Alert).where(Alert.medium == "mail")).one()
        assert (mail.state, mail.attempts) == ("queued", 3)
    assert MOST_ATTEMPTS > 30


def test_an_unread_story_is_an_alert_the_same_working_day(desk: Desk) -> None:
    """By five on a working day somebody is told of stories that nobody has read; once a day; not on Sundays."""
    watch = Watch(
        desk.store,
        desk.keys,
        load_wording("bot.console"),
        load_hours(),
        Settings().digest_time,
        "op@l.example",
        desk.clock,
        "https://l.example",
    )
    desk.text("he came on time and fixed it", "1")  # Monday 10:00
    assert watch.look() == 0
    desk.now += timedelta(hours=8)
    assert watch.look() == 4  # Monday's digest has not gone out either
    assert watch.look() == 0
    for about in ("have not been read", "has not gone out"):
        assert {address for address, body in alerts(desk) if about in body} == {DUTY, "op@l.example"}
    assert not any(NUMBER in body for _, body in alerts(desk))
    desk.now += timedelta(days=6)  # Sunday
    assert watch.look() == 0


def test_moderators_hear_of_what_waits_too_long(desk: Desk) -> None:
    """A story that nobody decides on for three days is a mail to the landlord's moderators, once a week, with a link."""
    accounts = Accounts(desk.store, desk.keys, desk.clock)
    with desk.store.read() as session:
        landlord_id = all_landlords(session)[0].id
    accounts.add("mo@l.example", landlord_id, "moderator", "a test")
    watch = Watch(
        desk.store, desk.keys, load_wording("bot.console"), load_hours(), Settings().digest_time, "", desk.clock, "https://l.example"
    )  # fmt: skip
    desk.text("he came on time and fixed it", "1")  # Monday 10:00
    desk.text("1", "2")
    for hours, told in ((60, 0), (13, 1), (24, 1), (24 * 3, 2)):
        desk.now += timedelta(hours=hours)
        watch.look()
        mails = [(to, body) for to, body in alerts(desk) if "wait for a moderator" in body]
        assert len(mails) == told, (hours, mails)
    assert {to for to, _ in mails} == {"mo@l.example"}
    assert all(f"https://l.example/console/{landlord_id}/moderation" in body for _, body in mails)
    assert not any("came on time" in body or NUMBER in body for _, body in mails)


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Rig]:
    """A server whose mail server does not exist."""
    with rig(tmp_path) as made_rig:
        made_rig.set_up_quickly()
        made_rig.serve(SMTP_URL="smtp://127.0.0.1:1")
        wait_for(lambda: False, 3)  # what it loads beside answering is loaded
        yield made_rig


@pytest.mark.alone
def test_signposts_leave_within_a_second_of_a_locked_database(broken: Rig) -> None:
    """With the database locked and mail down, the signpost is out in a second; the message is stored in the end."""
    webhook = broken.webhook("sms", NUMBER, GAS)
    with databases.locked(broken.store()), httpx.Client() as client:
        begun = time.monotonic()
        taken = asyncio.run(_post_and_time(client, webhook.url, webhook.body, webhook.headers, broken, begun))
    assert taken < 1.0
    assert broken.post(webhook).status_code == 200
    store = broken.store()

    def stored() -> int:
        with store.read() as session:
            return session.scalar(select(func.count()).select_from(HandOver)) or 0

    assert wait_for(lambda: stored() == 1)
    store.close()
    assert wait_for(lambda: sum("0800 111 999" in sent.text for sent in broken.providers.ledger) >= 1)
    assert sum("0800 111 999" in sent.text for sent in broken.providers.ledger) <= 2


async def _post_and_time(
    client: httpx.Client, url: str, body: bytes, headers: dict[str, str], broken: Rig, begun: float
) -> float:
    """Post while the database is locked; gives after how many seconds a phone was shown the signpost."""
    posting = asyncio.create_task(
        asyncio.to_thread(client.post, url, content=body, headers=headers, timeout=30)
    )
    while not any("0800 111 999" in sent.text for sent in broken.providers.ledger):
        assert time.monotonic() - begun < 10
        await asyncio.sleep(0.01)
    taken = time.monotonic() - begun
    answer = await posting
    assert answer.status_code == 503  # so that the provider tries again
    return taken


def test_from_a_text_to_somebody_who_takes_it_on(tmp_path: Path) -> None:
    """A text, a mail within a minute, a link that shows nothing by itself, and the page for who says their name."""
    with rig(tmp_path) as town:
        town.set_up()
        done = town.run("landlord", "contact", DUTY, "--role", "duty")
        assert done.returncode == 0, done.stderr
        town.serve()
        town.text("sms", NUMBER, f"{GAS} and {NUMBER} is my number", replies=2)
        assert wait_for(lambda: len(town.mailbox.mails) == 1, 60)
        mail = town.mailbox.mails[0]
        assert mail.to == (DUTY,)
        assert NUMBER not in str(mail.message)
        link = re.search(r"http://\S+/hand-over/\S+", mail.text)
        assert link
        first = httpx.get(link.group())
        assert first.status_code == 200
        assert "gas in my kitchen" not in first.text
        assert "Nobody has taken this on yet" in first.text
        for form in ({"do": "take", "reason": "on call"}, {"do": "take", "name": "Ama Mensah"}):
            refused = httpx.post(link.group(), data=form)
            assert refused.status_code == 400
            assert "gas in my kitchen" not in refused.text
        who = {"name": "Ama Mensah", "reason": "on call"}
        taken = httpx.post(link.group(), data={"do": "take", **who})
        assert "gas in my kitchen" in taken.text
        assert NUMBER in taken.text
        assert "no-store" in taken.headers["cache-control"]
        assert "Taken on by Ama Mensah" in httpx.get(link.group()).text
        closed = httpx.post(link.group(), data={"do": "close", "name": "Ama Mensah", "note": "made safe"})
        assert "Closed" in closed.text
        assert httpx.get(link.group()[:-1] + "0").status_code == 404
        assert "Traceback" not in town.output
        assert "gas" not in town.output.replace("fire_gas_electrical", "")
