"""What is to go out: the outbox's rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from models.base import Base, Moment, Sealed
from models.people import STOPPED, Contact, Suppression
from models.sending import FAILED, QUEUED, SENDING, SENT, UNFINISHED, UNKNOWN, Sendable, mark_sending

SUPPRESSED: Final = "suppressed"
"""Not sent, because the person had said stop by then."""
HELD: Final = "held"
"""Not sent, because the channel lets us write to this person only after they have written."""
DELIVERED: Final = "delivered"

URGENT, AWAITED, UNASKED = RANKS = (0, 1, 2)
"""What goes first: what somebody in danger or leaving waits for, what somebody waits for, and what nobody asked for."""

OVERTAKEN: Final = {
    SENT: (SENDING, UNKNOWN),
    DELIVERED: (QUEUED, SENDING, SENT, UNKNOWN),
    FAILED: (SENDING, SENT, UNKNOWN),
}
"""Which states a provider's report may replace. Reports come in any order, twice, or before our own commit;
what is final stays. A queued row can have been delivered too: its first answer was lost and it is to be resent."""


class Outbound(Sendable, Base):
    """One message to a contact: a row before it is sent."""

    __tablename__ = "outbound"
    __table_args__ = (
        Index("ix_outbound_state_due_at", "state", "due_at"),
        Index("ix_outbound_state_expires_at", "state", "expires_at"),
        Index("ix_outbound_contact_id_state_id", "contact_id", "state", "id"),
        Index("ix_outbound_channel_state_rank_due_at_id", "channel", "state", "rank", "due_at", "id"),
    )

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"))
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    channel: Mapped[str]
    """The contact's. Here too, so that an empty channel is seen to be empty however much waits for the others."""
    kind: Mapped[str]
    rank: Mapped[int]
    """One of RANKS. It may rise while it waits: see `hasten`."""
    body: Mapped[Sealed | None]
    provider_id: Mapped[str | None] = mapped_column(index=True)
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment | None]
    """After this it says nothing useful any more and is not sent."""


class DayCount(Base):
    """How many messages one of our numbers sent on one day (UTC): what the daily budget is held against.

    A running figure and not a count over rows, so that looking at it costs the same on any day.
    """

    __tablename__ = "day_count"

    channel: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    sent: Mapped[int]


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a claimed message is for."""

    id: int
    channel: str
    address: bytes
    last_heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is about to be sent; `attempts` counts this time."""

    id: int
    kind: str
    body: bytes | None
    expires_at: datetime | None
    attempts: int
    contact: Addressee


def claim(  # noqa: PLR0913 - what may be sent now
    session: Session,
    channel: str,
    *,
    now: datetime,
    limit: int,
    lease: timedelta,
    gap: timedelta,
    kinds: Collection[str] | None = None,
) -> Sequence[Claimed]:
    """Take one channel's messages that are due and mark them as being sent, those of the first rank first.

    One message a contact at a time, and none while an earlier one is unfinished, so that nobody gets
    answers out of order. Several workers may claim at once: on PostgreSQL by SKIP LOCKED, on SQLite
    because a writer is alone.

    Args:
        session: a transaction that may write.
        channel: which channel.
        now: the current time.
        limit: the most to take.
        lease: how long whoever takes them may need; after that they count as interrupted.
        gap: the least time between two messages to one person.
        kinds: take these kinds only.
    """
    chosen = {"channel": channel, "now": now, "just": now - gap, "kinds": list(kinds or ())}
    query = _claiming(spaced=bool(gap), only_some=kinds is not None)
    found: list[Any] = []
    for rank in RANKS:
        left = {"rank": rank, "most": limit - len(found)}
        found += session.execute(query, {**chosen, **left}).all() if left["most"] else ()
    rows = [
        Claimed(row_id, kind, body, expires_at, attempts, Addressee(*whose))
        for row_id, kind, body, expires_at, attempts, *whose in found
    ]
    mark_sending(session, Outbound, [row.id for row in rows], now + lease)
    return rows


