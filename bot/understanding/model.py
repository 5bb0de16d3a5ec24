"""The models: sums of weights, learnt from written examples (training/) and kept as text in weights/.

A file of weights is a table: a row for each feature of a message, a column for each label. What a message
gets for a label is the label's start plus, for each of its features, strength times weight. Nothing more
happens here, so that anybody can add up by hand why a message was read as it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from typing import Final, Literal

from bot.understanding.features import features

Name = Literal["acts", "urgent", "areas", "themes"]

START: Final = "(start)"
THRESHOLD: Final = "(threshold)"
REASONS: Final = 4


@dataclass(frozen=True, slots=True)
class Model:
    """Weights by feature and label.

    Args:
        labels: what it tells apart.
        start: what each label has before anything is read.
        threshold: what each label needs, to be true of a message.
        rows: the weights of each feature as they stand in the file.
        parsed: the rows that were needed so far. Most never are.
    """

    labels: tuple[str, ...]
    start: tuple[float, ...]
    threshold: tuple[float, ...]
    rows: Mapping[str, str]
    parsed: dict[str, tuple[float, ...]] = field(default_factory=dict)


@cache
def model(name: Name) -> Model:
    """The model of that name."""
    path = resources.files("bot.understanding") / "weights" / f"{name}.tsv"
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line and line[0] != "!"]
    labels = tuple(lines[0].split("\t")[1:])
    rows = dict(line.split("\t", 1) for line in lines[1:])
    start, threshold = (tuple(map(float, rows.pop(key).split("\t"))) for key in (START, THRESHOLD))
    return Model(labels, start, threshold, rows)


@cache
def _number(cell: str) -> float:
    """The number in a cell; the same one for the same text, which keeps them near each other in memory."""
    return float(cell or 0)


def _weights(read: Model, feature: str) -> tuple[float, ...]:
    """The weights of a feature that the model has, a label each."""
    known = read.parsed.get(feature)
    if known is None:
        known = read.parsed[feature] = tuple(map(_number, read.rows[feature].split("\t")))
    return known


@lru_cache(maxsize=64)
def _features(text: str) -> Mapping[str, float]:
    return features(text)


@lru_cache(maxsize=64)
def scores(name: Name, text: str) -> Mapping[str, float]:
    """What each label gets for a message, above (or, negative, below) its threshold."""
    read = model(name)
    rows: dict[float, list[tuple[float, ...]]] = {}
    # In the features' own order: sums of floats depend on it, and a reading must not.
    for feature, strength in _features(text).items():
        if feature in read.rows:
            rows.setdefault(strength, []).append(_weights(read, feature))
    sums = [start - threshold for start, threshold in zip(read.start, read.threshold, strict=True)]
    for strength, weights in rows.items():
        together = map(sum, zip(*weights, strict=True))
        sums = [so_far + strength * more for so_far, more in zip(sums, together, strict=True)]
    return dict(zip(read.labels, sums, strict=True))


def reasons(name: Name, text: str, label: str) -> tuple[str, ...]:
    """The features that spoke most for a label, with what each gave ("@gas_smell +1.20")."""
    read = model(name)
    place = read.labels.index(label)
    given = {
        feature: strength * _weights(read, feature)[place]
        for feature, strength in _features(text).items()
        if feature in read.rows
    }
    most = sorted(given, key=lambda feature: (-given[feature], feature))[:REASONS]
    return tuple(f"{feature} {given[feature]:+.2f}" for feature in most if given[feature] > 0)
