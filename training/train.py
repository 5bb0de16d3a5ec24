"""Learns the weights in bot/understanding/weights/ from the messages in training/messages/. Run: make train.

The same messages and lexicons give the same weights. README.md beside this file says what was measured.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from bot.understanding.features import features
from bot.understanding.table import LABELS, START, THRESHOLD
from bot.understanding.table import written as lines_of
from bot.understanding.urgency import ALARM

HERE: Final = Path(__file__).resolve().parent
MESSAGES: Final = HERE / "messages"
WEIGHTS: Final = HERE.parent / "bot" / "understanding" / "weights"

FEWEST: Final = (
    2  # messages that a feature must be in: what stood once says more of its writer than of people
)
SMALLEST: Final = 0.3  # a weight below it changes next to nothing, and is left out
SMOOTHING: Final = 0.5
TIMID: Final = 0.0004  # what F1 must gain for a label's threshold to leave the common one, for each step of 1
OF_DANGERS: Final = frozenset(
    ("urgent", "urgent_two", "hazards", "abuse", "at_risk", "danger_three")
)  # files of dangers and decoys
OF_STORIES: Final = frozenset(("areas", "themes"))  # models that ordinary stories are for
ONLY_STORIES: Final = frozenset(
    f"stories_{number}"
    for number in "six seven eight nine ten eleven twelve thirteen fourteen fifteen".split()  # noqa: SIM905 - it reads better
)  # ordinary stories alone: beside 8,000 more of them, acts and dangers are found less often
GROUPS: Final = 6  # of writers' files, each read by models that learnt from the others
FLATTERING: Final = frozenset(("more",))  # written with the lexicons at hand
OTHER_LANGUAGES: Final = "languages"  # the file that the models, which know English only, don't learn from

THEMES_NEED: Final = (
    -1.2
)  # what a theme needs that is as common here as in life; chosen on validation messages
THEMES_IN_LIFE: Final = {
    "listening+": 0.037,
    "listening-": 0.041,
    "respect+": 0.091,
    "respect-": 0.078,
    "belief+": 0.018,
    "belief-": 0.046,
    "information+": 0.068,
    "information-": 0.087,
    "time+": 0.055,
    "time-": 0.119,
    "outcome+": 0.192,
    "outcome-": 0.110,
    "ownership+": 0.009,
    "ownership-": 0.046,
}  # of the stories without danger among the validation messages and the samples; here each is about as common

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


def danger(message: Message) -> list[str]:
    """The danger that a message tells of, and that it tells of one."""
    return [message["urgent"], "danger"] if message["urgent"] else []


TASKS: Final = (
    Task("acts", ACTS, act),
    Task("urgent", [*DANGERS, "danger"], danger, fit=30.0),
    Task("areas", AREAS, lambda message: message["areas"]),
    Task("themes", THEMES, lambda message: message["themes"]),
)


def messages() -> list[Message]:
    """Every training message, with the file that it is in."""
    return [
        {**json.loads(line), "file": path.stem}
        for path in sorted(MESSAGES.glob("*.jsonl"))
        if path.stem != OTHER_LANGUAGES
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


@dataclass(frozen=True)
class Table:
    """Messages as rows, features as columns."""

    rows: Numbers
    names: list[str]

    def part(self, which: Numbers) -> "Table":
        """Some of the rows."""
        return replace(self, rows=self.rows[which])


def table(found: Sequence[Message]) -> Table:
    """Messages as a table."""
    vectorizer = DictVectorizer()
    whole = vectorizer.fit_transform([features(message["text"]) for message in found]).tocsr()
    often = np.asarray((whole > 0).sum(axis=0)).ravel() >= FEWEST
    return Table(whole[:, often], [str(name) for name in vectorizer.get_feature_names_out()[often]])


def learn(seen: Table, true: Numbers, task: Task) -> tuple[Numbers, float]:
    """Weights by feature, and the start, of one label.

    A feature counts by how unevenly it is spread between messages with the label and those without
    ("Baselines and Bigrams", Wang and Manning 2012), which steadies a model learnt from few messages.
    """
    present = seen.rows > 0
    having = (np.asarray(present[true].sum(axis=0)).ravel() + SMOOTHING) / (true.sum() + 1)
    lacking = (np.asarray(present[~true].sum(axis=0)).ravel() + SMOOTHING) / ((~true).sum() + 1)
    scale = np.sqrt(np.abs(np.log(having / lacking)))
    machine = LogisticRegression(C=task.fit, solver="liblinear", random_state=0)
    machine.fit(seen.rows @ sparse.diags(scale), true)
    return machine.coef_[0] * scale, float(machine.intercept_[0])


def truth(task: Task, found: Sequence[Message]) -> Numbers:
    """Which labels are true of which messages."""
    return np.array([[label in set(task.true_of(message)) for label in task.labels] for message in found])


def writers(task: Task, found: Sequence[Message]) -> list[tuple[Numbers, Numbers]]:
    """Rows to learn from and rows to measure on: each writer's file is read by models that never saw that writer.

    A few files are left out at once, which takes a quarter of the time of leaving out one after the other.
    What was written with the lexicons at hand is only learnt from; so are dangers, for areas and themes.
    """
    files = np.array([message["file"] for message in found])
    unmeasured = FLATTERING | OF_DANGERS if task.name in OF_STORIES else FLATTERING
    measured = sorted({*files} - unmeasured)
    left_out = [np.isin(files, measured[start::GROUPS]) for start in range(GROUPS)]
    return [(np.flatnonzero(~some), np.flatnonzero(some)) for some in left_out]


def held_out_scores(task: Task, found: Sequence[Message], whole: Table) -> Numbers:
    """What each message gets from models that never saw its writer; not a number where none is measured."""
    true = truth(task, found)
    got = np.full(true.shape, np.nan)
    parts = writers(task, found)
    every = Parallel(n_jobs=-1)(delayed(_learnt)(whole.part(seen), true[seen], task) for seen, _ in parts)
    for (_, unseen), (weights, starts) in zip(parts, every, strict=True):
        got[unseen] = whole.part(unseen).rows @ weights + starts
    return got


def _learnt(seen: Table, true: Numbers, task: Task) -> tuple[Numbers, Numbers]:
    learnt = [learn(seen, true[:, place], task) for place in range(len(task.labels))]
    return np.array([weights for weights, _ in learnt]).T, np.array([start for _, start in learnt])


def f1(true: Numbers, said: Numbers) -> float:
    """Micro-averaged F1."""
    return float(2 * (true & said).sum() / max(1, true.sum() + said.sum()))


def alarm(got: Numbers) -> Numbers:
    """How much each message looks like danger: all its kinds together, and danger of any kind."""
    return np.log(np.exp(got[:, :-1]).sum(axis=1)) + got[:, -1]


def thresholds(task: Task, found: Sequence[Message], got: Numbers) -> list[float]:
    """What each label needs, to be true of a message.

    Of areas what gives the best F1; of themes the less, the commoner they are in life than here. What dangers need
    stands in urgency.py, and the likeliest of all acts is taken.
    """
    if task.name not in OF_STORIES:
        return [0.0] * len(task.labels)
    measured = ~np.isnan(got[:, 0]) & np.array([message["kind"] == "story" for message in found])
    true = truth(task, found)[measured]
    if task.name == "areas":
        return [round(float(step), 2) for step in _best_steps(true, got[measured])]
    harmless = np.array([not message["urgent"] for message in found])[measured]
    in_life = np.array([THEMES_IN_LIFE[theme] for theme in task.labels])
    more = _log_odds(in_life) - _log_odds(true[harmless].mean(axis=0))
    return [round(float(THEMES_NEED - step), 2) for step in more]


def _log_odds(share: Numbers) -> Numbers:
    return np.log(share / (1 - share))


def _best_steps(true: Numbers, got: Numbers) -> Numbers:
    """The thresholds with the best F1: the best common one, then each label's own."""
    steps = np.arange(-4.0, 2.0, 0.05)
    common = max(steps, key=lambda step: f1(true, got > step))
    best = np.full(got.shape[1], common)
    for place in [*range(got.shape[1])] * 3:

        def good(step: float, place: int = place) -> float:
            tried = best.copy()
            tried[place] = step
            return f1(true, got > tried) - TIMID * abs(step - common)

        best[place] = max(steps, key=good)
    return best


