"""Staff: who may use the console, in which role for which landlord, and where they are signed in."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Fixed, Hashed, Id, Moment, Sealed


class Staff(Base):
    """One person who uses the console. A removed one is no row: what they did stays in the audit."""

    __tablename__ = "staff"
    __table_args__ = (UniqueConstraint("lookup"), UniqueConstraint("subject"))

    id: Mapped[Id]
    lookup: Mapped[Hashed]
    """Keyed hash of the e-mail address."""
    email: Mapped[Sealed]
    password: Mapped[Sealed | None]
    """Its argon2 hash; sealed, so that the database file alone is nothing to guess against."""
    totp: Mapped[Sealed | None]
    """The secret of their authenticator app."""
    totp_step: Mapped[int | None]
    """The last half minute whose code was used: no code works twice."""
    subject: Mapped[Hashed | None]
    """Keyed hash of who they are at their employer's sign-in; None for whoever signs in with a password."""
    created_at: Mapped[Moment]


class StaffRole(Base):
    """What one person may do for one landlord."""

    __tablename__ = "staff_role"
    __table_args__ = (UniqueConstraint("staff_id", "landlord_id", "role"),)

    id: Mapped[Id]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    landlord_id: Mapped[int] = mapped_column(ForeignKey("landlord.id"), index=True)
    role: Mapped[str]
    by_group: Mapped[bool] = mapped_column(default=False)
    """Whether a group at their employer gives it, and takes it away again."""


class Invitation(Base):
    """A link by which somebody sets their password and their authenticator app up, once."""

    __tablename__ = "invitation"
    __table_args__ = (UniqueConstraint("lookup"), UniqueConstraint("staff_id"))

    id: Mapped[Id]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"))
    lookup: Mapped[Hashed]
    totp: Mapped[Sealed]
    expires_at: Mapped[Moment]


class Login(Base):
    """One browser in which somebody is signed in."""

    __tablename__ = "login"
    __table_args__ = (UniqueConstraint("lookup"),)

    id: Mapped[Id]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    lookup: Mapped[Hashed]
    """Keyed hash of what the cookie holds."""
    made_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    held: Mapped[Sealed | None]
    """What to ask the employer's sign-in with whether they are still known there; None after a password."""
    asked_at: Mapped[Moment | None]
    """When it was last asked."""
    vouched_at: Mapped[Moment | None]
    """When it last said yes."""


class SignInFailure(Base):
    """Somebody failed to sign in: counted by account and by network address, both as keyed hashes."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (Index("ix_sign_in_failure_lookup_at", "lookup", "at"),)

    id: Mapped[Id]
    lookup: Mapped[Fixed]
    """It is gone in a day, so no rotation of keys need touch it."""
    at: Mapped[Moment]


def staff_by_lookup(session: Session, lookups: Sequence[bytes], *, lock: bool = True) -> Staff | None:
    """The person under any of these keyed hashes of an address, or None; locked for this transaction or not."""
    query = select(Staff).where(Staff.lookup.in_(lookups))
    return session.scalar(query.with_for_update() if lock else query)


def staff_by_subject(session: Session, lookups: Sequence[bytes]) -> Staff | None:
    """Whoever has one of these keyed hashes at their employer's sign-in, locked for this transaction; or None."""
    return session.scalar(select(Staff).where(Staff.subject.in_(lookups)).with_for_update())


def roles_of(session: Session, staff_id: int) -> Sequence[StaffRole]:
    """What somebody may do, for whichever landlord."""
    query = select(StaffRole).where(StaffRole.staff_id == staff_id)
    return session.scalars(query.order_by(StaffRole.landlord_id, StaffRole.id)).all()


def staff_with_roles(session: Session, landlord_ids: Sequence[int]) -> Sequence[tuple[Staff, StaffRole]]:
    """(person, role) for everybody who may do something for one of these landlords."""
    query = select(Staff, StaffRole).join(StaffRole, StaffRole.staff_id == Staff.id)
    query = query.where(StaffRole.landlord_id.in_(landlord_ids)).order_by(Staff.id, StaffRole.id)
    return [(row.Staff, row.StaffRole) for row in session.execute(query)]


def has_role(session: Session, lookups: Sequence[bytes], landlord_id: int, roles: Sequence[str]) -> bool:
    """Whether whoever has one of these keyed hashes has one of these roles for that landlord."""
    query = select(StaffRole.id).join(Staff, Staff.id == StaffRole.staff_id)
    query = query.where(Staff.lookup.in_(lookups), StaffRole.landlord_id == landlord_id)
    return session.scalar(query.where(StaffRole.role.in_(roles)).limit(1)) is not None


def can_sign_in_as(session: Session, lookups: Sequence[bytes], landlord_id: int, role: str) -> bool:
    """Whether whoever has one of these keyed hashes has that role for that landlord, and an account that is set up."""
    query = select(Staff.id).join(StaffRole, Staff.id == StaffRole.staff_id).where(Staff.lookup.in_(lookups))
    query = query.where(StaffRole.landlord_id == landlord_id, StaffRole.role == role)
    query = query.where(Staff.password.is_not(None) | Staff.subject.is_not(None))
    return session.scalar(query.limit(1)) is not None


def drop_role(session: Session, staff_id: int, landlord_id: int, role: str) -> bool:
    """Take a role away; False when it was not there."""
    gone = delete(StaffRole).where(StaffRole.staff_id == staff_id, StaffRole.landlord_id == landlord_id)
    return bool(session.execute(gone.where(StaffRole.role == role).returning(StaffRole.id)).all())


def invitation_by_lookup(session: Session, lookups: Sequence[bytes], now: datetime) -> Invitation | None:
    """The invitation whose link this is, while it may be used."""
    query = select(Invitation).where(Invitation.lookup.in_(lookups), Invitation.expires_at > now)
    return session.scalar(query.with_for_update())


def drop_invitations(session: Session, staff_id: int) -> None:
    """No earlier link of that person opens anything any more."""
    session.execute(delete(Invitation).where(Invitation.staff_id == staff_id))


def login_by_lookup(session: Session, lookups: Sequence[bytes]) -> tuple[Login, Staff] | None:
    """Where somebody is signed in, and who; None for a cookie that opens nothing."""
    query = select(Login, Staff).join(Staff, Staff.id == Login.staff_id).where(Login.lookup.in_(lookups))
    row = session.execute(query).one_or_none()
    return (row.Login, row.Staff) if row else None


def end_logins(session: Session, staff_id: int) -> None:
    """Sign somebody out everywhere, at once."""
    session.execute(delete(Login).where(Login.staff_id == staff_id))


def drop_stale_logins(session: Session, made_before: datetime, seen_before: datetime) -> None:
    """Forget logins that nobody can use any more."""
    session.execute(delete(Login).where((Login.made_at < made_before) | (Login.seen_at < seen_before)))


def failures_since(session: Session, lookups: Sequence[bytes], since: datetime) -> int:
    """How often signing in failed, under one of these keyed hashes."""
    query = select(func.count()).where(SignInFailure.lookup.in_(lookups), SignInFailure.at > since)
    return session.scalar(query) or 0


def drop_failures(session: Session, before: datetime) -> None:
    """Forget failures that count no more."""
    session.execute(delete(SignInFailure).where(SignInFailure.at < before))
