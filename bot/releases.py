"""Making releases: from what is kept to what may leave, frozen in the same transaction."""

import json
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.privacy import disclosure
from bot.privacy.keys import Keyring
from bot.privacy.redact import Redacted
from bot.stories import StoryBook
from models import releases
from models.base import new_id
from models.landlords import Landlord
from models.stories import (
    Excerpt,
    answers_of,
    answers_to,
    count_in,
    open_batch,
    unused_excerpts,
    use_excerpts,
)

LISTENED: Final = "listened"
"""The question whose answers are counted."""


def propose(
    session: Session, keys: Keyring, landlord: Landlord, on_date: date, until: datetime
) -> disclosure.Release:
    """What would leave for a landlord on a date, from stories told up to a moment. Changes nothing.

    Args:
        session: a transaction.
        keys: to open what is sealed.
        landlord: whose stories.
        on_date: the landlord's local date.
        until: the moment at which the batch is cut.
    """
    book = StoryBook(session, keys)
    counted = {a.story_id: book.value(a) for a in answers_to(session, landlord.id, LISTENED, until)}
    tellings = [
        disclosure.Telling(contact, _listened(counted.get(story)))
        for story, contact in open_batch(session, landlord.id, until)
    ]
    excerpts = unused_excerpts(session, landlord.id, until)
    quoted = answers_of(session, LISTENED, [excerpt.story_id for excerpt, _ in excerpts])
    answers = {answer.story_id: book.value(answer) for answer in quoted}
    approved = [
        _approved(keys, excerpt, contact, _listened(answers.get(excerpt.story_id)))
        for excerpt, contact in excerpts
    ]
    latest = releases.latest_release(session, landlord.id)
    since = releases.last_closing(session, landlord.id)
    began = landlord.created_at.astimezone(ZoneInfo(landlord.timezone)).date()
    return disclosure.make_release(
        scope=disclosure.Scope("landlord", landlord.name),
        number=latest.number + 1 if latest else 1,
        on_date=on_date,
        since=since,
        weeks_waiting=max((on_date - (since or began)).days // 7, 0),
        tellings=tellings,
        approved=approved,
    )


def freeze(  # noqa: PLR0913 - what a release is made from
    session: Session, keys: Keyring, landlord: Landlord, on_date: date, until: datetime, now: datetime
) -> releases.Release:
    """Make the release of a landlord's date and write it down for good: its stories and excerpts are used."""
    release = propose(session, keys, landlord, on_date, until)
    release_id = new_id()
    frozen = releases.Release(
        id=release_id,
        landlord_id=landlord.id,
        on_date=on_date,
        number=release.number,
        closes_batch=release.figures is not None,
        contents=keys.seal("release", release_id, "contents", json.dumps(disclosure.to_json(release))),
        made_at=now,
    )
    session.add(frozen)
    session.flush()
    if frozen.closes_batch:
        count_in(session, landlord.id, until, release_id)
    use_excerpts(session, [excerpt.id for excerpt in release.excerpts], release_id)
    return frozen


def _approved(
    keys: Keyring, excerpt: Excerpt, contact: int, listened: disclosure.Listened | None
) -> disclosure.Approved:
    def opened(column: str, sealed: bytes) -> Redacted:
        return Redacted(keys.open("excerpt", excerpt.id, column, sealed))

    return disclosure.Approved(
        excerpt.id,
        contact,
        opened("words", excerpt.words or b""),
        listened,
        excerpt.language,
        opened("translation", excerpt.translation) if excerpt.translation else None,
    )


def _listened(value: str | None) -> disclosure.Listened | None:
    return next((answer for answer in disclosure.LISTENED if answer == value), None)
