"""The outbox: sends what waits, once, and records how it ended."""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot.conversation.messages import Button, Channel, ChannelName, Outgoing, Reply, SendFailed
from bot.delivery.kinds import FREE, KINDS, RESENT, TO_STOPPED
from bot.delivery.pacing import Tap
from bot.delivery.people import People
from bot.delivery.settling import MOST_ATTEMPTS, Ended, Parcel, Settling
from bot.delivery.threads import Bell, Threads, keep_doing
from bot.failpoints import failpoint
from bot.log import get_logger, log_error
from bot.privacy.keys import Keyring
from models import Store
from models.outbound import (
    SUPPRESSED,
    Claimed,
    Outbound,
    add_sent,
    claim,
    drop_unwanted,
    must_not_be_sent,
    next_due,
    sent_on,
)
from models.sending import settle, settle_interrupted

MOST_AT_ONCE: Final = 256
"""Messages on their way: at a provider that takes 80 ms to answer, 3,000 a second."""
OVERLAP: Final = timedelta(minutes=5)
"""How far back each sweep of what must not be sent looks again: clocks of several processes differ."""
LEASE: Final = timedelta(minutes=1)
"""Far longer than any provider's time-out: whoever has not settled a message by then is dead."""
LONGEST_SLEEP: Final = 5.0
"""Seconds between two looks at the queue when nothing wakes us: another process may have filled it."""
SHORTEST_SLEEP: Final = 0.01
"""Less than it takes for as much to be allowed as may go at once (`pacing.AT_ONCE`), or the pace would not be kept."""
TOGETHER_SECONDS: Final = 0.01
"""A pause after each round, so that what ends or is queued meanwhile takes one transaction and not many."""
DRAIN_SECONDS: Final = 10.0
"""How long what is being sent may take to end when the process is told to stop."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of the outbox found: what is to be sent now, and when the next round is worth its while."""

    parcels: Sequence[Parcel]
    seconds: float


