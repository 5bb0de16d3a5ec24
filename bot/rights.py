"""A person's rights over what is kept: so far, erasure."""

import json
import secrets
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from bot.privacy.disclosure import blank_excerpts, from_json, to_json
from bot.privacy.keys import Keyring
from models.conversations import Conversation
from models.messages import Inbound, Outbound
from models.people import Contact
from models.releases import Release
from models.stories import Excerpt, Story

LOOKUP_BYTES = 32


def erase(session: Session, keys: Keyring, contact: Contact, now: datetime) -> None:
    """Remove everything that a contact told.

    Figures of past releases stand, because they tell of nobody; words in them are blanked. The contact's
    address stays until the confirmation has been sent (`forget_erased`). The keyed hash of each message
    that came in stays too, so that a replay can't bring it back.
    """
    _blank_released_words(session, keys, contact)
    session.execute(delete(Story).where(Story.contact_id == contact.id))
    session.execute(delete(Outbound).where(Outbound.contact_id == contact.id))
    session.execute(delete(Conversation).where(Conversation.contact_id == contact.id))
    session.execute(
        update(Inbound).where(Inbound.contact_id == contact.id).values(body=None, contact_id=None)
    )
    contact.erased_at = now
    contact.lookup = secrets.token_bytes(LOOKUP_BYTES)  # a new message from there is a new contact
    session.flush()


def forget_erased(session: Session) -> None:
    """Drop the addresses of erased contacts to whom nothing more is to be sent."""
    unfinished = select(Outbound.id).where(Outbound.contact_id == Contact.id, Outbound.settled_at.is_(None))
    session.execute(delete(Contact).where(Contact.erased_at.is_not(None), ~unfinished.exists()))


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