def written(task: Task, whole: Table, true: Numbers, needed: Sequence[float]) -> list[str]:
    """Learn from these rows; the lines of the file of weights."""
    weights, starts = _learnt(whole, true, task)
    lines = ["! Learnt by training/train.py; do not edit. What the lines mean: table.py in the folder above."]
    lines += ["\t".join([LABELS, *task.labels])]
    lines += ["\t".join([START, *(f"{start:.2f}" for start in starts)])]
    lines += ["\t".join([THRESHOLD, *(f"{need:.2f}" for need in needed)])]
    heavy = np.abs(weights).max(axis=1) >= SMALLEST
    kept = np.where(np.abs(weights) >= SMALLEST / 2, weights, 0)[heavy].tolist()
    names = np.array(whole.names, dtype=object)[heavy]
    return [*lines, *sorted(lines_of(names, kept))]


def report(task: Task, found: Sequence[Message], got: Numbers, needed: Sequence[float]) -> str:
    """How well a model does on messages of writers whom it never saw, and by writer."""
    files = np.array([message["file"] for message in found])
    measured = ~np.isnan(got[:, 0])
    true = truth(task, found)
    lines = [f"{task.name}: {_figure(task, true[measured], got[measured], needed)}"]
    for one in sorted({*files[measured]}):
        of_one = measured & (files == one)
        lines.append(f"  {one}: {_figure(task, true[of_one], got[of_one], needed)}")
    return "\n".join(lines)


def _figure(task: Task, true: Numbers, got: Numbers, needed: Sequence[float]) -> str:
    if task.name == "acts":
        return f"{(got.argmax(axis=1) == true.argmax(axis=1)).mean():.3f} right of {len(true)}"
    if task.name == "urgent":
        real, alarmed = true[:, -1], alarm(got) > ALARM
        return (
            f"{alarmed[real].sum() / max(1, real.sum()):.3f} of {real.sum()} found,"
            f" {alarmed[~real].mean():.3f} of {(~real).sum()} false alarms,"
            f" {(alarm(got) > ALARM - 2)[~real].mean():.3f} within two points"
        )
    said = got > np.array(needed)
    precise, complete = (true & said).sum() / max(1, said.sum()), (true & said).sum() / max(1, true.sum())
    return f"F1 {f1(true, said):.3f}, precision {precise:.3f}, recall {complete:.3f}"


def main() -> None:
    """Learn every model, or only measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true", help="measure, and write nothing")
    parser.add_argument("--only", choices=[task.name for task in TASKS], nargs="+", help="only these models")
    options = parser.parse_args()
    every = messages()
    for task in (task for task in TASKS if not options.only or task.name in options.only):
        found = [one for one in every if task.name in OF_STORIES or one["file"] not in ONLY_STORIES]
        whole = table(found)
        got = held_out_scores(task, found, whole)
        needed = thresholds(task, found, got)
        print(report(task, found, got, needed), flush=True)  # noqa: T201 - what it is run for
        if not options.measure:
            lines = written(task, whole, truth(task, found), needed)
            (WEIGHTS / f"{task.name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
