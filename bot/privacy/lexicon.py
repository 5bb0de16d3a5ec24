"""The lists that redaction goes by, read once from the files in `lists/`."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Final

_FOLDER: Final = "lists"


def text_of(name: str) -> str:
    """A list as it stands in its file."""
    return (resources.files("bot.privacy") / _FOLDER / name).read_text(encoding="utf-8")


def words_of(*names: str) -> frozenset[str]:
    """All the words of plain lists: separated by spaces, lines that begin with # are headings."""
    lines = (line for name in names for line in text_of(name).splitlines() if not line.startswith("#"))
    return frozenset(word for line in lines for word in line.split())


@cache
def table_of(name: str) -> Mapping[str, Any]:
    """A TOML file of lists."""
    return tomllib.loads(text_of(name))


@cache
def entries(name: str, key: str) -> frozenset[str]:
    """One list of a TOML file: an array of phrases, or one text of words with spaces between them."""
    value = table_of(name)[key]
    return frozenset(value.split() if isinstance(value, str) else value)


@cache
def everyday() -> frozenset[str]:
    """The commonest words, and those that people text."""
    return words_of("everyday_words.txt", "informal_words.txt")


@cache
def ordinary() -> frozenset[str]:
    """Words that are not worth a second look in small letters, unless they are names as well."""
    return everyday() | words_of("words.txt")


@cache
def rare() -> frozenset[str]:
    """Words that are seldom met. Whatever is in neither these nor the ordinary ones is no word that we know."""
    return words_of("rare_words.txt")


@cache
def first_names() -> frozenset[str]:
    """First names, nicknames and short forms."""
    return words_of("first_names.txt")


@cache
def surnames() -> frozenset[str]:
    """Surnames."""
    return words_of("surnames.txt")


@cache
def left_alone() -> frozenset[str]:
    """Words that may have a capital and name nobody: towns, organisations, languages, days."""
    return frozenset().union(
        *(entries("leave.toml", key) for key in ("towns", "organisations", "capitals", "foreign"))
    )


@cache
def sayings() -> Mapping[str, tuple[re.Pattern[str], ...]]:
    """Sayings and characters, by each word that stands in them."""
    by_word: dict[str, list[re.Pattern[str]]] = {}
    for pattern in table_of("leave.toml")["sayings"]:
        compiled = re.compile(rf"(?<!\w)(?:{pattern})(?!\w)", re.IGNORECASE)
        plain = re.sub(r"\\w\*|\(\?:|[)?|*]|\\", " ", pattern.replace("'?", ""))
        short = re.sub(r"\\w\*|\(\?:|[)?|*]|\\", " ", pattern.replace("'?s", "").replace("s?", ""))
        for word in set(re.findall(r"[a-z]+", f"{plain} {short}")):
            by_word.setdefault(word, []).append(compiled)
    return {word: tuple(patterns) for word, patterns in by_word.items()}
