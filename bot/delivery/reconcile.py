"""Reconciling: fetching what a provider received for us while we were away, and having it forget its copies.

Twilio gives up on a webhook after 15 seconds (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides);
after that a message stands in its log alone.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete

from bot.conversation.messages import Arrival, Reconciling, SendFailed
from bot.delivery.pacing import wait_before
from bot.delivery.threads import Threads
from bot.log import get_logger, log_error
from bot.privacy.keys import Keyring
from bot.rights import ask_to_forget, external_id_in
from models import Store
from models.inbound import not_cleared
from models.providers import Clearing, Watermark, claim_clearings, watermark
from models.sending import FAILED, retry_at, settle

OVERLAP: Final = timedelta(minutes=10)
"""How far before the last look the next one begins: a message is listed a moment after it was received."""
FIRST_LOOK: Final = timedelta(days=1)
LEASE: Final = timedelta(minutes=1)
BATCH: Final = 100
MOST_ATTEMPTS: Final = 8

Receive = Callable[[Arrival], object]


class Reconciler:
    """Makes good what webhooks missed.

    Args:
        store: the database.
        keys: to open and seal.
        channels: those whose provider keeps a list.
        receive: takes one message in; blocks until it is committed.
        threads: where the database is used.
        clock: gives the current time, aware.
        clear_after: how long a provider may keep the words of what we have; None for as long as it likes.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        keys: Keyring,
        channels: Iterable[Reconciling],
        receive: Receive,
        threads: Threads,
        clock: Callable[[], datetime],
        clear_after: timedelta | None = None,
    ) -> None:
        self._store = store
        self._keys = keys
        self._channels = {channel.name: channel for channel in channels}
        self._receive = receive
        self._threads = threads
        self._clock = clock
        self._clear_after = clear_after

    async def run_once(self) -> int:
        """Fetch what is missing on every channel, then have forgotten what is to be forgotten.

        Returns:
            How many messages were fetched and looked at.
        """
        seen = 0
        for channel in self._channels.values():
            try:
                seen += await self._fetch(channel)
            except SendFailed as failure:
                get_logger().warning("not_reconciled", channel=channel.name, outcome=failure.outcome)
            except Exception as error:  # noqa: BLE001 - the other channels are not to wait for it
                log_error("not_reconciled", error, channel=channel.name)
        await self._clear()
        return seen

    async def _fetch(self, channel: Reconciling) -> int:
        begun = self._clock()
        since = await self._threads.run(lambda: self._since(channel))
        messages = await channel.received_since(since)
        for message in messages:
            # One by one and in order, so that a story's parts stand as they were sent.
            await self._threads.run(lambda message=message: self._receive(message))  # type: ignore[misc]
        await self._threads.run(lambda: self._advance(channel, begun))
        return len(messages)

    def _since(self, channel: Reconciling) -> datetime:
        with self._store.read() as session:
            mark = watermark(session, channel.name, channel.account)
        return mark.until - OVERLAP if mark else self._clock() - FIRST_LOOK

    def _advance(self, channel: Reconciling, until: datetime) -> None:
        """Everything up to then is here. Only now may the provider be asked to forget it."""
        with self._store.write() as session:
            session.merge(Watermark(channel=channel.name, account=channel.account, until=until))
            if self._clear_after is None:
                return
            for row in not_cleared(session, channel.name, until - self._clear_after, BATCH):
                body = self._keys.open("inbound", row.id, "body", row.body or b"")
                ask_to_forget(session, self._keys, row.channel, external_id_in(body), until, entirely=False)
                row.cleared = True

    async def _clear(self) -> None:
        rows = await self._threads.run(self._claim)
        await asyncio.gather(*(self._forget(row) for row in rows))

    def _claim(self) -> Sequence[Clearing]:
        with self._store.write() as session:
            return claim_clearings(session, self._clock(), BATCH, LEASE)

    async def _forget(self, row: Clearing) -> None:
        external_id = self._keys.open("clearing", row.id, "external_id", row.external_id)
        channel = next((one for one in self._channels.values() if one.name == row.channel), None)
        if channel is None:
            await self._threads.run(lambda: self._failed(row, "channel_not_configured"))
            return
        try:
            await channel.clear(external_id, entirely=row.entirely)
        except SendFailed as failure:
            code = failure.code
            await self._threads.run(lambda: self._failed(row, code))
        else:
            await self._threads.run(lambda: self._done(row))

    def _done(self, row: Clearing) -> None:
        with self._store.write() as session:
            session.execute(delete(Clearing).where(Clearing.id == row.id))

    def _failed(self, row: Clearing, code: str) -> None:
        now = self._clock()
        with self._store.write() as session:
            if row.attempts < MOST_ATTEMPTS:
                retry_at(session, Clearing, row.id, now + wait_before(row.attempts, None), code)
            else:
                get_logger().error("provider_did_not_forget", channel=row.channel)
                settle(session, Clearing, row.id, FAILED, now, code)
