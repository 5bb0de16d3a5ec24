"""The chain of look-up keys: kept in the database, sealed, so that an old key may leave the settings.

An old key must be kept somewhere: of somebody who said stop and had all removed there is only a keyed hash,
and whether the number in front of us is theirs can't be told without the key that made its first link.
What retiring the key gains is that it is worth nothing any more: each stored hash is wrapped with the new one.
"""

import base64
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.privacy.keys import KeyProblem, Keyring, parse_keys
from models import Store
from models.base import new_id
from models.handovers import DutyContact
from models.landlords import Recipient
from models.lookup_keys import LookupKey, chain
from models.people import Contact

NOT_OURS = (
    "LOOKUP_KEYS holds none of the keys that people were found by until now. "
    "Put the old key back, behind the new one: LOOKUP_KEYS=new,old"
)
NOT_NEWEST = "LOOKUP_KEYS begins with a key that was replaced. Put the newest one first."
CANT_OPEN = (
    "DATA_KEYS holds no key that opens what is stored. Put the key back that sealed it, behind the new one: "
    "DATA_KEYS=new,old"
)


def join_chain(store: Store, keys: Keyring, clock: Callable[[], datetime]) -> Keyring:
    """The keys with the chain that the database holds, and the database with the keys' newest link.

    Args:
        store: the database; with tables that are missing or old, the keys are returned as they are.
        keys: those of the settings.
        clock: gives the current time, aware.

    Raises:
        KeyProblem: when the settings' keys are not those of this database. Then nothing is written.
    """
    joined, is_new = check_chain(store, keys)
    if is_new:
        try:
            with store.write() as session:
                _remember(session, joined, clock())
        except IntegrityError:  # another process that starts at this moment wrote it first
            joined, is_new = check_chain(store, keys)
            if is_new:
                raise
    return joined


def check_chain(store: Store, keys: Keyring) -> tuple[Keyring, bool]:
    """The keys with the database's chain, and whether it has a link that the database lacks. Writes nothing.

    Raises:
        KeyProblem: when the settings' keys are not those of this database.
    """
    if not inspect(store.engine).has_table(LookupKey.__tablename__):
        return keys, False
    with store.read() as session:
        stored = [_open(keys, link) for link in chain(session)]
        if not stored:
            _compare(session, keys)
    joined = keys.with_chain(_follow(stored, keys.lookup_keys))
    return joined, len(joined.chain) > len(stored)


def _follow(stored: Sequence[bytes], in_use: Sequence[bytes]) -> list[bytes]:
    """The stored chain with what is new in the settings; both must meet."""
    if not stored:
        return list(reversed(in_use))
    if in_use[0] in stored[:-1]:
        raise KeyProblem(NOT_NEWEST)
    if stored[-1] not in in_use:
        raise KeyProblem(NOT_OURS)
    newer = in_use[: list(in_use).index(stored[-1])]
    return [*stored, *reversed(newer)]


def _compare(session: Session, keys: Keyring) -> None:
    """Before the first link is stored: are the keys those that some stored address was hashed and sealed with?"""
    contact = session.scalar(
        select(Contact).where(Contact.erased_at.is_(None)).order_by(Contact.id.desc()).limit(1)
    )
    if contact is not None:
        address = _opened(keys, "contact", contact.id, "address", contact.address)
        _must_be_one_of(contact.lookup, keys.lookups("contact", contact.channel, address))
    reader = session.scalar(select(Recipient).order_by(Recipient.id.desc()).limit(1))
    if reader is not None:
        address = _opened(keys, "recipient", reader.id, "address", reader.address)
        _must_be_one_of(reader.lookup, keys.lookups("recipient", address.casefold()))
    duty = session.scalar(select(DutyContact).limit(1))
    if duty is not None:
        _opened(keys, "duty_contact", duty.id, "email", duty.email)


def _must_be_one_of(stored: bytes, hashes: Sequence[bytes]) -> None:
    if stored not in hashes:
        raise KeyProblem(NOT_OURS)


def _open(keys: Keyring, link: LookupKey) -> bytes:
    return parse_keys(_opened(keys, "lookup_key", link.id, "key", link.key))[0]


def _opened(keys: Keyring, table: str, row_id: int, column: str, sealed: bytes) -> str:
    try:
        return keys.open(table, row_id, column, sealed)
    except KeyProblem:
        raise KeyProblem(CANT_OPEN) from None


def _remember(session: Session, keys: Keyring, now: datetime) -> None:
    known = len(chain(session))
    for generation in range(known, len(keys.chain)):
        row_id = new_id()
        text = base64.urlsafe_b64encode(keys.chain[generation]).decode()
        sealed = keys.seal("lookup_key", row_id, "key", text)
        session.add(LookupKey(id=row_id, generation=generation, key=sealed, since=now))
