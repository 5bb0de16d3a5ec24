"""Words in scripts other than Latin: the few names that we know, what follows "my name is", and a flag."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from bot.privacy import lexicon
from bot.privacy.spans import NAME, Doubt, Span

OTHER: Final = r"Ͱ-ᷟἀ-῿⺀-퟿豈-﷿ﹰ-ﻼ"
_RUN: Final = re.compile(rf"[{OTHER}][{OTHER}'’\u200c\u200d]*")
_CAPITAL_INSIDE: Final = re.compile(
    r"(?<![.!?…\n] )(?<!^)(?<!\n)\b[А-ЯЁІЇЄҐΑ-Ω][а-яёіїєґ'’ά-ώ]+(?: [А-ЯЁІЇЄҐΑ-Ω][а-яёіїєґ'’ά-ώ]+)*"
)


@cache
def _after_cue() -> re.Pattern[str]:
    cues = "|".join(
        sorted(map(re.escape, lexicon.entries("other_scripts.toml", "before")), key=len, reverse=True)
    )
    word = rf"[{OTHER}'’\u200c\u200d]+"
    return re.compile(rf"(?<![{OTHER}])(?:{cues})[: ]+(?P<it>{word})", re.IGNORECASE)


@cache
def _chinese() -> re.Pattern[str]:
    table = lexicon.table_of("other_scripts.toml")
    address, before = "|".join(table["chinese_address"]), "|".join(table["chinese_before"])
    return re.compile(
        rf"(?P<a>[{table['chinese_families']}][一-鿿]{{0,2}})(?={address})|(?:{before})(?P<b>[一-鿿]{{2,3}})"
    )


def other_scripts(text: str) -> tuple[list[Span], list[Doubt]]:
    """Names in other scripts; whatever else is written in one is a doubt, since nobody here reads it."""
    runs = list(_RUN.finditer(text))
    if not runs:
        return [], []
    return list(_names(text)), [Doubt(runs[0].start(), runs[-1].end(), "words in another script")]


def _names(text: str) -> Iterator[Span]:
    known = lexicon.entries("other_scripts.toml", "names")
    for match in _RUN.finditer(text):
        if match.group() in known:
            yield Span(*match.span(), NAME, "a first name")
    for match in _after_cue().finditer(text):
        yield Span(*match.span("it"), NAME, "follows 'my name is' or the like", 0.9)
    for match in _CAPITAL_INSIDE.finditer(text):
        yield Span(*match.span(), NAME, "a word with a capital", 0.7)
    for match in _chinese().finditer(text):
        yield Span(*match.span("a" if match["a"] else "b"), NAME, "a family name", 0.9)
