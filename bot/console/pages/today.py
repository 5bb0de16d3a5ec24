"""Today: what waits for whoever asks, the longest waiting first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.console.page import Asked, Page
from bot.console.roles import ROLES
from models.handovers import OPEN, TAKEN, waiting_hand_overs
from models.stories import count_unread, count_waiting


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits: `today.<key>` is what it is called."""

    key: str
    count: int
    since: datetime


def show(asked: Asked) -> Response:
    """The page."""
    with asked.office.store.read() as session:
        items = sorted(_items(asked, session), key=lambda item: item.since)
    return asked.show("today.html.j2", items=items, now=asked.office.clock())


def _items(asked: Asked, session: Session) -> Iterator[Item]:
    landlord_id = asked.of.id
    counted = []
    if "moderator" in asked.roles:
        counted += [
            ("stories", *count_waiting(session, landlord_id)),
            ("unread", *count_unread(session, landlord_id)),
        ]
    if "duty" in asked.roles:
        counted += [
            (f"hand_overs.{state}", *waiting_hand_overs(session, landlord_id, state))
            for state in (OPEN, TAKEN)
        ]
    for key, count, since in counted:
        if since is not None:
            yield Item(key, count, since)


PAGES: Final = (Page("today", "/{landlord}/today", show, "What waits for me", frozenset(ROLES), nav=True),)
