"""Roles: as whom somebody comes to a workshop, and whether they mean to leave it. Words in lexicons/workshops.toml."""

import tomllib
from functools import cache
from importlib import resources
from typing import Literal

from bot.understanding.normal import bare, phrase

Role = Literal["tenant", "staff"]


def read_role(text: str) -> Role | None:
    """Tenant or staff, where a message says one of them; else None."""
    said = _plain(text)
    if said in _words("tenant"):
        return "tenant"
    return "staff" if said in _words("staff") else None


def wants_to_leave(text: str) -> bool:
    """Whether the whole message says that somebody does not come to the workshop after all."""
    return _plain(text) in _words("leave")


@cache
def _words(name: str) -> frozenset[str]:
    file = resources.files("bot.understanding") / "lexicons" / "workshops.toml"
    return frozenset(_plain(one) for one in tomllib.loads(file.read_text("utf-8"))[name])


def _plain(text: str) -> str:
    # NFKC in `phrase` makes other scripts' digits stay digits of theirs; int() knows them all.
    said = bare(phrase(text))
    return str(int(said)) if said.isdecimal() and len(said) == 1 else said
