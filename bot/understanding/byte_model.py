"""py3langid's model in an eighth of the memory: the same sums, kept in another way.

py3langid (BSD-3; the model is in its package) walks over the bytes of a text. After each byte it is at the longest
sequence, of those that it knows, that ends there, and most sequences count for some languages. Its package keeps where
to go from each sequence at each byte, and a weight for each sequence and language: 70 MB, nearly all of it the same few
values. Here sequences are sorted numbers, and of the weights only those are kept that are not a language's least. A test
compares the two.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

BYTE: Final = 256
LENGTHS: Final = np.arange(1, 7)[:, None]
"""How many bytes a known sequence may have."""
ONE_BEFORE: Final = 1 << (8 * LENGTHS)
LAST_BYTES: Final = ONE_BEFORE - 1
PADDING: Final = b"\xff" * 7
"""Before the first byte of a text, so that eight can be looked at; it is in no text."""
ROOT: Final = 0
"""Where py3langid begins."""
NOTHING: Final = -1
"""In place of a row: counts for no language."""
WHOLE: Final = 512
"""Weights are kept as whole parts of 512; py3langid's, of 16 bits, are none finer."""
AT_ONCE: Final = 2048
"""How many sequences are looked at together when the model is read, so that little memory is needed."""


@dataclass(frozen=True, slots=True)
class ByteModel:
    """A model of languages by the bytes of their texts.

    Args:
        labels: the languages, in order, each once.
        firsts: the first column of each; some have several, of which the likeliest counts.
        start: what each column has before anything is read.
        least: the least weight in each column, which most sequences have.
        known: the sequences, in order, each as a number: 1, and after it its bytes.
        rows: the row of the weights that belongs to each sequence, or NOTHING.
        begins: where the cells of each row begin, and where those of the last end.
        columns: the column of each cell.
        weights: how much more than the least is in each cell, in parts of WHOLE.
    """

    labels: tuple[str, ...]
    firsts: NDArray[np.intp]
    start: NDArray[np.float64]
    least: NDArray[np.float64]
    known: NDArray[np.int64]
    rows: NDArray[np.int32]
    begins: NDArray[np.int32]
    columns: NDArray[np.uint8]
    weights: NDArray[np.int16]

    def points(self, text: str) -> NDArray[np.float64]:
        """The log-probability of each label; all the same where nothing in the text is known."""
        rows, times = np.unique(self._rows_in(text), return_counts=True)
        if not len(rows):
            return np.zeros(len(self.labels))
        strengths = np.log1p(times)
        begins = self.begins[rows]
        counts = self.begins[rows + 1] - begins
        places = np.arange(counts.sum()) + np.repeat(begins - counts.cumsum() + counts, counts)
        more = np.repeat(strengths / WHOLE, counts) * self.weights[places]
        columns = np.bincount(self.columns[places], more, len(self.start))
        points: NDArray[np.float64] = np.maximum.reduceat(
            self.start + strengths.sum() * self.least + columns, self.firsts
        )
        return points

    def _rows_in(self, text: str) -> NDArray[np.int32]:
        """The row of the longest known sequence that ends at each byte of a text, where there is one."""
        data = unicodedata.normalize("NFC", text).encode(errors="surrogatepass")
        eight = np.ndarray(len(data), ">i8", PADDING + data, strides=(1,)).astype(np.int64)
        ending = eight & LAST_BYTES | ONE_BEFORE
        at = np.minimum(self.known.searchsorted(ending), len(self.known) - 1)
        longest = ((self.known[at] == ending) * LENGTHS).max(axis=0)
        rows: NDArray[np.int32] = self.rows[at[longest - 1, np.arange(len(data))]]
        found: NDArray[np.int32] = rows[(longest > 0) & (rows != NOTHING)]
        return found


def byte_model(loaded: Any, same: Mapping[str, str]) -> ByteModel:
    """A model as py3langid holds it, put in order.

    Args:
        loaded: its LanguageIdentifier.
        same: labels that are to be taken for another one.
    """
    sequences = _sequences(np.asarray(loaded.tk_nextmove).reshape(-1, BYTE), np.asarray(loaded.tk_row))
    order = sequences.argsort()
    named = np.array([same.get(label, label) for label in loaded.nb_classes])
    by_name = named.argsort(kind="stable")
    labels, firsts = np.unique(named[by_name], return_index=True)
    least = loaded.nb_ptc.min(axis=0)[by_name].astype(np.float64)
    counts, columns, weights = [], [], []
    for at in range(0, len(loaded.nb_ptc), AT_ONCE):
        more = loaded.nb_ptc[at : at + AT_ONCE, by_name] - least
        counts.append((more > 0).sum(axis=1))
        columns.append((more > 0).nonzero()[1].astype(np.uint8))
        weights.append((more[more > 0] * WHOLE).round().astype(np.int16))
    return ByteModel(
        labels=tuple(labels.tolist()),
        firsts=firsts,
        start=loaded.nb_pc[by_name].astype(np.float64),
        least=least,
        known=sequences[order],
        rows=np.asarray(loaded.tk_output, np.int32)[order],
        begins=np.concatenate([[0], *counts]).cumsum().astype(np.int32),
        columns=np.concatenate(columns),
        weights=np.concatenate(weights),
    )


def _sequences(moves: NDArray[np.uint32], row_of: NDArray[np.uint16]) -> NDArray[np.int64]:
    """The bytes by which each place is first come to from the root, as numbers like those of ByteModel.known.

    Raises:
        ValueError: when there are too many of them in one.
    """
    sequences = np.zeros(len(row_of), np.int64)
    sequences[ROOT] = 1
    front = np.array([ROOT])
    for _ in LENGTHS:
        reached = []
        for at in range(0, len(front), AT_ONCE):
            some = front[at : at + AT_ONCE]
            targets = moves[row_of[some]]
            which, byte = (sequences[targets] == 0).nonzero()
            places = targets[which, byte]
            sequences[places] = sequences[some[which]] * BYTE + byte
            reached.append(places)
        front = np.concatenate(reached)
    if not sequences.all():
        raise ValueError("py3langid's model knows longer sequences than we can keep")
    return sequences
