"""Stories as they are kept: writing what a turn told, and reading the words again for those who may."""

from collections.abc import Sequence
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
from models.group import Group
from models.landlords import Line
from models.scopes import scope_id_of
from models.stories import (
    Answer,
    Consent,
    Story,
    StoryPart,
    answers_given_by,
    answers_in,
    languages_of,
    parts_of,
    parts_told_by,
    reopen,
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
        return " ".join(self._answers([story_id]).get(story_id, ()))

    def label(self, story_ids: Sequence[int], now: datetime) -> None:
        """Have stories that turns changed read for themes and areas, in all that was told of them."""
        if not story_ids:
            return
        words, answers = self.words(story_ids), self._answers(story_ids)
        told = {
            story_id: (language, " ".join([*filter(None, [words.get(story_id)]), *answers.get(story_id, ())]))
            for story_id, language in languages_of(self._session, story_ids)
        }
        LabelBook(self._session, self._keys).read({at: story for at, story in told.items() if story[1]}, now)

    def _answers(self, story_ids: Sequence[int]) -> dict[int, list[str]]:
        """The answers in words of each story, in the order in which they were given."""
        given: dict[int, list[str]] = {}
        for answer in answers_in(self._session, story_ids):
            value = self.value(answer)
            if value and value not in CHOICES:
                given.setdefault(answer.story_id, []).append(value)
        return given

    def value(self, answer: Answer) -> str:
        """What was answered."""
        return self._keys.open("answer", answer.id, "value", answer.value)


def keep(  # noqa: PLR0913 - one turn
    group: Group,
    keys: Keyring,
    turn: Turn,
    conversation: Conversation,
    line: Line,
    inbound_ids: Sequence[int],
    now: datetime,
) -> None:
    """Write down what a turn told, answered or agreed to; the story begins with the first of it.

    Args:
        group: the group that the turn is taken in.
        keys: to seal.
        turn: what it did, of which what is no story's is left alone, and in which language.
        conversation: where it was told.
        line: on which line.
        inbound_ids: the message that told it; for an edit, every version of that message.
        now: the current time.
    """
    for effect in turn.effects:
        if isinstance(effect, Reworded):
            group.write()
            group.retold.update(_reword(group.session, keys, effect, inbound_ids))
        if isinstance(effect, Told | Answered | Consented | KeepPrivate):
            story_id = group.stories.get(conversation.id) or _begin(
                group, turn.state, conversation, line, now
            )
            _write(group, keys, effect, story_id, inbound_ids[0] if inbound_ids else None, now)
            if isinstance(effect, Told | Answered):
                group.retold.add(story_id)


def _begin(group: Group, state: State, conversation: Conversation, line: Line, now: datetime) -> int:
    story_id = new_id()
    group.add(
        Story,
        id=story_id,
        contact_id=conversation.contact_id,
        conversation_id=conversation.id,
        landlord_id=line.landlord_id,
        language=state.language,
        scope_id=scope_id_of(group.landlords[line.landlord_id]),
        private=state.private,
        told_at=now,
    )
    group.stories[conversation.id] = story_id
    return story_id


def _reword(session: Session, keys: Keyring, edit: Reworded, inbound_ids: Sequence[int]) -> set[int]:
    """Put an edit's words in the place of the message's earlier ones. A moderator then looks anew.

    Returns:
        The stories that it changed.
    """
    changed = set()
    for part in parts_told_by(session, inbound_ids):
        part.words = keys.seal("story_part", part.id, "words", edit.words)
        reopen(session, part.story_id)
        changed.add(part.story_id)
    for answer in answers_given_by(session, inbound_ids):
        chosen = StoryBook(session, keys).value(answer) in CHOICES
        value = edit.choice if chosen else edit.words
        if value:
            answer.value = keys.seal("answer", answer.id, "value", value)
            changed.add(answer.story_id)
    session.flush()
    return changed


def _write(  # noqa: PLR0913 - one effect
    group: Group,
    keys: Keyring,
    effect: Told | Answered | Consented | KeepPrivate,
    story_id: int,
    inbound_id: int | None,
    now: datetime,
) -> None:
    row_id = new_id()
    match effect:
        case KeepPrivate():
            group.change(Story, story_id, private=True)
        case Told(words, anew):
            if anew:
                group.write()
                group.session.execute(delete(StoryPart).where(StoryPart.story_id == story_id))
            sealed = keys.seal("story_part", row_id, "words", words)
            group.add(StoryPart, id=row_id, story_id=story_id, inbound_id=inbound_id, words=sealed)
        case Answered(question, value):
            sealed = keys.seal("answer", row_id, "value", value)
            group.add(
                Answer, id=row_id, story_id=story_id, question=question, value=sealed, inbound_id=inbound_id
            )
        case Consented(use, given):
            group.add(Consent, id=row_id, story_id=story_id, use=use, given=given, decided_at=now)
