"""Frozen releases, and the deliveries of the digests made from them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ForeignKey, Index, Row, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id, Moment, Sealed
from models.landlords import Landlord, Recipient
from models.sending import QUEUED, SENT, Sendable, mark_sending


class Release(Base):
    """Everything that a landlord's digests may say on one date. Written once."""

    __tablename__ = "release"
    __table_args__ = (UniqueConstraint("landlord_id", "on_date"), UniqueConstraint("landlord_id", "number"))

    id: Mapped[Id]
    landlord_id: Mapped[int] = mapped_column(ForeignKey("landlord.id"))
    on_date: Mapped[date]
    """The landlord's local date."""
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


Due = Row[Delivery, Recipient, Release, Landlord]


def release_on(session: Session, landlord_id: int, on_date: date) -> Release | None:
    """The landlord's release of that local date, or None."""
    return session.scalar(
        select(Release).where(Release.landlord_id == landlord_id, Release.on_date == on_date)
    )


def latest_release(session: Session, landlord_id: int) -> Release | None:
    """The landlord's newest release, or None before the first."""
    query = select(Release).where(Release.landlord_id == landlord_id).order_by(Release.number.desc())
    return session.scalar(query.limit(1))


def with_figures(session: Session, landlord_id: int, limit: int) -> Sequence[Release]:
    """The landlord's newest releases that counted a batch, newest first."""
    query = select(Release).where(Release.landlord_id == landlord_id, Release.closes_batch.is_(True))
    return session.scalars(query.order_by(Release.number.desc()).limit(limit)).all()


def last_closing(session: Session, landlord_id: int) -> date | None:
    """The local date of the last release that counted a batch."""
    query = select(func.max(Release.on_date)).where(
        Release.landlord_id == landlord_id, Release.closes_batch.is_(True)
    )
    return session.scalar(query)


def newest_releases(session: Session, landlord_id: int, limit: int) -> Sequence[Release]:
    """The landlord's newest releases, newest first."""
    query = select(Release).where(Release.landlord_id == landlord_id).order_by(Release.number.desc())
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


def unfinished_since(session: Session, landlord_id: int, on_date: date) -> bool:
    """Whether the release of that date is missing, or one of its digests has not been taken by a mail server."""
    release = release_on(session, landlord_id, on_date)
    if release is None:
        return True
    unsent = select(Delivery.id).where(Delivery.release_id == release.id, Delivery.state != SENT)
    return session.scalar(unsent.limit(1)) is not None


def claim(session: Session, now: datetime, limit: int, lease: timedelta) -> Sequence[Due]:
    """Take digests that are due and mark them as being sent, for as long as the lease lasts."""
    query = (
        select(Delivery, Recipient, Release, Landlord)
        .join(Recipient, Recipient.id == Delivery.recipient_id)
        .join(Release, Release.id == Delivery.release_id)
        .join(Landlord, Landlord.id == Release.landlord_id)
        .where(Delivery.state == QUEUED, Delivery.due_at <= now)
        .order_by(Delivery.id)
        .limit(limit)
        .with_for_update(of=Delivery, skip_locked=True)
    )
    rows = session.execute(query).all()
    mark_sending(session, Delivery, [row.Delivery.id for row in rows], now + lease)
    return rows
