"""The ledger of the stand-in providers: what was shown on whose phone. Tests take it for the truth."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.conversation.messages import ChannelName


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that a provider accepted, and so would have shown on a phone."""

    id: str
    channel: ChannelName
    to: str
    text: str
    buttons: tuple[tuple[str, str], ...]
    """(label, what comes back when it is pressed)."""
    at: datetime
    callback: str = ""
    """Where the provider was asked to report on it."""
    valid_for: int | None = None
    """Seconds after which it was not to arrive any more."""
    template: str = ""
    """The approved template that it was sent as, with its values in `text`."""

    @property
    def provider_id(self) -> str:
        """What the provider calls it."""
        return self.id if self.channel == "telegram" else f"SMf{int(self.id):031x}"


class Ledger:
    """Everything that was accepted, in order.

    Args:
        clock: gives the current time, aware.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.all: list[Sent] = []
        self.clock = clock
        self._numbers = itertools.count(1)

    def keep(  # noqa: PLR0913 - the parts of a message
        self,
        channel: ChannelName,
        to: str,
        text: str,
        buttons: tuple[tuple[str, str], ...] = (),
        callback: str = "",
        valid_for: int | None = None,
        template: str = "",
    ) -> Sent:
        """Accept a message."""
        number = str(next(self._numbers))
        sent = Sent(number, channel, to, text, buttons, self.clock(), callback, valid_for, template)
        self.all.append(sent)
        return sent
