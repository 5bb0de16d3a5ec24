"""The room: a question to everybody, the words that a moderator lets through, and a count once it is closed."""

from collections.abc import Callable
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
from bot.workshops.releasing import Releases
from models import Store
from models.base import new_id
from models.workshops import APPROVED, COMING, RoomQuestion, Workshop, open_question, values_of

Kind = Literal["word", "number"]
LONGEST: Final = 120
NEAR: Final = 4
HALFWAY: Final = 3
"""A number from 1 to 5 counts as one of three: 4 or 5 is near, 3 halfway, 1 or 2 far."""


@dataclass(frozen=True, slots=True)
class OnScreen:
    """What the screen shows.

    Args:
        asks: the question; "" when none has been asked.
        kind: whether a word or a number is asked for.
        is_open: whether it can be answered still.
        words: those that were let through, each wording once: how many said it is never shown.
        figure: how a number question came out, once it is closed and where that may be shown.
        too_few: whether it is closed and can't be shown, because too few people answered.
    """

    asks: str = ""
    kind: Kind = "word"
    is_open: bool = False
    words: tuple[str, ...] = ()
    figure: Figure | None = None
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
            kind = cast("Kind", question.kind)
            shown = OnScreen(question.asks, kind, is_open=question.closed_at is None)
            if kind == "word":
                words = self._words(session, workshop, question)
                return OnScreen(shown.asks, kind, shown.is_open, words)
            kept = Releases(session, self._keys, workshop, self._clock()).kept(room_name(question.id))
            counted = figure(question.asks, kept, self._wording) if kept else None
            return OnScreen(
                shown.asks, kind, shown.is_open, (), counted, too_few=kept is not None and counted is None
            )

    def _close(self, session: Session, workshop: Workshop) -> None:
        question = open_question(session, workshop.id)
        if question is None:
            return
        question.closed_at = self._clock()
        tellings = [
            Telling(
                who.id, _part(self._open_words(told.id, told.words)) if question.kind == "number" else None
            )
            for told, who in values_of(session, workshop.id, room_name(question.id))
            if who.state == COMING and not who.private
        ]
        Releases(session, self._keys, workshop, self._clock()).room(question.id, tellings)

    def _words(self, session: Session, workshop: Workshop, question: RoomQuestion) -> tuple[str, ...]:
        """What was let through: each wording once, in the order of the alphabet, which says nothing of when."""
        told = values_of(session, workshop.id, room_name(question.id))
        shown = [
            self._keys.open("contribution", one.id, "shown", one.shown)
            for one, who in told
            if one.verdict == APPROVED and one.shown is not None and who.state == COMING and not who.private
        ]
        return tuple(sorted({one.casefold() for one in shown}))

    def _open_words(self, told_id: int, words: bytes) -> str:
        return self._keys.open("contribution", told_id, "words", words)


def _part(number: str) -> Listened:
    value = int(number)
    return "yes" if value >= NEAR else "partly" if value == HALFWAY else "no"
