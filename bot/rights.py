"""A person's rights over what is kept: so far, erasure."""

import json
import secrets
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.privacy.disclosure import blank_excerpts, from_json, to_json
from bot.privacy.keys import Keyring
from models.base import new_id
from models.conversations import Conversation
from models.inbound import Inbound
from models.outbound import Outbound
from models.people import Contact
from models.providers import Clearing
from models.releases import Release
from models.stories import Excerpt, Story

LOOKUP_BYTES = 32
KEPT_BY_PROVIDER = ("sms", "whatsapp")


def erase(session: Session, keys: Keyring, contact: Contact, now: datetime) -> None:
    """Remove everything that a contact told.

    Figures of past releases stand, because they tell of nobody; words in them are blanked. The contact's
    address stays until the confirmation has been sent (`forget_if_erased`). The keyed hash of each message
    that came in stays too, so that a replay can't bring it back.
    """
    _blank_released_words(session, keys, contact)
    _forget_at_provider(session, keys, contact, now)
    session.execute(delete(Story).where(Story.contact_id == contact.id))
    session.execute(delete(Outbound).where(Outbound.contact_id == contact.id))
    session.execute(delete(Conversation).where(Conversation.contact_id == contact.id))
    session.execute(
        update(Inbound).where(Inbound.contact_id == contact.id).values(body=None, contact_id=None)
    )
    contact.erased_at = now
    # A new message from there is a new contact.
    contact.lookup, contact.person = secrets.token_bytes(LOOKUP_BYTES), secrets.token_bytes(LOOKUP_BYTES)
    session.flush()


def forget_if_erased(session: Session, contact_id: int) -> None:
    """Drop an erased contact's address once nothing more is to be sent there."""
    unfinished = select(Outbound.id).where(Outbound.contact_id == Contact.id, Outbound.settled_at.is_(None))
    erased = delete(Contact).where(Contact.id == contact_id, Contact.erased_at.is_not(None))
    session.execute(erased.where(~unfinished.exists()))


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


def _forget_at_provider(session: Session, keys: Keyring, contact: Contact, now: datetime) -> None:
    """Only Twilio keeps messages that can be deleted by whoever received them."""
    if contact.channel not in KEPT_BY_PROVIDER:
        return
    received = select(Inbound).where(Inbound.contact_id == contact.id, Inbound.body.is_not(None))
    for row in session.scalars(received).all():
        body = keys.open("inbound", row.id, "body", row.body or b"")
        ask_to_forget(session, keys, row.channel, external_id_in(body), now, entirely=True)
    sent = select(Outbound.provider_id).where(
        Outbound.contact_id == contact.id, Outbound.provider_id.is_not(None)
    )
    for provider_id in session.scalars(sent).all():
        ask_to_forget(session, keys, contact.channel, str(provider_id), now, entirely=True)


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
