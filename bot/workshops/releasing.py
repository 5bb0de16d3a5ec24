"""Releasing: what may be said of a workshop. Made by disclosure control, as for digests, with groups of five.

Words are released anew whenever a pack is made; figures are counted once and stay, because two counts of the
same people at two times would show what the few did who came between.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.privacy import disclosure
from bot.privacy.keys import Keyring
from bot.privacy.redact import Redacted
from bot.understanding.themes import read_themes
from models.base import new_id
from models.participants import APPROVED, COMING, Contribution, Participant, values_of
from models.workshops import Workshop, WorkshopRelease, release_named

SMALLEST_GROUP: Final = 5
SIDES: Final = ("tenant", "staff")
"""The roles that a count in the room may be split by."""


@dataclass(frozen=True, slots=True)
class Words:
    """Which answers one set of words is made of, and which of them are good or bad experiences."""

    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    other: tuple[str, ...] = ()

    @property
    def questions(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.good, *self.bad, *self.other)


WORDS: Final = {
    "stories": Words(good=("good", "could"), bad=("bad", "could_not"), other=("matters",)),
    "excellent": Words(other=("excellent",)),
    "barriers": Words(other=("barrier", "stopped")),
    "commitments": Words(other=("will_do",)),
    "what_came": Words(other=("told_30", "told_90")),
}
FIGURES: Final = {
    "listened": ("listened",),
    "guess": ("guess",),
    "able": ("able",),
    "happened": ("happened_90", "happened_30"),
    "listened_after": ("listened_after",),
    "able_after": ("able_after",),
}


class Releases:
    """Makes and keeps what may be said of one workshop.

    Args:
        session: a transaction that may write.
        keys: to open and to seal.
        workshop: which.
        now: the current time.
    """

    def __init__(self, session: Session, keys: Keyring, workshop: Workshop, now: datetime) -> None:
        self._session = session
        self._keys = keys
        self._workshop = workshop
        self._now = now

    def words(self, name: str) -> disclosure.Release:
        """The words under a name that may be shown now; what was taken back meanwhile is gone."""
        which = WORDS[name]
        told = [one for question in which.questions for one in self._shown(question)]
        approved = [self._approved(which, contribution, who) for contribution, who in told]
        everybody = [
            disclosure.Telling(who.id, None)
            for question in which.questions
            for _, who in self._answers(question)
        ]
        return self._keep(name, self._make(name, everybody, approved))

    def figures(self, name: str) -> disclosure.Release:
        """How people answered, counted the first time that this is asked for, and never again."""
        kept = self.kept(name)
        if kept is not None:
            return kept
        answers: dict[int, disclosure.Telling] = {}
        for question in reversed(FIGURES[name]):
            for contribution, who in self._answers(question):
                answers[who.id] = disclosure.Telling(who.id, _listened(self._open(contribution)))
        return self._keep(name, self._make(name, list(answers.values())))

    def room(self, name: str, tellings: Mapping[str | None, Sequence[disclosure.Telling]]) -> None:
        """The count of a question in the room, once it is closed.

        Args:
            name: of the question.
            tellings: what was answered, by the role of whoever did.
        """
        if not any(self.kept(one) for one in (name, *sides(name))):
            for kept_as, release in count_room(name, tellings, self._make).items():
                self._keep(kept_as, release)

    def kept(self, name: str) -> disclosure.Release | None:
        """What was released under a name, or None."""
        row = release_named(self._session, self._workshop.id, name)
        if row is None:
            return None
        opened = self._keys.open("workshop_release", row.id, "contents", row.contents)
        return disclosure.from_json(json.loads(opened))

    def _make(
        self,
        name: str,
        tellings: Sequence[disclosure.Telling],
        approved: Sequence[disclosure.Approved] = (),
    ) -> disclosure.Release:
        return disclosure.make_release(
            scope=disclosure.Scope("workshop", f"{self._workshop.code} {name}"),
            number=1,
            on_date=self._now.astimezone(ZoneInfo(self._workshop.timezone)).date(),
            since=None,
            weeks_waiting=0,
            tellings=tellings,
            approved=approved,
            smallest_group=SMALLEST_GROUP,
        )

    def _keep(self, name: str, release: disclosure.Release) -> disclosure.Release:
        row = release_named(self._session, self._workshop.id, name)
        if row is None:
            row = WorkshopRelease(id=new_id(), workshop_id=self._workshop.id, name=name)
            self._session.add(row)
        contents = json.dumps(disclosure.to_json(release))
        row.contents = self._keys.seal("workshop_release", row.id, "contents", contents)
        row.made_at = self._now
        self._session.flush()
        return release

    def _answers(self, question: str) -> list[tuple[Contribution, Participant]]:
        told = values_of(self._session, self._workshop.id, question)
        return [(one, who) for one, who in told if who.state == COMING and not who.private]

    def _shown(self, question: str) -> Iterable[tuple[Contribution, Participant]]:
        return [(one, who) for one, who in self._answers(question) if who.agreed and one.verdict == APPROVED]

    def _approved(self, which: Words, told: Contribution, who: Participant) -> disclosure.Approved:
        words = Redacted(self._keys.open("contribution", told.id, "shown", told.shown or b""))
        listened: disclosure.Listened | None = None
        if told.question in which.good:
            listened = "yes"
        elif told.question in which.bad:
            listened = "no"
        elif which.good:  # told for neither side: its own words say which
            signs = {theme[-1] for theme in read_themes(words).names}
            listened = {frozenset("+"): "yes", frozenset("-"): "no"}.get(frozenset(signs))  # type: ignore[assignment]
        return disclosure.Approved(told.id, who.id, words, listened, told.language)

    def _open(self, told: Contribution) -> str:
        return self._keys.open("contribution", told.id, "words", told.words)


def words_kept(
    session: Session, keys: Keyring, workshops: Iterable[Workshop], name: str, now: datetime
) -> list[disclosure.Release]:
    """What was released under a name of each of these workshops, where it holds words. Makes nothing new."""
    kept = (Releases(session, keys, one, now).kept(name) for one in workshops)
    return [release for release in kept if release and release.excerpts]


def sides(name: str) -> tuple[str, str]:
    """Under what the two sides of a question in the room are kept."""
    tenants, staff = (f"{name}:{side}" for side in SIDES)
    return tenants, staff


def count_room(
    name: str,
    tellings: Mapping[str | None, Sequence[disclosure.Telling]],
    make: Callable[[str, Sequence[disclosure.Telling]], disclosure.Release],
) -> dict[str, disclosure.Release]:
    """What may be said of a question in the room: of tenants beside staff, or else of everybody together.

    One or the other, never both: whoever is in the whole and on neither side would be what is left of it. The
    sides are counted in two parts, so that no finer part is missed for want of people in it.

    Args:
        name: of the question.
        tellings: what was answered, by the role of whoever did.
        make: makes a release of what was answered under a name.
    """
    halves = {
        side: make(side, _in_two(tellings.get(role, ())))
        for side, role in zip(sides(name), SIDES, strict=True)
    }
    if all(half.figures and half.figures.split for half in halves.values()):
        return halves
    return {name: make(name, [one for them in tellings.values() for one in them])}


def _in_two(tellings: Sequence[disclosure.Telling]) -> list[disclosure.Telling]:
    return [replace(one, listened="yes" if one.listened == "yes" else "no") for one in tellings]


def _listened(value: str) -> disclosure.Listened | None:
    return next((one for one in disclosure.LISTENED if one == value), None)
