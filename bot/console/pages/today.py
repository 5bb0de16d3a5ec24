"""Today: what waits for whoever asks, the longest waiting first, and what did not get through."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console.page import Asked, Page
from bot.console.pages.hand_overs import room_of
from bot.console.pages.responses import MAY as RESPONDERS
from bot.console.roles import ROLES
from bot.schedule import latest_occurrence
from models.desk import count_unread, count_waiting
from models.failures import failed
from models.handovers import OPEN, TAKEN
from models.inbound import count_quarantined
from models.responses import promises_due

LOOK_BACK: Final = timedelta(days=7)
LATE: Final = {
    "stories": timedelta(days=2),
    "unread": timedelta(hours=24),
    "hand_overs.open": timedelta(minutes=15),
    "hand_overs.taken": timedelta(days=1),
}
"""After how long a thing is said to be late; a failure is at once."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits: `today.<key>` is what it is called."""

    key: str
    count: int
    since: datetime
    page: str = ""
    """Where it is dealt with; "" where only the command line helps."""

    def is_late(self, now: datetime) -> bool:
        """Whether it has waited too long."""
        return now - self.since > LATE.get(self.key, timedelta())


def show(asked: Asked) -> Response:
    """The page."""
    now = asked.office.clock()
    with asked.office.store.read() as session:
        items = sorted(_items(asked, session, now), key=lambda item: item.since)
        quarantined = count_quarantined(session) if "operator" in asked.roles else 0
    zone = ZoneInfo(asked.of.timezone)
    _, last = latest_occurrence(now, zone, asked.office.digest_time)
    due = (last.astimezone(zone) + timedelta(days=7)).astimezone(zone)
    return asked.show("today.html.j2", items=items, now=now, due=due, quarantined=quarantined)


def _items(asked: Asked, session: Session, now: datetime) -> Iterator[Item]:
    landlord_id = asked.of.id
    if "moderator" in asked.roles:
        yield from _item("stories", *count_waiting(session, landlord_id), page="moderation")
        yield from _item("unread", *count_unread(session, landlord_id), page="reading")
    if "duty" in asked.roles:
        live = room_of(asked).live(session)
        for state in (OPEN, TAKEN):
            made = [one.made_at for one in live if one.state == state]
            yield from _item(f"hand_overs.{state}", len(made), min(made, default=None), page="hand_overs")
    if asked.roles & RESPONDERS:
        count, due_on = promises_due(session, landlord_id, asked.local(now).date())
        since = datetime.combine(due_on, time(), ZoneInfo(asked.of.timezone)) if due_on else None
        yield from _item("promises", count, since, page="responses")
    if "operator" in asked.roles:
        for key, (count, since) in failed(session, landlord_id, now - LOOK_BACK).items():
            yield from _item(f"failed.{key}", count, since)


def _item(key: str, count: int, since: datetime | None, page: str = "") -> Iterator[Item]:
    if since is not None:
        yield Item(key, count, since, page)


PAGES: Final = (Page("today", "/{landlord}/today", show, "What waits for me", frozenset(ROLES), nav=True),)
