"""Fit the weights of the name finder to labelled messages, and write them as a table that can be read.

Plain logistic regression with a pull towards zero, in pure Python and without chance: the same messages
give the same weights. Each kind of word has its own weight for a feature beside one that all share.
Every message is also read in small letters, and every listed name once as if no list had it, so that
names which nobody thought of are found by what stands around them.
"""

import argparse
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from bot.privacy import evidence, names
from bot.privacy.places import places
from bot.privacy.shapes import shapes
from bot.privacy.spans import Span
from bot.privacy.tokens import BOTH, FIRST, SURNAME, UNKNOWN, Token, tokens_of

Labelled = tuple[str, list[tuple[int, int, str]]]  # a text and its labels
Row = tuple[str, tuple[str, ...], bool, float]  # kind, features, whether a name, how much it counts

SHARED, OWN = 0.6, 1.5  # how strongly shared and own weights are pulled to zero
ROUNDS, STEP = 260, 0.5
SMALL, UNLISTED = 0.6, 0.35  # how much a message in small letters, and a name struck off the lists, counts

HEADING = """# How much each circumstance speaks for (+) or against (-) a word's being a name, by kind of word:
# on the list of first names; of surnames; on a list and an ordinary word too; unknown; an ordinary word; a town or firm.
# Made by benchmarks/fit_names.py. The sum is the log of the odds: 0 is one in two, 2 is seven to one.
"""


def rows_of(path: Path) -> Iterator[Row]:
    """Every word worth weighing in a file, with its label."""
    read = _from_marks if path.suffix == ".txt" else _from_json
    for text, labels in read(path):
        yield from _rows(text, labels, 1.0)
        if text != text.lower() and len(text) == len(text.lower()):
            yield from _rows(text.lower(), labels, SMALL)


def _from_json(path: Path) -> Iterator[Labelled]:
    for line in path.read_text(encoding="utf-8").splitlines():
        message = json.loads(line)
        yield message["text"], [(one["start"], one["end"], one["type"]) for one in message["pii"]]


def _from_marks(path: Path) -> Iterator[Labelled]:
    """Lines of plain text in which names stand between « and »."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            labels, text = [], ""
            for piece in re.split("(«[^»]*»)", line):
                if piece.startswith("«"):
                    labels.append((len(text), len(text) + len(piece) - 2, "NAME"))
                text += piece.strip("«»")
            yield text, labels


def _rows(text: str, labels: list[tuple[int, int, str]], weight: float) -> Iterator[Row]:
    taken = sorted([*shapes(text), *places(text)], key=lambda span: span.start)
    tokens = tokens_of(text, _apart(taken))
    case = "foreign" if names.is_foreign(tokens) else names.case_of(text)
    for at in names.worth_weighing(text, tokens, case):
        token = tokens[at]
        kinds = {kind for start, end, kind in labels if start < token.end and token.start < end}
        if kinds and "NAME" not in kinds and token.kind != UNKNOWN:
            continue
        yield token.kind, tuple(evidence.features(tokens, at, case)), bool(kinds), weight
        if kinds and token.kind in {FIRST, SURNAME}:
            yield _unlisted(tokens, at, case, weight)


def _unlisted(tokens: list[Token], at: int, case: str, weight: float) -> Row:
    changed = [*tokens[:at], replace(tokens[at], kind=UNKNOWN), *tokens[at + 1 :]]
    return UNKNOWN, tuple(evidence.features(changed, at, case)), True, weight * UNLISTED


def _apart(spans: Iterable[Span]) -> list[Span]:
    apart: list[Span] = []
    for span in spans:
        if not apart or span.start >= apart[-1].end:
            apart.append(span)
    return apart


def fit(rows: list[Row]) -> dict[str, dict[str, float]]:
    """The weights, by kind and feature."""
    merged: Counter[tuple[str, tuple[str, ...], bool]] = Counter()
    for kind, found, label, weight in rows:
        merged[kind, found, label] += weight  # type: ignore[assignment]
    data = sorted((kind, found, label, weight) for (kind, found, label), weight in merged.items())
    theta: dict[str, float] = defaultdict(float)
    speed: dict[str, float] = defaultdict(lambda: 1e-6)
    for _ in range(ROUNDS):
        _one_round(data, theta, speed)
    seen = {feature for _, found, _, _ in data for feature in found}
    return {
        kind: {feature: theta[feature] + theta[f"{kind}|{feature}"] for feature in seen}
        for kind in evidence.KINDS
    }


def _one_round(data: list[Row], theta: dict[str, float], speed: dict[str, float]) -> None:
    slope: dict[str, float] = defaultdict(float)
    for kind, found, label, weight in data:
        keys = [*found, *(f"{kind}|{feature}" for feature in found)]
        total = max(-30.0, min(30.0, sum(theta[key] for key in keys)))
        error = weight * (1 / (1 + math.exp(-total)) - label)
        for key in keys:
            slope[key] += error
    for key in sorted(slope):
        pull = slope[key] + (OWN if "|" in key else SHARED) * theta[key]
        speed[key] += pull * pull
        theta[key] -= STEP * pull / math.sqrt(speed[key])


def written(weights: dict[str, dict[str, float]]) -> str:
    """The table as text; features that hardly count are left out."""
    lines = [HEADING + "#", "# " + "feature".ljust(30) + " ".join(kind.rjust(8) for kind in evidence.KINDS)]
    for feature in sorted(weights[BOTH]):
        values = [round(weights[kind][feature], 2) + 0.0 for kind in evidence.KINDS]
        if any(abs(value) >= 0.02 for value in values):
            lines.append(feature.ljust(32) + " ".join(f"{value:8.2f}" for value in values))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Read the arguments, fit, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="labelled messages (.jsonl), or lines with « » (.txt)",
    )
    parser.add_argument("--output", type=Path, required=True, help="where the table of weights goes")
    asked = parser.parse_args()
    rows = [row for path in asked.files for row in rows_of(path)]
    asked.output.write_text(written(fit(rows)), encoding="utf-8")


if __name__ == "__main__":
    main()
