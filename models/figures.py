"""How the queues stand: counts and moments over several tables, about nobody in particular."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.inbound import QUARANTINED, WAITING, Inbound
from models.outbound import DayCount, Outbound
from models.providers import Watermark
from models.releases import Release
from models.sending import QUEUED


@dataclass(frozen=True, slots=True)
class Stands:
    """How the queues stand at one moment."""

    queued: int
    queued_since: datetime | None
    to_work_out: int
    quarantined: int
    sent_today: Mapping[str, int]
    last_release: datetime | None
    last_reconcile: datetime | None


def how_it_stands(session: Session, now: datetime) -> Stands:
    """Look at every queue; each look is by an index, whatever lies behind it."""
    due = select(func.count(), func.min(Outbound.due_at)).where(
        Outbound.state == QUEUED, Outbound.due_at <= now
    )
    queued, since = session.execute(due).one()
    states = select(Inbound.state, func.count()).where(Inbound.state.in_((WAITING, QUARANTINED)))
    inbound = {row[0]: row[1] for row in session.execute(states.group_by(Inbound.state))}
    today = select(DayCount.channel, DayCount.sent).where(DayCount.day == f"{now:%F}")
    return Stands(
        queued=queued,
        queued_since=since,
        to_work_out=inbound.get(WAITING, 0),
        quarantined=inbound.get(QUARANTINED, 0),
        sent_today={row[0]: row[1] for row in session.execute(today)},
        last_release=session.scalar(select(func.max(Release.made_at))),
        last_reconcile=session.scalar(select(func.min(Watermark.until))),
    )
