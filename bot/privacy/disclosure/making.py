"""Making a release: from a batch of stories to what may be said of it.

The public rules, for a smallest group of `k` people:

* counts are of distinct contacts, rounded to the nearest 5, one way (never two questions crossed);
* a batch closes once it holds at least 2k contacts; until then all of it waits;
* answers are given in the finest split whose non-empty parts are all at least k;
* themes and areas are counted by `cells`;
* excerpts are redacted words with their teller's yes and a moderator's approval, at least three tellers
  together or none, in an order that says nothing about when they were told.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, zip_longest
from typing import Final

from bot.privacy.disclosure.cells import CellSet, Earlier, begins_anew, cell_sets, publish
from bot.privacy.disclosure.release import (
    MAKER,
    ROUND_TO,
    SMALLEST_GROUP,
    CellName,
    Excerpt,
    Figures,
    Listened,
    Part,
    Release,
    Scope,
    rounded,
)
from bot.privacy.redact import Redacted

FEWEST_TELLERS: Final = 3
MOST_EXCERPTS: Final = 6  # what can be read in five minutes beside the rest; what is left over leaves later
MOST_WHILE_WAITING: Final = 3  # while a batch waits, so that some are left for when it closes
NOTHING_EARLIER: Final = Earlier()

# From fine to coarse. Each part is a group of answers that are counted together.
_SPLITS: Final = (
    (("yes",), ("partly",), ("no",), ("unanswered",)),
    (("yes",), ("partly", "no"), ("unanswered",)),
    (("yes",), ("partly", "no", "unanswered")),
)


@dataclass(frozen=True, slots=True)
class Telling:
    """What the release needs to know of one story: who (as an opaque number), what they answered and told of."""

    contact: int
    listened: Listened | None
    cells: tuple[CellName, ...] = ()
    """What it is about and expresses."""


@dataclass(frozen=True, slots=True)
class Approved:
    """A moderator's yes: redacted words, the number of the excerpt, and the teller as an opaque number."""

    excerpt: int
    contact: int
    words: Redacted
    listened: Listened | None
    language: str = "en"
    translation: Redacted | None = None


def make_release(  # noqa: PLR0913 - what a release is made from, each by name
    *,
    scope: Scope,
    number: int,
    on_date: date,
    since: date | None,
    weeks_waiting: int,
    tellings: Sequence[Telling],
    approved: Sequence[Approved],
    began: date | None = None,
    earlier: Earlier = NOTHING_EARLIER,
    smallest_group: int = SMALLEST_GROUP,
) -> Release:
    """Decide what may leave.

    Args:
        scope: what it is about.
        number: which release of this scope it is, from 1.
        on_date: the scope's local date.
        since: the date of the last release with figures.
        weeks_waiting: whole weeks since the last figures, or since the scope began.
        tellings: every story of the open batch, oldest first.
        approved: every approved excerpt of earlier batches that was never used.
        began: when the scope's first batch began; without it, its first cells count from `on_date`.
        earlier: what is known of earlier batches, where there were any.
        smallest_group: k; nothing is said of a group of 1 to k - 1 people.

    Returns:
        The release; its `figures` are None when the batch must wait.
    """
    figures = _figures(tellings, smallest_group)
    batch = frozenset(telling.contact for telling in tellings)
    sets = _sets(tellings, earlier, since or began or on_date, on_date)
    return Release(
        scope=scope,
        number=number,
        on_date=on_date,
        since=since,
        figures=figures,
        weeks_waiting=weeks_waiting,
        excerpts=_choose(
            approved, f"{scope.name}|{number}", MOST_EXCERPTS if figures else MOST_WHILE_WAITING
        ),
        smallest_group=smallest_group,
        cells=tuple(publish(sets, batch, earlier.before, smallest_group)) if figures else (),
        cells_waiting=figures is not None,
        _maker=MAKER,
    )


def given_up(
    release: Release, tellings: Sequence[Telling], earlier: Earlier, began: date
) -> frozenset[CellName]:
    """The cells that begin anew with this release, though it does not publish them.

    Args:
        release: what was made of the rest.
        tellings: every story of its batch.
        earlier: what was known of earlier batches.
        began: when its batch began.
    """
    if release.figures is None:
        return frozenset()
    batch = frozenset(telling.contact for telling in tellings)
    sets = _sets(tellings, earlier, began, release.on_date)
    return frozenset(one.name for one in sets if begins_anew(one, batch, release.smallest_group))


def _sets(tellings: Sequence[Telling], earlier: Earlier, began: date, on_date: date) -> list[CellSet]:
    return cell_sets(((one.contact, one.cells) for one in tellings), earlier, began, on_date)


def _figures(tellings: Sequence[Telling], k: int) -> Figures | None:
    # One person, one count: the newest answer of each contact.
    answer_of: dict[int, str] = {}
    for telling in tellings:
        answer_of[telling.contact] = telling.listened or answer_of.get(telling.contact) or "unanswered"
    people = len(answer_of)
    if people < 2 * k:
        return None
    given = list(answer_of.values())
    if min(given.count("yes"), people - given.count("yes")) < k:
        # Also when the smaller side is empty: otherwise "at least" would tell that it is not.
        return Figures(about=rounded(people), split=(), at_least=_larger_side(given, people))
    counted = ([(answers, sum(map(given.count, answers))) for answers in split] for split in _SPLITS)
    # The coarsest split is safe by now, so there is always one.
    finest = next(parts for parts in counted if all(count == 0 or count >= k for _, count in parts))
    published = tuple(Part(answers, rounded(count)) for answers, count in finest if count)
    return Figures(about=rounded(people), split=published, at_least=None)


def _larger_side(given: Sequence[str], people: int) -> Part:
    # The true size of the larger side is hidden in an interval that also holds "everybody".
    yes = given.count("yes")
    answers = ("yes",) if yes * 2 >= people else ("partly", "no", "unanswered")
    return Part(answers, rounded(people) - 3 * ROUND_TO)


def _choose(approved: Iterable[Approved], salt: str, most: int) -> tuple[Excerpt, ...]:
    shuffled = sorted(approved, key=lambda one: _shuffle_key(salt, one.excerpt))
    # Turn and turn about, so that neither praise nor trouble is crowded out.
    good = [one for one in shuffled if one.listened == "yes"]
    other = [one for one in shuffled if one.listened != "yes"]
    in_turn = chain.from_iterable(zip_longest(good, other))
    ready = [one for one in in_turn if one is not None][:most]
    if len({one.contact for one in ready}) < FEWEST_TELLERS:
        return ()
    return tuple(
        Excerpt(
            id=one.excerpt,
            words=one.words,
            good={"yes": True, "no": False}.get(one.listened or ""),
            language=one.language,
            translation=one.translation,
            _maker=MAKER,
        )
        for one in ready
    )


def _shuffle_key(salt: str, excerpt: int) -> bytes:
    # The order of arrival would place a story in the week; this order is fixed but says nothing.
    return hashlib.sha256(f"{salt}|{excerpt}".encode()).digest()
