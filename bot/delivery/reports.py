"""Reports: what providers say, later and in any order, has become of our messages."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot.conversation.messages import Report, SendFailed
from bot.delivery.pacing import wait_before
from bot.delivery.people import People
from bot.log import get_logger
from models.outbound import HELD, SUPPRESSED, Outbound, report
from models.people import Contact
from models.sending import QUEUED

MOST_ATTEMPTS: Final = 3
"""A message that was accepted and then failed is tried this often in all: handsets are switched on again."""
SHORTEST_WAIT: Final = timedelta(minutes=20)


def note_report(session: Session, people: People, told: Report, now: datetime) -> bool:
    """Record a report, with what it means for its person.

    Returns:
        Whether it changed anything.
    """
    code = told.failure.code if told.failure else None
    row = report(session, told.outbound_id, told.provider_id, told.state, now, code)
    if row is not None and told.failure is not None:
        _take_consequence(session, people, row, told.failure, now)
    return row is not None


def note_failure(session: Session, people: People, contact: Contact, failure: SendFailed) -> None:
    """What a failure means for the person, whenever and however it was learnt."""
    match failure.outcome:
        case "stopped" if contact.erased_at is None:  # otherwise its row no longer says who it was
            people.stop(session, contact)
        case "unreachable":
            contact.unreachable = failure.code
            get_logger().info("unreachable", channel=contact.channel)
        case _:
            pass


def _take_consequence(
    session: Session, people: People, row: Outbound, failure: SendFailed, now: datetime
) -> None:
    note_failure(session, people, session.get_one(Contact, row.contact_id), failure)
    match failure.outcome:
        case "stopped":
            row.state = SUPPRESSED
        case "held":
            row.state, row.settled_at = HELD, None
        case "retry" | "down" if row.attempts < MOST_ATTEMPTS:
            # Its id is the failed try's: the next try will have another.
            row.state, row.settled_at, row.provider_id = QUEUED, None, None
            row.due_at = now + max(wait_before(row.attempts, failure.after), SHORTEST_WAIT)
        case _:
            pass
