"""Features: what the models in weights/ look at in a message. Training and reading share this file."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain, groupby, pairwise
from typing import Final

from bot.understanding.lexicon import lexicon
from bot.understanding.normal import without_apostrophes

NUMBER: Final = "#"
BOUNDARY: Final = "|"
PAIR_WINDOW: Final = 6
NEGATION_WINDOW: Final = 3
NEAR: Final = 4
"""How near to a word a word class must stand, for the two to be looked at together."""
DAMPING: Final = 0.25
"""How much less each word counts in a long message: 0 not at all, 1 as its share."""
LENGTHS: Final = (1, 2, 3, 5, 8, 12, 18, 30)
PIECES: Final = (3, 4, 5)
SHAPE: Final = 0.3
"""The strength of a feature that tells of a message's length, first and last words."""
REMEMBERED: Final = 4096
"""Words whose parts and classes are kept at hand: far more than people commonly use."""

_TOKEN: Final = re.compile(r"#|[^\W_]+|\?|[.!;:\n]+|[☀-➿\U0001F300-\U0001FAFF]")
_NUMBER_WORDS: Final = frozenset(
    [
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
        "hundred",
        "thousand",
    ]
)


def tokens(text: str) -> list[str]:
    """The words of a message as the models know them, with a mark between sentences.

    Lower case, without apostrophes, spelt in one way, numbers as #, endings such as -s and -ing taken off.
    """
    plain = unicodedata.normalize("NFKC", without_apostrophes(text)).casefold()
    found: list[str] = []
    for token in _TOKEN.findall(plain):
        word = _word(token)
        if word not in (NUMBER, BOUNDARY) or found[-1:] != [word]:
            found.append(word)
    return found


@cache
def _spelling() -> dict[str, str]:
    return dict(lexicon("spelling")["words"])


@lru_cache(REMEMBERED)
def _word(token: str) -> str:
    if token == "?":  # noqa: S105 - a question mark, no password
        return token
    if not token[0].isalnum():
        return token if token == NUMBER or token[0] > "\u2000" else BOUNDARY
    word = _spelling().get(token, token)
    if word[0].isdigit() or word in _NUMBER_WORDS:
        return NUMBER
    return stem(word)


def stem(word: str) -> str:
    """A word without its ending: leak for leaks, leaking and leaked. Rough, and the same everywhere."""
    if len(word) <= 3 or word.endswith("ss"):
        return word
    for ending, least in (("ing", 3), ("ied", 2), ("ies", 2), ("ed", 3), ("es", 3), ("s", 3), ("in", 4)):
        if word.endswith(ending) and len(word) - len(ending) >= least:
            return _undouble(word[: -len(ending)], ending)
    return _undouble(word, "")


def _undouble(root: str, ending: str) -> str:
    if ending in {"ied", "ies"}:
        return f"{root}y"
    if ending in {"ing", "ed", "in"} and len(root) > 3 and root[-1] == root[-2] and root[-1] not in "ls":
        return root[:-1]
    return root.removesuffix("e") if len(root) > 3 else root


@dataclass(frozen=True, slots=True)
class _Classes:
    """The entries of classes.toml.

    Args:
        words: the classes of each word.
        beginnings: the classes of words that begin so.
        phrases: phrases of more words, each with its class, by their first two.
    """

    words: dict[str, list[str]]
    beginnings: dict[str, list[str]]
    phrases: dict[tuple[str, ...], list[tuple[tuple[str, ...], str]]]


@cache
def _classes() -> _Classes:
    classes = _Classes({}, {}, {})
    for name, entries in lexicon("classes").items():
        for entry in entries:
            if entry.endswith("*") and " " not in entry:
                classes.beginnings.setdefault(entry[:-1], []).append(name)
                continue
            words = tuple(token for token in tokens(entry.rstrip("*")) if token != BOUNDARY)
            if len(words) == 1:
                classes.words.setdefault(words[0], []).append(name)
            else:
                classes.phrases.setdefault(words[:2], []).append((words, name))
    return classes


