"""Reading the lists of words in lexicons/."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from bot.understanding.normal import phrase


@cache
def lexicon(name: str) -> dict[str, Any]:
    """The lexicon of that name, as its file has it."""
    path = resources.files("bot.understanding") / "lexicons" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def phrases(name: str, *keys: str) -> frozenset[str]:
    """One list of a lexicon, in the form in which messages are compared."""
    entries: Any = lexicon(name)
    for key in keys:
        entries = entries[key]
    return frozenset(phrase(entry) or entry for entry in entries)
