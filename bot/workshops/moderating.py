"""Moderating: a person decides which of a workshop's words may be shown. After redaction they may only take away."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.audit import record
from bot.privacy.keys import Keyring
from bot.privacy.redact import Redacted, redact, redact_more
from bot.understanding.answers import CHOICES
from bot.workshops.members import ROOM
from models import Store
from models.participants import (
    APPROVED,
    COMING,
    SET_ASIDE,
    Contribution,
    Participant,
    contributions_of,
    participants_of,
)
from models.workshops import Workshop, is_organiser


class NotAllowed(Exception):
    """This moderator may not decide for this workshop."""


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """Words that wait: to which question, redacted, and what a person must look at."""

    id: int
    question: str
    words: Redacted
    doubts: tuple[str, ...] = ()


class WordsDesk:
    """One moderator's desk for one workshop.

    Args:
        store: the database.
        keys: to open and to seal.
        clock: gives the current time, aware.
        workshop: which.
        moderator: who decides: an e-mail address or a name; the audit keeps a keyed hash of it.

    Raises:
        NotAllowed: when the moderator is one of its organisers. Nobody decides what is shown and gets it too.
    """

    def __init__(
        self, store: Store, keys: Keyring, clock: Callable[[], datetime], workshop: Workshop, moderator: str
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._workshop = workshop.id
        self._moderator = moderator
        with store.read() as session:
            if is_organiser(session, workshop.id, keys.lookups("organiser", moderator.casefold())):
                raise NotAllowed(
                    "The pack goes to this address. Nobody may decide what is shown and read it too."
                )

    def waiting(self) -> list[Waiting]:
        """What people agreed to show and nobody has decided on, oldest first."""
        with self._store.read() as session:
            return [
                _waiting(told, self._open(told)) for told in self._undecided(session) if told.shown is None
            ]

    def approve(self, told_id: int, remove: Collection[str] = ()) -> None:
        """Let redacted words be shown.

        Args:
            told_id: which.
            remove: further words to take away.

        Raises:
            LookupError: when they no longer wait, for instance because their teller had them erased.
        """
        with self._store.write() as session:
            told = self._find(session, told_id)
            words = redact_more(redact(self._open(told)).words, remove)
            told.verdict, told.shown = APPROVED, self._keys.seal("contribution", told.id, "shown", words)
            self._decided(session, told, "story_approved")

    def set_aside(self, told_id: int) -> None:
        """Show these words nowhere.

        Raises:
            LookupError: when they no longer wait.
        """
        with self._store.write() as session:
            told = self._find(session, told_id)
            told.verdict = SET_ASIDE
            self._decided(session, told, "story_set_aside")

    def _decided(self, session: Session, told: Contribution, action: str) -> None:
        told.decided_at = self._clock()
        record(session, self._keys, self._clock(), self._moderator, action, "contribution", told.id)  # type: ignore[arg-type]  # one of two

    def _find(self, session: Session, told_id: int) -> Contribution:
        told = session.get(Contribution, told_id)
        place = session.get(Participant, told.participant_id) if told else None
        theirs = place is not None and place.workshop_id == self._workshop and place.state == COMING
        if told is None or place is None or not theirs or not self._waits(told, place):
            raise LookupError("These words no longer wait for a decision.")
        return told

    def _undecided(self, session: Session) -> list[Contribution]:
        coming = {one.id: one for one in participants_of(session, self._workshop, COMING)}
        told = contributions_of(session, list(coming))
        return [one for one in told if self._waits(one, coming[one.participant_id])]

    def _waits(self, told: Contribution, place: Participant) -> bool:
        """Whether it is words, and no choice or number, that may be shown once somebody lets them."""
        if told.verdict is not None or place.private:
            return False
        # Whoever texts a word to the screen agrees by that to its being shown.
        agreed = place.agreed or told.question.startswith(ROOM)
        return bool(agreed) and not self._counts(told)

    def _counts(self, told: Contribution) -> bool:
        value = self._open(told)
        return value in CHOICES or (told.question.startswith(ROOM) and value.isdigit())

    def _open(self, told: Contribution) -> str:
        return self._keys.open("contribution", told.id, "words", told.words)


def _waiting(told: Contribution, words: str) -> Waiting:
    redaction = redact(words)
    doubts = tuple(f"{words[doubt.start : doubt.end]}: {doubt.reason}" for doubt in redaction.doubts)
    return Waiting(told.id, told.question, redaction.words, doubts)
