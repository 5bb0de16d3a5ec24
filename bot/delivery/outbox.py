"""The outbox: sends what waits, once, and records how it ended."""

import asyncio
import contextlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.conversation.messages import Button, Channel, ChannelName, Outgoing, Reply, SendFailed
from bot.delivery.kinds import FREE, KINDS, RESENT, TO_STOPPED
from bot.delivery.pacing import Tap, wait_before
from bot.delivery.people import People
from bot.delivery.reports import note_failure
from bot.delivery.threads import Bell, Threads, keep_doing
from bot.failpoints import failpoint
from bot.log import get_logger, log_error
from bot.privacy.keys import Keyring
from bot.rights import SETTLES_WITHIN, forget_copy, forget_if_erased
from models import Store
from models.outbound import (
    HELD,
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
from models.people import Contact
from models.sending import FAILED, SENT, UNKNOWN, retry_at, settle, settle_interrupted

MOST_AT_ONCE: Final = 64
MOST_ATTEMPTS: Final = 8
LEASE: Final = timedelta(minutes=1)
"""Far longer than any provider's time-out: whoever has not settled a message by then is dead."""
LONGEST_SLEEP: Final = 5.0
"""Seconds between two looks at the queue when nothing wakes us: another process may have filled it."""
RECORD_SECONDS: Final = 30.0
"""How long to try to record what became of a message when the database is away: well within the lease."""
DRAIN_SECONDS: Final = 10.0
"""How long what is being sent may take to end when the process is told to stop."""


@dataclass(frozen=True, slots=True, repr=False)
class Parcel:
    """One message, opened and ready to be sent."""

    contact_id: int
    channel: ChannelName
    kind: str
    outgoing: Outgoing
    attempts: int
    """How often it has been tried, this time included."""


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
        self._people = people
        self._channels = channels
        self._clock = clock
        self._threads = threads
        self._daily_limit = daily_limit
        self._woken = Bell()
        self._taps = {name: Tap(channel.pace) for name, channel in channels.items()}
        self._under_way: set[asyncio.Task[None]] = set()
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
        await self._start_what_is_due()
        return await self._threads.run(self._seconds_to_sleep)

    async def drain(self) -> int:
        """Send what is due now, each contact's messages in order; says how many were tried."""
        tried = 0
        while started := await self._start_what_is_due():
            await asyncio.gather(*self._under_way)
            tried += started
        return tried

    async def stop(self) -> None:
        """Begin nothing more, and let what is under way end."""
        self._stopping = True
        self.wake()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=DRAIN_SECONDS)

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

    async def _start_what_is_due(self) -> int:
        room = MOST_AT_ONCE - len(self._under_way)
        parcels = await self._threads.run(lambda: self._claim(room)) if room > 0 else ()
        for parcel in parcels:
            task = asyncio.create_task(self._deliver(parcel))
            self._under_way.add(task)
            task.add_done_callback(self._ended)
        return len(parcels)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._woken.ring()
        with contextlib.suppress(asyncio.CancelledError):
            if error := task.exception():
                # Not recorded: its lease runs out, and then it is settled as interrupted.
                log_error("send_not_recorded", error)

    def _seconds_to_sleep(self) -> float:
        with self._store.read() as session:
            due = next_due(session)
        if due is None or len(self._under_way) >= MOST_AT_ONCE:
            return LONGEST_SLEEP
        now = self._clock()
        opens = min((tap.opens_at(now) for tap in self._taps.values()), default=now)
        return min(max((max(due, opens) - now).total_seconds(), 0.05), LONGEST_SLEEP)

    def _claim(self, room: int) -> Sequence[Parcel]:
        parcels: list[Parcel] = []
        with self._store.write() as session:
            now = self._clock()
            drop_unwanted(session, TO_STOPPED, now)
            for name, tap in self._taps.items():
                limit = min(tap.free(now), room - len(parcels))
                if limit <= 0:
                    continue
                left = self._left_of_budget(sent_on(session, name, f"{now:%F}"))
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
                tap.take(len(rows))
                add_sent(session, name, f"{now:%F}", len(rows))
                parcels.extend(self._open(row, now) for row in rows)
            if parcels:
                failpoint("claiming")
        return parcels

    def _left_of_budget(self, sent: int) -> int:
        if not self._daily_limit:
            return MOST_AT_ONCE
        if sent >= self._daily_limit:
            get_logger().error("daily_limit_reached", sent=sent)
        return self._daily_limit - sent

    def _open(self, row: Claimed, now: datetime) -> Parcel:
        message, contact = row.Outbound, row.Contact
        body = json.loads(self._keys.open("outbound", message.id, "body", message.body))
        buttons = tuple(Button(label, choice) for label, choice in body["buttons"])
        unprompted = KINDS[message.kind].unprompted
        outgoing = Outgoing(
            id=message.id,
            address=self._people.address(contact),
            reply=Reply(body["text"], buttons, body.get("key", ""), tuple(body.get("values", ()))),
            language=body.get("language", "en"),
            valid_for=max(int((message.expires_at - now).total_seconds()), 1) if unprompted else None,
            last_heard=contact.last_heard_at,
            now=now,
        )
        return Parcel(contact.id, contact.channel, message.kind, outgoing, message.attempts)

    async def _deliver(self, parcel: Parcel) -> None:
        failpoint("claimed")
        if await self._threads.run(lambda: self._is_unwanted(parcel)):
            return
        tap = self._taps[parcel.channel]
        try:
            provider_id = await self._channels[parcel.channel].send(parcel.outgoing)
        except SendFailed as failure:
            await self._fail(parcel, failure, tap)
        except Exception as error:  # noqa: BLE001 - it may have been sent: say so and go on
            log_error("send_broke", error, channel=parcel.channel)
            await self._fail(parcel, SendFailed("broke", "unknown"), tap)
        else:
            failpoint("sent")
            tap.answered()
            await self._threads.run(lambda: self._record_sent(parcel, provider_id), RECORD_SECONDS)
            failpoint("recorded")

    def _is_unwanted(self, parcel: Parcel) -> bool:
        """Whether a STOP was committed after it was claimed; then it is settled, and is not sent."""
        if parcel.kind in TO_STOPPED:
            return False
        with self._store.read() as session:
            if not must_not_be_sent(session, parcel.outgoing.id):
                return False
        with self._store.write() as session:
            settle(session, Outbound, parcel.outgoing.id, SUPPRESSED, self._clock())
        return True

    async def _fail(self, parcel: Parcel, failure: SendFailed, tap: Tap) -> None:
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
        await self._threads.run(lambda: self._record_failure(parcel, failure), RECORD_SECONDS)

    def _record_sent(self, parcel: Parcel, provider_id: str) -> None:
        now = self._clock()
        with self._store.write() as session:
            settle(session, Outbound, parcel.outgoing.id, SENT, now, provider_id=provider_id)
            if session.get(Outbound, parcel.outgoing.id) is None:
                # Its person had all removed while it was on its way.
                forget_copy(session, self._keys, parcel.channel, provider_id, now + SETTLES_WITHIN)
            forgotten = forget_if_erased(session, self._keys, parcel.contact_id, now)
            failpoint("recording")
        if forgotten:
            self._store.checkpoint()

    def _record_failure(self, parcel: Parcel, failure: SendFailed) -> None:
        now, row_id, code = self._clock(), parcel.outgoing.id, failure.code
        outcome = failure.outcome
        if outcome == "unknown" and parcel.kind in RESENT:
            outcome = "retry"
        with self._store.write() as session:
            contact = session.get(Contact, parcel.contact_id)
            if contact is not None:
                note_failure(session, self._people, contact, failure)
            match outcome:
                case "down":
                    retry_at(session, Outbound, row_id, now, code, attempted=False)
                case "retry" if parcel.attempts < MOST_ATTEMPTS:
                    retry_at(
                        session, Outbound, row_id, now + wait_before(parcel.attempts, failure.after), code
                    )
                case _:
                    ends = {"stopped": SUPPRESSED, "unknown": UNKNOWN, "held": HELD}
                    settle(session, Outbound, row_id, ends.get(outcome, FAILED), now, code)
            forgotten = forget_if_erased(session, self._keys, parcel.contact_id, now)
        if forgotten:
            self._store.checkpoint()
