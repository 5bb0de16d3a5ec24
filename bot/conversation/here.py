"""What the dialogue knows of the world around it: handed in, because it looks at nothing itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.conversation.hand_overs import Rule
from bot.conversation.messages import ChannelName
from bot.conversation.script import Script

DoorState = Literal["open", "full", "over"]
RoomKind = Literal["word", "number"]
DEFAULT_QUIET: Mapping[ChannelName, float] = {"sms": 0.0, "whatsapp": 0.0, "telegram": 0.0}


@dataclass(frozen=True, slots=True)
class Door:
    """A workshop that somebody may come in to.

    Args:
        workshop: which.
        state: whether there is room, whether whoever comes waits for a place, or whether it is over.
        known: whether this person is on its list already, and has said as whom.
    """

    workshop: int
    state: DoorState
    known: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """A question that is open in the room where a workshop meets."""

    question: int
    kind: RoomKind


@dataclass(frozen=True, slots=True)
class Gathering:
    """What is known of the workshops of whoever writes.

    Args:
        door: the workshop whose code the message holds.
        invited: the workshop that they were invited to and have not answered about.
        member: the workshop on whose list they are, the next one first.
        rests: whether nothing more will be asked: they wait for a place in it, or it has begun.
        late: whether its first questions have gone out already.
        room: the question that is open in its room.
    """

    door: Door | None = None
    invited: Door | None = None
    member: int | None = None
    rests: bool = False
    late: bool = False
    room: Room | None = None


@dataclass(frozen=True, slots=True)
class Here:
    """The world at one message.

    Args:
        scripts: every script there is.
        languages: those that we can answer in.
        code: a fresh number of four digits, should a DELETE want confirming.
        rules: how each kind of hand-over is made.
        quiet: seconds of silence after which a story counts as told; 0 for at once.
        vital_interests: whether dangers to life are passed on without asking first.
        gathering: what is known of the workshops of whoever writes.
    """

    scripts: Mapping[str, Script]
    languages: tuple[str, ...]
    code: str
    rules: Mapping[str, Rule] = field(default_factory=dict)
    quiet: float = 0.0
    vital_interests: bool = False
    gathering: Gathering = field(default_factory=Gathering)


@dataclass(frozen=True, slots=True)
class World:
    """What stays the same from message to message: see `Here`.

    Args:
        scripts: every script there is.
        languages: those that we can answer in.
        rules: how each kind of hand-over is made.
        quiet: by channel, seconds of silence after which a story counts as told.
        vital_interests: whether dangers to life are passed on without asking first.
    """

    scripts: Mapping[str, Script]
    languages: tuple[str, ...]
    rules: Mapping[str, Rule] = field(default_factory=dict)
    quiet: Mapping[ChannelName, float] = field(default_factory=lambda: DEFAULT_QUIET)
    vital_interests: bool = False

    def now(self, channel: ChannelName, code: str) -> Here:
        """The world at one message.

        Args:
            channel: where it came in.
            code: a fresh number of four digits.
        """
        return Here(self.scripts, self.languages, code, self.rules, self.quiet[channel], self.vital_interests)
