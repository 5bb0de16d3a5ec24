"""Settling: writing down how sending ended, for all messages whose sending has ended meanwhile at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.conversation.messages import ChannelName, Outgoing, SendFailed
from bot.delivery.kinds import RESENT
from bot.delivery.pacing import wait_before
from bot.delivery.people import People
from bot.delivery.reports import note_failure
from bot.failpoints import failpoint
from bot.log import log_error
from bot.privacy.keys import Keyring
from bot.rights import SETTLES_WITHIN, forget_copy, forget_if_erased
from models.outbound import HELD, SUPPRESSED, Outbound, gone, settle_sent
from models.people import Contact, erased_among
from models.sending import FAILED, UNKNOWN, retry_at, settle

MOST_ATTEMPTS: Final = 8


@dataclass(frozen=True, slots=True, repr=False)
class Parcel:
    """One message, opened and ready to be sent."""

    contact_id: int
    channel: ChannelName
    kind: str
    outgoing: Outgoing
    attempts: int
    """How often it has been tried, this time included."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How sending one message ended: with the provider's id of it, or in failure."""

    parcel: Parcel
    provider_id: str = ""
    failure: SendFailed | None = None


class Settling:
    """Writes down how sending ended.

    Args:
        keys: to seal what a provider is to forget.
        people: to remember who said stop and who can't be reached.
        clock: gives the current time, aware.
    """

    def __init__(self, keys: Keyring, people: People, clock: Callable[[], datetime]) -> None:
        self._keys = keys
        self._people = people
        self._clock = clock

    def settle(self, session: Session, ended: Sequence[Ended]) -> bool:
        """Settle messages; says whether an erased person's address went with it, so that the log is to be cut.

        One that can't be settled is left to its lease: once that runs out it is settled as interrupted.
        """
        if not ended:
            return False
        sent = [one for one in ended if one.failure is None]
        self._settle_sent(session, sent)
        for one in ended:
            if one.failure is not None:
                self._settle_failed(session, one.parcel, one.failure)
        erased = erased_among(session, {one.parcel.contact_id for one in ended})
        forgotten = [forget_if_erased(session, self._keys, one, self._clock()) for one in erased]
        failpoint("recording")
        return any(forgotten)

    def _settle_sent(self, session: Session, sent: Sequence[Ended]) -> None:
        now = self._clock()
        settle_sent(session, [(one.parcel.outgoing.id, one.provider_id) for one in sent], now)
        missing = gone(session, [one.parcel.outgoing.id for one in sent])
        for one in sent:
            if one.parcel.outgoing.id in missing:
                # Its person had all removed while it was on its way.
                forget_copy(session, self._keys, one.parcel.channel, one.provider_id, now + SETTLES_WITHIN)

    def _settle_failed(self, session: Session, parcel: Parcel, failure: SendFailed) -> None:
        try:
            with session.begin_nested():
                self._record_failure(session, parcel, failure)
        except SQLAlchemyError:
            raise
        except Exception as error:  # noqa: BLE001 - the others are to be settled
            log_error("send_not_recorded", error)

    def _record_failure(self, session: Session, parcel: Parcel, failure: SendFailed) -> None:
        now, row_id, code = self._clock(), parcel.outgoing.id, failure.code
        outcome = failure.outcome
        if outcome == "unknown" and parcel.kind in RESENT:
            outcome = "retry"
        contact = session.get(Contact, parcel.contact_id)
        if contact is not None:
            note_failure(session, self._people, contact, failure)
        match outcome:
            case "down":
                retry_at(session, Outbound, row_id, now, code, attempted=False)
            case "retry" if parcel.attempts < MOST_ATTEMPTS:
                retry_at(session, Outbound, row_id, now + wait_before(parcel.attempts, failure.after), code)
            case _:
                ends = {"stopped": SUPPRESSED, "unknown": UNKNOWN, "held": HELD}
                settle(session, Outbound, row_id, ends.get(outcome, FAILED), now, code)
