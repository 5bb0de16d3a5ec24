"""The outbox: sends what waits, once, and records how it ended."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.conversation.messages import Button, Channel, ChannelName, Reply, SendFailed
from bot.delivery.inbox import FAREWELL
from bot.delivery.threads import Bell, Threads
from bot.log import get_logger, log_error
from bot.privacy.keys import Keyring
from bot.rights import forget_erased
from models import Store
from models.messages import SUPPRESSED, Claimed, Outbound, claim, next_due, suppress
from models.people import stop
from models.sending import FAILED, SENT, UNKNOWN, retry_at, settle, settle_interrupted

BATCH: Final = 64
MOST_ATTEMPTS: Final = 8
FIRST_WAIT: Final = timedelta(seconds=15)
LONGEST_WAIT: Final = timedelta(hours=1)
LONGEST_SLEEP: Final = 5.0
"""Seconds between two looks at the queue when nothing wakes us: another process may have filled it."""


@dataclass(frozen=True, slots=True, repr=False)
class Parcel:
    """One message, opened and ready to be sent."""

    id: int
    lookup: bytes
    channel: ChannelName
    address: str
    reply: Reply
    attempts: int
    """How often it has been tried, this time included."""


class Outbox:
    """Sends queued messages.

    Args:
        store: the database.
        keys: to open what is sealed.
        channels: how to send, by channel name.
        clock: gives the current time, aware.
        threads: where the database is used, off the event loop.
    """

    def __init__(
        self,
        store: Store,
        keys: Keyring,
        channels: Mapping[ChannelName, Channel],
        clock: Callable[[], datetime],
        threads: Threads,
    ) -> None:
        self._store = store
        self._keys = keys
        self._channels = channels
        self._clock = clock
        self._threads = threads
        self._woken = Bell()

    def wake(self) -> None:
        """Say that there is something to send; from any thread."""
        self._woken.ring()

    async def run(self) -> None:
        """Send until cancelled. What a dead process left half done is settled first."""
        interrupted = await self._threads.run(self._settle_interrupted)
        if interrupted:
            get_logger().warning("interrupted_messages", count=interrupted)
        while True:
            sent = await self._try_drain()
            if not sent:
                await self._woken.wait(await self._threads.run(self._seconds_to_sleep))

    async def drain(self) -> int:
        """Send what is due now, each contact's messages in order; says how many were tried."""
        tried = 0
        while parcels := await self._threads.run(self._claim):
            await asyncio.gather(*(self._send(parcel) for parcel in parcels))
            tried += len(parcels)
        return tried

    async def _try_drain(self) -> int:
        try:
            return await self.drain()
        except Exception as error:  # noqa: BLE001 - the worker must outlive a database that is away
            log_error("outbox_failed", error)
            return 0

    def _settle_interrupted(self) -> int:
        with self._store.write() as session:
            return settle_interrupted(session, Outbound, self._clock())

    def _seconds_to_sleep(self) -> float:
        with self._store.read() as session:
            due = next_due(session)
        if due is None:
            return LONGEST_SLEEP
        return min(max((due - self._clock()).total_seconds(), 0.05), LONGEST_SLEEP)

    def _claim(self) -> Sequence[Parcel]:
        with self._store.write() as session:
            now = self._clock()
            suppress(session, FAREWELL, now)
            return [self._open(row) for row in claim(session, now, BATCH)]

    def _open(self, row: Claimed) -> Parcel:
        message, contact = row.Outbound, row.Contact
        body = json.loads(self._keys.open("outbound", message.id, "body", message.body))
        buttons = tuple(Button(label, choice) for label, choice in body["buttons"])
        return Parcel(
            id=message.id,
            lookup=contact.lookup,
            channel=contact.channel,
            address=self._keys.open("contact", contact.id, "address", contact.address),
            reply=Reply(body["text"], buttons),
            attempts=message.attempts,
        )

    async def _send(self, parcel: Parcel) -> None:
        channel = self._channels.get(parcel.channel)
        if channel is None:
            await self._record_failure(parcel, SendFailed("channel_not_configured", "retry"))
            return
        try:
            provider_id = await channel.send(parcel.address, parcel.reply)
        except SendFailed as failure:
            await self._record_failure(parcel, failure)
        except Exception as error:  # noqa: BLE001 - it may have been sent: say so and go on
            log_error("send_broke", error, channel=parcel.channel)
            await self._record_failure(parcel, SendFailed("broke", "unknown"))
        else:
            await self._threads.run(lambda: self._record_sent(parcel, provider_id))

    async def _record_failure(self, parcel: Parcel, failure: SendFailed) -> None:
        get_logger().warning("not_sent", channel=parcel.channel, outcome=failure.outcome)
        await self._threads.run(lambda: self._settle_failure(parcel, failure))

    def _record_sent(self, parcel: Parcel, provider_id: str) -> None:
        with self._store.write() as session:
            settle(session, Outbound, parcel.id, SENT, self._clock(), provider_id=provider_id)
            forget_erased(session)

    def _settle_failure(self, parcel: Parcel, failure: SendFailed) -> None:
        now = self._clock()
        with self._store.write() as session:
            match failure.outcome:
                case "retry" if parcel.attempts < MOST_ATTEMPTS:
                    asked = timedelta(seconds=failure.after or 0)
                    wait = max(asked, min(FIRST_WAIT * 2 ** (parcel.attempts - 1), LONGEST_WAIT))
                    retry_at(session, Outbound, parcel.id, now + wait, failure.code)
                case "stopped":
                    stop(session, parcel.lookup, now)
                    settle(session, Outbound, parcel.id, SUPPRESSED, now, failure.code)
                case "unknown":
                    settle(session, Outbound, parcel.id, UNKNOWN, now, failure.code)
                case _:
                    settle(session, Outbound, parcel.id, FAILED, now, failure.code)
