"""The desk: an inbox and an outbox on a clock that the test moves, with channels that fail when told to."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import databases
from sqlalchemy import select

from bot import handover
from bot.conversation.dialogue import World
from bot.conversation.hand_overs import load_rules
from bot.conversation.messages import (
    Arrival,
    ChannelName,
    Incoming,
    Outgoing,
    Pace,
    SendFailed,
    WebRequest,
)
from bot.conversation.script import load_scripts
from bot.conversation.speech import LINES
from bot.delivery.hours import ANY_TIME, Hours
from bot.delivery.inbox import Inbox, Receipt
from bot.delivery.initiative import Initiative
from bot.delivery.outbox import Outbox
from bot.delivery.people import People
from bot.delivery.threads import Threads
from bot.delivery.turns import Turns
from bot.demo.stage import furnish
from bot.hand_over_by_link import ByLink
from bot.hand_over_links import Links
from bot.privacy.keys import Keyring, new_key, parse_keys
from bot.wording import load_wording
from handlers.twilio_reading import carrier_word
from models.outbound import Outbound

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
NUMBER = "+447700900900"
SCRIPTS = load_scripts()
NO_QUIET: Mapping[ChannelName, float] = {"sms": 0, "whatsapp": 0, "telegram": 0}


class Wire:
    """A channel that fails as often as it is told to, and remembers what got through."""

    account = "+447700900000"
    body_limit = 0
    accepted: tuple[bytes, str] = (b"", "")

    def __init__(self, *failures: SendFailed, name: ChannelName = "sms", pace: Pace | None = None) -> None:
        self.failures = list(failures)
        self.name = name
        self.pace = pace or Pace(per_second=100_000)
        self.got: list[str] = []
        self.sent: list[Outgoing] = []

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
        self.sent.append(outgoing)
        return f"{self.name}-{len(self.got)}"


class Desk:
    """An inbox and an outbox on a clock that the test moves."""

    def __init__(
        self,
        folder: Path,
        *wires: Wire,
        daily_limit: int = 0,
        hours: Hours = ANY_TIME,
        quiet: Mapping[ChannelName, float] | None = None,
        vital_interests: bool = False,
        keys: Keyring | None = None,
    ) -> None:
        self.now = NOW
        self.wires = {wire.name: wire for wire in wires}
        self.wire = wires[0]
        self.keys = keys or Keyring(parse_keys(new_key()), parse_keys(new_key()))
        path = folder / "a.db"
        is_new = not databases.exists(path)
        self.store = databases.store(databases.migrated(path))
        if is_new:
            furnish(self.store, self.keys, since=NOW - timedelta(days=1))
        wording = load_wording("bot.conversation")
        self.people = People(self.keys, self.clock)
        links = Links(self.keys, "https://l.example")
        self.hand_overs = handover.Desk(
            self.store, self.keys, load_rules(), load_wording("bot.console"), self.clock, links, ""
        )
        self.by_link = ByLink(self.store, self.keys, self.hand_overs, links, self.clock, "")
        self.turns = turns = Turns(
            self.keys, self.people, wording, "The Team", LINES, hours, self.hand_overs.make, self.clock
        )
        world = World(SCRIPTS, wording.languages, load_rules(), quiet or NO_QUIET, vital_interests)
        self.inbox = Inbox(self.store, self.keys, self.people, turns, world, self.clock)
        self.initiative = Initiative(self.store, self.people, turns, world, self.clock)
        self.outbox = Outbox(
            self.store, self.keys, self.people, self.wires, self.clock, Threads(), daily_limit
        )

    def clock(self) -> datetime:
        """The time, as the test has it."""
        return self.now

    def text(self, text: str, number: str, sender: str = NUMBER, channel: ChannelName = "sms") -> Receipt:
        """A text comes in."""
        carrier = carrier_word(text) if channel == "sms" else None
        account = self.wires[channel].account
        return self.inbox.receive(
            Incoming(
                channel, account, number, sender, text, self.now, message_id=f"m{number}", carrier=carrier
            )
        )

    def drain(self, after: timedelta = timedelta()) -> None:
        """Time passes, and what is due is sent."""
        self.now += after
        asyncio.run(self.outbox.drain())

    def states(self) -> list[str]:
        """How each message ended, in order."""
        with self.store.read() as session:
            return list(session.scalars(select(Outbound.state).order_by(Outbound.id)))

    def last_outbound(self) -> int:
        """The id of the newest message."""
        with self.store.read() as session:
            return session.scalars(select(Outbound.id).order_by(Outbound.id.desc())).first() or 0
