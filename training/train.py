"""Learns the weights in bot/understanding/weights/ from the messages in training/messages/. Run: make train.

The same messages and lexicons give the same weights. README.md beside this file says what was measured.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy import sparse
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from bot.understanding.features import features

HERE: Final = Path(__file__).resolve().parent
MESSAGES: Final = HERE / "messages"
WEIGHTS: Final = HERE.parent / "bot" / "understanding" / "weights"

FEWEST: Final = (
    2  # messages that a feature must be in: what stood once says more of its writer than of people
)
SMALLEST: Final = 0.2  # a weight below it changes next to nothing, and is left out
SMOOTHING: Final = 0.5
FOLDS: Final = 5

Message = dict[str, Any]
Numbers = Any  # NumPy's and SciPy's arrays; their stubs are no help here
AREAS: Final = [
    "repairs",
    "damp_mould",
    "heating_hot_water",
    "safety",
    "anti_social_behaviour",
    "neighbourhood_communal",
    "rent_money",
    "moving_lettings",
    "complaints",
    "staff_contact",
    "home_improvements",
]
TOPICS: Final = ["listening", "respect", "belief", "information", "time", "outcome", "ownership"]
THEMES: Final = [f"{topic}{sign}" for topic in TOPICS for sign in "+-"]
DANGERS: Final = [
    "fire_gas_electrical",
    "no_heating_vulnerable",
    "domestic_abuse",
    "self_harm",
    "child_or_adult_at_risk",
    "violence_threat",
    "structural_or_water",
]
ACTS: Final = [
    *(f"command:{name}" for name in ["stop", "start", "help", "delete", "skip", "back", "language"]),
    *(f"answer:{name}" for name in ["yes", "partly", "no"]),
    "chatter",
    "question",
    "story",
]


@dataclass(frozen=True)
class Task:
    """A model to learn: its labels, which of them a message has, and how hard to fit."""

    name: str
    labels: Sequence[str]
    true_of: Callable[[Message], Iterable[str]]
    fit: float = 10.0


def act(message: Message) -> list[str]:
    """What a message does, in one word."""
    if message["kind"] == "command":
        return [f"command:{message['command']}"]
    return [f"answer:{message['answer']}"] if message["kind"] == "short_answer" else [message["kind"]]


TASKS: Final = (
    Task("acts", ACTS, act),
    Task("urgent", DANGERS, lambda message: [message["urgent"]] if message["urgent"] else []),
    Task("areas", AREAS, lambda message: message["areas"]),
    Task("themes", THEMES, lambda message: message["themes"]),
)


def messages() -> list[Message]:
    """Every training message, with the file that it is in."""
    return [
        {**json.loads(line), "file": path.stem}
        for path in sorted(MESSAGES.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def table(found: Sequence[Message]) -> tuple[Numbers, list[str]]:
    """Messages as rows, features as columns; and the names of the columns."""
    vectorizer = DictVectorizer()
    whole = vectorizer.fit_transform([features(message["text"]) for message in found]).tocsr()
    often = np.asarray((whole > 0).sum(axis=0)).ravel() >= FEWEST
    return whole[:, often], [str(name) for name in vectorizer.get_feature_names_out()[often]]


def learn(rows: Numbers, true: Numbers, fit: float) -> tuple[Numbers, float]:
    """Weights and start of one label.

    A feature counts by how unevenly it is spread between messages with the label and those without
    ("Baselines and Bigrams", Wang and Manning 2012), which steadies a model learnt from few messages.
    """
    present = rows > 0
    having = (np.asarray(present[true].sum(axis=0)).ravel() + SMOOTHING) / (true.sum() + 1)
    lacking = (np.asarray(present[~true].sum(axis=0)).ravel() + SMOOTHING) / ((~true).sum() + 1)
    scale = np.sqrt(np.abs(np.log(having / lacking)))
    machine = LogisticRegression(C=fit, solver="liblinear", random_state=0)
    machine.fit(rows @ sparse.diags(scale), true)
    return machine.coef_[0] * scale, float(machine.intercept_[0])


def truth(task: Task, found: Sequence[Message]) -> Numbers:
    """Which labels are true of which messages."""
    return np.array([[label in set(task.true_of(message)) for label in task.labels] for message in found])


def held_out_scores(task: Task, found: Sequence[Message], rows: Numbers) -> Numbers:
    """What each message gets from models that never saw it."""
    true = truth(task, found)
    strata = [f"{message['file']} {message['urgent']} {message['command']}" for message in found]
    got = np.zeros(true.shape)
    for seen, unseen in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(rows, strata):
        for place in range(len(task.labels)):
            weights, start = learn(rows[seen], true[seen, place], task.fit)
            got[unseen, place] = rows[unseen] @ weights + start
    return got


def f1(true: Numbers, said: Numbers) -> float:
    """Micro-averaged F1."""
    return float(2 * (true & said).sum() / max(1, true.sum() + said.sum()))


def thresholds(task: Task, true: Numbers, got: Numbers) -> list[float]:
    """What each label needs: for areas and themes what gives the best F1, for dangers what alarms seldom."""
    if task.name == "acts":
        return [0.0] * len(task.labels)
    if task.name == "urgent":
        best = got[~true.any(axis=1)].max(axis=1)
        return [round(float(np.quantile(best, 0.99)), 2)] * len(task.labels)
    steps = np.arange(-3.0, 1.5, 0.05)
    common = max(steps, key=lambda step: f1(true, got > step))
    return [round(float(common), 2)] * len(task.labels)


def write(task: Task, names: Sequence[str], rows: Numbers, true: Numbers, needed: Sequence[float]) -> int:
    """Learn from every message and write the file of weights; says how many rows it has."""
    learnt = [learn(rows, true[:, place], task.fit) for place in range(len(task.labels))]
    table = np.array([weights for weights, _ in learnt]).T
    kept = np.abs(table).max(axis=1) >= SMALLEST
    lines = ["! Learnt by training/train.py; do not edit. Weights of features (rows) for labels (columns)."]
    lines += ["\t".join(["feature", *task.labels])]
    lines += ["\t".join(["(start)", *(f"{start:.2f}" for _, start in learnt)])]
    lines += ["\t".join(["(threshold)", *(f"{need:.2f}" for need in needed)])]
    for name, weights in sorted(zip(np.array(names)[kept], table[kept], strict=True), key=lambda row: row[0]):
        cells = [f"{weight:.2f}" if abs(weight) >= SMALLEST / 2 else "" for weight in weights]
        lines.append("\t".join([name, *cells]))
    (WEIGHTS / f"{task.name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return int(kept.sum())


def report(task: Task, true: Numbers, got: Numbers, needed: Sequence[float]) -> str:
    """One line on how well a model does on messages that it never saw."""
    if task.name == "acts":
        right = (got.argmax(axis=1) == true.argmax(axis=1)).mean()
        return f"{task.name}: {right:.3f} right of {len(true)} in {FOLDS} folds"
    said = got > np.array(needed)
    if task.name == "urgent":
        danger = true.any(axis=1)
        found = (said.any(axis=1) & danger).sum() / danger.sum()
        return f"{task.name}: {found:.3f} found at {(said.any(axis=1) & ~danger).sum() / (~danger).sum():.3f} false"
    return f"{task.name}: micro-F1 {f1(true, said):.3f} in {FOLDS} folds"


def main() -> None:
    """Learn every model, or only measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true", help="measure, and write nothing")
    only_measure = parser.parse_args().measure
    found = messages()
    rows, names = table(found)
    for task in TASKS:
        true = truth(task, found)
        got = held_out_scores(task, found, rows)
        needed = thresholds(task, true, got)
        print(report(task, true, got, needed))  # noqa: T201 - what it is run for
        if not only_measure:
            print(f"  {write(task, names, rows, true, needed)} features")  # noqa: T201


if __name__ == "__main__":
    main()
