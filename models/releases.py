"""Frozen releases, and the deliveries of the digests made from them."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, Index, Row, UniqueConstraint, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id, IdElsewhere, Moment, Sealed
from models.landlords import Landlord, Recipient
from models.sending import (
    QUEUED,
    SENDING,
    SENT,
    UNKNOWN,
    Sendable,
    mark_sending,
    retry_at,
    settle,
    settle_interrupted,
)

MOST_DOUBTS: Final = 1
"""How often a digest is sent again whose fate nobody knows."""


class Release(Base):
    """Everything that a scope's digests may say on one date. Written once."""

    __tablename__ = "release"
    __table_args__ = (UniqueConstraint("scope_id", "on_date"), UniqueConstraint("scope_id", "number"))

    id: Mapped[Id]
    scope_id: Mapped[IdElsewhere]
    """The landlord or the pool that it is about (`models.scopes`)."""
    on_date: Mapped[date]
    """The scope's local date."""
    number: Mapped[int]
    closes_batch: Mapped[bool]
    """Whether it counts a batch; otherwise the batch waits and the digest says "not yet"."""
    contents: Mapped[Sealed]
    made_at: Mapped[Moment]


class Delivery(Sendable, Base):
    """One recipient's digest of one release: at most one, ever."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("release_id", "recipient_id"),
        Index("ix_delivery_state_due_at", "state", "due_at"),
    )

    release_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    recipient_id: Mapped[int] = mapped_column(ForeignKey("recipient.id", ondelete="CASCADE"))
    doubts: Mapped[int] = mapped_column(default=0)
    """How often a mail server's answer was lost: as many copies more, under one Message-ID, may have arrived."""


Due = Row[Delivery, Recipient, Release, Landlord]


def release_on(session: Session, scope_id: int, on_date: date) -> Release | None:
    """The scope's release of that local date, or None."""
    return session.scalar(select(Release).where(Release.scope_id == scope_id, Release.on_date == on_date))


def latest_release(session: Session, scope_id: int) -> Release | None:
    """The scope's newest release, or None before the first."""
    query = select(Release).where(Release.scope_id == scope_id).order_by(Release.number.desc())
    return session.scalar(query.limit(1))


def with_figures(session: Session, scope_id: int, limit: int) -> Sequence[Release]:
    """The scope's newest releases that counted a batch, newest first."""
    query = select(Release).where(Release.scope_id == scope_id, Release.closes_batch.is_(True))
    return session.scalars(query.order_by(Release.number.desc()).limit(limit)).all()


def releases_of(session: Session, scope_id: int) -> Iterator[Release]:
    """Every release of a scope, oldest first."""
    query = select(Release).where(Release.scope_id == scope_id).order_by(Release.number)
    return iter(session.scalars(query))


def releases_between(session: Session, newest: Release, since: date) -> Sequence[Release]:
    """A release and those before it of the same scope, after a date, newest first."""
    query = select(Release).where(
        Release.scope_id == newest.scope_id, Release.number <= newest.number, Release.on_date > since
    )
    return session.scalars(query.order_by(Release.number.desc())).all()


def closing_before(session: Session, newest: Release, until: date) -> Release | None:
    """The newest release of the same scope that counted a batch, up to a date and before that release."""
    query = select(Release).where(
        Release.scope_id == newest.scope_id,
        Release.number < newest.number,
        Release.on_date <= until,
        Release.closes_batch.is_(True),
    )
    return session.scalar(query.order_by(Release.number.desc()).limit(1))


def newest_releases(session: Session, scope_id: int, limit: int) -> Sequence[Release]:
    """The scope's newest releases, newest first."""
    query = select(Release).where(Release.scope_id == scope_id).order_by(Release.number.desc())
    return session.scalars(query.limit(limit)).all()


def deliveries_of(
    session: Session, release_id: int, landlord_id: int
) -> Sequence[tuple[Delivery, Recipient]]:
    """(delivery, recipient) of the digests of a release that went to one landlord's readers."""
    query = select(Delivery, Recipient).join(Recipient, Recipient.id == Delivery.recipient_id)
    query = query.where(Delivery.release_id == release_id, Recipient.landlord_id == landlord_id)
    return [(row.Delivery, row.Recipient) for row in session.execute(query.order_by(Delivery.id))]


def last_delivery_date(session: Session, recipient_id: int, before: date) -> date | None:
    """The date of the newest release before that one that was queued for that recipient."""
    query = (
        select(func.max(Release.on_date))
        .join(Delivery, Delivery.release_id == Release.id)
        .where(Delivery.recipient_id == recipient_id, Release.on_date < before)
    )
    return session.scalar(query)


def unfinished_since(session: Session, scope_id: int, on_date: date, moment: datetime) -> bool:
    """Whether the release of that date is missing, or a digest of it that was due by then is not with a mail server.

    Readers in another time zone get theirs at another hour: what was not yet due is not late. Nor is what
    goes to a mailbox that is not there: of that, people are told by itself.
    """
    release = release_on(session, scope_id, on_date)
    if release is None:
        return True
    unsent = (
        select(Delivery.id)
        .join(Recipient, Recipient.id == Delivery.recipient_id)
        .where(Delivery.release_id == release.id, Delivery.state != SENT, Recipient.unreachable.is_(None))
        .where(or_(Delivery.attempts > 0, Delivery.due_at <= moment))
    )
    return session.scalar(unsent.limit(1)) is not None


def doubt_interrupted(session: Session, now: datetime, *, alone: bool) -> int:
    """Settle what a dead process left half sent; says how many there were.

    Nobody knows whether the server had taken it. A digest missed does more harm than one that comes twice
    under the same Message-ID, so it goes once more, and the row remembers that it may have come before.
    """
    left = update(Delivery).where(Delivery.state == SENDING)
    if not alone:
        left = left.where(Delivery.leased_until < now)
    session.execute(left.values(doubts=Delivery.doubts + 1))
    again = Delivery.doubts <= MOST_DOUBTS
    return settle_interrupted(session, Delivery, now, alone=alone, again=again)


def doubt(session: Session, delivery_id: int, due_at: datetime, now: datetime, code: str) -> None:
    """The server's answer was lost: once more, and after that it stays unknown."""
    session.execute(update(Delivery).where(Delivery.id == delivery_id).values(doubts=Delivery.doubts + 1))
    delivery = session.get_one(Delivery, delivery_id, populate_existing=True)
    if delivery.doubts <= MOST_DOUBTS:
        retry_at(session, Delivery, delivery_id, due_at, code)
    else:
        settle(session, Delivery, delivery_id, UNKNOWN, now, code)


def claim(session: Session, now: datetime, limit: int, lease: timedelta) -> Sequence[Due]:
    """Take digests that are due and mark them as being sent, for as long as the lease lasts."""
    query = (
        select(Delivery, Recipient, Release, Landlord)
        .join(Recipient, Recipient.id == Delivery.recipient_id)
        .join(Release, Release.id == Delivery.release_id)
        .join(Landlord, Landlord.id == Recipient.landlord_id)
        .where(Delivery.state == QUEUED, Delivery.due_at <= now)
        .order_by(Delivery.doubts, Delivery.id)  # what may kill us, last
        .limit(limit)
        .with_for_update(of=Delivery, skip_locked=True)
    )
    rows = session.execute(query).all()
    mark_sending(session, Delivery, [row.Delivery.id for row in rows], now + lease)
    return rows


def drop_queued(session: Session, recipient_id: int) -> None:
    """What waits for somebody who wants no more digests is not sent."""
    session.execute(delete(Delivery).where(Delivery.recipient_id == recipient_id, Delivery.state == QUEUED))
