"""What stories are about and express: who read it so, which counts wait, and from when each cell counts.

A label beside a contact's visits would tell a thief who said what, so labels are sealed wherever they stand
beside a story.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Final, Literal

from sqlalchemy import ForeignKey, Row, UniqueConstraint, bindparam, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Id, IdElsewhere, Moment, Sealed, new_id
from models.batches import in_open_batch
from models.people import Contact
from models.stories import Story, may_be_used

Source = Literal["machine", "moderator", "teller"]
LEAST_TO_MOST: Final[tuple[Source, ...]] = ("machine", "moderator", "teller")
"""Each outranks those before it."""


class Labelling(Base):
    """The themes or the areas of one story, as one reader has them."""

    __tablename__ = "labelling"
    __table_args__ = (UniqueConstraint("story_id", "kind", "source"),)

    id: Mapped[Id]
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id", ondelete="CASCADE"))
    kind: Mapped[str]
    """theme or area."""
    source: Mapped[str]
    """machine, moderator or teller."""
    names: Mapped[Sealed]
    """A JSON list of labels, as in `messages`: "listening-", "repairs"."""
    made_at: Mapped[Moment]


class Pending(Base):
    """A story that waits in one cell: counted with its batch, and not yet in a published count of that cell."""

    __tablename__ = "pending"

    id: Mapped[Id]
    scope_id: Mapped[IdElsewhere] = mapped_column(index=True)
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id", ondelete="CASCADE"), index=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("release.id"))
    """The release that counted its batch."""
    cell: Mapped[Sealed]


class Counting(Base):
    """From when a cell of a scope counts: the last date on which it was published or begun anew."""

    __tablename__ = "counting"
    __table_args__ = (UniqueConstraint("scope_id", "cell"),)

    id: Mapped[Id]
    scope_id: Mapped[IdElsewhere]
    cell: Mapped[str]
    """In clear: it tells of no story, and every digest says it."""
    since: Mapped[date]


def labellings_of(session: Session, story_ids: Sequence[int]) -> Sequence[Labelling]:
    """Every labelling of these stories."""
    return session.scalars(select(Labelling).where(Labelling.story_id.in_(story_ids))).all()


def labellings_by(session: Session, source: Source) -> Iterator[tuple[Labelling, str]]:
    """(labelling, the story's language) of all that one source made, oldest first."""
    query = (
        select(Labelling, Story.language)
        .join(Story, Story.id == Labelling.story_id)
        .where(Labelling.source == source)
        .order_by(Labelling.story_id, Labelling.kind)
    )
    return iter([(row.Labelling, row.language) for row in session.execute(query)])


def labellings_from(session: Session, story_ids: Sequence[int], source: Source) -> Sequence[Labelling]:
    """What one source made of these stories."""
    return session.scalars(_FROM_ONE_SOURCE, {"stories": story_ids, "source": source}).all()


_FROM_ONE_SOURCE: Final = select(Labelling).where(
    Labelling.story_id.in_(bindparam("stories", expanding=True)), Labelling.source == bindparam("source")
)


def labellings_of_batch(session: Session, scope_id: int, until: datetime) -> Sequence[Labelling]:
    """Every labelling of the stories of a scope's open batch."""
    query = (
        select(Labelling).join(Story, Story.id == Labelling.story_id).where(in_open_batch(scope_id, until))
    )
    return session.scalars(query).all()


def pending_in(session: Session, scope_id: int) -> Sequence[Row[Pending, bytes]]:
    """(row, person) of all that waits in a scope's cells and may still be counted."""
    query = (
        select(Pending, Contact.person)
        .join(Story, Story.id == Pending.story_id)
        .join(Contact, Contact.id == Story.contact_id)
        .where(Pending.scope_id == scope_id, may_be_used())
        .order_by(Pending.id)
    )
    return session.execute(query).all()


def drop_pending(session: Session, ids: Collection[int]) -> None:
    """These rows wait no longer: they were counted, or their cell begins anew."""
    session.execute(delete(Pending).where(Pending.id.in_(ids)))


def drop_lapsed(session: Session, scope_id: int, still_waiting: Collection[int]) -> None:
    """The rows of all batches of a scope but these wait no longer: they were told too long ago."""
    lapsed = delete(Pending).where(Pending.scope_id == scope_id, Pending.batch_id.not_in(still_waiting))
    session.execute(lapsed)


def counting_of(session: Session, scope_id: int) -> dict[str, date]:
    """From when each cell of a scope counts; one that was never published is not among them."""
    query = select(Counting.cell, Counting.since).where(Counting.scope_id == scope_id)
    return {row.cell: row.since for row in session.execute(query)}


def count_from(session: Session, scope_id: int, cells: Collection[str], since: date) -> None:
    """From that date on these cells count anew."""
    session.execute(delete(Counting).where(Counting.scope_id == scope_id, Counting.cell.in_(cells)))
    if cells:
        rows = [{"id": new_id(), "scope_id": scope_id, "cell": cell, "since": since} for cell in cells]
        session.execute(insert(Counting), rows)