@cache
def _claiming(*, spaced: bool, only_some: bool) -> Any:
    """The question for what may be sent now; with a gap between two messages to one person, of some kinds only."""
    earlier, last = aliased(Outbound), aliased(Outbound)
    waits = exists().where(
        earlier.contact_id == Outbound.contact_id,
        earlier.state.in_(UNFINISHED),
        earlier.id < Outbound.id,
    )
    query = (
        select(
            Outbound.id,
            Outbound.kind,
            Outbound.body,
            Outbound.expires_at,
            Outbound.attempts + 1,
            Contact.id,
            Contact.channel,
            Contact.address,
            Contact.last_heard_at,
        )
        .join(Contact, Contact.id == Outbound.contact_id)
        .where(Outbound.channel == bindparam("channel"), Outbound.state == QUEUED)
        .where(Outbound.rank == bindparam("rank"), Outbound.due_at <= bindparam("now"), ~waits)
        # In the order of the index, so that a long queue is not read to its end for its first hundred.
        .order_by(Outbound.due_at, Outbound.id)
        .limit(bindparam("most"))
        .with_for_update(of=Outbound, skip_locked=True)
    )
    if spaced:
        just_sent = exists().where(
            last.contact_id == Outbound.contact_id, last.settled_at > bindparam("just")
        )
        query = query.where(~just_sent)
    return query.where(Outbound.kind.in_(bindparam("kinds", expanding=True))) if only_some else query


def drop_unwanted(
    session: Session, to_stopped: Collection[str], now: datetime, since: datetime | None
) -> None:
    """Settle what must not be sent any more: for people who have said stop meanwhile, and what is too late.

    Args:
        session: a transaction that may write.
        to_stopped: the kinds that go even to somebody who said stop.
        now: the current time.
        since: only stops from then on are looked at; None for all.
    """
    session.connection().execute(_LATE, {"now": now})
    stopped = session.scalars(_STOPS, {"since": since or _EVER}).all()
    if stopped:
        theirs = select(Contact.id).where(or_(Contact.person.in_(stopped), Contact.lookup.in_(stopped)))
        unwanted = _QUEUED.where(Outbound.kind.not_in(to_stopped), Outbound.contact_id.in_(theirs))
        session.execute(unwanted.values(state=SUPPRESSED, settled_at=now))


_EVER: Final = datetime(1, 1, 1, tzinfo=UTC)
_QUEUED: Final = update(Outbound).where(Outbound.state.in_((QUEUED, HELD)))
_LATE: Final = _QUEUED.where(Outbound.expires_at < bindparam("now")).values(
    state=FAILED, error="expired", settled_at=bindparam("now")
)
_STOPS: Final = select(Suppression.lookup).where(
    Suppression.reason == STOPPED, Suppression.since > bindparam("since")
)


def must_not_be_sent(session: Session, ids: Collection[int]) -> frozenset[int]:
    """Of these claimed messages, those whose person has said stop, or had everything removed, since."""
    return frozenset(ids) - frozenset(session.scalars(_wanted(), {"ids": list(ids)}))


@cache
def _wanted() -> Any:
    query = select(Outbound.id).join(Contact, Outbound.contact_id == Contact.id)
    return query.where(Outbound.id.in_(bindparam("ids", expanding=True)), ~_is_suppressed())


def settle_sent(session: Session, sent: Sequence[tuple[int, str]], now: datetime) -> None:
    """Record that messages were sent, (id, provider's id) each; what is settled already stays."""
    if sent:
        rows = [{"row_id": row_id, "theirs": theirs, "now": now} for row_id, theirs in sent]
        session.connection().execute(_SETTLE_SENT, rows)


_SETTLE_SENT: Final = (
    update(Outbound)
    .where(Outbound.id == bindparam("row_id"), Outbound.state == SENDING)
    .values(state=SENT, settled_at=bindparam("now"), error=None, provider_id=bindparam("theirs"))
)


