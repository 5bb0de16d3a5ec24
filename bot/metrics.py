"""Metrics: what Prometheus asks for. Labels are the names of channels, kinds and outcomes, and never anybody's."""

import bisect
import time
from collections import Counter
from collections.abc import Awaitable, Iterator
from typing import Any, Final, TypeVar

from bot.vitals import Vitals

T = TypeVar("T")
STORED: Final = "stored"
REFUSED: Final = "refused"
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds."""


class Meter:
    """What this process has counted since it began."""

    def __init__(self) -> None:
        self.taken_in: Counter[tuple[str, str]] = Counter()
        """Events by (kind, outcome)."""
        self.at_most = [0] * (len(BUCKETS) + 1)
        """How many took at most so long as each of BUCKETS says, and no less than the one before; then all others."""
        self.seconds = 0.0

    async def measure(self, kind: str, storing: Awaitable[T]) -> T:
        """Store one event, and note how long it took and how it ended."""
        begun, outcome = time.monotonic(), REFUSED
        try:
            stored = await storing
            outcome = STORED
        finally:
            taken = time.monotonic() - begun
            self.taken_in[kind, outcome] += 1
            self.at_most[bisect.bisect_left(BUCKETS, taken)] += 1
            self.seconds += taken
        return stored


def exposition(meter: Meter, vitals: Vitals | None) -> tuple[bytes, str]:
    """The text that Prometheus reads, and its content type.

    Raises:
        ModuleNotFoundError: without the extra "observability".
    """
    from prometheus_client import CollectorRegistry  # noqa: PLC0415 - only with the extra
    from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415

    registry = CollectorRegistry()
    registry.register(_Families(meter, vitals))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Families:
    """The metrics, as prometheus_client wants them."""

    def __init__(self, meter: Meter, vitals: Vitals | None) -> None:
        self._meter = meter
        self._vitals = vitals

    def collect(self) -> Iterator[Any]:
        """Every metric."""
        yield from self._counted()
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415 - as above

        yield GaugeMetricFamily("listened_up", "1 while the database answers.", 1 if self._vitals else 0)
        if self._vitals is None:
            return
        for name, sentence, value in _gauges(self._vitals):
            if value is not None:
                yield GaugeMetricFamily(f"listened_{name}", sentence, value)
        sent = GaugeMetricFamily(
            "listened_sent_today", "Messages begun to be sent today (UTC).", labels=["channel"]
        )
        for channel, count in self._vitals.sent_today.items():
            sent.add_metric([channel], count)
        yield sent

    def _counted(self) -> Iterator[Any]:
        from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily  # noqa: PLC0415 - as above

        events = CounterMetricFamily("listened_events", "Events from providers.", labels=["kind", "outcome"])
        for names, count in self._meter.taken_in.items():
            events.add_metric(names, count)
        yield events
        bounds = [*map(str, BUCKETS), "+Inf"]
        total, buckets = 0, []
        for bound, count in zip(bounds, self._meter.at_most, strict=True):
            total += count
            buckets.append((bound, total))
        sentence = "From a provider's request to the commit."
        yield HistogramMetricFamily("listened_store_seconds", sentence, buckets, self._meter.seconds)


def _gauges(vitals: Vitals) -> Iterator[tuple[str, str, float | None]]:
    yield "queued", "Messages that could go now.", vitals.queued
    yield "queue_age_seconds", "For how long the first of them has waited.", vitals.queue_age
    yield "to_work_out", "Messages that came in and are not worked out yet.", vitals.to_work_out
    yield "quarantined", "Messages that a person must look at.", vitals.quarantined
    yield "release_age_seconds", "Since the last release was made.", vitals.last_release_age
    yield "reconcile_age_seconds", "Since a provider's list was last compared.", vitals.last_reconcile_age
    yield "late_landlords", "Landlords whose digest should have gone out.", vitals.late_landlords
    yield "disk_left_bytes", "Where the SQLite file lies.", vitals.disk_left
