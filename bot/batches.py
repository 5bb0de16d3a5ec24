"""Batches: what one release is made from, gathered from the tables, and what becomes of it when it closes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.labels import NO_LABELS, LabelBook
from bot.privacy import disclosure
from bot.privacy.keys import Keyring
from bot.stories import StoryBook
from models import labels
from models.base import new_id
from models.batches import answers_to, count_in, open_batch, people_of_batch
from models.bulk import insert_all
from models.releases import with_figures
from models.scopes import Scope

LISTENED: Final = "listened"
"""The question whose answers are counted."""
MOST_BATCHES: Final = disclosure.LAPSE_AFTER.days // 7 + 2
"""At most one batch closes a week: with one more, where the oldest begins is known."""


class People:
    """Opaque numbers for people: the same for one person on two channels."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}

    def __call__(self, person: bytes) -> int:
        """The number of a person."""
        return self._numbers.setdefault(person, len(self._numbers))


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it stands: what a release is made from, and which rows that was."""

    stories: Mapping[int, disclosure.Telling]
    earlier: disclosure.Earlier
    waits: Sequence[labels.Pending]
    """What waits from earlier batches; each is one of `earlier.waiting`, in the same order."""
    began: date
    begins: Mapping[int, date]
    """When each batch before it began, by the release that closed it, oldest first."""


def gather(session: Session, keys: Keyring, scope: Scope, until: datetime, people: People) -> Batch:
    """Look at a scope's open batch and at what waits: at nothing else, however much has been told before.

    Args:
        session: a transaction.
        keys: to open what is sealed.
        scope: whose stories.
        until: the moment at which the batch is cut.
        people: who gets which number.
    """
    book = StoryBook(session, keys)
    answers = {one.story_id: book.value(one) for one in answers_to(session, scope.id, LISTENED, until)}
    cells = LabelBook(session, keys).best(labels.labellings_of_batch(session, scope.id, until))
    stories = {
        story: disclosure.Telling(
            people(person), listened(answers.get(story)), cells.get(story, NO_LABELS).cells
        )
        for story, person in open_batch(session, scope.id, until)
    }
    closed = list(reversed(with_figures(session, scope.id, MOST_BATCHES)))
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
    return Batch(stories, earlier, [row for row, _ in waits], ends[-1], begins)


def close(  # noqa: PLR0913 - a batch and what became of it
    session: Session,
    keys: Keyring,
    scope: Scope,
    batch: Batch,
    until: datetime,
    release: disclosure.Release,
    release_id: int,
) -> None:
    """Count a batch with the release that was made of it: its published cells are emptied, its other stories wait.

    Args:
        session: a transaction that may write.
        keys: to seal.
        scope: whose batch.
        batch: as it was gathered.
        until: the moment at which it was cut.
        release: what was made of it.
        release_id: the row of that.
    """
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
    insert_all(session, labels.Pending, rows)
    count_in(session, scope.id, until, release_id)


def listened(value: str | None) -> disclosure.Listened | None:
    """An answer that is counted, or None."""
    return next((answer for answer in disclosure.LISTENED if answer == value), None)


def _began(scope: Scope) -> date:
    return scope.created_at.astimezone(ZoneInfo(scope.timezone)).date()
