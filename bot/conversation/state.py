"""Where a conversation stands: a value that can be saved and loaded, without a word of what was told."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final, Literal


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
        settling: whether more parts may be on their way, so that nothing is asked yet.
        mode: within a step: `shown` after a preview, `retelling` when the next words replace the story.
        bad: whether what was told is trouble: then it is said how to complain.
        routes_told: whether that has been said already.
        dangers: the kinds of danger that a signpost was sent for.
        handing: the kind of hand-over that is being asked about, or was last.
        private: whether the words must not be asked for (somebody under 18).
        doubt: what we asked to be sure of: `stop`, whether the person wants no more texts.
        code: the number that confirms DELETE, while it is awaited.
        guessed: the language that it may be, or "?" when we can't guess; "" while there is no doubt.
        asked_language: whether we have asked about that: once is enough.
        reminded: whether the one reminder has gone.
        about: the id of the response that is asked about; 0 for none.
        offered: whether the person may still say that they want to hear what comes of it.
        workshop: which workshop the script belongs to, if any.
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
    settling: bool = False
    mode: Literal["", "shown", "retelling"] = ""
    bad: bool = False
    routes_told: bool = False
    dangers: tuple[str, ...] = ()
    handing: str = ""
    private: bool = False
    doubt: Literal["", "stop"] = ""
    code: str | None = None
    guessed: str = ""
    asked_language: bool = False
    reminded: bool = False
    about: int = 0
    offered: bool = False
    workshop: int | None = None
    language: str = "en"
    met: bool = False
    stopped: bool = False

    def to_json(self) -> dict[str, Any]:
        """The state as plain data."""
        plain = {name: getattr(self, name) for name in FIELDS}
        lists = {"trail": list(self.trail), "dangers": list(self.dangers), "answers": dict(self.answers)}
        return {**plain, **lists, "told_at": self.told_at and self.told_at.isoformat()}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "State":
        """The state that `to_json` gave, now or in an earlier version that knew less."""
        known = {name: value for name, value in plain.items() if name in FIELDS}
        told_at = known.get("told_at")
        known["told_at"] = datetime.fromisoformat(told_at) if told_at else None
        known |= {name: tuple(known[name]) for name in ("trail", "dangers") if name in known}
        return cls(**known)

    def fresh(self, script: str, step: str | None = None) -> "State":
        """A new conversation with the same person."""
        return State(script=script, step=step, **dict(zip(LASTING, self.lasting, strict=True)))

    @property
    def lasting(self) -> tuple[Any, ...]:
        """What is true of the person, and so outlasts a conversation."""
        return tuple(getattr(self, name) for name in LASTING)


FIELDS: Final = tuple(one.name for one in fields(State))
LASTING: Final = ("language", "guessed", "asked_language", "met", "stopped", "private")
"""See `State.lasting`."""
