"""Disclosure control: the one place where a `Release` is made, and a release is all that may leave.

The public rules, for a smallest group of `k` people:

* counts are of distinct contacts, rounded to the nearest 5, one way (never two questions crossed);
* a batch closes once it holds at least 2k contacts; until then all of it waits;
* answers are given in the finest split whose non-empty parts are all at least k;
* excerpts are redacted words with their teller's yes and a moderator's approval, at least three tellers
  together or none, in an order that says nothing about when they were told.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from itertools import chain, zip_longest
from typing import Any, Final, Literal

from bot.privacy.redact import Redacted

SMALLEST_GROUP: Final = 10
ROUND_TO: Final = 5
FEWEST_TELLERS: Final = 3
MOST_EXCERPTS: Final = 12  # what can be read in five minutes beside the rest

Listened = Literal["yes", "partly", "no"]
LISTENED: Final[tuple[Listened, ...]] = ("yes", "partly", "no")

# From fine to coarse. Each part is a group of answers that are counted together.
_SPLITS: Final = (
    (("yes",), ("partly",), ("no",), ("unanswered",)),
    (("yes",), ("partly", "no"), ("unanswered",)),
    (("yes",), ("partly", "no", "unanswered")),
)


class _Maker:
    """Held by this module alone: a release or an excerpt can't be built anywhere else."""


_MAKER: Final = _Maker()


@dataclass(frozen=True, slots=True)
class Telling:
    """What the release needs to know of one story: who (as an opaque number) and what they answered."""

    contact: int
    listened: Listened | None


@dataclass(frozen=True, slots=True)
class Approved:
    """A moderator's yes: redacted words, the number of the excerpt, and the teller as an opaque number."""

    excerpt: int
    contact: int
    words: Redacted
    listened: Listened | None


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Words that may leave. `good` is None when the teller answered neither yes nor no."""

    id: int
    words: Redacted
    good: bool | None
    _maker: _Maker

    def __post_init__(self) -> None:
        """Refuse to be made elsewhere."""
        _check(self._maker)


@dataclass(frozen=True, slots=True)
class Part:
    """One published count: the answers counted together, and about how many people gave them."""

    answers: tuple[str, ...]
    about: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a closed batch may say in numbers: about how many people, and how they split."""

    about: int
    split: tuple[Part, ...]
    at_least: Part | None
    """Given instead of a split where none is safe: the larger side is at least this many."""


@dataclass(frozen=True, slots=True)
class Release:
    """Everything that a digest may say about one landlord on one date."""

    landlord: str
    number: int
    on_date: date
    since: date | None
    """The last release that gave figures; None before the first."""
    figures: Figures | None
    """None: not enough people yet, and all of the batch waits."""
    weeks_waiting: int
    excerpts: tuple[Excerpt, ...]
    smallest_group: int
    _maker: _Maker

    def __post_init__(self) -> None:
        """Refuse to be made elsewhere."""
        _check(self._maker)


def make_release(  # noqa: PLR0913 - what a release is made from, each by name
    *,
    landlord: str,
    number: int,
    on_date: date,
    since: date | None,
    weeks_waiting: int,
    tellings: Sequence[Telling],
    approved: Sequence[Approved],
    smallest_group: int = SMALLEST_GROUP,
) -> Release:
    """Decide what may leave.

    Args:
        landlord: the landlord's name.
        number: which release of this landlord it is, from 1.
        on_date: the landlord's local date.
        since: the date of the last release with figures.
        weeks_waiting: whole weeks since the last figures, or since the landlord began.
        tellings: every story of the open batch, oldest first.
        approved: every approved excerpt that was never used.
        smallest_group: k; nothing is said of a group of 1 to k - 1 people.

    Returns:
        The release; its `figures` are None when the batch must wait.
    """
    return Release(
        landlord=landlord,
        number=number,
        on_date=on_date,
        since=since,
        figures=_figures(tellings, smallest_group),
        weeks_waiting=weeks_waiting,
        excerpts=_choose(approved, f"{landlord}|{number}"),
        smallest_group=smallest_group,
        _maker=_MAKER,
    )


def blank_excerpts(release: Release, erased: Collection[int]) -> Release:
    """The release without the words of excerpts whose tellers had them erased; its figures stand."""
    kept = tuple(one for one in release.excerpts if one.id not in erased)
    return replace(release, excerpts=kept)


def rounded(count: int) -> int:
    """A count to the nearest 5."""
    return (count + ROUND_TO // 2) // ROUND_TO * ROUND_TO


def to_json(release: Release) -> dict[str, Any]:
    """A release as plain data, to freeze it."""
    plain = asdict(release)
    del plain["_maker"]
    for excerpt in plain["excerpts"]:
        del excerpt["_maker"]
    return {
        **plain,
        "on_date": release.on_date.isoformat(),
        "since": release.since and release.since.isoformat(),
    }


def from_json(plain: Mapping[str, Any]) -> Release:
    """A frozen release, as it was."""
    figures = plain["figures"]
    return Release(
        landlord=plain["landlord"],
        number=plain["number"],
        on_date=date.fromisoformat(plain["on_date"]),
        since=date.fromisoformat(plain["since"]) if plain["since"] else None,
        figures=figures
        and Figures(
            about=figures["about"],
            split=tuple(_part(part) for part in figures["split"]),
            at_least=figures["at_least"] and _part(figures["at_least"]),
        ),
        weeks_waiting=plain["weeks_waiting"],
        excerpts=tuple(
            Excerpt(id=e["id"], words=Redacted(e["words"]), good=e["good"], _maker=_MAKER)
            for e in plain["excerpts"]
        ),
        smallest_group=plain["smallest_group"],
        _maker=_MAKER,
    )


def _part(plain: Mapping[str, Any]) -> Part:
    return Part(answers=tuple(plain["answers"]), about=plain["about"])


def _check(maker: object) -> None:
    if maker is not _MAKER:
        raise TypeError("only bot.privacy.disclosure makes what may leave")


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


def _choose(approved: Iterable[Approved], salt: str) -> tuple[Excerpt, ...]:
    shuffled = sorted(approved, key=lambda one: _shuffle_key(salt, one.excerpt))
    # Turn and turn about, so that neither praise nor trouble is crowded out.
    good = [one for one in shuffled if one.listened == "yes"]
    other = [one for one in shuffled if one.listened != "yes"]
    in_turn = chain.from_iterable(zip_longest(good, other))
    ready = [one for one in in_turn if one is not None][:MOST_EXCERPTS]
    if len({one.contact for one in ready}) < FEWEST_TELLERS:
        return ()
    return tuple(
        Excerpt(
            id=one.excerpt,
            words=one.words,
            good={"yes": True, "no": False}.get(one.listened or ""),
            _maker=_MAKER,
        )
        for one in ready
    )


def _shuffle_key(salt: str, excerpt: int) -> bytes:
    # The order of arrival would place a story in the week; this order is fixed but says nothing.
    return hashlib.sha256(f"{salt}|{excerpt}".encode()).digest()
