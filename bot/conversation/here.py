"""What the dialogue knows of the world around it: handed in, because it looks at nothing itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.conversation.hand_overs import Rule
from bot.conversation.messages import ChannelName
from bot.conversation.script import Script

DEFAULT_QUIET: Mapping[ChannelName, float] = {"sms": 0.0, "whatsapp": 0.0, "telegram": 0.0}


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
    """

    scripts: Mapping[str, Script]
    languages: tuple[str, ...]
    code: str
    rules: Mapping[str, Rule] = field(default_factory=dict)
    quiet: float = 0.0
    vital_interests: bool = False


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
