"""Keys by which a landlord's systems tell us of visits."""

from collections.abc import Sequence

from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Hashed, Id, Moment


class ApiKey(Base):
    """One key of one landlord. A revoked one is no row: that it was there stays in the audit."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("lookup"),)

    id: Mapped[Id]
    landlord_id: Mapped[int] = mapped_column(ForeignKey("landlord.id"), index=True)
    lookup: Mapped[Hashed]
    """Keyed hash of the key; the key itself is nowhere."""
    name: Mapped[str]
    """What staff call it: the system that has it."""
    created_at: Mapped[Moment]
    used_at: Mapped[Moment | None]
    window_at: Mapped[Moment | None]
    """Since when requests are counted."""
    used: Mapped[int] = mapped_column(default=0)
    """How many there have been since."""


def api_key_by_lookup(session: Session, lookups: Sequence[bytes], *, lock: bool = False) -> ApiKey | None:
    """The key that has one of these keyed hashes, or None."""
    query = select(ApiKey).where(ApiKey.lookup.in_(lookups))
    return session.scalar(query.with_for_update() if lock else query)


def api_keys_of(session: Session, landlord_id: int) -> Sequence[ApiKey]:
    """A landlord's keys, oldest first."""
    query = select(ApiKey).where(ApiKey.landlord_id == landlord_id).order_by(ApiKey.id)
    return session.scalars(query).all()
