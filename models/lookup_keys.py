"""The chain of look-up keys: each one that was ever used, sealed, oldest first."""

from collections.abc import Sequence

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from models.base import Base, Id, Moment, Sealed


class LookupKey(Base):
    """One link of the chain. Why an old one is kept: docs/decisions/0003-keys-and-ids.md."""

    __tablename__ = "lookup_key"
    __table_args__ = (UniqueConstraint("generation"),)

    id: Mapped[Id]
    generation: Mapped[int]
    key: Mapped[Sealed]
    since: Mapped[Moment]


def chain(session: Session) -> Sequence[LookupKey]:
    """Every link, oldest first."""
    return session.scalars(select(LookupKey).order_by(LookupKey.generation)).all()