@lru_cache(REMEMBERED)
def _classes_of(word: str) -> tuple[str, ...]:
    """The classes of a word by itself."""
    classes = _classes()
    begun = (classes.beginnings.get(word[:length], ()) for length in range(3, len(word) + 1))
    return tuple(dict.fromkeys(chain(classes.words.get(word, ()), *begun)))


def classes_at(words: Sequence[str], place: int) -> Sequence[str]:
    """The word classes of which a phrase starts at one place of a message, always in the same order."""
    alone = _classes_of(words[place])
    phrases = _classes().phrases.get(tuple(words[place : place + 2]))
    if phrases is None:
        return alone
    longer = [name for phrase, name in phrases if tuple(words[place : place + len(phrase)]) == phrase]
    return tuple(dict.fromkeys((*alone, *longer)))


def features(text: str) -> dict[str, float]:
    """What the models look at, each with its strength: long messages count each word a little less."""
    words = tokens(text)
    strengths = dict.fromkeys(_shape(words), SHAPE)
    for group in (_words(words), *_word_classes(words), _pieces(words)):
        found = dict.fromkeys(group)
        strengths |= dict.fromkeys(found, round(1 / max(len(found), 1) ** DAMPING, 6))
    return strengths


def _sentences(words: Sequence[str]) -> Iterable[list[str]]:
    return (list(group) for is_mark, group in groupby(words, BOUNDARY.__eq__) if not is_mark)


def _words(words: Sequence[str]) -> Iterator[str]:
    """Words, and two and three in a row within a sentence."""
    yield from words
    for sentence in _sentences(words):
        yield from map("_".join, pairwise(sentence))
        yield from map("_".join, zip(sentence, sentence[1:], sentence[2:], strict=False))


def _word_classes(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Word classes and pairs of them; and pairs of a class and a word that stand near each other, in their order."""
    classes: list[str] = []
    mixed: list[str] = []
    recent: list[tuple[int, Sequence[str]]] = []
    begin = 0
    for place, word in enumerate(words):
        if word == BOUNDARY:
            recent, begin = [], place + 1
            continue
        mixed += [f"@{one}>{word}" for seen, names in recent if place - seen <= NEAR for one in names]
        here = classes_at(words, place)
        if here:
            recent = [one for one in recent if place - one[0] <= PAIR_WINDOW]
            classes += _beside(place, here, recent)
            mixed += [
                f"{before}>@{one}" for before in words[max(begin, place - NEAR) : place] for one in here
            ]
            recent.append((place, here))
    return classes, mixed


def _beside(place: int, here: Sequence[str], recent: Sequence[tuple[int, Sequence[str]]]) -> Iterator[str]:
    """The word classes at a place, each alone, negated, and behind those that stand before it."""
    negated = any("neg" in names and place - seen <= NEGATION_WINDOW for seen, names in recent)
    for name in here:
        yield f"@{name}"
        if negated and name != "neg":
            yield f"@not_{name}"
        yield from (f"@{one}>{name}" for _, names in recent for one in names if one != name)


def _pieces(words: Sequence[str]) -> Iterator[str]:
    return chain.from_iterable(map(_pieces_of, words))


@lru_cache(REMEMBERED)
def _pieces_of(word: str) -> tuple[str, ...]:
    """Three to five letters in a row, so that misspelt and unknown words still tell something."""
    if len(word) <= 2:
        return ()
    whole = f"<{word}>"
    return tuple(
        f"~{whole[start : start + size]}" for size in PIECES for start in range(len(whole) - size + 1)
    )


def _shape(words: Sequence[str]) -> Iterator[str]:
    count = sum(word not in (BOUNDARY, "?") for word in words)
    yield f"len>{max((length for length in LENGTHS if length < count), default=0)}"
    spoken = [word for word in words if word != BOUNDARY]
    if spoken:
        yield f"first={spoken[0]}"
        yield f"last={spoken[-1]}"
        yield "first2=" + "_".join(spoken[:2])
    if count <= 6:
        yield "all=" + "_".join(word for word in spoken if word != "?")
