"""What providers do to us: storms, any order, silence, refusals, outages. Each is a fault with a number.

The numbers are those of our list of faults to survive (docs/decisions/0005-delivery.md).
"""

import asyncio
import io
import itertools
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from desk import NUMBER, SCRIPTS, Desk, Wire
from rig import Rig, wait_for
from sqlalchemy import func, select

from bot.conversation import dialogue
from bot.conversation.messages import Departure, Incoming, Pace, Report, SendFailed
from bot.delivery.inbox import MOST_ATTEMPTS
from bot.delivery.pacing import LONGEST_PAUSE, LOST_IN_A_ROW
from bot.demo.faults import Fault
from bot.demo.stage import stage
from bot.log import set_up_logging
from bot.stories import StoryBook
from models.inbound import Inbound, count_quarantined, release_quarantined
from models.outbound import Outbound
from models.people import Contact, Suppression
from models.stories import Answer, Consent, Story

POSTS, THREADS = 1000, 50


def test_21_the_same_webhook_a_thousand_times(fresh_rig: Rig) -> None:
    """From 50 threads at once: one row, one set of replies."""
    fresh_rig.serve()
    webhook = fresh_rig.webhook("sms", NUMBER, "the gate never shuts")
    with httpx.Client(limits=httpx.Limits(max_connections=THREADS), timeout=60) as client:

        def post(_number: int) -> int:
            return client.post(webhook.url, content=webhook.body, headers=webhook.headers).status_code

        with ThreadPoolExecutor(THREADS) as pool:
            assert set(pool.map(post, range(POSTS))) == {200}
    assert wait_for(lambda: len(fresh_rig.providers.ledger) == 2)
    wait_for(lambda: False, 0.5)
    assert len(fresh_rig.providers.ledger) == 2
    store = fresh_rig.store()
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(Inbound)) == 1
        assert session.scalar(select(func.count()).select_from(Outbound)) == 2
    store.close()


