"""Reading messages in the other languages: commands, answers, chatter and what is urgent, from lexicons/other/*.toml.

A language is a file there: adding one changes no code. What language a message is in need not be known: people mix
them, and each list holds only what means nothing else in English or in the other languages.
"""

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Final, Literal, cast

from bot.understanding.latin import common_words
from bot.understanding.letters import is_letter, script_of, without_accents

# Spelled out again, because commands.py and answers.py may import this module and not the other way round.
Command = Literal["stop", "start", "help", "delete", "skip", "back", "language"]
Choice = Literal["yes", "partly", "no"]

UrgentKind = Literal[
    "fire_gas_electrical",
    "no_heating_vulnerable",
    "domestic_abuse",
    "self_harm",
    "child_or_adult_at_risk",
    "violence_threat",
    "structural_or_water",
]

MOST_WORDS: Final = 12
"""A longer message is a story that happens to hold such words."""

MOST_SERIOUS_FIRST: Final[tuple[UrgentKind, ...]] = (
    "self_harm",
    "domestic_abuse",
    "child_or_adult_at_risk",
    "violence_threat",
    "fire_gas_electrical",
    "structural_or_water",
    "no_heating_vulnerable",
)
"""One kind is told; people before things."""

MENDED: Final = ("fire_gas_electrical", "structural_or_water", "no_heating_vulnerable")
"""Kinds that are no longer urgent in a message that says it was put right."""

# The same letter in the keyboards of Arabic, Urdu and Persian; and Arabic spellings that people don't keep apart.
_ARABIC_TYPING: Final = str.maketrans(
    {
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ى": "ي",
        "ی": "ي",
        "ک": "ك",
        "ة": "ه",
        "ہ": "ه",
        "ھ": "ه",
        "ۀ": "ه",
        "ـ": "",
    }
)
_VOWEL_MARKS: Final = re.compile("[\u064b-\u0652\u0670\u200c\u200d]")
_APOSTROPHES: Final = re.compile("['’‘ʼ`´]")
_OPENING: Final = re.compile(r"[^.,;:!?…،。，؛！\n]{1,30}[.,;:!?…،。，؛！\n]")
"""What may be an answer before a story: a few words and a mark."""
_NOT_LETTERS: Final = re.compile("[^a-z]+")
_ARABIC: Final = re.compile("[\u0621-\u06ff]")
_SIGNS: Final = re.compile("[\u3400-\u9fff]")
"""Chinese: words are not spaced, so anything may stand before and after a phrase."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A language's word for something: the file's code, and the entry as it stands there."""

    language: str
    entry: str


def read_other_command(text: str) -> Command | None:
    """The command in a message in another language, or None."""
    said, script = _forms(text), script_of(text)
    if not script or len(said[0].split()) > MOST_WORDS:
        return None
    names, padded = _names("commands"), _padded(said)
    whole = next((name for name in names if not _entries("commands", name).isdisjoint(said)), None)
    if whole or not _may_hold("commands", script, said):
        return cast("Command | None", whole)
    return cast(
        "Command | None", next((name for name in names if _first(padded, _inside(name, script))), None)
    )


def read_other_answer(text: str) -> Choice | None:
    """Yes, partly or no in another language, when a message says nothing else."""
    said = _forms(text)
    named = (name for name in ("yes", "partly", "no") if not _entries("answers", name).isdisjoint(said))
    return cast("Choice | None", next(named, None))


def read_other_opening(text: str) -> tuple[Choice, str] | None:
    """Yes, partly or no before a story in another language, and the story."""
    opening = _OPENING.match(text)
    choice = read_other_answer(opening.group()) if opening else None
    if not opening or not choice or _is_english(text[opening.end() :]):
        return None
    return choice, text[opening.end() :].strip()


def _is_english(text: str) -> bool:
    """Whether common English words outweigh those of every other language, or there are none at all."""
    if script_of(text) != "LATIN":
        return not script_of(text)
    points = common_words(text).scores
    return points.get("en", 0.0) >= max(points.values(), default=0.0)


def read_other_consent(text: str) -> Literal["yes", "show", "no"] | None:
    """What a message in another language answers to "may we share your words?"."""
    if not _entries("consent", "show").isdisjoint(_forms(text)):
        return "show"
    choice = read_other_answer(text)
    return None if choice == "partly" else choice


def is_other_chatter(text: str) -> bool:
    """Whether a message in another language says nothing but hello, thanks and the like."""
    return not _entries("chatter").isdisjoint(_forms(text))


def other_lists_hold(text: str) -> bool:
    """Whether a message is, as a whole, an answer or chatter in another language."""
    return read_other_answer(text) is not None or is_other_chatter(text)


def read_other_urgency(text: str) -> tuple[UrgentKind, str] | None:
    """The most serious kind of danger that a message in another language tells of, with the words that say so."""
    said, script = _forms(text), script_of(text)
    if not _may_hold("urgent", script, said):
        return None
    padded = _padded(said)
    over = _first(padded, _urgent("over", script))
    for kind in MOST_SERIOUS_FIRST:
        if over and kind in MENDED:
            continue
        hit = (
            _no_heating(padded, script)
            if kind == "no_heating_vulnerable"
            else _first(padded, _urgent(kind, script))
        )
        if hit:
            return kind, f"{hit.language}: {hit.entry}"
    return None


