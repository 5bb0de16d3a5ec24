"""Learns the weights in bot/understanding/weights/ from the messages in training/messages/. Run: make train.

The same messages and lexicons give the same weights. README.md beside this file says what was measured.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
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
VECTORS: Final = HERE / "vectors.npz"
WEIGHTS: Final = HERE.parent / "bot" / "understanding" / "weights"

FEWEST: Final = (
    2  # messages that a feature must be in: what stood once says more of its writer than of people
)
SMALLEST: Final = 0.4  # a weight below it changes next to nothing, and is left out
SMOOTHING: Final = 0.5
MEANING: Final = 1.5  # how strongly word vectors count beside the other features
FALSE_ALARMS: Final = 0.01
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
    """A model to learn: its labels, which of them a message has, how hard to fit, and whether word vectors help."""

    name: str
    labels: Sequence[str]
    true_of: Callable[[Message], Iterable[str]]
    fit: float = 10.0
    by_meaning: bool = False


def act(message: Message) -> list[str]:
    """What a message does, in one word."""
    if message["kind"] == "command":
        return [f"command:{message['command']}"]
    return [f"answer:{message['answer']}"] if message["kind"] == "short_answer" else [message["kind"]]


def danger(message: Message) -> list[str]:
    """The danger that a message tells of, and that it tells of one."""
    return [message["urgent"], "danger"] if message["urgent"] else []


TASKS: Final = (
    Task("acts", ACTS, act),
    Task("urgent", [*DANGERS, "danger"], danger, by_meaning=True),
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


@dataclass(frozen=True)
class Table:
    """Messages as rows. Columns are features; in `meanings`, the dimensions of word vectors."""

    rows: Numbers
    names: list[str]
    meanings: Numbers
    vectors: Numbers
    words: list[str]

    def part(self, which: Numbers) -> "Table":
        """Some of the rows."""
        return replace(self, rows=self.rows[which], meanings=self.meanings[which])


def table(found: Sequence[Message]) -> Table:
    """Messages as a table. Words as they were typed count by their vectors only."""
    every = [features(message["text"]) for message in found]
    vectorizer = DictVectorizer()
    whole = vectorizer.fit_transform([{k: v for k, v in one.items() if k[0] != "="} for one in every]).tocsr()
    often = np.asarray((whole > 0).sum(axis=0)).ravel() >= FEWEST
    names = [str(name) for name in vectorizer.get_feature_names_out()[often]]
    stored = np.load(VECTORS)
    words = [f"={word}" for word in stored["words"]]
    vectors = stored["vectors"] * stored["scale"] * MEANING
    place = {word: number for number, word in enumerate(words)}
    counts = sparse.lil_matrix((len(found), len(words)))
    for row, one in enumerate(every):
        for word in one.keys() & place.keys():
            counts[row, place[word]] = one[word]
    return Table(whole[:, often], names, sparse.csr_matrix(counts.tocsr() @ vectors), vectors, words)


def learn(seen: Table, true: Numbers, task: Task) -> tuple[Numbers, Numbers, float]:
    """Weights by feature and by dimension of meaning, and the start, of one label.

    A feature counts by how unevenly it is spread between messages with the label and those without
    ("Baselines and Bigrams", Wang and Manning 2012), which steadies a model learnt from few messages.
    """
    present = seen.rows > 0
    having = (np.asarray(present[true].sum(axis=0)).ravel() + SMOOTHING) / (true.sum() + 1)
    lacking = (np.asarray(present[~true].sum(axis=0)).ravel() + SMOOTHING) / ((~true).sum() + 1)
    scale = np.sqrt(np.abs(np.log(having / lacking)))
    columns = seen.rows @ sparse.diags(scale)
    if task.by_meaning:
        columns = sparse.hstack([columns, seen.meanings]).tocsr()
    machine = LogisticRegression(C=task.fit, solver="liblinear", random_state=0)
    machine.fit(columns, true)
    weights = machine.coef_[0]
    width = seen.meanings.shape[1]
    meaning = weights[len(scale) :] if task.by_meaning else np.zeros(width)
    return weights[: len(scale)] * scale, meaning, float(machine.intercept_[0])


def truth(task: Task, found: Sequence[Message]) -> Numbers:
    """Which labels are true of which messages."""
    return np.array([[label in set(task.true_of(message)) for label in task.labels] for message in found])


def folds(found: Sequence[Message]) -> list[tuple[Numbers, Numbers]]:
    """Rows to learn from and rows to measure on, alike in files, dangers and commands."""
    strata = [f"{message['file']} {message['urgent']} {message['command']}" for message in found]
    counts = Counter(strata)
    strata = [stratum if counts[stratum] >= FOLDS else "rare" for stratum in strata]
    return list(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(strata, strata))


def held_out_scores(task: Task, found: Sequence[Message], whole: Table) -> Numbers:
    """What each message gets from models that never saw it."""
    true = truth(task, found)
    got = np.zeros(true.shape)
    for seen, unseen in folds(found):
        rest = whole.part(unseen)
        for place in range(len(task.labels)):
            weights, meaning, start = learn(whole.part(seen), true[seen, place], task)
            got[unseen, place] = rest.rows @ weights + rest.meanings @ meaning + start
    return got


def f1(true: Numbers, said: Numbers) -> float:
    """Micro-averaged F1."""
    return float(2 * (true & said).sum() / max(1, true.sum() + said.sum()))


def alarm(got: Numbers) -> Numbers:
    """How much each message looks like danger: its likeliest kind, and danger of any kind."""
    return got[:, :-1].max(axis=1) + got[:, -1]


def thresholds(task: Task, true: Numbers, got: Numbers) -> list[float]:
    """What each label needs: for areas and themes what gives the best F1, for dangers what alarms seldom."""
    nothing = [0.0] * len(task.labels)
    if task.name == "acts":
        return nothing
    if task.name == "urgent":
        needed = float(np.quantile(alarm(got)[~true[:, -1]], 1 - FALSE_ALARMS))
        return [*nothing[:-1], round(needed, 2)]
    common = max(np.arange(-3.0, 1.5, 0.05), key=lambda step: f1(true, got > step))
    return [round(float(common), 2)] * len(task.labels)


def written(task: Task, whole: Table, true: Numbers, needed: Sequence[float]) -> list[str]:
    """Learn from these rows; the lines of the file of weights."""
    learnt = [learn(whole, true[:, place], task) for place in range(len(task.labels))]
    weights = np.array([of_features for of_features, _, _ in learnt]).T
    by_word = np.array([whole.vectors @ meaning for _, meaning, _ in learnt]).T
    lines = ["! Learnt by training/train.py; do not edit. Weights of features (rows) for labels (columns)."]
    lines += ["\t".join(["feature", *task.labels])]
    lines += ["\t".join(["(start)", *(f"{start:.2f}" for _, _, start in learnt)])]
    lines += ["\t".join(["(threshold)", *(f"{need:.2f}" for need in needed)])]
    rows = [*zip(whole.names, weights, strict=True), *zip(whole.words, by_word, strict=True)]
    for name, cells in sorted(rows, key=lambda row: row[0]):
        if np.abs(cells).max() >= SMALLEST:
            told = [f"{cell:.2f}" if abs(cell) >= SMALLEST / 2 else "" for cell in cells]
            lines.append("\t".join([name, *told]))
    return lines


def report(task: Task, true: Numbers, got: Numbers, needed: Sequence[float]) -> str:
    """One line on how well a model does on messages that it never saw."""
    if task.name == "acts":
        right = (got.argmax(axis=1) == true.argmax(axis=1)).mean()
        return f"{task.name}: {right:.3f} right of {len(true)} in {FOLDS} folds"
    if task.name == "urgent":
        real, alarmed = true[:, -1], alarm(got) > needed[-1]
        return f"{task.name}: {alarmed[real].mean():.3f} found at {alarmed[~real].mean():.3f} false"
    said = got > np.array(needed)
    return f"{task.name}: micro-F1 {f1(true, said):.3f} in {FOLDS} folds"


def main() -> None:
    """Learn every model, or only measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true", help="measure, and write nothing")
    only_measure = parser.parse_args().measure
    found = messages()
    whole = table(found)
    for task in TASKS:
        true = truth(task, found)
        got = held_out_scores(task, found, whole)
        needed = thresholds(task, true, got)
        print(report(task, true, got, needed))  # noqa: T201 - what it is run for
        if not only_measure:
            lines = written(task, whole, true, needed)
            (WEIGHTS / f"{task.name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