@pytest.fixture(scope="module")
def square(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all orders of events: each order has a person of its own."""
    desk = Desk(tmp_path_factory.mktemp("orders"), Wire(name="telegram"))
    yield desk
    desk.store.close()


EVENTS = ("message", "edit", "button", "status", "block")


@pytest.mark.parametrize("order", list(itertools.permutations(EVENTS)), ids="-".join)
def test_22_all_orders_of_five_events(square: Desk, order: tuple[str, ...]) -> None:
    """Message, its edit, a button, a delivery report and a block, in any order: the same end."""
    address = "".join(str(EVENTS.index(name) + 1) for name in order)
    square.initiative.ask("telegram", square.wire.account, address, SCRIPTS["after_visit"])
    prompt = square.last_outbound()
    square.drain()
    for name in order:
        square.inbox.receive(_event(square, name, address, prompt))
        square.drain()
    assert _end(square, address, prompt) == ("it never shuts, still", "no", "delivered", 1, 0)


def _event(desk: Desk, name: str, address: str, prompt: int) -> Incoming | Departure | Report:
    key, where = f"{address}-{name}", ("telegram", desk.wire.account)
    match name:
        case "message":
            return Incoming(*where, key, address, "it never shuts", desk.now, message_id=address)  # type: ignore[arg-type]
        case "edit":
            words = "it never shuts, still"
            return Incoming(*where, key, address, words, desk.now, message_id=address, edited=True)  # type: ignore[arg-type]
        case "button":
            return Incoming(*where, key, address, "", desk.now, choice="listened:3")  # type: ignore[arg-type]
        case "status":
            return Report(prompt, f"p{prompt}" if prompt < 0 else _provider_id(desk, prompt), "delivered")
        case _:
            return Departure(*where, key, address, desk.now)  # type: ignore[arg-type]


def _provider_id(desk: Desk, outbound_id: int) -> str:
    with desk.store.read() as session:
        return session.get_one(Outbound, outbound_id).provider_id or "not known yet"


def _end(desk: Desk, address: str, prompt: int) -> tuple[str, str, str, int, int]:
    """Words, answer, what became of the prompt, how many stops, how many consents."""
    with desk.store.read() as session:
        contact = desk.people.find(session, "telegram", address, lock=False)
        assert contact is not None
        story = session.scalars(select(Story).where(Story.contact_id == contact.id)).one()
        book = StoryBook(session, desk.keys)
        answer = session.scalars(select(Answer).where(Answer.story_id == story.id)).one()
        stops = select(func.count()).where(Suppression.lookup == contact.person)
        consents = select(func.count()).where(Consent.story_id == story.id)
        return (
            book.words([story.id])[story.id],
            book.value(answer),
            session.get_one(Outbound, prompt).state,
            session.scalar(stops) or 0,
            session.scalar(consents) or 0,
        )


REPORTS = ("sent", "delivered", "delivered", "sent")


@pytest.mark.parametrize("order", sorted(set(itertools.permutations((*REPORTS, "our commit")))), ids="-".join)
def test_23_reports_in_any_order(tmp_path: Path, order: tuple[str, ...]) -> None:
    """Reports late, twice, out of order or before our own commit: a final state is never overwritten."""
    desk = Desk(tmp_path, Wire())
    desk.text("the tap drips still", "1")
    first = _first_outbound(desk)

    def report(state: str) -> None:
        desk.inbox.receive(Report(first, "sms-1", state))  # type: ignore[arg-type]

    before, after = order[: order.index("our commit")], order[order.index("our commit") + 1 :]
    send = desk.wire.send

    async def send_and_report(outgoing: object) -> str:
        provider_id = await send(outgoing)  # type: ignore[arg-type]
        if len(desk.wire.got) == 1:
            for state in before:
                report(state)
        return provider_id

    desk.wire.send = send_and_report  # type: ignore[method-assign]
    desk.drain()
    for state in after:
        report(state)
    assert desk.states() == ["delivered", "sent"]


def _first_outbound(desk: Desk) -> int:
    with desk.store.read() as session:
        return session.scalars(select(Outbound.id).order_by(Outbound.id)).first() or 0


def test_23_a_report_for_nobody_changes_nothing(tmp_path: Path) -> None:
    """Of a message that we don't know, or under another's id: left alone."""
    desk = Desk(tmp_path, Wire())
    desk.text("the tap drips still", "1")
    desk.drain()
    first = _first_outbound(desk)
    for told in (Report(1, "x", "failed"), Report(None, "x", "failed"), Report(first, "x", "failed")):
        assert not desk.inbox.receive(told).new
    assert desk.states() == ["sent", "sent"]


def test_23_a_lost_answer_is_found_again(tmp_path: Path) -> None:
    """What is recorded as unknown is settled when a report names it by our own id."""
    desk = Desk(tmp_path, Wire(SendFailed("no_answer", "unknown")))
    desk.text("the tap drips still", "1")
    desk.drain()
    assert desk.states() == ["unknown", "sent"]
    assert desk.inbox.receive(Report(_first_outbound(desk), "SM1", "delivered")).new
    assert desk.states() == ["delivered", "sent"]


@pytest.mark.parametrize(
    ("failure", "state", "suppressed", "unreachable"),
    [
        (SendFailed("21610", "stopped"), "suppressed", True, None),
        (SendFailed("30006", "unreachable"), "failed", False, "30006"),
        (SendFailed("30007", "failed"), "failed", False, None),
        (SendFailed("63016", "held"), "held", False, None),
        (SendFailed("30003", "retry"), "queued", False, None),
    ],
    ids=lambda value: value.code if isinstance(value, SendFailed) else "",
)
def test_23_a_reported_failure_has_its_consequence(
    tmp_path: Path, failure: SendFailed, state: str, suppressed: bool, unreachable: str | None
) -> None:
    """A message that was accepted and failed later means the same as one that was refused."""
    desk = Desk(tmp_path, Wire())
    desk.text("the tap drips still", "1")
    desk.drain()
    desk.inbox.receive(Report(_first_outbound(desk), "sms-1", "failed", failure))
    with desk.store.read() as session:
        contact = session.scalars(select(Contact)).one()
        assert session.scalars(select(Outbound.state).order_by(Outbound.id)).first() == state
        assert desk.people.is_listed(session, "sms", NUMBER) == suppressed
        assert contact.unreachable == unreachable


def test_24_a_refused_message_waits_and_others_go_on(tmp_path: Path) -> None:
    """429 holds back one person's message, for as long as the provider asked; another's goes out."""
    desk = Desk(tmp_path, Wire(SendFailed("20429", "retry", after=90)))
    desk.text("the tap drips still", "1")
    desk.text("the lift is stuck", "2", sender="+447700900901")
    desk.drain()
    assert {text.split()[0] for text in desk.wire.got} == {"+447700900901"}
    desk.drain(timedelta(seconds=80))
    assert len(desk.wire.got) == 2
    desk.drain(timedelta(seconds=30))
    assert len(desk.wire.got) == 4


def test_25_an_ill_provider_is_left_alone(tmp_path: Path) -> None:
    """After some lost answers in a row nothing more is risked for a while; then it is tried again."""
    lost = [SendFailed("500", "unknown")] * LOST_IN_A_ROW
    desk = Desk(tmp_path, Wire(*lost, pace=Pace(per_second=1)))
    for number in range(LOST_IN_A_ROW + 5):
        desk.text("the tap drips still", str(number), sender=f"+4477009009{number:02}")
    for _ in range(LOST_IN_A_ROW):
        desk.drain(timedelta(seconds=1))
    assert desk.states().count("unknown") == LOST_IN_A_ROW
    desk.drain(timedelta(seconds=2))
    assert desk.wire.got == []
    for _ in range(30):
        desk.drain(timedelta(seconds=2))
    assert desk.states().count("unknown") == LOST_IN_A_ROW
    assert len(desk.wire.got) > 10


@pytest.mark.alone
def test_27_a_hung_provider_starves_nobody(fresh_rig: Rig) -> None:
    """While Twilio hangs, webhooks are answered at once and Telegram goes on."""
    fresh_rig.providers.faults.always("create", Fault(delay=30))
    serving = fresh_rig.serve()
    for number in range(40):
        webhook = fresh_rig.webhook("sms", f"+44770090{number:04}", "the tap drips still")
        begun = time.monotonic()
        assert fresh_rig.post(webhook).status_code == 200
        assert time.monotonic() - begun < 5
    assert len(fresh_rig.text("telegram", "600900", "and the lift is stuck", replies=2)) == 2
    fresh_rig.kill(serving)  # ended in order, it would wait for what hangs
    fresh_rig.providers.faults.always("create", None)


def test_28_a_button_lost_in_an_outage_can_be_typed(tmp_path: Path) -> None:
    """Telegram forgets a pressed button after 150 seconds; the number that stands in the words does the same."""
    desk = Desk(tmp_path, Wire(name="telegram"))
    desk.initiative.ask("telegram", desk.wire.account, "600901", SCRIPTS["after_visit"])
    desk.text("3", "1", sender="600901", channel="telegram")
    with desk.store.read() as session:
        answer = session.scalars(select(Answer)).one()
        assert StoryBook(session, desk.keys).value(answer) == "no"


def test_30_an_outage_with_200_messages(fresh_rig: Rig) -> None:
    """200 texts of 50 people while we were away: all fetched, in order for each person, once."""
    people = [f"+4477009{31000 + number}" for number in range(50)]
    for part in range(4):
        for person in people:
            fresh_rig.phones.kept(fresh_rig.phones.twilio("sms", person, f"part {part} of it"))
    fresh_rig.serve()
    store = fresh_rig.store()

    def stored() -> int:
        with store.read() as session:
            return session.scalar(select(func.count()).select_from(Inbound)) or 0

    assert wait_for(lambda: stored() == 200, 60)
    fresh_rig.stop()
    fresh_rig.serve()
    wait_for(lambda: False, 2)
    with store.read() as session:
        ids = session.scalars(select(Story.id)).all()
        words = StoryBook(session, fresh_rig.keys).words(ids)
    assert stored() == 200
    assert list(words.values()) == [" ".join(f"part {part} of it" for part in range(4))] * 50
    store.close()


def test_31_a_poisonous_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stored and answered 200 though it breaks us; the person's next message works; in the end it is set apart."""
    desk = Desk(tmp_path, Wire())
    step, ill = dialogue.step, True

    def breaks(state: object, incoming: Incoming, here: object) -> object:
        if ill and incoming.text == "poison":
            raise RuntimeError("a bug of ours")
        return step(state, incoming, here)  # type: ignore[arg-type]

    monkeypatch.setattr(dialogue, "step", breaks)
    assert desk.text("poison", "1").new
    assert not desk.text("poison", "1").new
    assert desk.text("the tap drips still", "2").replies == 2
    for _ in range(MOST_ATTEMPTS + 2):
        desk.now += timedelta(hours=1)
        desk.inbox.retry()
    with desk.store.read() as session:
        assert count_quarantined(session) == 1
    ill = False
    with desk.store.write() as session:
        assert release_quarantined(session, desk.now) == 1
    assert desk.inbox.retry() == 1
    with desk.store.read() as session:
        assert count_quarantined(session) == 0
        (words,) = StoryBook(session, desk.keys).words(session.scalars(select(Story.id)).all()).values()
    assert words == "the tap drips still poison"


def test_37_a_refused_token_stops_one_channel(tmp_path: Path) -> None:
    """Nothing is used up while a token is refused: that channel waits, the others go on, nothing is lost."""
    refused = [SendFailed("401", "down")] * 3
    desk = Desk(tmp_path, Wire(*refused, name="telegram", pace=Pace(per_second=1)), Wire())
    desk.text("the tap drips still", "1", sender="600902", channel="telegram")
    desk.text("the lift is stuck", "2")
    for _ in range(5):
        desk.drain(timedelta(seconds=1))
    assert [len(wire.got) for wire in desk.wires.values()] == [0, 2]
    assert desk.states().count("queued") == 2
    for _ in range(5):
        desk.drain(LONGEST_PAUSE)
    assert [len(wire.got) for wire in desk.wires.values()] == [2, 2]


def test_41_told_to_end_in_the_middle_of_work(fresh_rig: Rig) -> None:
    """SIGTERM with replies under way: it ends by itself, and the next process sends the rest; nothing twice."""
    fresh_rig.providers.faults.always("create", Fault(delay=0.2))
    process = fresh_rig.serve()
    people = [f"+4477009{32000 + number}" for number in range(60)]
    with ThreadPoolExecutor(10) as pool:
        statuses = pool.map(
            lambda person: fresh_rig.post(fresh_rig.webhook("sms", person, "the tap drips")).status_code,
            people,
        )
        assert set(statuses) == {200}
    threading.Timer(0.1, process.terminate).start()
    assert process.wait(20) == 0
    assert not (fresh_rig.folder / "listened.db-wal").exists()  # the database was closed
    fresh_rig.providers.faults.always("create", None)
    fresh_rig.serve()
    assert wait_for(lambda: len(fresh_rig.providers.ledger) == 120, 60)
    shown = {(sent.to, sent.text) for sent in fresh_rig.providers.ledger}
    assert len(shown) == len(fresh_rig.providers.ledger) == 120


def test_a_loop_between_two_machines_ends(tmp_path: Path) -> None:
    """Somebody who answers each of our answers at once is a machine: we stop answering, and keep what comes."""
    desk = Desk(tmp_path, Wire())
    for number in range(100):
        desk.text("hello", str(number))
        desk.drain(timedelta(seconds=1))
    assert 5 < len(desk.wire.got) < 20
    with desk.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Inbound)) == 100
    desk.now += timedelta(hours=1)
    desk.text("the tap drips still", "later")
    desk.drain()
    assert "share your words" in desk.wire.got[-1]


