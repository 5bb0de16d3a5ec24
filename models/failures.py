"""Failures: what was to be sent and did not get through, counted for whoever keeps the service running."""

from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from models.handovers import Alert, HandOver
from models.landlords import Line, Recipient
from models.outbound import Outbound
from models.releases import Delivery
from models.sending import FAILED, UNKNOWN, Sendable

Counted = tuple[int, datetime | None]


def failed(session: Session, landlord_id: int, since: datetime) -> dict[str, Counted]:
    """(how many, since when) of a landlord's messages, digests and alerts that failed or may not have arrived."""
    messages = _failed(Outbound, since).join(Line, Line.id == Outbound.line_id)
    digests = _failed(Delivery, since).join(Recipient, Recipient.id == Delivery.recipient_id)
    alerts = _failed(Alert, since).join(HandOver, HandOver.id == Alert.hand_over_id)
    return {
        "messages": _row(session, messages.where(Line.landlord_id == landlord_id)),
        "digests": _row(session, digests.where(Recipient.landlord_id == landlord_id)),
        "alerts": _row(session, alerts.where(HandOver.landlord_id == landlord_id)),
    }


def _failed(table: type[Sendable], since: datetime) -> Select[int, datetime | None]:
    oldest = func.min(table.settled_at, type_=table.settled_at.type)
    query = select(func.count(table.id), oldest).where(table.state.in_((FAILED, UNKNOWN)))
    return query.where(table.settled_at > since)


def _row(session: Session, query: Select[int, datetime | None]) -> Counted:
    row = session.execute(query).one()
    return row[0], row[1]
