"""The weights of the models, as they lie in weights/ and as they are looked up.

A file of weights has a line for each feature: its name, a tab, and a cell of six signs for each label that it
speaks for or against, with the label's letter (a for the first), plus or minus, and hundredths. "b-0039" takes 0.39
from the second label. What weighs next to nothing has no cell, and most have none.

All files together become one table, so that each feature of a message is looked up once for all models. It holds no
feature itself but a hash of 64 bits, and so a tenth of the memory; that one of a message's features has by chance the
hash of another one is less likely than once in a hundred thousand million messages.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import chain, pairwise
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Name = Literal["acts", "urgent", "areas", "themes"]
NAMES: Final[tuple[Name, ...]] = ("acts", "urgent", "areas", "themes")

LABELS: Final = "(labels)"
START: Final = "(start)"
THRESHOLD: Final = "(threshold)"
HEADLINES: Final = 4
"""Lines before the features: a remark, the labels, their starts and their thresholds."""
FIRST_LETTER: Final = ord("a")
WHOLE: Final = 100
"""Weights are kept as whole hundredths."""
_CELL: Final = 6
_DIGITS: Final = np.array([1000, 100, 10, 1], dtype=np.int16)


@dataclass(frozen=True, slots=True)
class Head:
    """What a file of weights says before its features.

    Args:
        labels: what the model tells apart.
        start: what each label has before anything is read.
        threshold: what each label needs, to be true of a message.
    """

    labels: tuple[str, ...]
    start: tuple[float, ...]
    threshold: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of some features in the table, one feature after another.

    Args:
        counts: how many cells each feature has.
        columns: the column of each cell: the labels of all models in the order of NAMES.
        weights: the hundredths in each cell.
    """

    counts: NDArray[np.intp]
    columns: NDArray[np.uint8]
    weights: NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Table:
    """The weights of all models.

    Args:
        known: the hashes of the features that any model knows, in order; a row each.
        begins: where the cells of each row begin, and where those of the last end.
        columns: the column of each cell.
        weights: the hundredths in each cell.
    """

    known: NDArray[np.int64]
    begins: NDArray[np.int32]
    columns: NDArray[np.uint8]
    weights: NDArray[np.int16]

    def cells_of(self, features: Collection[str]) -> Cells:
        """The cells of each of some features, in their order."""
        hashes = _hashes(features, len(features))
        rows = np.minimum(self.known.searchsorted(hashes), len(self.known) - 1)
        begins = self.begins[rows]
        counts = np.where(self.known[rows] == hashes, self.begins[rows + 1] - begins, 0)
        ends = counts.cumsum()
        places = np.arange(counts.sum()) + np.repeat(begins - ends + counts, counts)
        return Cells(counts, self.columns[places], self.weights[places])


@cache
def head(name: Name) -> Head:
    """What the file of that name says before its features."""
    with (resources.files("bot.understanding") / "weights" / f"{name}.tsv").open(encoding="utf-8") as file:
        _, labels, start, threshold = (next(file).rstrip("\n").split("\t")[1:] for _ in range(HEADLINES))
    return Head(tuple(labels), tuple(map(float, start)), tuple(map(float, threshold)))


@cache
def table() -> Table:
    """The weights of all models. Reading them takes a fifth of a second, once."""
    parts = [_read(name) for name in NAMES]
    of_cells, columns, weights = (np.concatenate(one) for one in zip(*parts, strict=True))
    known, of_rows = np.unique(of_cells, return_inverse=True)
    order = np.argsort(of_rows, kind="stable")
    begins = np.concatenate([[0], np.bincount(of_rows).cumsum()]).astype(np.int32)
    return Table(known, begins, columns[order], weights[order])


def columns_of(name: Name) -> slice:
    """Which columns of the table are a model's."""
    bounds = pairwise(_running(len(head(one).labels) for one in NAMES))
    return slice(*dict(zip(NAMES, bounds, strict=True))[name])


def written(features: Iterable[str], weights: Iterable[Iterable[float]]) -> Iterable[str]:
    """The lines of a file of weights for features, each with a weight for each label; 0 leaves the cell out."""
    for feature, row in zip(features, weights, strict=True):
        hundredths = (round(weight * WHOLE) for weight in row)
        cells = (f"{chr(FIRST_LETTER + at)}{one:+05}" for at, one in enumerate(hundredths) if one)
        yield f"{feature}\t{''.join(cells)}"


def _running(widths: Iterable[int]) -> Iterable[int]:
    total = 0
    for width in chain([0], widths):
        total += width
        yield total


def _read(name: Name) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.int16]]:
    """Of each cell in a file of weights: its feature's hash, its column and its hundredths."""
    path = resources.files("bot.understanding") / "weights" / f"{name}.tsv"
    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")[HEADLINES:]
    ends = [line.index("\t") for line in lines]
    # One line at a time: the parts of all of them at once would take ten times the memory of the table.
    hashes = _hashes((line[:end] for line, end in zip(lines, ends, strict=True)), len(lines))
    counts = (np.fromiter(map(len, lines), np.intp, len(lines)) - np.array(ends) - 1) // _CELL
    columns, weights = _decoded("".join(line[end + 1 :] for line, end in zip(lines, ends, strict=True)))
    return np.repeat(hashes, counts), columns + np.uint8(columns_of(name).start), weights


def _hashes(features: Iterable[str], count: int) -> NDArray[np.int64]:
    # Python's own, which is what it would look a string up by as well: nothing is cheaper.
    return np.fromiter(map(hash, features), np.int64, count)


def _decoded(cells: str) -> tuple[NDArray[np.uint8], NDArray[np.int16]]:
    """The columns and the hundredths of cells as they are written, one after another."""
    signs = np.frombuffer(cells.encode("ascii"), np.uint8).reshape(-1, _CELL)
    hundredths = (signs[:, 2:] - np.uint8(ord("0"))).astype(np.int16) @ _DIGITS
    negative = signs[:, 1] == ord("-")
    return signs[:, 0] - np.uint8(FIRST_LETTER), np.where(negative, -hundredths, hundredths).astype(np.int16)
