"""Hand-overs: by which rule a danger or a complaint is passed to somebody who must act. Data in hand_overs.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal

Role = Literal["duty", "safeguarding", "second", "complaints"]
ROLES: Final[tuple[Role, ...]] = ("duty", "safeguarding", "second", "complaints")


@dataclass(frozen=True, slots=True)
class Rule:
    """How one kind of hand-over is made.

    Args:
        kind: a kind of danger, `staff_allegation` or `complaint`.
        to: which of the landlord's contacts is told.
        when: at once, after asking, or (`vital`) at once where the operator has decided so.
        safe_time: whether to ask when and how it is safe to get in touch.
        minutes: how long an alert may stay unanswered before it is escalated.
    """

    kind: str
    to: Role
    when: Literal["at_once", "ask", "vital"]
    minutes: int
    safe_time: bool = False

    def is_at_once(self, *, vital_interests: bool) -> bool:
        """Whether it is made without asking first."""
        return self.when == "at_once" or (self.when == "vital" and vital_interests)


@cache
def load_rules() -> Mapping[str, Rule]:
    """Every rule there is, by kind."""
    file = resources.files("bot.conversation") / "hand_overs.toml"
    plain = tomllib.loads(file.read_text("utf-8"))
    return {kind: Rule(kind, **rule) for kind, rule in plain.items()}
