"""Disclosure control: the one place where a `Release` is made, and a release is all that may leave."""

from bot.privacy.disclosure.frozen import blank_excerpts, from_json, to_json
from bot.privacy.disclosure.making import Approved, Telling, make_release
from bot.privacy.disclosure.release import (
    LISTENED,
    SMALLEST_GROUP,
    Cell,
    CellKind,
    Excerpt,
    Figures,
    Listened,
    Part,
    Release,
    Scope,
    ScopeKind,
    Sign,
)

__all__ = [
    "LISTENED",
    "SMALLEST_GROUP",
    "Approved",
    "Cell",
    "CellKind",
    "Excerpt",
    "Figures",
    "Listened",
    "Part",
    "Release",
    "Scope",
    "ScopeKind",
    "Sign",
    "Telling",
    "blank_excerpts",
    "from_json",
    "make_release",
    "to_json",
]
