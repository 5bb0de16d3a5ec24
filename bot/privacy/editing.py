"""Editing: a redacted story word by word, so that a person can take more of it away, and nothing can be put back."""

import re
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from bot.privacy.redact import PLACEHOLDER, Redacted, Redaction
from bot.privacy.spans import Span

REMOVED: Final = "[removed]"
# What is written without spaces is taken character by character, and what is long beyond any word in pieces.
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_PIECE: Final = re.compile(rf"(?:{PLACEHOLDER.pattern}|[^\s{_UNSPACED}]){{1,40}}|[{_UNSPACED}]")


@dataclass(frozen=True, slots=True, repr=False)
class Piece:
    """One word of a redacted story, as it is shown to a moderator."""

    text: str
    before: str
    """The space between the piece before it and this one."""
    taken: str = ""
    """Why something was taken away here, in plain words."""
    doubt: str = ""
    """Why a person must look at it, in plain words."""


def pieces(redaction: Redaction) -> tuple[Piece, ...]:
    """A redacted story in pieces; their numbers, from 0, are what `take_away` takes."""
    taken, doubts = deque(_taken(redaction)), deque(_doubts(redaction))
    made, end = [], 0
    for match in _PIECE.finditer(redaction.words):
        start, stop = match.span()
        whys = []
        while taken and taken[0][0] < stop:
            whys.append(taken.popleft()[1])
        while doubts and doubts[0][1] <= start:
            doubts.popleft()
        # Doubts are in order and never overlap, so those that touch this piece come first.
        here = []
        for first, _, why in doubts:
            if first >= stop:
                break
            here.append(why)
        doubt = "; ".join(dict.fromkeys(here))
        made.append(Piece(match.group(), redaction.words[end:start], "; ".join(whys), doubt))
        end = stop
    return tuple(made)


def take_away(words: Redacted, numbers: Collection[int]) -> Redacted:
    """The words without the pieces of these numbers; one mark stands for several in a row."""
    kept: list[str] = []
    end, within = 0, False
    for number, match in enumerate(_PIECE.finditer(words)):
        if number not in numbers:
            kept.append(words[end : match.end()])
        elif not within:
            kept.append(words[end : match.start()] + REMOVED)
        within, end = number in numbers, match.end()
    return Redacted("".join([*kept, words[end:]]))


def is_empty(words: Redacted) -> bool:
    """Whether nothing is left to read but marks."""
    return not re.search(r"\w", PLACEHOLDER.sub("", words))


def _taken(redaction: Redaction) -> Iterator[tuple[int, str]]:
    """(where the placeholder begins, why) of each span that was taken away."""
    for span, start, _ in _placed(redaction):
        yield start, f"{span.kind}: {span.reason}"


def _doubts(redaction: Redaction) -> Iterator[tuple[int, int, str]]:
    """(start, end, why) of each doubt, in the redacted words."""
    shifts = deque((span.end, after - span.end) for span, _, after in _placed(redaction))
    shift = 0
    for doubt in redaction.doubts:
        while shifts and shifts[0][0] <= doubt.start:
            shift = shifts.popleft()[1]
        yield doubt.start + shift, doubt.end + shift, doubt.reason


def _placed(redaction: Redaction) -> Iterator[tuple[Span, int, int]]:
    """(span, where its placeholder begins, where it ends) in the redacted words."""
    shift = 0
    for span in redaction.spans:
        start = span.start + shift
        found = PLACEHOLDER.match(redaction.words, start)
        end = found.end() if found else start
        shift = end - span.end
        yield span, start, end
