"""Making releases: from what is kept to what may leave, frozen in the same transaction."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from bot.batches import LISTENED, MOST_BATCHES, Batch, People, close, gather, listened
from bot.privacy import disclosure
from bot.privacy.keys import Keyring
from bot.privacy.redact import Redacted
from bot.stories import StoryBook
from models import releases
from models.base import new_id
from models.batches import answers_of, unused_excerpts, use_excerpts
from models.scopes import Scope
from models.stories import Excerpt

QUOTED_FROM: Final = 4
"""Words are quoted from as many of the newest closed batches. Older ones are no news."""


class NotSafe(Exception):
    """A release that would tell of too few people. It is not frozen and not sent; its batch goes on.

    Args:
        why: what is wrong with it.
    """

    def __init__(self, why: Sequence[disclosure.Finding]) -> None:
        super().__init__("; ".join(map(str, why)))
        self.why = tuple(map(str, why))


def propose(
    session: Session, keys: Keyring, scope: Scope, on_date: date, until: datetime
) -> disclosure.Release:
    """What would leave for a scope on a date, from stories told up to a moment. Changes nothing.

    Args:
        session: a transaction.
        keys: to open what is sealed.
        scope: whose stories.
        on_date: the scope's local date.
        until: the moment at which the batch is cut.
    """
    people = People()
    return _release(session, keys, scope, on_date, until, people, gather(session, keys, scope, until, people))


def freeze(  # noqa: PLR0913 - what a release is made from
    session: Session, keys: Keyring, scope: Scope, on_date: date, until: datetime, now: datetime
) -> releases.Release:
    """Make the release of a scope's date and write it down for good: its stories and excerpts are used.

    Raises:
        NotSafe: when the fast check finds something in it. Then nothing is written down.
    """
    people = People()
    batch = gather(session, keys, scope, until, people)
    release = _release(session, keys, scope, on_date, until, people, batch)
    why = check(session, keys, scope, release)
    if why:
        raise NotSafe(why)
    release_id = new_id()
    frozen = releases.Release(
        id=release_id,
        scope_id=scope.id,
        on_date=on_date,
        number=release.number,
        closes_batch=release.figures is not None,
        contents=keys.seal("release", release_id, "contents", json.dumps(disclosure.to_json(release))),
        made_at=now,
    )
    session.add(frozen)
    session.flush()
    if frozen.closes_batch:
        close(session, keys, scope, batch, until, release, release_id)
    use_excerpts(session, [excerpt.id for excerpt in release.excerpts], release_id)
    return frozen


def check(
    session: Session, keys: Keyring, scope: Scope, release: disclosure.Release
) -> tuple[disclosure.Finding, ...]:
    """What somebody who kept every digest of a scope could work out from a release; nothing, as a rule."""
    newest = releases.with_figures(session, scope.id, MOST_BATCHES)
    before = [thaw(keys, one) for one in reversed(newest) if one.number < release.number]
    return disclosure.findings(release, before)


def thaw(keys: Keyring, frozen: releases.Release) -> disclosure.Release:
    """A frozen release, as it was."""
    return disclosure.from_json(json.loads(keys.open("release", frozen.id, "contents", frozen.contents)))


def _release(  # noqa: PLR0913 - what a release is made from
    session: Session,
    keys: Keyring,
    scope: Scope,
    on_date: date,
    until: datetime,
    people: People,
    batch: Batch,
) -> disclosure.Release:
    latest = releases.latest_release(session, scope.id)
    return disclosure.make_release(
        scope=disclosure.Scope(scope.kind, scope.name),
        number=latest.number + 1 if latest else 1,
        on_date=on_date,
        since=batch.began if batch.begins else None,
        weeks_waiting=max((on_date - batch.began).days // 7, 0),
        tellings=list(batch.stories.values()),
        approved=_approved(session, keys, scope, until, people, list(batch.begins)[-QUOTED_FROM:]),
        began=batch.began,
        earlier=batch.earlier,
    )


def _approved(  # noqa: PLR0913 - which excerpts, and how to open them
    session: Session,
    keys: Keyring,
    scope: Scope,
    until: datetime,
    people: People,
    release_ids: Sequence[int],
) -> list[disclosure.Approved]:
    """What may be quoted: words of batches that are closed, so that none falls into the days just counted."""
    excerpts = unused_excerpts(session, scope.id, release_ids, until)
    quoted = answers_of(session, LISTENED, [excerpt.story_id for excerpt, _ in excerpts])
    book = StoryBook(session, keys)
    answers = {answer.story_id: book.value(answer) for answer in quoted}
    return [
        _opened(keys, excerpt, people(person), listened(answers.get(excerpt.story_id)))
        for excerpt, person in excerpts
    ]


def _opened(
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
