"""Scopes: what a release is about. A landlord, or the pool that small landlords chose to be counted in together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sqlalchemy import UniqueConstraint, delete, select, update
from sqlalchemy.orm import Mapped, Session

from models.base import Base, Id, Moment, new_id
from models.landlords import Landlord, all_landlords, name_key
from models.stories import Story

FEWEST_LANDLORDS: Final = 3
"""With two, each would know the other's figures from its own."""


class Pool(Base):
    """Landlords too small to be counted alone, counted together. No digest names one of them."""

    __tablename__ = "pool"
    __table_args__ = (UniqueConstraint("name_key"),)

    id: Mapped[Id]
    name: Mapped[str]
    name_key: Mapped[str]
    timezone: Mapped[str]
    created_at: Mapped[Moment]


@dataclass(frozen=True, slots=True)
class Scope:
    """What releases are about, as it stands today.

    Ids are ours and differ between tables, so that a scope has the id of its landlord or pool.
    """

    id: int
    kind: Literal["landlord", "pool"]
    name: str
    timezone: str
    created_at: datetime
    landlords: tuple[Landlord, ...]
    """Whose readers get its digests."""


class BadPool(ValueError):
    """A pool that can't be; says why in a sentence."""


def all_scopes(session: Session) -> Sequence[Scope]:
    """Every landlord that stands alone, and every pool; the oldest landlord's first."""
    landlords = all_landlords(session)
    pools = {pool.id: pool for pool in session.scalars(select(Pool))}
    scopes: dict[int, Scope] = {}
    for landlord in landlords:
        scope_id = scope_id_of(landlord)
        together = tuple(one for one in landlords if scope_id_of(one) == scope_id)
        scopes.setdefault(scope_id, _scope(pools.get(scope_id), together))
    return list(scopes.values())


def scope_of(session: Session, landlord: Landlord) -> Scope:
    """What a landlord's stories are counted in: its pool, or the landlord alone."""
    pool = session.get(Pool, landlord.pool_id) if landlord.pool_id else None
    return _scope(pool, tuple(members(session, pool)) if pool else (landlord,))


def scope_id_of(landlord: Landlord) -> int:
    """The scope that a story told today of this landlord belongs to."""
    return landlord.pool_id or landlord.id


def members(session: Session, pool: Pool) -> Sequence[Landlord]:
    """The landlords of a pool, oldest first."""
    return session.scalars(select(Landlord).where(Landlord.pool_id == pool.id).order_by(Landlord.id)).all()


def all_pools(session: Session) -> Sequence[Pool]:
    """Every pool, oldest first."""
    return session.scalars(select(Pool).order_by(Pool.id)).all()


def pool_named(session: Session, name: str) -> Pool | None:
    """The pool of that name, in any case and spacing, or None."""
    return session.scalar(select(Pool).where(Pool.name_key == name_key(name)))


def set_pool(session: Session, name: str, landlords: Sequence[Landlord], now: datetime) -> Pool | None:
    """Make these landlords, and no others, the pool of that name; without any, end it.

    What nobody has counted yet moves along: it belongs to one scope, before and after.

    Args:
        session: a transaction that may write.
        name: what the pool is called in its digests.
        landlords: all that are to be in it.
        now: the current time.

    Returns:
        The pool; None when it has ended.

    Raises:
        BadPool: when there are too few of them, one is in another pool, or their clocks differ.
    """
    pool = pool_named(session, name)
    _check(pool, landlords)
    if pool is None:
        pool = Pool(
            id=new_id(),
            name=" ".join(name.split()),
            name_key=name_key(name),
            timezone=landlords[0].timezone,
            created_at=now,
        )
        session.add(pool)
        session.flush()
    for landlord in (*members(session, pool), *landlords):
        landlord.pool_id = pool.id if landlord in landlords else None
        open_ones = update(Story).where(Story.landlord_id == landlord.id, Story.release_id.is_(None))
        session.execute(open_ones.values(scope_id=scope_id_of(landlord)))
    session.flush()
    if landlords:
        return pool
    session.execute(delete(Pool).where(Pool.id == pool.id))
    return None


def _check(pool: Pool | None, landlords: Sequence[Landlord]) -> None:
    if not landlords and pool is None:
        raise BadPool("There is no pool of that name.")
    if landlords and len({one.id for one in landlords}) < FEWEST_LANDLORDS:
        raise BadPool(
            f"A pool needs at least {FEWEST_LANDLORDS} landlords: with two, each would know the other's figures."
        )
    for one in landlords:
        if one.pool_id is not None and (pool is None or one.pool_id != pool.id):
            raise BadPool(f"{one.name} is in another pool. Take it out of that one first.")
    if len({one.timezone for one in landlords}) > 1:
        raise BadPool("Landlords of one pool must have the same time zone: their digests go out together.")


def _scope(pool: Pool | None, landlords: tuple[Landlord, ...]) -> Scope:
    if pool is not None:
        return Scope(pool.id, "pool", pool.name, pool.timezone, pool.created_at, landlords)
    (alone,) = landlords
    return Scope(alone.id, "landlord", alone.name, alone.timezone, alone.created_at, landlords)
