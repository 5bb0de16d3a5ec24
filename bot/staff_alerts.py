"""Alerts to whoever can mend what has gone wrong: the landlord's people on duty, and the operator."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from bot.handover import queue_alert
from bot.log import get_logger
from bot.privacy.keys import Keyring
from models.handovers import contacts_for, has_topic


def on_duty(session: Session, keys: Keyring, landlord_id: int) -> set[str]:
    """The addresses of a landlord's people on duty."""
    contacts = contacts_for(session, landlord_id, ["duty"])
    return {keys.open("duty_contact", one.id, "email", one.email) for one in contacts}


def tell_staff(  # noqa: PLR0913 - one alert
    session: Session, keys: Keyring, to: Collection[str], topic: str, subject: str, body: str, now: datetime
) -> int:
    """Queue an alert to everybody who should know, unless they have been told of that topic already.

    Args:
        session: a transaction that may write.
        keys: to seal addresses.
        to: whom; empty addresses are left out.
        topic: what it is about: a word, then whatever makes it the only one of its kind.
        subject: the mail's subject.
        body: its words: they tell of no person.
        now: the current time.

    Returns:
        How many are told.
    """
    if has_topic(session, topic):
        return 0
    get_logger().warning("staff_told", topic=topic.split(maxsplit=1)[0])
    addresses = sorted({address for address in to if address})
    for address in addresses:
        queue_alert(session, keys, "mail", address, subject, body, now, topic=topic)
    return len(addresses)
