"""Allegations: whether a message accuses somebody of the landlord's of what goes beyond bad service."""

from bot.understanding.lexicon import pattern
from bot.understanding.normal import phrase


def read_allegation(text: str) -> bool:
    """Whether it says that a member of staff or a contractor stole, asked for money, harassed, hit or touched."""
    said = f" {phrase(text)}"
    if pattern("allegations", "conduct", "inside_not").search(said):
        return False
    return pattern("allegations", "conduct", "inside").search(said) is not None
