"""Delivery and rights: retries, stops and erasure, seen from the phone and from the tables."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rig import Rig, wait_for
from sqlalchemy import func, select

from bot.conversation.dialogue import World
from bot.conversation.messages import Arrival, ChannelName, Incoming, Outgoing, Pace, SendFailed, WebRequest
from bot.conversation.script import load_scripts
from bot.delivery.inbox import Inbox
from bot.delivery.outbox import MOST_ATTEMPTS, Outbox
from bot.delivery.people import People
from bot.delivery.threads import Threads
from bot.delivery.turns import Turns
from bot.demo.stage import furnish
from bot.privacy.keys import Keyring, new_key, parse_keys
from bot.wording import load_wording
from handlers.twilio_reading import carrier_word
from models import Store
from models.conversations import Conversation
from models.inbound import Inbound
from models.outbound import Outbound
from models.people import Contact, Suppression
from models.stories import Answer, Consent, Excerpt, Story, StoryPart

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
NUMBER = "+447700900900"
SCRIPTS = load_scripts()


class Wire:
    """A channel that fails as often as it is told to, and remembers what got through."""

    name: ChannelName = "sms"
    account = "+447700900000"
    body_limit = 0
    accepted: tuple[bytes, str] = (b"", "")

    def __init__(self, *failures: SendFailed, pace: Pace | None = None) -> None:
        self.failures = list(failures)
        self.pace = pace or Pace(per_second=1000)
        self.got: list[str] = []

    def read(self, request: WebRequest) -> Incoming | None:
        """Nothing comes in this way."""

    async def acknowledge(self, arrival: Arrival) -> None:
        """Nothing is wanted."""

    async def prepare(self) -> None:
        """Nothing is to be told."""

    async def close(self) -> None:
        """Nothing is open."""

    async def send(self, outgoing: Outgoing) -> str:
        """Fail, or take it."""
        if self.failures:
            raise self.failures.pop(0)
        self.got.append(f"{outgoing.address} {outgoing.reply.text}")
        return f"SM{len(self.got)}"


class Desk:
    """An inbox and an outbox on a clock that the test moves."""

    def __init__(self, folder: Path, wire: Wire, daily_limit: int = 0) -> None:
        self.now = NOW
        self.wire = wire
        self.keys = Keyring(parse_keys(new_key()), parse_keys(new_key()))
        self.store = Store(f"sqlite:///{folder / 'a.db'}")
        furnish(self.store, self.keys, since=NOW - timedelta(days=1))
        wording = load_wording("bot.conversation")
        self.people = People(self.keys, self.clock)
        turns = Turns(self.keys, self.people, wording, "The Team", self.clock)
        world = World(SCRIPTS, wording.languages)
        self.inbox = Inbox(self.store, self.keys, self.people, turns, world, self.clock)
        self.outbox = Outbox(
            self.store, self.keys, self.people, {"sms": wire}, self.clock, Threads(), daily_limit
        )

    def clock(self) -> datetime:
        """The time, as the test has it."""
        return self.now

    def text(self, text: str, number: str, sender: str = NUMBER) -> None:
        """A text comes in."""
        carrier = carrier_word(text)
        incoming = Incoming("sms", self.wire.account, number, sender, text, self.now, carrier=carrier)
        self.inbox.receive(incoming)

    def drain(self, after: timedelta = timedelta()) -> None:
        """Time passes, and what is due is sent."""
        self.now += after
        asyncio.run(self.outbox.drain())

    def states(self) -> list[str]:
        """How each message ended, in order."""
        with self.store.read() as session:
            return list(session.scalars(select(Outbound.state).order_by(Outbound.id)))


@pytest.mark.parametrize("asked", [None, 120.0])
def test_what_was_certainly_not_sent_is_tried_again(tmp_path: Path, asked: float | None) -> None:
    """After a refusal the message waits at least as long as the provider asked, and order is kept."""
    desk = Desk(tmp_path, Wire(SendFailed("429", "retry", after=asked)))
    desk.text("the tap drips still", "1")
    desk.drain()
    assert desk.wire.got == []
    desk.drain(timedelta(seconds=10))
    assert desk.wire.got == []  # the second message waits for the first
    desk.drain(timedelta(seconds=1.2 * (asked or 20)))
    assert ["Hello" in desk.wire.got[0], "share your words" in desk.wire.got[1]] == [True, True]
    assert desk.states() == ["sent", "sent"]


def test_a_lost_answer_is_not_sent_again(tmp_path: Path) -> None:
    """It may have arrived: recorded as unknown, and the next message goes."""
    desk = Desk(tmp_path, Wire(SendFailed("no_answer", "unknown")))
    desk.text("the tap drips still", "1")
    desk.drain()
    desk.drain(timedelta(days=1))
    assert desk.states() == ["unknown", "sent"]
    assert len(desk.wire.got) == 1


def test_a_provider_that_never_works_is_given_up(tmp_path: Path) -> None:
    """After a number of tries the message is failed, and nothing is tried for ever."""
    desk = Desk(tmp_path, Wire(*[SendFailed("no_connection", "retry")] * 50))
    desk.text("the tap drips still", "1")
    for _ in range(20):
        desk.drain(timedelta(hours=2))
    assert desk.states() == ["failed", "failed"]
    # The second one waited for the first, and then until it was too late to be worth sending.
    assert MOST_ATTEMPTS < 50 - len(desk.wire.failures) < 2 * MOST_ATTEMPTS


def test_a_carriers_stop_is_a_stop(tmp_path: Path) -> None:
    """When the provider says that the person has opted out, nothing more is sent, not even a prompt."""
    desk = Desk(tmp_path, Wire(SendFailed("21610", "stopped")))
    desk.text("the tap drips still", "1")
    desk.drain()
    assert desk.states() == ["suppressed", "suppressed"]
    assert not desk.inbox.ask("sms", desk.wire.account, NUMBER, SCRIPTS["after_visit"])
    desk.text("are you there", "2")
    desk.drain(timedelta(days=1))
    assert desk.wire.got == []


def test_stop_overtakes_what_waits(tmp_path: Path) -> None:
    """Replies that were queued before STOP came are not sent after it."""
    desk = Desk(tmp_path, Wire())
    desk.text("the tap drips still", "1")
    desk.text("STOP", "2")
    desk.drain()
    assert desk.wire.got == []
    assert set(desk.states()) == {"suppressed"}
    desk.text("START", "3")
    desk.drain()
    assert ["Welcome back" in text for text in desk.wire.got] == [True]


def test_delete_leaves_nothing_that_was_told(fresh_rig: Rig) -> None:
    """After DELETE and its number: no story, no words, no address; a replay brings nothing back."""
    fresh_rig.serve()
    story = fresh_rig.webhook("sms", NUMBER, "the heron on the sill saw it all")
    assert fresh_rig.post(story).status_code == 200
    assert wait_for(lambda: len(fresh_rig.providers.ledger) == 2)
    fresh_rig.text("sms", NUMBER, "1", replies=3)
    asked = fresh_rig.text("sms", NUMBER, "please delete everything", replies=4)[-1].text
    code = re.search(r"\b\d{4}\b", asked)
    assert code
    assert "removed all" in fresh_rig.text("sms", NUMBER, code.group(), replies=5)[-1].text
    assert fresh_rig.post(story).status_code == 200
    store = fresh_rig.store()

    def left() -> dict[str, int]:
        tables = (Story, StoryPart, Answer, Consent, Excerpt, Contact, Conversation, Outbound, Suppression)
        with store.read() as session:
            return {
                table.__tablename__: number
                for table in tables
                if (number := session.scalar(select(func.count()).select_from(table)))
            }

    assert wait_for(lambda: left() == {}), left()
    with store.read() as session:
        assert list(session.scalars(select(Inbound.body))) == [None] * 4
    store.close()
    assert len(fresh_rig.providers.ledger) == 5
