"""The audit: what staff did, each row linked to the one before. No names, no numbers, no words."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import BigInteger, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Fixed, Id, Moment

LOCK_NUMBER: Final = 0x41554449
"""PostgreSQL's advisory locks are numbers; this one is "AUDI"."""


class Audit(Base):
    """One thing that somebody did."""

    __tablename__ = "audit"
    __table_args__ = (UniqueConstraint("number"),)

    id: Mapped[Id]
    number: Mapped[int]
    """1, 2, 3 …: a gap is a row that somebody took out."""
    at: Mapped[Moment]
    action: Mapped[str]
    actor: Mapped[Fixed]
    """Keyed hash of who did it."""
    about: Mapped[str | None]
    """What kind of thing it was done to: a table's name."""
    about_id: Mapped[int | None] = mapped_column(BigInteger)
    link: Mapped[Fixed]
    """Keyed hash over this row and the link before it."""


def newest(session: Session) -> Audit | None:
    """The newest row, while nobody else can add one: until this transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK_NUMBER})
    return session.scalar(select(Audit).order_by(Audit.number.desc()).limit(1))


def after(session: Session, number: int, limit: int) -> Sequence[Audit]:
    """The rows that follow a number, in order."""
    query = select(Audit).where(Audit.number > number).order_by(Audit.number).limit(limit)
    return session.scalars(query).all()


def before(session: Session, number: int | None, limit: int) -> Sequence[Audit]:
    """The rows before a number, newest first; the newest of all without one."""
    query = select(Audit).order_by(Audit.number.desc()).limit(limit)
    return session.scalars(query if number is None else query.where(Audit.number < number)).all()
