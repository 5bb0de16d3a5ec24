"""Redaction: finds what could tell who somebody is, and puts a placeholder in its place.

A first gate and never the last: on informal text even trained models miss a third of the names, so a
person approves every excerpt. What is doubtful is left in and flagged for that person to look at.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NewType

from bot.privacy.births import births
from bot.privacy.codes import codes
from bot.privacy.doubtful import doubtful, left_in, ragged, whole_codes
from bot.privacy.homes import homes
from bot.privacy.names import names
from bot.privacy.places import places
from bot.privacy.scripts import other_scripts
from bot.privacy.shapes import shapes
from bot.privacy.spacing import as_typed, evenly_spaced
from bot.privacy.spans import NAME, PLAIN, Doubt, Span
from bot.privacy.tokens import LEFT, WORD, Token, tokens_of

__all__ = ["Doubt", "Redacted", "Redaction", "Span", "look_also_with", "redact", "redact_more"]

Redacted = NewType("Redacted", str)
"""Words that went through `redact`. A digest takes no other kind of text from a tenant."""


@dataclass(frozen=True, slots=True)
class Redaction:
    """The redacted words; what was taken away; what was left in and is doubtful.

    Spans and doubts are each in order, never overlap their like, and count code points of the original.
    """

    words: Redacted
    spans: tuple[Span, ...]
    doubts: tuple[Doubt, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def review(self) -> bool:
        """Whether a person must look for more than what was found."""
        return bool(self.doubts)


# What an earlier pass has put in stays as it is: "[name 1]", "[removed]".
PLACEHOLDER: Final = re.compile(rf"\[(?:removed|(?:{'|'.join(PLAIN.values())}) \d+)\]")


_DIGIT: Final = re.compile(r"\d")

FindNames = Callable[[str], Iterable[Span]]
_further: Final[list[FindNames]] = []


def look_also_with(find: FindNames | None) -> None:
    """From now on have names found by something else as well, in this whole process; None for by nothing else.

    Args:
        find: gives the names in a text; the same for the same text.
    """
    _further[:] = [find] if find else []


def redact(text: str, known: Collection[str] = ()) -> Redaction:
    """Take away what could identify a tenant, a neighbour or a member of staff.

    Args:
        text: a story as it was told.
        known: names seen earlier in the same conversation (`Redaction.names`); they go everywhere.

    Returns:
        The words with numbered placeholders ("[name 1]"; the same value gets the same one), the spans
        that were taken and the doubts. The same text always gives the same result.
    """
    even, places = evenly_spaced(text)
    spans, doubts, found = _find(even, known)
    taken = as_typed(spans, places)
    return Redaction(_replace(text, taken, known), taken, as_typed(doubts, places), tuple(found))


def _find(text: str, known: Collection[str]) -> tuple[Sequence[Span], Sequence[Doubt], Iterable[str]]:
    """What is to go, what is doubtful, and the names that were seen, the known ones first."""
    kept = [Span(*match.span(), NAME, "") for match in PLACEHOLDER.finditer(text)] if "[" in text else []
    foreign, unread = ([], []) if text.isascii() else other_scripts(text)
    sure = _without(kept, [*_coded(text), *_homes(text), *foreign])
    taken = sorted([*kept, *sure], key=_start)
    tokens = tokens_of(text, taken)
    people, doubts = names(text, tokens, known)
    if _further:
        more, unsure = _found_besides(text, tokens)
        people, doubts = [*people, *more], [*doubts, *unsure]
    spans = sorted([*sure, *_without(taken, people)], key=_start)
    named = (text[span.start : span.end] for span in spans if span.type == NAME or span in people)
    left = left_in([*unread, *doubts, *doubtful(text), *ragged(text, spans)], [*kept, *spans])
    return spans, left, dict.fromkeys((*known, *named))


def _found_besides(text: str, tokens: Sequence[Token]) -> tuple[list[Span], list[Doubt]]:
    """What else was taken for a name. Where all of it are words that name nobody, it is left in and doubtful."""
    spans, doubts = [], []
    for span in (span for find in _further for span in find(text)):
        kinds = {token.kind for token in tokens if token.start < span.end and span.start < token.end}
        if kinds <= {WORD, LEFT}:
            doubts.append(Doubt(span.start, span.end, "a word that the model takes for a name"))
        else:
            spans.append(span)
    return spans, doubts


def _coded(text: str) -> list[Span]:
    found = [*shapes(text)]
    if _DIGIT.search(text):
        found += codes(text)
    found += births(text)
    return whole_codes(text, found)


def _homes(text: str) -> list[Span]:
    found = list(places(text))
    return [*found, *homes(text, found)]


def redact_more(words: Redacted, taken: Iterable[str]) -> Redacted:
    """Take further words away, wherever they stand and in any case: what a moderator may still do."""
    for word in taken:
        pattern = rf"(?<!\w){re.escape(word)}(?!\w)"
        words = Redacted(re.sub(pattern, "[removed]", words, flags=re.IGNORECASE))
    return words


def _start(span: Span) -> int:
    return span.start


def _without(kept: Iterable[Span], spans: Iterable[Span]) -> list[Span]:
    """Spans that touch none of those kept, joined where they overlap; the first found gives type and reason."""
    holes = sorted(kept, key=_start)
    merged: list[Span] = []
    passed = 0
    for span in sorted(spans, key=_start):
        while passed < len(holes) and holes[passed].end <= span.start:
            passed += 1
        if passed < len(holes) and holes[passed].start < span.end:
            continue
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            better = last if last.end - last.start >= span.end - span.start else span
            merged[-1] = Span(
                last.start, max(last.end, span.end), better.type, better.reason, last.confidence
            )
        else:
            merged.append(span)
    return merged


def _replace(text: str, spans: Iterable[Span], known: Iterable[str]) -> Redacted:
    numbers: dict[str, dict[str, int]] = {NAME: {_value(name): at for at, name in enumerate(known, 1)}}
    pieces, position = [], 0
    for span in spans:
        of_type = numbers.setdefault(span.type, {})
        number = of_type.setdefault(_value(text[span.start : span.end]), len(of_type) + 1)
        pieces += [text[position : span.start], f"[{span.kind} {number}]"]
        position = span.end
    return Redacted("".join([*pieces, text[position:]]))


def _value(words: str) -> str:
    """What makes two spellings the same: neither case nor spaces nor signs."""
    return re.sub(r"\W", "", words).casefold()
