"""Urgency: whether somebody who reads this today should worry that a person is in danger now.

Plain words of danger are found by the lexicon; the many messages that have none (a symptom, an
understatement, a neighbour's child, a goodbye) by the model. Each message is read by itself, so that a
fragment of a story is read the moment that it comes.
"""

import math
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

ALARM: Final = 0.5
"""How much must speak for danger. Chosen on messages of another writer: training/README.md."""

OVER: Final = -2.0
"""What words add that say that it is over, was a test, or was a way of speaking."""


@dataclass(frozen=True, slots=True)
class Urgency:
    """A danger, and why we think so."""

    kind: Danger
    reasons: tuple[str, ...]


DOUBTFUL: Final = -2.0
"""How near the threshold a message is worth a person's look for danger, though no alarm is raised."""


def read_urgency(text: str) -> Urgency | None:
    """The danger that a message speaks of, the likeliest if of several, or None."""
    theirs = read_other_urgency(text)
    if theirs:
        kind, words = theirs
        return Urgency(kind, (f"words: {words}",))
    points, together, plain = _points(text)
    if together <= ALARM:
        return None
    best = max(points, key=lambda kind: points[kind])
    return Urgency(cast("Danger", best), (*plain.get(best, ()), *reasons("urgent", text, best)))


def may_be_urgent(text: str) -> bool:
    """Whether a message raises no alarm, but nearly did."""
    return read_urgency(text) is None and _points(text)[1] > DOUBTFUL


def _points(text: str) -> tuple[dict[str, float], float, dict[str, tuple[str, ...]]]:
    """What speaks for each kind of danger, and for any together; the plain words for each, where there are any."""
    said = f" {phrase(text)}"
    points = dict(scores("urgent", text))
    any_danger = points.pop("danger")
    taken = OVER if pattern("urgent", "over", "any").search(said) else 0.0
    plain: dict[str, tuple[str, ...]] = {}
    for kind in points:
        match = pattern("urgent", kind, "sure").search(said) if kind in lexicon("urgent") else None
        if match:
            plain[kind] = (f"words: {match.group().strip()}",)
            points[kind] += PLAIN_WORDS
    together = math.log(sum(map(math.exp, points.values()))) + any_danger + taken
    return points, together, plain
