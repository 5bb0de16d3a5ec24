"""Where a conversation stands: a value that can be saved and loaded, without a word of what was told."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class State:
    """Where a conversation stands.

    Args:
        script: the script that is running.
        step: the question that waits for an answer; None when nothing is asked.
        trail: the questions asked before it, for "back".
        answers: the choices made so far (yes, partly, no); never words.
        told: whether a story has been told in this conversation.
        told_at: when its last part came.
        mode: within a step: `shown` after a preview, `retelling` when the next words replace the story.
        code: the number that confirms DELETE, while it is awaited.
        language: what we answer in.
        met: whether the person has been told who asks and who reads.
        stopped: whether the person said stop.
    """

    script: str = "open_story"
    step: str | None = None
    trail: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    told: bool = False
    told_at: datetime | None = None
    mode: Literal["", "shown", "retelling"] = ""
    code: str | None = None
    language: str = "en"
    met: bool = False
    stopped: bool = False

    def to_json(self) -> dict[str, Any]:
        """The state as plain data."""
        plain = asdict(self)
        return {**plain, "trail": list(self.trail), "told_at": self.told_at and self.told_at.isoformat()}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "State":
        """The state that `to_json` gave."""
        told_at = plain["told_at"]
        return replace(
            cls(**plain),
            trail=tuple(plain["trail"]),
            told_at=datetime.fromisoformat(told_at) if told_at else None,
        )
