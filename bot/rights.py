"""A person's rights over what is kept: to have it removed, to take a yes back, and to be given it all."""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.privacy.disclosure import blank_excerpts, from_json, to_json
from bot.privacy.keys import HASH_BYTES, KeyProblem, Keyring
from models.base import new_id
from models.conversations import Conversation
from models.handovers import HandOver
from models.inbound import DONE, Inbound
from models.outbound import Outbound
from models.participants import Contribution, Participant, take_back
from models.people import Contact, ask_no_more, contacts_of
from models.providers import Clearing
from models.releases import Release
from models.stories import Consent, Excerpt, Story
from models.visits import Visit
from models.workshops import releases_of

KEPT_BY_PROVIDER: Final = ("sms", "whatsapp")
"""Only Twilio keeps messages that can be deleted by whoever received them."""
SETTLES_WITHIN: Final = timedelta(minutes=10)
"""A provider refuses to forget what it is still delivering."""


def erase(session: Session, keys: Keyring, contact: Contact, now: datetime) -> None:
    """Remove everything that a person told, on every channel of the same number.

    Figures of past releases stand, because they tell of nobody; words in them are blanked. What was handed
    over stays with those who must act, without its link to the person. The address that a confirmation goes
    to stays until that has been sent (`forget_if_erased`). A keyed hash of the person remains, so that no
    list of visits has them texted again, and one of each message, so that a replay can't bring it back.
    """
    ask_no_more(session, contact.person, now)
    everywhere = contacts_of(session, contact.person)
    _erase_what_waits(session, keys, everywhere)
    for one in everywhere:
        _erase_at(session, keys, one, now)
    session.flush()
    for one in everywhere:
        if one is not contact:
            forget_if_erased(session, keys, one.id, now)


def forget_if_erased(session: Session, keys: Keyring, contact_id: int, now: datetime) -> bool:
    """Drop an erased contact's address once nothing more is to be sent there; says whether it is gone."""
    contact = session.get(Contact, contact_id)
    if contact is None or contact.erased_at is None:
        return False
    unfinished = select(Outbound.id).where(Outbound.contact_id == contact_id, Outbound.settled_at.is_(None))
    if session.scalar(unfinished.limit(1)) is not None:
        return False
    _forget_sent(session, keys, contact, now + SETTLES_WITHIN)
    session.delete(contact)
    session.flush()
    return True


def withdraw(session: Session, contact: Contact, now: datetime) -> int:
    """Take back every yes that a person gave: no later release uses their words. Says how many there were."""
    ids = [one.id for one in contacts_of(session, contact.person)]
    take_back(session, ids)
    theirs = select(Story.id).where(Story.contact_id.in_(ids))
    given = update(Consent).where(Consent.story_id.in_(theirs), Consent.given)
    taken_back = given.values(given=False, decided_at=now).returning(Consent.id)
    return len(session.execute(taken_back).all())


def ask_to_forget(  # noqa: PLR0913 - one message at a provider
    session: Session, keys: Keyring, channel: str, external_id: str, now: datetime, *, entirely: bool
) -> None:
    """Queue the request that a provider forget its copy of a message.

    Args:
        session: a transaction that may write.
        keys: to seal.
        channel: where it came in or went out.
        external_id: the provider's id of it.
        now: the current time.
        entirely: the whole message, or its words alone.
    """
    row_id = new_id()
    sealed = keys.seal("clearing", row_id, "external_id", external_id)
    session.add(Clearing(id=row_id, channel=channel, external_id=sealed, entirely=entirely, due_at=now))


def external_id_in(body: str) -> str:
    """The provider's id of a message, from an inbound row's opened body."""
    return str(json.loads(body)["external_id"])


def forget_copy(
    session: Session, keys: Keyring, channel: str, external_id: str | None, now: datetime
) -> None:
    """Queue the request that a provider forget a message entirely, where it has one that it can forget."""
    if external_id and channel in KEPT_BY_PROVIDER:
        ask_to_forget(session, keys, channel, external_id, now, entirely=True)


def _erase_at(session: Session, keys: Keyring, contact: Contact, now: datetime) -> None:
    _blank_released_words(session, keys, contact)
    _blank_shown_words(session, keys, contact)
    received = select(Inbound).where(Inbound.contact_id == contact.id, Inbound.body.is_not(None))
    for row in session.scalars(received).all():
        body = keys.open("inbound", row.id, "body", row.body or b"")
        forget_copy(session, keys, row.channel, external_id_in(body), now)
    _forget_sent(session, keys, contact, now)
    for table in (Story, Outbound, Visit, Participant):
        session.execute(delete(table).where(table.contact_id == contact.id))
    session.execute(update(HandOver).where(HandOver.contact_id == contact.id).values(contact_id=None))
    session.execute(delete(Conversation).where(Conversation.contact_id == contact.id))
    nobodys = {"body": None, "contact_id": None, "state": DONE, "due_at": None}
    session.execute(update(Inbound).where(Inbound.contact_id == contact.id).values(nobodys))
    contact.erased_at = now
    contact.source = contact.language = contact.unreachable = contact.do_not_ask = None
    # A new message from there is a new contact.
    contact.lookup, contact.person = secrets.token_bytes(HASH_BYTES), secrets.token_bytes(HASH_BYTES)


def _erase_what_waits(session: Session, keys: Keyring, contacts: Sequence[Contact]) -> None:
    """Messages that could only be stored belong to nobody yet: whose they are stands in them alone."""
    addresses = {
        (one.channel, keys.open("contact", one.id, "address", one.address)): one.id for one in contacts
    }
    waiting = select(Inbound).where(Inbound.contact_id.is_(None), Inbound.body.is_not(None))
    for row in session.scalars(waiting).all():
        try:
            body = json.loads(keys.open("inbound", row.id, "body", row.body or b""))
        except KeyProblem:
            continue  # damaged: nobody can read it, and it must not keep a person from being forgotten
        row.contact_id = addresses.get((row.channel, body["address"]))
    session.flush()


def _forget_sent(session: Session, keys: Keyring, contact: Contact, now: datetime) -> None:
    sent = select(Outbound.provider_id).where(Outbound.contact_id == contact.id)
    for provider_id in session.scalars(sent).all():
        forget_copy(session, keys, contact.channel, provider_id, now)


def _blank_released_words(session: Session, keys: Keyring, contact: Contact) -> None:
    query = (
        select(Excerpt.id, Release)
        .join(Release, Release.id == Excerpt.release_id)
        .join(Story, Story.id == Excerpt.story_id)
        .where(Story.contact_id == contact.id)
    )
    for excerpt_id, release in session.execute(query).all():
        opened = keys.open("release", release.id, "contents", release.contents)
        blanked = to_json(blank_excerpts(from_json(json.loads(opened)), {excerpt_id}))
        release.contents = keys.seal("release", release.id, "contents", json.dumps(blanked))


def _blank_shown_words(session: Session, keys: Keyring, contact: Contact) -> None:
    """The same in what was released of the workshops that they came to."""
    query = select(Participant.workshop_id, Contribution.id).where(Participant.contact_id == contact.id)
    told = session.execute(query.join(Contribution, Contribution.participant_id == Participant.id)).all()
    erased = {row.id for row in told}
    for release in releases_of(session, [row.workshop_id for row in told]):
        opened = keys.open("workshop_release", release.id, "contents", release.contents)
        blanked = to_json(blank_excerpts(from_json(json.loads(opened)), erased))
        release.contents = keys.seal("workshop_release", release.id, "contents", json.dumps(blanked))
