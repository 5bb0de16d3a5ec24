"""Making releases: from what is kept to what may leave, frozen in the same transaction."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.labels import NO_LABELS, LabelBook
from bot.privacy import disclosure
from bot.privacy.keys import Keyring
from bot.privacy.redact import Redacted
from bot.stories import StoryBook
from models import labels, releases
from models.base import new_id
from models.scopes import Scope
from models.stories import (
    Excerpt,
    answers_of,
    answers_to,
    count_in,
    open_batch,
    people_of_batch,
    unused_excerpts,
    use_excerpts,
)
from models.visits import add_all

LISTENED: Final = "listened"
"""The question whose answers are counted."""
QUOTED_FROM: Final = 4
"""Words are quoted from as many of the newest closed batches. Older ones are no news."""
MOST_BATCHES: Final = disclosure.LAPSE_AFTER.days // 7 + 2
"""At most one batch closes a week: with one more, where the oldest begins is known."""


class _People:
    """Opaque numbers for people: the same for one person on two channels."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}

    def __call__(self, person: bytes) -> int:
        return self._numbers.setdefault(person, len(self._numbers))


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch as it stands: what a release is made from, and which rows that was."""

    stories: Mapping[int, disclosure.Telling]
    earlier: disclosure.Earlier
    waits: Sequence[labels.Pending]
    """What waits from earlier batches; each is one of `earlier.waiting`, in the same order."""
    began: date
    begins: Mapping[int, date]
    """When each batch before it began, by the release that closed it, oldest first."""


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
    people = _People()
    return _release(session, keys, scope, on_date, until, people, _batch(session, keys, scope, until, people))


def freeze(  # noqa: PLR0913 - what a release is made from
    session: Session, keys: Keyring, scope: Scope, on_date: date, until: datetime, now: datetime
) -> releases.Release:
    """Make the release of a scope's date and write it down for good: its stories and excerpts are used."""
    people = _People()
    batch = _batch(session, keys, scope, until, people)
    release = _release(session, keys, scope, on_date, until, people, batch)
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
        _close(session, keys, scope, batch, release, release_id)
        count_in(session, scope.id, until, release_id)
    use_excerpts(session, [excerpt.id for excerpt in release.excerpts], release_id)
    return frozen


def thaw(keys: Keyring, frozen: releases.Release) -> disclosure.Release:
    """A frozen release, as it was."""
    return disclosure.from_json(json.loads(keys.open("release", frozen.id, "contents", frozen.contents)))


def _batch(session: Session, keys: Keyring, scope: Scope, until: datetime, people: _People) -> _Batch:
    """Look at the open batch and at what waits: at nothing else, however much has been told before."""
    book = StoryBook(session, keys)
    answers = {one.story_id: book.value(one) for one in answers_to(session, scope.id, LISTENED, until)}
    cells = LabelBook(session, keys).best(labels.labellings_of_batch(session, scope.id, until))
    stories = {
        story: disclosure.Telling(
            people(person), _listened(answers.get(story)), cells.get(story, NO_LABELS).cells
        )
        for story, person in open_batch(session, scope.id, until)
    }
    closed = list(reversed(releases.with_figures(session, scope.id, MOST_BATCHES)))
    ends = [_began(scope), *(one.on_date for one in closed)]
    begins = dict(zip((one.id for one in closed), ends, strict=False))
    waits = [(row, person) for row, person in labels.pending_in(session, scope.id) if row.batch_id in begins]
    waiting = [
        disclosure.Waiting(
            disclosure.cell_named(keys.open("pending", row.id, "cell", row.cell)),
            people(person),
            begins[row.batch_id],
        )
        for row, person in waits
    ]
    before = people_of_batch(session, scope.id, closed[-1].id) if closed else ()
    earlier = disclosure.Earlier(
        batches=tuple(begins.values()),
        waiting=waiting,
        before=frozenset(map(people, before)),
        counted={
            disclosure.cell_named(cell): since
            for cell, since in labels.counting_of(session, scope.id).items()
        },
    )
    return _Batch(stories, earlier, [row for row, _ in waits], ends[-1], begins)


def _release(  # noqa: PLR0913 - what a release is made from
    session: Session,
    keys: Keyring,
    scope: Scope,
    on_date: date,
    until: datetime,
    people: _People,
    batch: _Batch,
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
    people: _People,
    release_ids: Sequence[int],
) -> list[disclosure.Approved]:
    """What may be quoted: words of batches that are closed, so that none falls into the days just counted."""
    excerpts = unused_excerpts(session, scope.id, release_ids, until)
    quoted = answers_of(session, LISTENED, [excerpt.story_id for excerpt, _ in excerpts])
    book = StoryBook(session, keys)
    answers = {answer.story_id: book.value(answer) for answer in quoted}
    return [
        _opened(keys, excerpt, people(person), _listened(answers.get(excerpt.story_id)))
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


def _close(  # noqa: PLR0913 - a batch and what became of it
    session: Session,
    keys: Keyring,
    scope: Scope,
    batch: _Batch,
    release: disclosure.Release,
    release_id: int,
) -> None:
    """Empty the cells that were published, and let the stories of the others wait."""
    published = {disclosure.CellName(one.kind, one.name, one.sign) for one in release.cells}
    anew = published | disclosure.given_up(release, list(batch.stories.values()), batch.earlier, batch.began)
    labels.count_from(session, scope.id, [str(cell) for cell in anew], release.on_date)
    over = [row.id for row, one in zip(batch.waits, batch.earlier.waiting, strict=True) if one.cell in anew]
    labels.drop_pending(session, over)
    lapses = release.on_date - disclosure.LAPSE_AFTER
    labels.drop_lapsed(
        session, scope.id, [batch_id for batch_id, begins in batch.begins.items() if begins >= lapses]
    )
    rows = []
    for story, telling in batch.stories.items():
        for cell in telling.cells:
            if cell not in anew:
                row_id = new_id()
                sealed = keys.seal("pending", row_id, "cell", str(cell))
                rows.append(
                    {
                        "id": row_id,
                        "scope_id": scope.id,
                        "story_id": story,
                        "batch_id": release_id,
                        "cell": sealed,
                    }
                )
    add_all(session, labels.Pending, rows)


def _began(scope: Scope) -> date:
    return scope.created_at.astimezone(ZoneInfo(scope.timezone)).date()


def _listened(value: str | None) -> disclosure.Listened | None:
    return next((answer for answer in disclosure.LISTENED if answer == value), None)
