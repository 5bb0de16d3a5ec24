"""Urgency: whether somebody who reads this today should worry that a person is in danger now.

Plain words of danger are found by the lexicon; the many messages that have none (a symptom, an
understatement, a neighbour's child, a goodbye) by the model. Each message is read by itself, so that a
fragment of a story is read the moment that it comes.
"""

from dataclasses import dataclass
from typing import Final, Literal, cast

from bot.understanding.lexicon import lexicon, pattern
from bot.understanding.model import reasons, scores
from bot.understanding.normal import phrase
from bot.understanding.other import read_other_urgency

Danger = Literal[
    "fire_gas_electrical",
    "no_heating_vulnerable",
    "domestic_abuse",
    "self_harm",
    "child_or_adult_at_risk",
    "violence_threat",
    "structural_or_water",
]

PLAIN_WORDS: Final = 4.5
"""What plain words of danger add to what the model says of their kind."""

OVER: Final = -2.0
"""What words add that say that it is over, was a test, or was a way of speaking."""


@dataclass(frozen=True, slots=True)
class Urgency:
    """A danger, and why we think so."""

    kind: Danger
    reasons: tuple[str, ...]


def read_urgency(text: str) -> Urgency | None:
    """The danger that a message speaks of, the likeliest if of several, or None."""
    theirs = read_other_urgency(text)
    if theirs:
        kind, words = theirs
        return Urgency(kind, (f"words: {words}",))
    said = f" {phrase(text)}"
    points = dict(scores("urgent", text))
    any_danger = points.pop("danger")
    points = {kind: point + any_danger for kind, point in points.items()}
    why: dict[str, list[str]] = {kind: [] for kind in points}
    for kind in points:
        match = pattern("urgent", kind, "sure").search(said) if kind in lexicon("urgent") else None
        if match:
            points[kind] += PLAIN_WORDS
            why[kind].append(f"words: {match.group().strip()}")
    if pattern("urgent", "over", "any").search(said):
        points = {kind: point + OVER for kind, point in points.items()}
    best = max(points, key=lambda kind: points[kind])
    if points[best] <= 0:
        return None
    return Urgency(cast("Danger", best), (*why[best], *reasons("urgent", text, best)))
