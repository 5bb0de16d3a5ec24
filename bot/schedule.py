"""The schedule: APScheduler only wakes us; what is due is decided by what the database holds.

So a wake-up that is late, doubled or missed changes nothing, and `listened digest run` does the same.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.orm import Session

from bot.failpoints import failpoint
from bot.log import get_logger
from bot.privacy.at_least import at_least
from bot.privacy.disclosure import SMALLEST_GROUP
from bot.privacy.keys import Keyring
from bot.releases import NotSafe, freeze
from models.base import new_id
from models.landlords import Landlord, readers_of
from models.releases import Delivery, Release, last_delivery_date, release_on
from models.responses import publish_objections
from models.scopes import Scope, all_scopes

MONDAY: Final = 0
LOOK_AGAIN: Final = timedelta(minutes=5)
LENIENT: Final[Mapping[str, Any]] = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}
"""A late wake-up counts as well as a punctual one, and many late ones count as one."""
WEEKS: Final = {"weekly": 1, "four-weekly": 4}


def latest_occurrence(now: datetime, zone: ZoneInfo, at: time) -> tuple[date, datetime]:
    """The last Monday's digest time that has passed.

    Args:
        now: a moment, aware.
        zone: the landlord's time zone.
        at: the local time of day at which digests go out.

    Returns:
        The local date, and the moment itself.
    """
    local = now.astimezone(zone)
    monday = local.date() - timedelta(days=(local.weekday() - MONDAY) % 7)
    moment = datetime.combine(monday, at, zone)
    if moment > local:
        monday -= timedelta(days=7)
        moment = datetime.combine(monday, at, zone)
    return monday, moment.astimezone(UTC)


def local_date(now: datetime, scope: Scope) -> date:
    """The date of a moment where a scope is."""
    return now.astimezone(ZoneInfo(scope.timezone)).date()


def queue_due(  # noqa: PLR0913 - what and when
    session: Session,
    keys: Keyring,
    *,
    moment: datetime,
    now: datetime,
    at: time,
    only: str | None = None,
) -> dict[str, int]:
    """Freeze every release that is due and queue its digests.

    A release of one scope and date is made at most once, and a recipient gets at most one digest of it.
    Weeks that were missed altogether are not made up for: their stories are in the next release.

    Args:
        session: a transaction that may write.
        keys: to open and seal.
        moment: the moment to act for: the schedule's is now.
        now: the current time.
        at: the local time of day at which digests go out.
        only: the one landlord to act for, with its pool; None for all.

    Returns:
        The digests that were queued, by landlord or pool.
    """
    queued: dict[str, int] = {}
    for scope in all_scopes(session):
        if only is not None and all(landlord.name != only for landlord in scope.landlords):
            continue
        on_date, until = latest_occurrence(moment, ZoneInfo(scope.timezone), at)
        if until < scope.created_at or release_on(session, scope.id, on_date):
            continue
        try:
            release = freeze(session, keys, scope, on_date, until, now)
        except NotSafe as refused:
            # Nothing leaves; the watch tells the operator why, and the next week's batch is larger.
            get_logger().error("release_refused", findings=len(refused.why))
            continue
        queued[scope.name] = sum(
            _queue_digests(session, landlord, release, moment, now, at) for landlord in scope.landlords
        )
        for landlord in scope.landlords:
            publish_objections(session, landlord.id, lambda count: at_least(count, SMALLEST_GROUP))
        failpoint("digest_queueing")
    return queued


def _queue_digests(  # noqa: PLR0913 - whose, of what, and when
    session: Session, landlord: Landlord, release: Release, moment: datetime, now: datetime, at: time
) -> int:
    count = 0
    for recipient in readers_of(session, landlord.id):
        last = last_delivery_date(session, recipient.id, release.on_date)
        if last and (release.on_date - last) < timedelta(weeks=WEEKS[recipient.every]):
            continue
        # In their own morning; where that has passed already at the moment that is acted for, now.
        morning = datetime.combine(release.on_date, at, ZoneInfo(recipient.timezone or landlord.timezone))
        due_at = now if morning <= moment else max(now, morning)
        session.add(Delivery(id=new_id(), release_id=release.id, recipient_id=recipient.id, due_at=due_at))
        count += 1
    session.flush()
    return count


def add_digests(
    scheduler: AsyncIOScheduler, zones: Iterable[str], at: time, run_due: Callable[[], Awaitable[Any]]
) -> None:
    """Wake `run_due` on Mondays in each time zone, and every few minutes for what is left."""
    for zone in sorted(set(zones)):
        # By name and not by number: APScheduler counts days from Monday = 0, crontab from Sunday = 0.
        monday = CronTrigger(day_of_week="mon", hour=at.hour, minute=at.minute, timezone=zone)
        scheduler.add_job(run_due, monday, id=f"digests {zone}", **LENIENT)
    scheduler.add_job(run_due, IntervalTrigger(seconds=LOOK_AGAIN.total_seconds()), id="leftovers", **LENIENT)
