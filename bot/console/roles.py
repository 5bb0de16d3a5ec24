"""Roles: what somebody may be for one landlord, and which two nobody may be at once."""

from collections.abc import Collection
from typing import Final, Literal

Role = Literal["moderator", "duty", "organiser", "reader", "operator", "auditor"]
ROLES: Final[tuple[Role, ...]] = ("moderator", "duty", "organiser", "reader", "operator", "auditor")

CLASHES: Final[tuple[tuple[Role, Role], ...]] = (
    ("moderator", "reader"),
    ("moderator", "organiser"),
    ("operator", "reader"),
)
"""Nobody decides what may leave, or sees what would, and reads it as well: not for the same landlord."""


def clash(role: Role, others: Collection[str]) -> Role | None:
    """The role among the others that nobody may have beside this one; None when there is none."""
    for one, other in CLASHES:
        if role == one and other in others:
            return other
        if role == other and one in others:
            return one
    return None
