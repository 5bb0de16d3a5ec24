"""Scripts: which questions are asked, in which order. Data in scripts/*.toml."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

OPEN_STORY: Final = "open_story"
"""The script of somebody who writes out of the blue."""


StepKind = Literal["choice", "words", "consent", "hand_over", "response", "invitation", "role"]


@dataclass(frozen=True, slots=True)
class Step:
    """One question.

    Args:
        name: what it is called in the script, the state and the buttons.
        kind: `choice` (yes, partly, no), `words` (the story or another free answer), `consent`,
            `hand_over` (whether somebody who must act may be told), `invitation` (whether they will come to
            a workshop), `role` (as a tenant or as staff) or `response` (whether what a landlord says it did
            is so).
        says: the key of its words in the catalogues.
        keeps: the name under which the answer is kept; for the story itself, "story".
        only_if: answers that must have been given for the question to be asked at all.
        use: for `consent`, the use that is asked about.
    """

    name: str
    kind: StepKind
    says: str
    keeps: str
    only_if: Mapping[str, tuple[str, ...]]
    use: str


@dataclass(frozen=True, slots=True)
class Script:
    """A conversation's questions in order.

    Args:
        name: what it is called.
        steps: the questions.
        reminder: the key of the one reminder, when nobody has answered the first question; "" for none.
        workshop: whether it belongs to a workshop: what is answered is kept for that, and for nothing else.
    """

    name: str
    steps: tuple[Step, ...]
    reminder: str = ""
    workshop: bool = False

    @property
    def asks_for_story(self) -> bool:
        """Whether one of its questions is for the story itself."""
        return any(step.keeps == "story" for step in self.steps)

    def step(self, name: str | None) -> Step | None:
        """The step of that name; None when there is none, as when a script changed under a conversation."""
        return next((step for step in self.steps if step.name == name), None)

    def after(self, name: str) -> tuple[Step, ...]:
        """The steps that follow one, in order."""
        names = [step.name for step in self.steps]
        return self.steps[names.index(name) + 1 :]


@cache
def load_scripts() -> Mapping[str, Script]:
    """Every script there is, by name."""
    folder = resources.files("bot.conversation") / "scripts"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda f: f.name)
    scripts = (
        _script(file.name.removesuffix(".toml"), tomllib.loads(file.read_text("utf-8"))) for file in files
    )
    return {script.name: script for script in scripts}


def _script(name: str, plain: Mapping[str, Any]) -> Script:
    steps = tuple(_step(step) for step in plain["step"])
    return Script(name, steps, plain.get("reminder", ""), plain.get("workshop", False))


def _step(plain: Mapping[str, Any]) -> Step:
    conditions = {question: tuple(answers) for question, answers in plain.get("only_if", {}).items()}
    return Step(
        name=plain["name"],
        kind=plain["kind"],
        says=plain["says"],
        keeps=plain["keeps"],
        only_if=conditions,
        use=plain.get("use", ""),
    )
