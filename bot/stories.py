"""Stories as they are kept: writing what a turn told, and reading the words again for those who may."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from bot.conversation.state import State
from bot.conversation.turn import Answered, Consented, KeepPrivate, Reworded, Told, Turn
from bot.labels import LabelBook
from bot.privacy.keys import Keyring
from bot.understanding.answers import CHOICES
from models.base import new_id
from models.conversations import Conversation
from models.landlords import Landlord, Line
from models.scopes import scope_id_of
from models.stories import (
    Answer,
    Consent,
    Story,
    StoryPart,
    answers_given_by,
    answers_in,
    consent,
    parts_of,
    parts_told_by,
    reopen,
    story_of,
)


class StoryBook:
    """Writes and reads stories within a transaction.

    Args:
        session: the transaction.
        keys: to seal and open.
    """

    def __init__(self, session: Session, keys: Keyring) -> None:
        self._session = session
        self._keys = keys

    def keep(
        self,
        turn: Turn,
        conversation: Conversation,
        line: Line,
        inbound_ids: Sequence[int],
        now: datetime,
    ) -> None:
        """Write down what a turn told, answered or agreed to; the story begins with the first of it.

        Args:
            turn: what it did, of which what is no story's is left alone, and in which language.
            conversation: where it was told.
            line: on which line.
            inbound_ids: the message that told it; for an edit, every version of that message.
            now: the current time.
        """
        changed: set[int] = set()
        for effect in turn.effects:
            if isinstance(effect, Reworded):
                changed |= self._reword(effect, inbound_ids)
            if isinstance(effect, Told | Answered | Consented | KeepPrivate):
                story = story_of(self._session, conversation.id) or self._new_story(
                    turn.state, conversation, line, now
                )
                self._write(effect, story, inbound_ids[0] if inbound_ids else None, now)
                changed |= {story.id} if isinstance(effect, Told | Answered) else set()
        self._label(changed, now)

    def words(self, story_ids: Sequence[int]) -> dict[int, str]:
        """The words of each story, its parts joined in order; a story without words is left out."""
        told: dict[int, list[str]] = {}
        for part in parts_of(self._session, story_ids):
            opened = self._keys.open("story_part", part.id, "words", part.words)
            told.setdefault(part.story_id, []).append(opened)
        return {story_id: " ".join(words) for story_id, words in told.items()}

    def all_words(self, story_id: int) -> str:
        """Everything that was told in a story: its parts, or, where it has none, its answers in words."""
        told = self.words([story_id]).get(story_id)
        if told:
            return told
        values = [self.value(answer) for answer in answers_in(self._session, story_id)]
        return " ".join(value for value in values if value not in CHOICES)

    def _label(self, story_ids: Iterable[int], now: datetime) -> None:
        """Have the stories that a turn changed read for themes and areas, in all that was told of them."""
        labels = LabelBook(self._session, self._keys)
        for story_id in story_ids:
            values = [self.value(answer) for answer in answers_in(self._session, story_id)]
            told = [self.words([story_id]).get(story_id, ""), *values]
            words = " ".join(one for one in told if one and one not in CHOICES)
            if words:
                story = self._session.get_one(Story, story_id)
                labels.read(story_id, story.language, words, now)

    def value(self, answer: Answer) -> str:
        """What was answered."""
        return self._keys.open("answer", answer.id, "value", answer.value)

    def _new_story(self, state: State, conversation: Conversation, line: Line, now: datetime) -> Story:
        story = Story(
            id=new_id(),
            contact_id=conversation.contact_id,
            conversation_id=conversation.id,
            landlord_id=line.landlord_id,
            scope_id=scope_id_of(self._session.get_one(Landlord, line.landlord_id)),
            language=state.language,
            private=state.private,
            told_at=now,
        )
        self._session.add(story)
        self._session.flush()
        return story

    def _reword(self, edit: Reworded, inbound_ids: Sequence[int]) -> set[int]:
        """Put an edit's words in the place of the message's earlier ones. A moderator then looks anew.

        Returns:
            The stories that it changed.
        """
        changed = set()
        for part in parts_told_by(self._session, inbound_ids):
            part.words = self._keys.seal("story_part", part.id, "words", edit.words)
            reopen(self._session, part.story_id)
            changed.add(part.story_id)
        for answer in answers_given_by(self._session, inbound_ids):
            chosen = self.value(answer) in CHOICES
            value = edit.choice if chosen else edit.words
            if value:
                answer.value = self._keys.seal("answer", answer.id, "value", value)
                changed.add(answer.story_id)
        self._session.flush()
        return changed

    def _write(
        self,
        effect: Told | Answered | Consented | KeepPrivate,
        story: Story,
        inbound_id: int | None,
        now: datetime,
    ) -> None:
        match effect:
            case KeepPrivate():
                story.private = True
            case Told(words, anew):
                if anew:
                    self._session.execute(delete(StoryPart).where(StoryPart.story_id == story.id))
                part_id = new_id()
                sealed = self._keys.seal("story_part", part_id, "words", words)
                self._session.add(
                    StoryPart(id=part_id, story_id=story.id, inbound_id=inbound_id, words=sealed)
                )
            case Answered(question, value):
                self._session.execute(
                    delete(Answer).where(Answer.story_id == story.id, Answer.question == question)
                )
                answer_id = new_id()
                sealed = self._keys.seal("answer", answer_id, "value", value)
                self._session.add(
                    Answer(
                        id=answer_id,
                        story_id=story.id,
                        question=question,
                        value=sealed,
                        inbound_id=inbound_id,
                    )
                )
            case Consented(use, given):
                decided = consent(self._session, story.id, use)
                if decided is None:
                    decided = Consent(id=new_id(), story_id=story.id, use=use)
                    self._session.add(decided)
                decided.given, decided.decided_at = given, now
        self._session.flush()
