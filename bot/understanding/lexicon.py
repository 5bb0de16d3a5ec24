"""Reading the lists of words in lexicons/.

A list that holds for every language lies in lexicons/; those of one language in a folder of its own,
lexicons/<code>/. Whoever asks gets them joined: a person may text in any language at any time.

In an entry, (a|b) is either, [a|b] is either or neither, and {list} is any word of words.toml's list.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any, Final

from bot.understanding.normal import phrase

_PIECE: Final = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|\{(\w+)\}|([^\s()\[\]{}]+)")


@cache
def lexicon(name: str) -> dict[str, Any]:
    """The lexicon of that name: its file, joined with the files of the same name of each language."""
    root = resources.files("bot.understanding") / "lexicons"
    folders = sorted((entry for entry in root.iterdir() if entry.is_dir()), key=lambda entry: entry.name)
    joined: dict[str, Any] = {}
    for folder in (root, *folders):
        path = folder / f"{name}.toml"
        if path.is_file():
            _join(joined, tomllib.loads(path.read_text(encoding="utf-8")))
    return joined


def _join(into: dict[str, Any], more: dict[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, dict):
            _join(into.setdefault(key, {}), value)
        elif isinstance(value, list):
            into[key] = [*into.get(key, []), *value]
        else:
            into[key] = value


def entries(name: str, *keys: str) -> list[str]:
    """One list of a lexicon as it is written; empty where there is none."""
    found: Any = lexicon(name)
    for key in keys:
        found = found.get(key, {})
    return list(found)


@cache
def phrases(name: str, *keys: str) -> frozenset[str]:
    """One list of a lexicon, each entry spelt out, in the form in which messages are compared."""
    return frozenset(phrase(plain) or plain for entry in entries(name, *keys) for plain in spelt_out(entry))


def spelt_out(entry: str) -> Iterator[str]:
    """Every plain phrase that an entry stands for."""
    said = [""]
    for options in _options(entry):
        said = [f"{before} {option}".strip() for before in said for option in options]
    yield from said


@cache
def pattern(name: str, *keys: str) -> re.Pattern[str]:
    """One list of a lexicon as a pattern that finds any of its entries among words (`f" {phrase(text)}"`)."""
    any_entry = "|".join(map(_as_pattern, entries(name, *keys)))
    return re.compile(f"(?:{any_entry})(?= |$)" if any_entry else "(?!)")


def _as_pattern(entry: str) -> str:
    made = ""
    for options in _options(entry):
        words = "|".join(re.escape(f" {phrase(option) or option}") for option in options if option)
        made += f"(?:{words})" + ("?" if "" in options else "")
    return made


def _options(entry: str) -> Iterator[list[str]]:
    for either, maybe, named, word in _PIECE.findall(entry):
        if named:
            yield list(lexicon("words")[named])
        elif either:
            yield either.split("|")
        else:
            yield [word] if word else ["", *maybe.split("|")]