def test_a_days_budget_stops_sending_and_nothing_else(tmp_path: Path) -> None:
    """When it is spent, texts are kept and confirmations go; the rest waits for the next day."""
    desk = Desk(tmp_path, Wire(), daily_limit=4)
    for number in range(4):
        desk.text("the tap drips still", str(number), sender=f"+4477009009{number:02}")
    desk.drain()
    assert len(desk.wire.got) == 4
    desk.text("stop texting me", "9", sender="+447700900950")
    desk.drain()
    assert "no more messages" in desk.wire.got[-1]
    desk.drain(timedelta(hours=14))
    assert len(desk.wire.got) == 9


def test_one_person_gets_one_message_at_a_time(tmp_path: Path) -> None:
    """Telegram allows a message a second in a chat, and shows them in the order in which they come."""
    desk = Desk(tmp_path, Wire(name="telegram", pace=Pace(per_chat=1.0, per_second=30)))
    desk.text("the tap drips still", "1", sender="600903", channel="telegram")
    desk.drain()
    assert len(desk.wire.got) == 1
    desk.drain(timedelta(seconds=1.1))
    assert ["Hello from" in text for text in desk.wire.got] == [True, False]


def test_stop_holds_on_every_channel_of_a_number(tmp_path: Path) -> None:
    """STOP by SMS is obeyed on WhatsApp too: one number is one person."""
    desk = Desk(tmp_path, Wire(), Wire(name="whatsapp"))
    desk.text("the tap drips still", "1", channel="whatsapp")
    desk.text("STOP", "2")
    desk.drain()
    assert [wire.got for wire in desk.wires.values()] == [[], []]
    assert not desk.initiative.ask("whatsapp", "+447700900000", NUMBER, SCRIPTS["after_visit"])
    desk.text("START", "3")
    assert desk.initiative.ask("whatsapp", "+447700900000", NUMBER, SCRIPTS["after_visit"])


def test_a_prompt_that_is_late_is_not_sent(tmp_path: Path) -> None:
    """A question about a visit is not asked hours after it was meant to be."""
    desk = Desk(tmp_path, Wire(*[SendFailed("no_connection", "retry")] * 3))
    desk.initiative.ask("sms", desk.wire.account, NUMBER, SCRIPTS["after_visit"])
    desk.drain()
    desk.drain(timedelta(hours=5))
    assert desk.wire.got == []
    assert desk.states() == ["failed", "failed"]


@pytest.mark.parametrize("pending", [0, 4000])
def test_29_updates_that_pile_up_are_noticed(pending: int) -> None:
    """After a long outage it is said how much waits at Telegram, which drops what is older than a day."""
    log = io.StringIO()

    async def prepare() -> None:
        async with stage(work=False) as made:
            made.providers.telegram.offer(*({"update_id": number} for number in range(pending)))
            set_up_logging("ERROR", log)
            await made.product.prepare()

    try:
        asyncio.run(prepare())
    finally:
        set_up_logging("ERROR", sys.__stderr__)
    assert ("updates_pile_up" in log.getvalue()) == (pending > 0)
