"""What a turn of the dialogue gives: the new state, what to say, and what to do."""

from dataclasses import dataclass
from typing import Literal

from bot.conversation.state import State


@dataclass(frozen=True, slots=True)
class Say:
    """Something to say: the key of its words.

    Args:
        key: the entry in the catalogues.
        step: the question that it asks, if any.
        buttons: (key of the label, number that types the same) of each button.
        code: the number in it that confirms DELETE.
        preview: whether the redacted story goes with it.
        kind: what kind of message it is; the outbox has a rule for each.
    """

    key: str
    step: str | None = None
    buttons: tuple[tuple[str, str], ...] = ()
    code: str | None = None
    preview: bool = False
    kind: Literal["reply", "prompt", "reminder", "farewell", "signpost"] = "reply"


@dataclass(frozen=True, slots=True)
class Begin:
    """A new conversation begins with this script."""

    script: str


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """Words of the story; `anew` when they replace what was told before."""

    words: str
    anew: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Reworded:
    """A message said something else first: these words, and this choice if it is one, take its place."""

    words: str
    choice: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Answered:
    """An answer to keep: yes, partly, no, or words."""

    question: str
    value: str


@dataclass(frozen=True, slots=True)
class Consented:
    """The teller decided whether their words may be used."""

    use: str
    given: bool


@dataclass(frozen=True, slots=True)
class Stopped:
    """No more messages to this person."""


@dataclass(frozen=True, slots=True)
class Rejoined:
    """Messages are welcome again."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Erase everything that this person told."""


Effect = Begin | Told | Reworded | Answered | Consented | Stopped | Rejoined | Forgotten


@dataclass(frozen=True, slots=True)
class Turn:
    """The outcome of one message."""

    state: State
    says: tuple[Say, ...] = ()
    effects: tuple[Effect, ...] = ()
