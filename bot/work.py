"""Work: what goes on beside receiving: sending, and, in the one process that leads, all that is done once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.alerts import Bellman
from bot.conversation.messages import Polling, SecondPoller
from bot.delivery.inbox import Inbox
from bot.delivery.initiative import Initiative
from bot.delivery.intake import Intake
from bot.delivery.outbox import Outbox
from bot.delivery.reconcile import Reconciler
from bot.delivery.threads import Bell, Threads, keep_doing
from bot.digest.post import PostRoom
from bot.handover import Desk
from bot.leader import leading
from bot.log import get_logger, log_error
from bot.responses import Responses
from bot.retention import Retention
from bot.schedule import LENIENT, add_digests
from bot.translation import Translator
from bot.visits import Visits
from bot.watch import Watch
from bot.workshops.post import Workroom
from bot.workshops.prompts import Prompts
from models import Store
from models.conversations import next_wake
from models.handovers import next_alert
from models.landlords import all_landlords

RECONCILE_EVERY: Final = timedelta(minutes=3)
PREPARE_EVERY: Final = timedelta(hours=1)
VISITS_EVERY: Final = timedelta(minutes=1)
RESPONSES_EVERY: Final = timedelta(seconds=10)
ESCALATE_EVERY: Final = timedelta(seconds=30)
TRANSLATE_EVERY: Final = timedelta(minutes=1)
WATCH_EVERY: Final = timedelta(minutes=10)
CHECKPOINT_EVERY: Final = timedelta(hours=1)
FORGET_AT: Final = time(2, 30)
"""UTC, when hardly anybody texts; once at each start as well, for a machine that sleeps at night."""
LONGEST_SLEEP: Final = 5.0
RETRY_EVERY: Final = timedelta(seconds=15)
SWEEP_EVERY: Final = timedelta(seconds=20)
TRY_TO_LEAD_EVERY: Final = 5.0

Job = Callable[[], Awaitable[object]]


class AlreadyWorking(Exception):
    """Another process does the work already, where only one may. Says so in a sentence."""


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that is done beside receiving."""

    store: Store
    threads: Threads
    inbox: Inbox
    intake: Intake
    initiative: Initiative
    outbox: Outbox
    reconciler: Reconciler
    visits: Visits
    prompts: Prompts
    workroom: Workroom
    hand_overs: Desk
    responses: Responses
    bellman: Bellman
    watch: Watch
    retention: Retention
    post_room: PostRoom
    translator: Translator | None
    pollers: Sequence[Polling]
    prepare: Job
    """Tell providers where to call, and notice when somebody has told them otherwise."""
    run_due: Job
    digest_time: time
    clock: Callable[[], datetime]
    bell: Bell
    """Rung when something has come in, so that what follows from it is looked at."""

    @contextlib.asynccontextmanager
    async def going_on(self, ended: asyncio.Event) -> AsyncIterator[None]:
        """While it lasts, work is done; what is under way ends before it does.

        Args:
            ended: set when the process should end, because it must not go on.

        Raises:
            AlreadyWorking: when another process works on the same SQLite file.
        """
        first = asyncio.get_running_loop().create_future()
        leader = asyncio.create_task(self._lead(first, ended))
        led = await first
        if self.store.is_sqlite and not led:
            leader.cancel()
            raise AlreadyWorking(
                "Another process already sends from this database. Stop that one, or start this one with --no-work. "
                "For several at once, use PostgreSQL."
            )
        sender = asyncio.create_task(self.outbox.run())
        get_logger().info("working", leads=led)
        try:
            yield
        finally:
            await self.outbox.stop()
            for task in (leader, sender):
                task.cancel()
            await asyncio.gather(leader, sender, return_exceptions=True)

    async def _lead(self, first: "asyncio.Future[bool]", ended: asyncio.Event) -> None:
        """Lead as soon as nobody else does."""
        while True:
            with leading(self.store) as lead:
                led = await self.threads.run(lead.take)
                if not first.done():
                    first.set_result(led)
                if led:
                    async with self._leading(ended):
                        while await self.threads.run(lead.is_held):  # noqa: ASYNC110 - nobody tells us when a lock is lost
                            await asyncio.sleep(TRY_TO_LEAD_EVERY)
                    get_logger().warning("lead_lost")
            await asyncio.sleep(TRY_TO_LEAD_EVERY)

    @contextlib.asynccontextmanager
    async def _leading(self, ended: asyncio.Event) -> AsyncIterator[None]:
        alone = self.store.is_sqlite
        await self._settle_interrupted(alone=alone)
        scheduler = await self.threads.run(self._scheduler)
        scheduler.start()
        now = [
            asyncio.create_task(self._quietly(job))
            for job in (self.reconciler.run_once, self.run_due, self._forget)
        ]
        now += [asyncio.create_task(keep_doing(self._follow_up, self.bell, "follow_up_failed"))]
        pollers = [asyncio.create_task(self._poll(poller, ended)) for poller in self.pollers]
        try:
            yield
        finally:
            scheduler.shutdown(wait=False)
            for task in (*now, *pollers):
                task.cancel()
            await asyncio.gather(*now, *pollers, return_exceptions=True)

    def _scheduler(self) -> AsyncIOScheduler:
        """Wake-ups alone: what is due is known to the database. Its jobs live in memory."""
        scheduler = AsyncIOScheduler()
        add_digests(scheduler, self._zones(), self.digest_time, lambda: self._quietly(self.run_due))
        every: Iterable[tuple[str, timedelta, Job]] = (
            ("reconcile", RECONCILE_EVERY, self.reconciler.run_once),
            ("retry", RETRY_EVERY, lambda: self.threads.run(self.inbox.retry)),
            ("prepare", PREPARE_EVERY, self.prepare),
            ("visits", VISITS_EVERY, self._ask),
            ("responses", RESPONSES_EVERY, lambda: self.threads.run(self._tell_responses)),
            ("workshops", VISITS_EVERY, lambda: self.threads.run(self.prompts.run_due)),
            ("workshop_mail", VISITS_EVERY, self.workroom.run_due),
            ("escalate", ESCALATE_EVERY, lambda: self.threads.run(self._escalate)),
            ("watch", WATCH_EVERY, lambda: self.threads.run(self.watch.look)),
            ("checkpoint", CHECKPOINT_EVERY, lambda: self.threads.run(self.store.checkpoint)),
            ("sweep", SWEEP_EVERY, lambda: self._settle_interrupted(alone=False)),
        )
        if self.translator:
            every = (*every, ("translate", TRANSLATE_EVERY, self.translator.run))
        for name, interval, job in every:
            trigger = IntervalTrigger(seconds=interval.total_seconds())
            scheduler.add_job(self._quietly, trigger, args=[job], id=name, **LENIENT)
        night = CronTrigger(hour=FORGET_AT.hour, minute=FORGET_AT.minute, timezone=UTC)
        scheduler.add_job(self._quietly, night, args=[self._forget], id="forget", **LENIENT)
        return scheduler

    async def _forget(self) -> None:
        # In a thread of its own and not among those for messages: on a first night it may take minutes.
        await asyncio.to_thread(self.retention.run)

    async def _follow_up(self) -> float:
        """Let stories settle, and tell people on duty: both within seconds of their time."""
        await self.threads.run(self.initiative.pass_time)
        await self.bellman.run_once()
        return await self.threads.run(self._seconds_to_sleep)

    def _seconds_to_sleep(self) -> float:
        with self.store.read() as session:
            due = [moment for moment in (next_wake(session), next_alert(session)) if moment]
        if not due:
            return LONGEST_SLEEP
        return min(max((min(due) - self.clock()).total_seconds(), 0.05), LONGEST_SLEEP)

    async def _ask(self) -> None:
        """Ask about visits, one group after another, so that on a day of many what comes in waits for one group only."""
        more = True
        while more:
            _, more = await self.threads.run(self.visits.ask_some)

    def _tell_responses(self) -> None:
        if self.responses.tell_due():
            self.outbox.wake()

    def _escalate(self) -> None:
        if self.hand_overs.escalate():
            self.bell.ring()

    def _zones(self) -> list[str]:
        with self.store.read() as session:
            return [landlord.timezone for landlord in all_landlords(session)]

    async def _settle_interrupted(self, *, alone: bool) -> None:
        await self.threads.run(lambda: self.outbox.settle_interrupted(alone=alone))
        await self.threads.run(lambda: self.bellman.settle_interrupted(alone=alone))
        await self.post_room.settle_interrupted(alone=alone)
        await self.workroom.settle_interrupted(alone=alone)

    async def _poll(self, poller: Polling, ended: asyncio.Event) -> None:
        try:
            await poller.poll(self.intake.receive)
        except SecondPoller:
            get_logger().error("second_poller", channel=poller.name)
            ended.set()

    async def _quietly(self, job: Job) -> None:
        """Whatever goes wrong is logged, and the next wake-up tries again."""
        try:
            await job()
        except Exception as error:  # noqa: BLE001 - as it says
            log_error("job_failed", error)
