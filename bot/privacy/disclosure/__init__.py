"""Disclosure control: the one place where a `Release` is made, and a release is all that may leave."""

from bot.privacy.disclosure.cells import LAPSE_AFTER, Earlier, Waiting
from bot.privacy.disclosure.check import Finding, findings
from bot.privacy.disclosure.frozen import blank_excerpts, from_json, to_json
from bot.privacy.disclosure.making import Approved, Telling, given_up, make_release
from bot.privacy.disclosure.release import (
    LISTENED,
    SMALLEST_GROUP,
    Cell,
    CellKind,
    CellName,
    Excerpt,
    Figures,
    Listened,
    Part,
    Release,
    Scope,
    ScopeKind,
    Sign,
    cell_named,
)

__all__ = [
    "LAPSE_AFTER",
    "LISTENED",
    "SMALLEST_GROUP",
    "Approved",
    "Cell",
    "CellKind",
    "CellName",
    "Earlier",
    "Excerpt",
    "Figures",
    "Finding",
    "Listened",
    "Part",
    "Release",
    "Scope",
    "ScopeKind",
    "Sign",
    "Telling",
    "Waiting",
    "blank_excerpts",
    "cell_named",
    "findings",
    "from_json",
    "given_up",
    "make_release",
    "to_json",
]
