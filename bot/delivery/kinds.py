"""Kinds of message to a person, and the rules that each goes by. Data: a new kind is an entry here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from models.outbound import AWAITED, UNASKED, URGENT

KindName = Literal["reply", "prompt", "reminder", "farewell", "signpost"]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of message is treated.

    Args:
        name: what it is called in the outbox.
        resend_unknown: whether it is sent again when the provider's answer was lost. A signpost twice does
            less harm than none; of everything else, once or not at all.
        to_stopped: whether it goes even to somebody who said stop.
        unprompted: whether nobody asked for it: then quiet hours and caps hold.
        spends: whether it waits when the day's budget is spent.
        useful_for: how long it is worth sending after it was written.
    """

    name: KindName
    resend_unknown: bool = False
    to_stopped: bool = False
    unprompted: bool = False
    spends: bool = True
    useful_for: timedelta = timedelta(days=1)

    @property
    def rank(self) -> int:
        """What it goes before, and what before it, where much waits."""
        if self.to_stopped:
            return URGENT
        return UNASKED if self.unprompted else AWAITED


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("reply"),
        # A question about a visit that arrives in the night or days later is worse than none.
        Kind("prompt", unprompted=True, useful_for=timedelta(hours=4)),
        Kind("reminder", unprompted=True, useful_for=timedelta(hours=4)),
        # The one confirmation of STOP or DELETE.
        Kind("farewell", to_stopped=True, spends=False),
        # Where to turn in danger.
        Kind("signpost", resend_unknown=True, to_stopped=True, spends=False, useful_for=timedelta(hours=6)),
    )
}

TO_STOPPED: Final = frozenset(name for name, kind in KINDS.items() if kind.to_stopped)
SPENDING: Final = frozenset(name for name, kind in KINDS.items() if kind.spends)
FREE: Final = frozenset(KINDS) - SPENDING
RESENT: Final = frozenset(name for name, kind in KINDS.items() if kind.resend_unknown)
PROMPTED: Final = frozenset(name for name, kind in KINDS.items() if not kind.unprompted)