def _no_heating(padded: str, script: str) -> Hit | None:
    """No heating where somebody can't do without it, both said in one language."""
    for cold in _hits(padded, _urgent("no_heating", script)):
        theirs = [one for one in _urgent("vulnerable", script) if one.hit.language == cold.language]
        if who := _first(padded, theirs):
            return Hit(cold.language, f"{cold.entry} + {who.entry}")
    return None


# ---- comparing


def _compared(text: str) -> str:
    """Lower case, without accents, punctuation, emoji, numbers and the many ways of typing one Arabic letter."""
    if text.isascii():
        return " ".join(_NOT_LETTERS.sub(" ", text.lower()).split())
    plain = _VOWEL_MARKS.sub("", without_accents(text).translate(_ARABIC_TYPING))
    return " ".join("".join(letter if is_letter(letter) else " " for letter in plain).split())


@lru_cache(maxsize=64)
def _forms(text: str) -> tuple[str, ...]:
    """A text in compared form: "l'eau" as two words, and as one for those who leave apostrophes out."""
    apart = _compared(text)
    together = _compared(_APOSTROPHES.sub("", text))
    return (apart,) if apart == together else (apart, together)


def _padded(forms: Iterable[str]) -> str:
    return f" {' | '.join(forms)} "


@dataclass(frozen=True, slots=True)
class _Pattern:
    """An entry in compared form: parts that must all be there, in any order.

    `*` at the end of a word stands for any ending.
    """

    hit: Hit
    anchor: str
    parts: tuple[re.Pattern[str], ...]

    def is_in(self, padded: str) -> bool:
        return all(part.search(padded) for part in self.parts)


def _first(padded: str, patterns: Collection[_Pattern]) -> Hit | None:
    return next(_hits(padded, patterns), None)


def _hits(padded: str, patterns: Iterable[_Pattern]) -> Iterator[Hit]:
    # Looking for a plain string first is ten times as fast, and nearly always enough to say no.
    return (one.hit for one in patterns if one.anchor in padded and one.is_in(padded))


def _pattern(language: str, entry: str) -> _Pattern:
    anchor = max(_compared(_APOSTROPHES.sub(" ", entry)).split(), key=len)
    return _Pattern(Hit(language, entry), anchor, tuple(_part(part) for part in entry.split(" + ")))


def _part(part: str) -> re.Pattern[str]:
    # The star outlives the comparing as a letter that no language has.
    either = "|".join(
        _spelled(form) for form in _forms(part.replace("*", "\N{LATIN LETTER RETROFLEX CLICK}"))
    )
    # The space after a phrase may be the one before the next.
    return re.compile(either if _SIGNS.search(either) else f" (?:{either})(?= )")


def _spelled(form: str) -> str:
    words = (re.sub("\N{LATIN LETTER RETROFLEX CLICK}$", r"\\S*", word) for word in form.split())
    # Arabic writes "and", "in", "to" and "the" as one word with the next.
    return " ".join(f"[وفبل]?(?:ال)?{word}" if _ARABIC.match(word) else word for word in words)


def _may_hold(table: Literal["commands", "urgent"], script: str, said: tuple[str, ...]) -> bool:
    """Whether a word in it begins as some entry's longest word does. Nearly all English messages end here.

    In scripts other than Latin, entries may begin within a word.
    """
    if script != "LATIN":
        return bool(script)
    beginnings = _beginnings(table)
    words = {word for form in said for word in form.split()}
    return any(word[:end] in beginnings for word in words for end in range(1, len(word) + 1))


@cache
def _beginnings(table: Literal["commands", "urgent"]) -> frozenset[str]:
    names = _names(table)
    lists = (_inside(name, "LATIN") if table == "commands" else _urgent(name, "LATIN") for name in names)
    # Without heat but for whom it is dangerous, nothing is told: those words alone need no look.
    return frozenset(
        pattern.anchor
        for name, one in zip(names, lists, strict=True)
        for pattern in one
        if name != "vulnerable"
    )


# ---- the lists


@cache
def _files() -> dict[str, dict[str, Any]]:
    folder = resources.files("bot.understanding") / "lexicons" / "other"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name
    )
    return {
        file.name.removesuffix(".toml"): tomllib.loads(file.read_text(encoding="utf-8")) for file in files
    }


@cache
def _names(table: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for file in _files().values() for name in file[table]))


@cache
def _entries(table: str, name: str = "") -> frozenset[str]:
    """The phrases that are a whole message, of all languages."""
    tables = [file[table][name] if name else file[table] for file in _files().values()]
    lists = [one["whole"] if isinstance(one, dict) else one for one in tables]
    return frozenset(form for entries in lists for entry in entries for form in _forms(entry))


@cache
def _inside(command: str, script: str) -> tuple[_Pattern, ...]:
    entries = (
        (code, entry) for code, file in _files().items() for entry in file["commands"][command]["inside"]
    )
    return _of_script(entries, script)


@cache
def _urgent(kind: str, script: str) -> tuple[_Pattern, ...]:
    entries = ((code, entry) for code, file in _files().items() for entry in file["urgent"].get(kind, ()))
    return _of_script(entries, script)


def _of_script(entries: Iterable[tuple[str, str]], script: str) -> tuple[_Pattern, ...]:
    return tuple(_pattern(code, entry) for code, entry in entries if script_of(entry) == script)
