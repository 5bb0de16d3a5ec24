"""Hours: when somebody may be written to who has not written to us. Data in quiet.toml."""

import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Final
from zoneinfo import ZoneInfo

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST_QUIET: Final = 10
"""Days: no calendar of ours is quiet for longer."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of a day, and the days of a year, on which we may write first.

    Args:
        opens: from when.
        closes: until when; midnight means the end of the day.
        quiet_weekdays: days on which we never do, Monday is 0.
        quiet_dates: dates of any year, as MM-DD.
    """

    opens: time
    closes: time
    quiet_weekdays: frozenset[int] = frozenset()
    quiet_dates: frozenset[str] = frozenset()

    def next_open(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """The first moment, not before that one, at which we may write first.

        Args:
            moment: aware.
            zone: the landlord's time zone.
        """
        local = moment.astimezone(zone)
        for days in range(LONGEST_QUIET):
            day = local.date() + timedelta(days=days)
            if self._is_quiet(day):
                continue
            opens, closes = self._bounds(day, zone)
            if moment < closes:
                return max(moment, opens)
        raise ValueError("the calendar has no day on which anybody may be asked")

    def closes_after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """When the hours that hold a moment end."""
        return self._bounds(moment.astimezone(zone).date(), zone)[1]

    def is_working_day(self, day: date) -> bool:
        """Whether people are at work: a weekday that is not quiet."""
        return day.weekday() < WEEKDAYS.index("saturday") and not self._is_quiet(day)

    def _is_quiet(self, day: date) -> bool:
        return day.weekday() in self.quiet_weekdays or f"{day:%m-%d}" in self.quiet_dates

    def _bounds(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        # Local times of the day, so that they stay where they are when clocks change.
        ends = day + timedelta(days=1) if self.closes == time(0) else day
        opens = datetime.combine(day, self.opens, zone)
        closes = datetime.combine(ends, self.closes, zone)
        return opens.astimezone(UTC), closes.astimezone(UTC)


ANY_TIME: Final = Hours(time(0), time(0))
"""No quiet hours: for the demo and for tests."""


@cache
def load_hours() -> Hours:
    """The hours of quiet.toml."""
    file = resources.files("bot.delivery") / "quiet.toml"
    plain = tomllib.loads(file.read_text("utf-8"))
    weekdays = frozenset(WEEKDAYS.index(day) for day in plain["quiet_weekdays"])
    return Hours(plain["opens"], plain["closes"], weekdays, frozenset(plain["quiet_dates"]))
