"""Moderation: a person decides what may leave. After redaction, a moderator may only take words away."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot.audit import Action, record
from bot.labels import NO_LABELS, LabelBook, Labels
from bot.privacy.keys import Keyring
from bot.privacy.redact import Redacted, redact, redact_more
from bot.stories import StoryBook
from bot.understanding.language import DEFAULT, UNKNOWN, language_label
from models import Store
from models.base import new_id
from models.landlords import Landlord, is_recipient
from models.stories import APPROVED, SET_ASIDE, Excerpt, Story, unread, waiting_for_moderator

NOT_TRANSLATED: Final = frozenset((DEFAULT, UNKNOWN))


class NotAllowed(Exception):
    """This moderator may not decide for this landlord."""


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """A story that waits for a moderator: its redacted words, and why each piece was taken away."""

    story_id: int
    language: str
    """The BCP 47 code of the language of the words; "und" where that can't be told."""
    words: Redacted
    taken: tuple[tuple[str, str], ...]
    """(kind, reason) of each piece, in order."""
    doubts: tuple[str, ...] = ()
    """What a person must look at, and why."""


class Desk:
    """One moderator's desk for one landlord.

    Args:
        store: the database.
        keys: to open and seal.
        clock: gives the current time, aware.
        landlord: whose tenants' stories.
        moderator: who decides: an e-mail address or a name; the audit keeps a keyed hash of it.

    Raises:
        NotAllowed: when the moderator reads that landlord's digests. Nobody does both.
    """

    def __init__(
        self, store: Store, keys: Keyring, clock: Callable[[], datetime], landlord: Landlord, moderator: str
    ) -> None:
        self._store = store
        self._keys = keys
        self._clock = clock
        self._landlord = landlord
        self._moderator = moderator
        with store.read() as session:
            if is_recipient(session, landlord.id, keys.lookups("recipient", moderator.casefold())):
                raise NotAllowed(
                    f"{landlord.name}'s digests go to this address. Nobody may decide what leaves and read it too."
                )

    def waiting(self, limit: int | None = None) -> list[Waiting]:
        """The stories whose tellers said yes and that nobody has decided on, oldest first."""
        with self._store.read() as session:
            stories = waiting_for_moderator(session, self._landlord.id, limit)
            words = StoryBook(session, self._keys).words([story.id for story in stories])
        return [_waiting(story, words[story.id]) for story in stories]

    def unread(self) -> list[Waiting]:
        """Stories that no person has read and that wait for no decision, oldest first."""
        with self._store.read() as session:
            deciding = {story.id for story in waiting_for_moderator(session, self._landlord.id)}
            told_before = self._clock() + timedelta(seconds=1)
            stories = [
                one for one in unread(session, self._landlord.id, told_before) if one.id not in deciding
            ]
            words = StoryBook(session, self._keys).words([story.id for story in stories])
        return [_waiting(story, words[story.id]) for story in stories]

    def labels(self, story_id: int) -> Labels:
        """The themes and areas that a story is counted under, as things stand."""
        with self._store.read() as session:
            return LabelBook(session, self._keys).of([story_id]).get(story_id, NO_LABELS)

    def correct(self, story_id: int, labels: Labels) -> None:
        """Say what a story is about, in the place of what the machine read; it counts so with its batch.

        Raises:
            LookupError: when the story is gone, or is about another landlord.
        """
        with self._store.write() as session:
            story = session.get(Story, story_id)
            if story is None or story.landlord_id != self._landlord.id:
                raise LookupError("That story is gone.")
            LabelBook(session, self._keys).keep(story_id, "moderator", labels, self._clock())
            record(session, self._keys, self._clock(), self._moderator, "story_labelled", "story", story_id)

    def mark_read(self, story_id: int) -> None:
        """A person has read a story."""
        with self._store.write() as session:
            story = session.get(Story, story_id)
            if story is not None and story.read_at is None:
                story.read_at = self._clock()

    def approve(self, story_id: int, remove: Collection[str] = ()) -> None:
        """Let a story's redacted words leave.

        Args:
            story_id: the story.
            remove: further words to take away.

        Raises:
            LookupError: when the story no longer waits, for instance because its teller had it erased.
        """
        with self._store.write() as session:
            story, told = self._story(session, story_id)
            now, excerpt_id = self._clock(), new_id()
            language = _language(story, told)
            words = redact_more(redact(told).words, remove)
            excerpt = Excerpt(
                id=excerpt_id,
                story_id=story_id,
                verdict=APPROVED,
                words=self._keys.seal("excerpt", excerpt_id, "words", words),
                language=language,
                translate_at=None if language in NOT_TRANSLATED else now,
                decided_at=now,
            )
            self._decide(session, "story_approved", excerpt)

    def set_aside(self, story_id: int) -> None:
        """Keep a story's words here; it counts all the same.

        Raises:
            LookupError: when the story no longer waits.
        """
        with self._store.write() as session:
            self._story(session, story_id)
            excerpt = Excerpt(id=new_id(), story_id=story_id, verdict=SET_ASIDE, decided_at=self._clock())
            self._decide(session, "story_set_aside", excerpt)

    def _story(self, session: Session, story_id: int) -> tuple[Story, str]:
        waiting = {story.id: story for story in waiting_for_moderator(session, self._landlord.id)}
        if story_id not in waiting:
            raise LookupError("That story no longer waits for a decision.")
        return waiting[story_id], StoryBook(session, self._keys).words([story_id])[story_id]

    def _decide(self, session: Session, action: Action, excerpt: Excerpt) -> None:
        record(session, self._keys, excerpt.decided_at, self._moderator, action, "story", excerpt.story_id)
        session.add(excerpt)


def _waiting(story: Story, words: str) -> Waiting:
    redaction = redact(words)
    taken = tuple((span.kind, span.reason) for span in redaction.spans)
    doubts = tuple(f"{words[doubt.start : doubt.end]}: {doubt.reason}" for doubt in redaction.doubts)
    return Waiting(story.id, _language(story, words), redaction.words, taken, doubts)


def _language(story: Story, words: str) -> str:
    # Told anew from the words: somebody may tell in Polish what they were asked in English.
    return language_label(words, story.language)