def gone(session: Session, ids: Collection[int]) -> frozenset[int]:
    """Which of these messages are not there any more."""
    there = session.scalars(_THERE, {"ids": list(ids)}) if ids else ()
    return frozenset(ids) - frozenset(there)


_THERE: Final = select(Outbound.id).where(Outbound.id.in_(bindparam("ids", expanding=True)))


def _is_suppressed() -> ColumnElement[bool]:
    # Under the person, or under the one address: before a person had a hash of their own, it was the address's.
    listed = or_(Suppression.lookup == Contact.person, Suppression.lookup == Contact.lookup)
    return exists().where(listed, Suppression.reason == STOPPED)


def hasten(session: Session, contact_id: int, rank: int, now: datetime) -> None:
    """What waits for a person goes at this rank at the latest: they wait for what comes behind it.

    What nobody asked for and was to go by day goes now: whoever writes is awake.
    """
    session.connection().execute(_HASTEN, {"whose": contact_id, "at": rank, "now": now})


_HASTEN: Final = (
    update(Outbound)
    .where(
        Outbound.contact_id == bindparam("whose"), Outbound.state == QUEUED, Outbound.rank > bindparam("at")
    )
    .values(
        rank=bindparam("at"),
        due_at=case(
            (Outbound.rank == UNASKED, bindparam("now", type_=Outbound.due_at.type)), else_=Outbound.due_at
        ),
    )
)


def release_held(session: Session, contact_id: int, kinds: Collection[str], now: datetime) -> None:
    """The person has written: what was held for that may go."""
    query = update(Outbound).where(Outbound.contact_id == contact_id, Outbound.state == HELD)
    session.execute(query.where(Outbound.kind.in_(kinds)).values(state=QUEUED, due_at=now, rank=AWAITED))


def report(  # noqa: PLR0913 - one report
    session: Session, outbound_id: int | None, provider_id: str, state: str, now: datetime, error: str | None
) -> Outbound | None:
    """Record what a provider says has become of a message; None when that changes nothing.

    Args:
        session: a transaction that may write.
        outbound_id: our id of it, where the provider repeats it.
        provider_id: the provider's.
        state: sent, delivered or failed.
        now: the current time.
        error: for failed, the provider's code.
    """
    which = Outbound.provider_id == provider_id
    if outbound_id is not None:
        # Ours may be known to the provider before we know theirs, but one id can't be two messages'.
        nobody_elses = or_(Outbound.provider_id.is_(None), Outbound.provider_id == provider_id)
        which = and_(Outbound.id == outbound_id, nobody_elses)
    values = {"state": state, "provider_id": provider_id, "settled_at": now, "error": error}
    query = update(Outbound).where(which, Outbound.state.in_(OVERTAKEN[state])).values(values)
    return session.scalars(query.returning(Outbound)).first()


def next_due(session: Session) -> datetime | None:
    """When the earliest queued message is due, or None when the queue is empty."""
    return session.scalar(_NEXT_DUE)


_NEXT_DUE: Final = select(func.min(Outbound.due_at)).where(Outbound.state == QUEUED)


def sent_on(session: Session, channel: str, day: str) -> int:
    """How many messages a channel has begun to send on a day."""
    return session.scalar(select(DayCount.sent).filter_by(channel=channel, day=day)) or 0


def add_sent(session: Session, channel: str, day: str, count: int) -> None:
    """Count messages that are about to be sent."""
    counted = {"channel": channel, "day": day, "sent": count}
    session.connection().execute(_counting(session.get_bind().dialect.name), counted)


@cache
def _counting(dialect: str) -> Any:
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(DayCount)
    more = {"sent": DayCount.sent + insert.excluded.sent}
    return insert.on_conflict_do_update(index_elements=["channel", "day"], set_=more)
