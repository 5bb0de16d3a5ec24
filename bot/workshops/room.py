"""The room: a question to everybody, the words that a moderator lets through, and a count once it is closed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.privacy.disclosure import Listened, Telling
from bot.privacy.keys import Keyring
from bot.wording import Wording
from bot.workshops.members import room_name
from bot.workshops.pack import Figure, figure
from bot.workshops.releasing import SIDES, SMALLEST_GROUP, Releases, sides
from models import Store
from models.base import new_id
from models.participants import APPROVED, COMING, Contribution, Participant, values_of
from models.workshops import RoomQuestion, Workshop, open_question

Kind = Literal["word", "number"]
LONGEST: Final = 120
NEAR: Final = 4
HALFWAY: Final = 3
"""A number from 1 to 5 counts as one of three: 4 or 5 is near, 3 halfway, 1 or 2 far."""


@dataclass(frozen=True, slots=True)
class Column:
    """Words that were let through, each wording once: how many said it is never shown. `title` is "" for everybody's."""

    title: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OnScreen:
    """What the screen shows.

    Args:
        asks: the question; "" when none has been asked.
        kind: whether a word or a number is asked for.
        is_open: whether it can be answered still.
        columns: the words; once it is closed tenants' beside staff's, where that may be.
        figures: how a number question came out, once it is closed and as far as that may be shown.
        too_few: whether it is closed and can't be shown, because too few people answered.
    """

    asks: str = ""
    kind: Kind = "word"
    is_open: bool = False
    columns: tuple[Column, ...] = ()
    figures: tuple[Figure, ...] = ()
    too_few: bool = False


class RoomDesk:
    """Asks the room, and shows what may be shown.

    Args:
        store: the database.
        keys: to open and to seal.
        clock: gives the current time, aware.
        wording: the sentences of `bot.workshops`.
    """

    def __init__(self, store: Store, keys: Keyring, clock: Callable[[], datetime], wording: Wording) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._wording = wording

    def ask(self, workshop: Workshop, kind: Kind, asks: str) -> None:
        """Open a question; the one before it closes.

        Raises:
            ValueError: when it says nothing, or too much. Says so in a sentence.
        """
        tidy = " ".join(asks.split())
        if not 0 < len(tidy) <= LONGEST:
            raise ValueError(f"Write a question of at most {LONGEST} letters.")
        with self._store.write() as session:
            self._close(session, workshop)
            session.add(
                RoomQuestion(
                    id=new_id(), workshop_id=workshop.id, kind=kind, asks=tidy, opened_at=self._clock()
                )
            )

    def close(self, workshop: Workshop) -> None:
        """Close the open question, and count it, once."""
        with self._store.write() as session:
            self._close(session, workshop)

    def screen(self, workshop: Workshop) -> OnScreen:
        """What the screen shows now."""
        with self._store.read() as session:
            query = select(RoomQuestion).where(RoomQuestion.workshop_id == workshop.id)
            question = session.scalar(query.order_by(RoomQuestion.id.desc()).limit(1))
            if question is None:
                return OnScreen()
            kind, is_open = cast("Kind", question.kind), question.closed_at is None
            if kind == "word":
                columns = self._columns(session, workshop, question)
                return OnScreen(question.asks, kind, is_open, columns)
            figures = self._figures(session, workshop, room_name(question.id))
            return OnScreen(question.asks, kind, is_open, (), figures, too_few=not is_open and not figures)

    def _figures(self, session: Session, workshop: Workshop, name: str) -> tuple[Figure, ...]:
        """What was counted: tenants beside staff, or everybody; nothing while it is open, or where too few answered."""
        releases = Releases(session, self._keys, workshop, self._clock())
        made = [
            (side and self._wording.text("en", f"room.{side}"), kept, "room.sides" if side else "room.all")
            for side, kept_as in zip(("", *SIDES), (name, *sides(name)), strict=True)
            if (kept := releases.kept(kept_as)) is not None
        ]
        shown = [figure(title, release, self._wording, answers) for title, release, answers in made]
        return tuple(one for one in shown if one)

    def _close(self, session: Session, workshop: Workshop) -> None:
        question = open_question(session, workshop.id)
        if question is None:
            return
        question.closed_at = self._clock()
        if question.kind != "number":
            return
        tellings: dict[str | None, list[Telling]] = {}
        for told, who in self._told(session, workshop, question):
            number = self._keys.open("contribution", told.id, "words", told.words)
            tellings.setdefault(who.role, []).append(Telling(who.id, _part(number)))
        Releases(session, self._keys, workshop, self._clock()).room(room_name(question.id), tellings)

    def _columns(self, session: Session, workshop: Workshop, question: RoomQuestion) -> tuple[Column, ...]:
        """What was let through. By role only once it is closed, and where nobody is among fewer than five."""
        by_role: dict[str | None, list[str]] = {}
        for told, who in self._told(session, workshop, question):
            if told.verdict == APPROVED and told.shown is not None:
                words = self._keys.open("contribution", told.id, "shown", told.shown)
                by_role.setdefault(who.role, []).append(words.casefold())
        split = question.closed_at is not None and by_role.keys() == set(SIDES)
        if split and all(len(words) >= SMALLEST_GROUP for words in by_role.values()):
            return tuple(_column(self._wording.text("en", f"room.{side}"), by_role[side]) for side in SIDES)
        everybody = [one for words in by_role.values() for one in words]
        return (_column("", everybody),) if everybody else ()

    def _told(
        self, session: Session, workshop: Workshop, question: RoomQuestion
    ) -> list[tuple[Contribution, Participant]]:
        told = values_of(session, workshop.id, room_name(question.id))
        return [(one, who) for one, who in told if who.state == COMING and not who.private]


def _column(title: str, words: Iterable[str]) -> Column:
    # In the order of the alphabet, which says nothing of when each came.
    return Column(title, tuple(sorted(set(words))))


def _part(number: str) -> Listened:
    value = int(number)
    return "yes" if value >= NEAR else "partly" if value == HALFWAY else "no"
