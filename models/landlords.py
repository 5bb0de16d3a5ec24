"""Landlords, their lines (numbers and bots) and the people who receive their digests."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol, TypeVar

from sqlalchemy import ForeignKey, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models.base import Base, Hashed, Id, Moment, Sealed, new_id

OFF: Final = "off"
"""How often somebody gets a digest who has said that they want none."""


class Landlord(Base):
    """Who the tenants rent from. None can exist without a way to complain and an emergency line."""

    __tablename__ = "landlord"
    __table_args__ = (UniqueConstraint("name_key"),)

    id: Mapped[Id]
    name: Mapped[str]
    name_key: Mapped[str]
    """The name as people type it: any case, any spacing."""
    complaints: Mapped[str]
    emergency: Mapped[str]
    timezone: Mapped[str]
    created_at: Mapped[Moment]
    pool_id: Mapped[int | None] = mapped_column(ForeignKey("pool.id"))
    """The landlords that it is counted together with, because there are too few stories of each."""
    shows_responses: Mapped[bool] = mapped_column(default=False)
    """Whether its responses stand on the public page /said-and-done."""


class Line(Base):
    """A phone number or bot that belongs to one landlord."""

    __tablename__ = "line"
    __table_args__ = (UniqueConstraint("channel", "account"),)

    id: Mapped[Id]
    landlord_id: Mapped[int] = mapped_column(ForeignKey("landlord.id"), index=True)
    channel: Mapped[str]
    account: Mapped[str]


class Recipient(Base):
    """A mailbox that a landlord's digests go to."""

    __tablename__ = "recipient"
    __table_args__ = (UniqueConstraint("landlord_id", "lookup"),)

    id: Mapped[Id]
    landlord_id: Mapped[int] = mapped_column(ForeignKey("landlord.id"))
    lookup: Mapped[Hashed]
    """Keyed hash of the address: to find it again, and to tell a reader from a moderator."""
    address: Mapped[Sealed]
    audience: Mapped[str]
    every: Mapped[str]
    """weekly, four-weekly or off."""
    timezone: Mapped[str | None]
    """Whose morning it arrives in; None for the landlord's."""
    pdf: Mapped[bool] = mapped_column(default=False)
    """Whether the digest comes as a PDF as well."""
    unreachable: Mapped[str | None]
    """The mail server's code when there is no such mailbox: nothing is sent there until somebody says otherwise."""
    created_at: Mapped[Moment]


class Owned(Protocol):
    """A row that is one landlord's."""

    __tablename__: str

    @property
    def landlord_id(self) -> int:
        """Whose it is."""


Row = TypeVar("Row", bound=Owned)


def name_key(name: str) -> str:
    """What two spellings of one landlord's name have in common."""
    return " ".join(name.casefold().split())


def all_landlords(session: Session) -> Sequence[Landlord]:
    """Every landlord, oldest first."""
    return session.scalars(select(Landlord).order_by(Landlord.id)).all()


def landlord_named(session: Session, name: str) -> Landlord | None:
    """The landlord of that name, in any case and spacing, or None."""
    return session.scalar(select(Landlord).where(Landlord.name_key == name_key(name)))


def row_of_landlord(
    session: Session, kind: type[Row], row_id: int, landlord_id: int, *, lock: bool = False
) -> Row:
    """A row, when it is that landlord's.

    Args:
        session: a transaction.
        kind: of which table.
        row_id: which row.
        landlord_id: whose it must be.
        lock: whether nobody else may change it until the transaction ends.

    Raises:
        LookupError: when there is none, or it is another landlord's: both look the same from outside.
    """
    row = session.get(kind, row_id, with_for_update=lock)
    if row is None or row.landlord_id != landlord_id:
        raise LookupError(f"There is no such {kind.__tablename__.replace('_', ' ')}.")
    return row


def line_at(session: Session, channel: str, account: str) -> Line | None:
    """The line of that number or bot, where somebody has said whose it is; else None."""
    return session.scalar(_LINE_AT, {"channel": channel, "account": account})


_LINE_AT: Final = select(Line).where(
    Line.channel == bindparam("channel"), Line.account == bindparam("account")
)


def lines_of(session: Session, landlord_id: int) -> Sequence[Line]:
    """The numbers and bots that are a landlord's, in the order in which they became known."""
    return session.scalars(select(Line).where(Line.landlord_id == landlord_id).order_by(Line.id)).all()


def line_for(session: Session, channel: str, account: str) -> Line | None:
    """The line that a message came in on.

    A number or bot that nobody has assigned belongs to the only landlord while there is just one; with
    two it must be said (`listened line add`), and None is returned until it is.
    """
    line = line_at(session, channel, account)
    if line is not None:
        return line
    landlords = session.scalars(select(Landlord.id).limit(2)).all()
    if len(landlords) != 1:
        return None
    line = Line(id=new_id(), landlord_id=landlords[0], channel=channel, account=account)
    session.add(line)
    session.flush()
    return line


def numbers_of(session: Session, landlord_id: int, ours: Mapping[str, str]) -> dict[str, str]:
    """On which number of ours a landlord's tenants text, by channel.

    Args:
        session: a transaction.
        landlord_id: whose.
        ours: the number that is set for each channel, if any. One that nobody was given is the only landlord's.
    """
    lines = session.scalars(select(Line)).all()
    found = {line.channel: line.account for line in lines if line.landlord_id == landlord_id}
    alone = len(session.scalars(select(Landlord.id).limit(2)).all()) == 1
    given = {(line.channel, line.account) for line in lines}
    free = {channel: number for channel, number in ours.items() if number and (channel, number) not in given}
    both = {**(free if alone else {}), **found}
    return {channel: number for channel, number in both.items() if channel in ours}


def recipients_of(session: Session, landlord_id: int) -> Sequence[Recipient]:
    """Everybody who receives that landlord's digests, in the order in which they were added."""
    query = select(Recipient).where(Recipient.landlord_id == landlord_id).order_by(Recipient.id)
    return session.scalars(query).all()


def readers_of(session: Session, landlord_id: int) -> Sequence[Recipient]:
    """Those of them who get a digest now: neither off nor unreachable."""
    query = select(Recipient).where(
        Recipient.landlord_id == landlord_id, Recipient.every != OFF, Recipient.unreachable.is_(None)
    )
    return session.scalars(query.order_by(Recipient.id)).all()


def recipient_at(session: Session, landlord_id: int, lookups: Sequence[bytes]) -> Recipient | None:
    """The reader of that landlord's digests whose address has one of these keyed hashes, or None."""
    query = select(Recipient).where(Recipient.landlord_id == landlord_id, Recipient.lookup.in_(lookups))
    return session.scalar(query.limit(1))


def is_recipient(session: Session, landlord_id: int, lookups: Sequence[bytes]) -> bool:
    """Whether one of these keyed hashes is the address of a reader of that landlord's digests."""
    query = select(Recipient.id).where(Recipient.landlord_id == landlord_id, Recipient.lookup.in_(lookups))
    return session.scalar(query.limit(1)) is not None