class Outbox:
    """Sends queued messages.

    Args:
        store: the database.
        keys: to open what is sealed.
        people: to remember who said stop and who can't be reached.
        channels: how to send, by channel name.
        clock: gives the current time, aware.
        threads: where the database is used, off the event loop.
        daily_limit: the most messages that one channel sends on one day (UTC); 0 for no limit.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        keys: Keyring,
        people: People,
        channels: Mapping[ChannelName, Channel],
        clock: Callable[[], datetime],
        threads: Threads,
        daily_limit: int = 0,
    ) -> None:
        self._store = store
        self._keys = keys
        self._channels = channels
        self._clock = clock
        self._threads = threads
        self._daily_limit = daily_limit
        self._settling = Settling(keys, people, clock)
        self._people = people
        self._woken = Bell()
        self._taps = {name: Tap(channel.pace) for name, channel in channels.items()}
        self._under_way: set[asyncio.Task[None]] = set()
        self._ended: list[Ended] = []
        self._swept: datetime | None = None
        self._stopping = False

    def wake(self) -> None:
        """Say that there is something to send; from any thread."""
        self._woken.ring()

    async def run(self) -> None:
        """Send until cancelled."""
        await keep_doing(self._do_once, self._woken, "outbox_failed")

    async def _do_once(self) -> float:
        if self._stopping:
            return LONGEST_SLEEP
        seconds = (await self._go_round()).seconds
        await asyncio.sleep(TOGETHER_SECONDS)
        return seconds

    async def drain(self) -> int:
        """Send what is due now, each contact's messages in order; says how many were tried."""
        tried = 0
        while parcels := (await self._go_round()).parcels:
            await asyncio.gather(*self._under_way)
            tried += len(parcels)
        return tried

    async def stop(self) -> None:
        """Begin nothing more, let what is under way end, and settle it."""
        self._stopping = True
        self.wake()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=DRAIN_SECONDS)
        await self._go_round()

    def settle_interrupted(self, *, alone: bool) -> int:
        """Settle what a dead process left half sent; says how many messages there were.

        Args:
            alone: whether no other process can be sending.
        """
        again = Outbound.kind.in_(RESENT) & (Outbound.attempts < MOST_ATTEMPTS)
        with self._store.write() as session:
            count = settle_interrupted(session, Outbound, self._clock(), alone=alone, again=again)
        if count:
            get_logger().warning("interrupted_messages", count=count)
            self.wake()
        return count

    async def _go_round(self) -> Round:
        """Settle what has ended, claim what is due, and begin to send it: one transaction and one commit for all."""
        ended, self._ended = self._ended, []
        try:
            found = await self._threads.run(lambda: self._settle_and_claim(ended))
        except Exception:
            self._ended = [*ended, *self._ended]  # the database is away: the next round settles them
            raise
        for parcel in found.parcels:
            task = asyncio.create_task(self._deliver(parcel))
            self._under_way.add(task)
            task.add_done_callback(self._done)
        return found

    def _done(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._woken.ring()

    def _settle_and_claim(self, ended: Sequence[Ended]) -> Round:
        room = 0 if self._stopping else MOST_AT_ONCE - len(self._under_way)
        with self._store.write() as session:
            forgotten = self._settling.settle(session, ended)
            parcels = self._claim(session, room) if room > 0 else ()
            seconds = self._seconds_to_sleep(session, full=len(parcels) >= room)
        if ended:
            failpoint("recorded")
        if forgotten:
            self._store.checkpoint()
        if parcels:
            failpoint("claimed")
        return Round(self._wanted(parcels), seconds)

    def _seconds_to_sleep(self, session: Session, *, full: bool) -> float:
        due = next_due(session)
        if due is None or full:
            return LONGEST_SLEEP  # whatever ends wakes us
        now = self._clock()
        opens = min((tap.opens_at(now) for tap in self._taps.values()), default=now)
        return min(max((max(due, opens) - now).total_seconds(), SHORTEST_SLEEP), LONGEST_SLEEP)

    def _claim(self, session: Session, room: int) -> Sequence[Parcel]:
        parcels: list[Parcel] = []
        now = self._clock()
        drop_unwanted(session, TO_STOPPED, now, self._swept and self._swept - OVERLAP)
        self._swept = now
        for name, tap in self._taps.items():
            limit = min(tap.free(now), room - len(parcels))
            if limit <= 0:
                continue
            left = self._left_of_budget(session, name, now)
            kinds: Collection[str] | None = FREE if left <= 0 else None
            rows = claim(
                session,
                name,
                now=now,
                limit=limit if kinds else min(limit, left),
                lease=LEASE,
                gap=timedelta(seconds=tap.pace.per_chat),
                kinds=kinds,
            )
            if rows:
                tap.take(len(rows))
                add_sent(session, name, f"{now:%F}", len(rows))
                parcels.extend(self._open(name, row, now) for row in rows)
        if parcels:
            failpoint("claiming")
        return parcels

    def _left_of_budget(self, session: Session, channel: str, now: datetime) -> int:
        if not self._daily_limit:
            return MOST_AT_ONCE
        sent = sent_on(session, channel, f"{now:%F}")
        if sent >= self._daily_limit:
            get_logger().error("daily_limit_reached", sent=sent)
        return self._daily_limit - sent

    def _open(self, channel: ChannelName, row: Claimed, now: datetime) -> Parcel:
        body = json.loads(self._keys.open("outbound", row.id, "body", row.body or b""))
        valid_for = None
        if row.expires_at and KINDS[row.kind].unprompted:
            valid_for = max(int((row.expires_at - now).total_seconds()), 1)
        outgoing = Outgoing(
            id=row.id,
            address=self._people.address(row.contact),
            reply=Reply(
                body["text"],
                tuple(Button(label, choice) for label, choice in body["buttons"]),
                body.get("key", ""),
                tuple(body.get("values", ())),
            ),
            language=body.get("language", "en"),
            valid_for=valid_for,
            last_heard=row.contact.last_heard_at,
            now=now,
        )
        return Parcel(row.contact.id, channel, row.kind, outgoing, row.attempts)

    def _wanted(self, parcels: Sequence[Parcel]) -> Sequence[Parcel]:
        """Those that nobody's STOP overtook between claim and now; the others are settled, and are not sent."""
        ids = [parcel.outgoing.id for parcel in parcels if parcel.kind not in TO_STOPPED]
        if not ids:
            return parcels
        with self._store.read() as session:
            unwanted = must_not_be_sent(session, ids)
        if unwanted:
            with self._store.write() as session:
                for row_id in unwanted:
                    settle(session, Outbound, row_id, SUPPRESSED, self._clock())
        return [parcel for parcel in parcels if parcel.outgoing.id not in unwanted]

    async def _deliver(self, parcel: Parcel) -> None:
        tap = self._taps[parcel.channel]
        try:
            provider_id = await self._channels[parcel.channel].send(parcel.outgoing)
        except SendFailed as failure:
            self._fail(parcel, failure, tap)
        except Exception as error:  # noqa: BLE001 - it may have been sent: say so and go on
            log_error("send_broke", error, channel=parcel.channel)
            self._fail(parcel, SendFailed("broke", "unknown"), tap)
        else:
            failpoint("sent")
            tap.answered()
            self._ended.append(Ended(parcel, provider_id))

    def _fail(self, parcel: Parcel, failure: SendFailed, tap: Tap) -> None:
        get_logger().warning("not_sent", channel=parcel.channel, outcome=failure.outcome)
        now = self._clock()
        match failure.outcome:
            case "unknown":
                tap.lost(now)
            case "down":
                get_logger().error("channel_down", channel=parcel.channel)
                tap.close(now, failure.after)
            case _:
                tap.answered()
        self._ended.append(Ended(parcel, failure=failure))
