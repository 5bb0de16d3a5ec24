"""The audit: what staff did, in rows that can't be changed or taken out without its showing.

Each row's link is a keyed hash over the row and the link before it. It shows that a row was changed, and that
one was taken out between two others. It can't show that the newest rows are gone: for that, note down the
count and the last link that `listened audit verify` prints, somewhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy.orm import Session

from bot.privacy.keys import Keyring
from models.audit import Audit, after, newest
from models.base import new_id

Action = Literal[
    "person_exported",
    "person_erased",
    "consents_withdrawn",
    "story_approved",
    "story_set_aside",
    "story_edited",
    "story_labelled",
    "hand_over_opened",
    "hand_over_closed",
    "keys_rotated",
    "landlord_added",
    "landlord_changed",
    "pool_set",
    "line_added",
    "recipient_added",
    "recipient_changed",
    "recipient_removed",
    "response_written",
    "response_ended",
    "response_withdrawn",
    "responses_shown",
    "duty_contact_added",
    "duty_contact_removed",
    "workshop_added",
    "workshop_changed",
    "workshop_closed",
    "guests_invited",
    "staff_invited",
    "staff_joined",
    "staff_removed",
    "role_given",
    "role_taken",
    "visits_imported",
    "api_key_made",
    "api_key_revoked",
    "signed_in",
    "signed_out_everywhere",
    "sign_in_ended",
    "person_request_made",
    "person_request_agreed",
    "audit_exported",
]

BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of looking at every row."""

    count: int
    last_link: str
    broken_at: int | None
    """The number of the first row that is not as it was written, or before which one is missing."""


def record(  # noqa: PLR0913 - who did what to what
    session: Session,
    keys: Keyring,
    now: datetime,
    who: str,
    action: Action,
    about: str | None = None,
    about_id: int | None = None,
) -> None:
    """Write down what somebody did, in the transaction in which it is done.

    Args:
        session: a transaction that may write.
        keys: to hash with.
        now: the current time.
        who: an e-mail address or name; only its keyed hash is kept.
        action: what they did.
        about: what kind of thing it was done to.
        about_id: which one.
    """
    before = newest(session)
    row = Audit(
        id=new_id(),
        number=before.number + 1 if before else 1,
        at=now,
        action=action,
        actor=actor(keys, who)[0],
        about=about,
        about_id=about_id,
    )
    row.link = _links(keys, row, before.link if before else b"")[0]
    session.add(row)
    session.flush()


def actor(keys: Keyring, who: str) -> Sequence[bytes]:
    """The keyed hashes under which what somebody did may stand, newest first."""
    return keys.lookups("staff", " ".join(who.casefold().split()))


def verify(session: Session, keys: Keyring) -> Verified:
    """Look at every row: is it as it was written, and follows on the one before?

    The first row that is there is taken as the beginning: older ones go when their time is over.
    """
    count, before = 0, None
    number = -1
    while rows := after(session, number, BATCH):
        for row in rows:
            if before is not None and not _follows(keys, row, before):
                return Verified(count, before.link.hex(), row.number)
            if before is None and row.number == 1 and row.link not in _links(keys, row, b""):
                return Verified(0, "", 1)
            count, before, number = count + 1, row, row.number
    return Verified(count, before.link.hex() if before else "", None)


def _follows(keys: Keyring, row: Audit, before: Audit) -> bool:
    return row.number == before.number + 1 and row.link in _links(keys, row, before.link)


def _links(keys: Keyring, row: Audit, before: bytes) -> list[bytes]:
    at = f"{row.at.timestamp():.6f}"
    about = (str(row.about), str(row.about_id))
    return keys.lookups(
        "audit", before.hex(), str(row.number), at, row.action, row.actor.hex(), *about, str(row.id)
    )
