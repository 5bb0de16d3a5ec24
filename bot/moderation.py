"""Moderation: a person decides what may leave. After redaction, a moderator may only take words away."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from bot.audit import Action, record
from bot.labels import NO_LABELS, LabelBook, Labels
from bot.privacy.editing import Piece, is_empty, pieces, take_away
from bot.privacy.keys import Keyring
from bot.privacy.redact import Redacted, redact, redact_more
from bot.stories import StoryBook
from bot.understanding.language import DEFAULT, UNKNOWN, language_label
from models import Store
from models.base import new_id
from models.desk import is_waiting, next_unread, next_waiting, unread, waiting_for_moderator
from models.landlords import Landlord, is_recipient, row_of_landlord
from models.moderation import Edit, edit_of, edits_of
from models.stories import APPROVED, SET_ASIDE, Excerpt, Story


class NothingLeft(Exception):
    """Everything was taken away: such words are set aside, and don't leave as a row of marks."""


TOLD_BY: Final = 2_000
"""How many letters of a story its language is told by: more take long and tell no more."""
NOT_TRANSLATED: Final = frozenset((DEFAULT, UNKNOWN))


class NotAllowed(Exception):
    """This moderator may not decide for this landlord."""


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """A story that waits for a moderator: its redacted words, and why each piece was taken away."""

    story_id: int
    language: str
    """The BCP 47 code of the language of the words; "und" where that can't be told."""
    told_at: datetime
    words: Redacted
    taken: tuple[tuple[str, str], ...]
    """(kind, reason) of each piece, in order."""
    doubts: tuple[str, ...] = ()
    """What a person must look at, and why."""
    pieces: tuple[Piece, ...] = ()
    """The redacted words one by one, for whoever takes more of them away."""
    edited: frozenset[int] = frozenset()
    """The numbers of the pieces that a moderator has taken away so far."""

    @property
    def left(self) -> Redacted:
        """The words as they would leave."""
        return take_away(self.words, self.edited)


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
            return self._shown(session, waiting_for_moderator(session, self._landlord.id, limit))

    def next(self, after: int = 0) -> Waiting | None:
        """The oldest story that waits and is younger than that one; None when there is none."""
        with self._store.read() as session:
            story = next_waiting(session, self._landlord.id, after)
            return self._shown(session, [story])[0] if story else None

    def one(self, story_id: int) -> Waiting:
        """A story that waits.

        Raises:
            LookupError: when it does not wait, or is another landlord's.
        """
        with self._store.read() as session:
            return self._shown(session, [self._waits(session, story_id)])[0]

    def unread(self) -> list[Waiting]:
        """Stories that no person has read and that wait for no decision, oldest first."""
        with self._store.read() as session:
            deciding = {story.id for story in waiting_for_moderator(session, self._landlord.id)}
            told_before = self._clock() + timedelta(seconds=1)
            stories = unread(session, self._landlord.id, told_before)
            return self._shown(session, [one for one in stories if one.id not in deciding])

    def next_unread(self, after: int = 0) -> Waiting | None:
        """The oldest of those that is younger than that one; None when there is none."""
        with self._store.read() as session:
            story = next_unread(session, self._landlord.id, after)
            return self._shown(session, [story])[0] if story else None

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
            row_of_landlord(session, Story, story_id, self._landlord.id)
            LabelBook(session, self._keys).keep({story_id: labels}, "moderator", self._clock())
            record(session, self._keys, self._clock(), self._moderator, "story_labelled", "story", story_id)

    def mark_read(self, story_id: int) -> None:
        """A person has read a story of this landlord."""
        with self._store.write() as session:
            story = session.get(Story, story_id)
            if story is not None and story.landlord_id == self._landlord.id and story.read_at is None:
                story.read_at = self._clock()

    def edit(self, story_id: int, taken: Collection[int]) -> None:
        """Take these pieces of a story's redacted words away, and no others: until it is decided, some may come back.

        Raises:
            LookupError: when the story no longer waits.
        """
        with self._store.write() as session:
            shown = self._shown(session, [self._waits(session, story_id)])[0]
            numbers = sorted(set(taken) & set(range(len(shown.pieces))))
            if frozenset(numbers) == shown.edited:
                return
            row = edit_of(session, story_id)
            if row is None:
                row = Edit(id=new_id(), story_id=story_id)
                session.add(row)
            row.taken, row.changed_at = numbers, self._clock()
            row.words = self._keys.lookup("edit", shown.words)
            record(session, self._keys, self._clock(), self._moderator, "story_edited", "story", story_id)

    def approve(self, story_id: int, remove: Collection[str] = ()) -> None:
        """Let a story's redacted words leave, without what was taken away since.

        Args:
            story_id: the story.
            remove: further words to take away.

        Raises:
            LookupError: when the story no longer waits, for instance because its teller had it erased.
            NothingLeft: when no word would be left.
        """
        with self._store.write() as session:
            story = self._waits(session, story_id)
            shown = self._shown(session, [story])[0]
            left = redact_more(shown.left, remove)
            if is_empty(left):
                raise NothingLeft
            now, excerpt_id = self._clock(), new_id()
            excerpt = Excerpt(
                id=excerpt_id,
                story_id=story_id,
                verdict=APPROVED,
                words=self._keys.seal("excerpt", excerpt_id, "words", left),
                language=shown.language,
                translate_at=None if shown.language in NOT_TRANSLATED else now,
                decided_at=now,
            )
            self._decide(session, "story_approved", excerpt)

    def set_aside(self, story_id: int, reason: str | None = None) -> None:
        """Keep a story's words here; it counts all the same.

        Args:
            story_id: the story.
            reason: why: a key of the policy.

        Raises:
            LookupError: when the story no longer waits.
        """
        with self._store.write() as session:
            self._waits(session, story_id)
            excerpt = Excerpt(
                id=new_id(), story_id=story_id, verdict=SET_ASIDE, reason=reason, decided_at=self._clock()
            )
            self._decide(session, "story_set_aside", excerpt)

    def _waits(self, session: Session, story_id: int) -> Story:
        story = is_waiting(session, self._landlord.id, story_id)
        if story is None:
            raise LookupError("That story no longer waits for a decision.")
        return story

    def _decide(self, session: Session, action: Action, excerpt: Excerpt) -> None:
        record(session, self._keys, excerpt.decided_at, self._moderator, action, "story", excerpt.story_id)
        session.add(excerpt)

    def _shown(self, session: Session, stories: Sequence[Story]) -> list[Waiting]:
        words = StoryBook(session, self._keys).words([story.id for story in stories])
        edits = edits_of(session, [story.id for story in stories])
        return [self._waiting(story, words[story.id], edits.get(story.id)) for story in stories]

    def _waiting(self, story: Story, words: str, edit: Edit | None) -> Waiting:
        redaction = redact(words)
        still = edit is not None and edit.words in self._keys.lookups("edit", redaction.words)
        return Waiting(
            story_id=story.id,
            words=redaction.words,
            taken=tuple((span.kind, span.reason) for span in redaction.spans),
            doubts=tuple(f"{words[doubt.start : doubt.end]}: {doubt.reason}" for doubt in redaction.doubts),
            pieces=pieces(redaction),
            edited=frozenset(edit.taken if edit and still else ()),
            told_at=story.told_at,
            # Told anew from the words: somebody may tell in Polish what they were asked in English.
            language=language_label(words[:TOLD_BY], story.language),
        )
