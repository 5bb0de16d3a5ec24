"""Pacing: how much a channel may be asked to send at this moment."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bot.conversation.messages import Pace

FIRST_WAIT: Final = timedelta(seconds=15)
LONGEST_WAIT: Final = timedelta(hours=1)
LOST_IN_A_ROW: Final = 5
"""So many lost answers in a row mean that the provider is ill: sending on would make all of them doubtful."""
FIRST_PAUSE: Final = timedelta(seconds=20)
LONGEST_PAUSE: Final = timedelta(minutes=5)
AT_ONCE: Final = 0.05
"""Share of a second's messages that may go at once after a lull, beside one: no second has more than that too many."""
JITTER: Final = 0.1
"""Share of a wait that is left to chance, so that what failed together is not tried together again."""


@dataclass(slots=True)
class Tap:
    """How much of one channel is open: so many messages a second, and none while the provider is ill.

    Each sending process has its own, so two processes together may send twice as fast; the providers' own
    429 is then what holds them back.
    """

    pace: Pace
    _allowance: float = field(default=0.0, init=False)
    _since: datetime | None = field(default=None, init=False)
    _closed_until: datetime | None = field(default=None, init=False)
    _lost: int = field(default=0, init=False)
    _pauses: int = field(default=0, init=False)

    def free(self, now: datetime) -> int:
        """How many messages may go now."""
        if self._closed_until is not None and now < self._closed_until:
            return 0
        most = 1.0 + AT_ONCE * self.pace.per_second
        elapsed = (now - self._since).total_seconds() if self._since else 1.0
        self._since = now
        self._allowance = min(self._allowance + max(elapsed, 0.0) * self.pace.per_second, most)
        return int(self._allowance)

    def take(self, count: int) -> None:
        """So many are going."""
        self._allowance -= count

    def opens_at(self, now: datetime) -> datetime:
        """When it is worth asking again."""
        if self._closed_until is not None and now < self._closed_until:
            return self._closed_until
        return now + timedelta(seconds=max(1.0 - self._allowance, 0.0) / self.pace.per_second)

    def close(self, now: datetime, seconds: float | None = None) -> None:
        """Nothing can be sent for now: for that long, or for longer each time."""
        pause = min(FIRST_PAUSE * 2**self._pauses, LONGEST_PAUSE)
        self._pauses += 1
        self._closed_until = now + (timedelta(seconds=seconds) if seconds else pause)

    def answered(self) -> None:
        """The provider gave a clear answer."""
        self._lost = self._pauses = 0

    def lost(self, now: datetime) -> None:
        """The provider's answer was lost."""
        self._lost += 1
        if self._lost >= LOST_IN_A_ROW:
            self._lost = 0
            self.close(now)


def wait_before(attempt: int, asked: float | None) -> timedelta:
    """How long to wait before trying again.

    Args:
        attempt: how often it has been tried, from 1.
        asked: the seconds that the provider asked for, if it did.
    """
    doubled: timedelta = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT)
    wait = max(doubled, timedelta(seconds=asked or 0))
    return wait * (1 + JITTER * random.random())  # noqa: S311 - spreading load, not a secret
