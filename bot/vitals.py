"""Vitals: whether the service does what it should, in numbers that are about nobody."""

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.schedule import latest_occurrence
from models import Store
from models.figures import how_it_stands
from models.landlords import all_landlords
from models.releases import unfinished_since
from models.scopes import scope_id_of

FRESH_SECONDS: Final = 5.0
"""How long what was found is told again: asking often must not be work for the database."""
LONGEST_QUEUE: Final = timedelta(minutes=10)
LATEST_RECONCILE: Final = timedelta(minutes=15)
LATEST_DIGEST: Final = timedelta(hours=2)
LEAST_DISK: Final = 500_000_000


@dataclass(frozen=True, slots=True)
class Vitals:
    """How the service stands. Ages are in seconds; None where there is nothing to be old."""

    queued: int
    """Messages to people that could go now."""
    queue_age: float
    """For how long the first of them has waited."""
    to_work_out: int
    """Messages that came in and are not worked out yet."""
    quarantined: int
    """Those that a person must look at."""
    sent_today: Mapping[str, int]
    """Messages that were begun to be sent today (UTC), by channel."""
    last_release_age: float | None
    last_reconcile_age: float | None
    late_landlords: int
    """Landlords whose last digest should have gone out and has not."""
    disk_left: int | None
    """Bytes left where the SQLite file lies; None on PostgreSQL."""

    @property
    def wrong(self) -> Sequence[str]:
        """What somebody should look at, in one word each."""
        reconciled = self.last_reconcile_age
        looked_at = (
            ("queue", self.queue_age > LONGEST_QUEUE.total_seconds()),
            ("quarantine", self.quarantined > 0),
            ("digest", self.late_landlords > 0),
            ("reconcile", reconciled is not None and reconciled > LATEST_RECONCILE.total_seconds()),
            ("disk", self.disk_left is not None and self.disk_left < LEAST_DISK),
        )
        return [name for name, is_wrong in looked_at if is_wrong]


class Pulse:
    """Takes the vitals.

    Args:
        store: the database.
        digest_time: when digests go out on Mondays, local time.
        clock: gives the current time, aware.
    """

    def __init__(self, store: Store, digest_time: time_of_day, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._digest_time = digest_time
        self._clock = clock
        self._taken: tuple[float, Vitals | None] = (-FRESH_SECONDS, None)

    def take(self) -> Vitals | None:
        """How it stands, as of a few seconds ago at most; None when the database does not answer."""
        at, vitals = self._taken
        if time.monotonic() - at < FRESH_SECONDS:
            return vitals
        try:
            with self._store.read() as session:
                vitals = self._look(session)
        except SQLAlchemyError:
            vitals = None
        self._taken = (time.monotonic(), vitals)
        return vitals

    def _look(self, session: Session) -> Vitals:
        now = self._clock()
        stands = how_it_stands(session, now)

        def age(moment: datetime | None) -> float | None:
            return None if moment is None else max((now - moment).total_seconds(), 0.0)

        return Vitals(
            queued=stands.queued,
            queue_age=age(stands.queued_since) or 0.0,
            to_work_out=stands.to_work_out,
            quarantined=stands.quarantined,
            sent_today=stands.sent_today,
            last_release_age=age(stands.last_release),
            last_reconcile_age=age(stands.last_reconcile),
            late_landlords=self._late(session, now),
            disk_left=self._disk_left(),
        )

    def _late(self, session: Session, now: datetime) -> int:
        count = 0
        for landlord in all_landlords(session):
            on_date, due = latest_occurrence(now, ZoneInfo(landlord.timezone), self._digest_time)
            if now - due > LATEST_DIGEST and due > landlord.created_at:
                count += unfinished_since(session, scope_id_of(landlord), on_date, now - LATEST_DIGEST)
        return count

    def _disk_left(self) -> int | None:
        if not self._store.is_sqlite or not self._store.url.database:
            return None
        return shutil.disk_usage(Path(self._store.url.database).resolve().parent).free
