"""The models: sums of weights, learnt from written examples (training/) and kept as text in weights/.

What a message gets for a label is the label's start plus, for each of its features, strength times weight.
Nothing more happens here, so that anybody can add up by hand why a message was read as it was.
"""

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.understanding.features import features
from bot.understanding.table import NAMES, WHOLE, Cells, Name, columns_of, head, table

REASONS: Final = 4


@lru_cache(maxsize=64)
def scores(name: Name, text: str) -> Mapping[str, float]:
    """What each label gets for a message, above (or, negative, below) its threshold."""
    return dict(zip(head(name).labels, _points(text)[columns_of(name)].tolist(), strict=True))


def reasons(name: Name, text: str, label: str) -> tuple[str, ...]:
    """The features that spoke most for a label, with what each gave ("@gas_smell +1.20")."""
    found, cells = _found(text)
    column = columns_of(name).start + head(name).labels.index(label)
    given = dict.fromkeys(found, 0.0)
    for place in np.flatnonzero(cells.columns == column):
        feature = [*found][np.searchsorted(cells.counts.cumsum(), place, side="right")]
        given[feature] = found[feature] * int(cells.weights[place]) / WHOLE
    most = sorted(given, key=lambda feature: (-given[feature], feature))[:REASONS]
    return tuple(f"{feature} {given[feature]:+.2f}" for feature in most if given[feature] > 0)


@lru_cache(maxsize=64)
def _points(text: str) -> NDArray[np.float64]:
    """What every label of every model gets for a message."""
    found, cells = _found(text)
    # In the features' own order: sums of floats depend on it, and a reading must not.
    strengths = np.repeat(np.fromiter(found.values(), np.float64, len(found)), cells.counts)
    at_rest = _at_rest()
    return at_rest + np.bincount(cells.columns, strengths * cells.weights, len(at_rest)) / WHOLE


def _found(text: str) -> tuple[Mapping[str, float], Cells]:
    found = features(text)
    return found, table().cells_of(found)


@cache
def _at_rest() -> NDArray[np.float64]:
    """What every label gets before anything is read."""
    heads = [head(name) for name in NAMES]
    return np.concatenate([np.array(one.start) - np.array(one.threshold) for one in heads])
