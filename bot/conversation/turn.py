"""What a turn of the dialogue gives: the new state, what to say, what to do, and when to be asked again."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from bot.conversation.state import State

Kind = Literal["reply", "prompt", "reminder", "farewell", "signpost"]


@dataclass(frozen=True, slots=True)
class Say:
    """Something to say: the key of its words.

    Args:
        key: the entry in the catalogues.
        step: the question that it asks, if any.
        buttons: (key of the label, number that types the same) of each button.
        code: the number in it that confirms DELETE.
        shows: what must be looked up to fill it: the redacted story, what is held about the person, or what
            their landlord answers.
        kind: what kind of message it is; the outbox has a rule for each.
        also: another language that the same is said in, beside the conversation's; "" for none.
        labels: labels of buttons that are names of languages, by their codes; they come back as "language:code".
        then: the key of a sentence more in the same message; "" for none.
    """

    key: str
    step: str | None = None
    buttons: tuple[tuple[str, str], ...] = ()
    code: str | None = None
    shows: Literal["", "story", "holdings", "answer"] = ""
    kind: Kind = "reply"
    also: str = ""
    labels: tuple[str, ...] = ()
    then: str = ""


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
class Judged:
    """The person says whether what their landlord answers is so."""

    response: int
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Every yes that this person gave to sharing is taken back."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """Somebody who must act is to be told: by the rule of its kind (`agreed` is None), or as the teller decided."""

    kind: str
    agreed: bool | None = None


@dataclass(frozen=True, slots=True)
class KeepPrivate:
    """Nothing of this story is ever to be used, whatever was agreed to."""

    reason: Literal["under_18"]


@dataclass(frozen=True, slots=True)
class DoNotAsk:
    """This person is not to be asked about visits."""

    reason: Literal["bereavement"]


@dataclass(frozen=True, slots=True)
class Stopped:
    """No more messages to this person."""


@dataclass(frozen=True, slots=True)
class Rejoined:
    """Messages are welcome again."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Erase everything that this person told."""


@dataclass(frozen=True, slots=True)
class Joined:
    """This person comes to a workshop, or waits for a place where it is full."""

    workshop: int


@dataclass(frozen=True, slots=True)
class TookRole:
    """As whom somebody comes to a workshop."""

    workshop: int
    role: Literal["tenant", "staff"]


@dataclass(frozen=True, slots=True)
class Left:
    """This person does not come to a workshop after all."""

    workshop: int


@dataclass(frozen=True, slots=True)
class Declined:
    """An invitation was answered with no."""

    workshop: int


@dataclass(frozen=True, slots=True, repr=False)
class RoomAnswered:
    """An answer to the question that is open in the room of a workshop."""

    question: int
    value: str


Effect = (
    Begin
    | Told
    | Reworded
    | Answered
    | Consented
    | Judged
    | Withdrawn
    | HandOver
    | KeepPrivate
    | DoNotAsk
    | Stopped
    | Rejoined
    | Forgotten
    | Joined
    | TookRole
    | Left
    | Declined
    | RoomAnswered
)


@dataclass(frozen=True, slots=True)
class Turn:
    """The outcome of one message, or of time passing.

    Args:
        state: where the conversation stands now.
        says: what to say, in order.
        effects: what to do, in order.
        wake: after how long without a message to ask the dialogue again; None for not at all.
    """

    state: State
    says: tuple[Say, ...] = ()
    effects: tuple[Effect, ...] = ()
    wake: timedelta | None = None
