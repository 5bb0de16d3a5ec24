"""How likely a word is somebody's name: a sum of weights for what it is and what stands around it.

The features have plain names and the weights stand in `lists/weights.txt`, where anybody can read and
change them; `benchmarks/fit_names.py` makes them from labelled messages.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Final

from bot.privacy import lexicon
from bot.privacy.lexicon import entries
from bot.privacy.tokens import (
    BOTH,
    COMMA,
    FIRST,
    LEFT,
    NONE,
    STOP,
    SURNAME,
    TAKEN,
    UNKNOWN,
    WORD,
    Token,
    is_compound,
    looks_like_a_slip,
)

KINDS: Final = (FIRST, SURNAME, BOTH, UNKNOWN, WORD, LEFT)
BEFORE: Final = (
    "title", "called", "says_name", "told", "kin", "role", "determiner", "pointing", "possessive", "our", "preposition",
    "auxiliary", "pronoun", "joining", "describing", "negative", "verb_before", "amount",
)  # fmt: skip
AFTER: Final = (
    "did", "place_after", "who_word", "he_she", "honorific", "object_after", "thing_after", "joining", "role", "kin",
    "auxiliary", "possessive", "determiner", "preposition",
)  # fmt: skip


@cache
def _groups(names: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """For each word, the context lists that it stands in."""
    by_word: dict[str, list[str]] = {}
    for name in names:
        for word in entries("context.toml", name):
            by_word.setdefault(word.replace("'", ""), []).append(name)
    return {word: tuple(found) for word, found in by_word.items()}


@cache
def weights() -> Mapping[str, Mapping[str, float]]:
    """For each kind of word, the weight of each feature."""
    table: dict[str, dict[str, float]] = {kind: {} for kind in KINDS}
    for line in lexicon.text_of("weights.txt").splitlines():
        if line and not line.startswith("#"):
            feature, *values = line.split()
            for kind, value in zip(KINDS, values, strict=True):
                table[kind][feature] = float(value)
    return table


def likelihood(kind: str, features: Sequence[str]) -> float:
    """From 0 to 1: how likely it is that a word names somebody."""
    of_kind = weights()[kind]
    total = sum(of_kind.get(feature, 0.0) for feature in features)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def features(tokens: Sequence[Token], at: int, case: str) -> list[str]:
    """What speaks for and against a word's being a name.

    Args:
        tokens: the message.
        at: which word.
        case: how the message is written: "mixed", "small" or "capitals".
    """
    return [
        "always",
        *_itself(tokens[at], case),
        *_town(tokens, at),
        *_before(tokens, at),
        *_after(tokens, at),
    ]


@lru_cache(maxsize=20_000)
def token_groups(low: str) -> frozenset[str]:
    """The context lists in which a word stands, of those that look backwards."""
    return frozenset(_groups(BEFORE).get(low, ()))


def _town(tokens: Sequence[Token], at: int) -> Iterator[str]:
    """Whether a name that is a town too is meant as one: "from Preston", "Lincoln, then Stafford"."""
    towns = entries("leave.toml", "towns")
    if tokens[at].low not in towns:
        return
    if at and tokens[at - 1].low in {
        "in",
        "from",
        "to",
        "near",
        "of",
        "than",
        "for",
        "outside",
        "me",
        "at",
        "like",
    }:
        yield "is_town_after_preposition"
    if any(
        token.low in towns
        for index, token in enumerate(tokens)
        if index != at and token.low != tokens[at].low
    ):
        yield "is_town_among_towns"


def shape(token: Token, case: str) -> str:
    """How a word is written, as far as that says anything in this message."""
    if case == "capitals" or (token.raw.isupper() and len(token.raw) > 1 and case != "mixed"):
        return "shouted"
    if not token.raw[0].isupper():
        return "small_in_mixed" if case == "mixed" else "small"
    if token.raw.isupper() and len(token.raw) > 1:
        return "shouted"
    return "capital_first" if token.gap == STOP else "capital"


def _itself(token: Token, case: str) -> Iterator[str]:
    yield f"is_{shape(token, case)}"
    if token.owner:
        yield "owns"
    if token.kind == BOTH:
        yield from _ambiguity(token.low)
    if token.kind in {UNKNOWN, WORD}:
        yield from _looks(token)
    if len(token.low) <= 2:
        yield "is_short"
    if case == "foreign":
        yield "is_in_another_language"


def _ambiguity(low: str) -> Iterator[str]:
    if low in lexicon.everyday():
        yield "is_everyday"
    if low in lexicon.left_alone():
        yield "is_left_alone"
    if low not in lexicon.first_names():
        yield "is_only_surname"
    if low not in lexicon.ordinary():
        yield "is_rare_word"


def _looks(token: Token) -> Iterator[str]:
    low = token.low
    if not low.isascii():
        yield "has_foreign_letters"
    if "-" in low:
        yield "has_hyphen"
    if low.endswith(_listed("name_endings")) or low.startswith(_listed("name_beginnings")):
        yield "sounds_like_a_name"
    if token.kind == UNKNOWN:
        yield from _odd_word(token)
    if token.kind == WORD and low in lexicon.everyday():
        yield "is_everyday"


@cache
def _listed(key: str) -> tuple[str, ...]:
    return tuple(sorted(entries("context.toml", key)))


def _odd_word(token: Token) -> Iterator[str]:
    """What an unknown word may be but a name."""
    if token.raw.isupper() and len(token.raw) <= _LONGEST_ABBREVIATION:
        yield "is_an_abbreviation"
    elif is_compound(token.low):
        yield "is_compound"
    elif looks_like_a_slip(token.low):
        yield "is_a_slip"


_LONGEST_ABBREVIATION: Final = 5


def _before(tokens: Sequence[Token], at: int) -> Iterator[str]:
    token = tokens[at]
    if at == 0:
        yield "starts_message"
        return
    if token.gap == STOP:
        yield "starts_sentence"
        return
    comma = "," if token.gap == COMMA else ""
    one = tokens[at - 1]
    groups = _groups(BEFORE)
    if len(one.raw) == 1 and one.low not in {"i", "a", "u", "n", "r", "y", "x", "o", "w", "s"}:
        yield "before:initial"
    if one.kind in {FIRST, SURNAME, TAKEN} and one.low not in groups:
        yield f"before{comma}:name"
    elif one.kind == BOTH and one.low not in groups:
        yield f"before{comma}:maybe_name"
    found = groups.get(one.low, ())
    for group in found:
        yield f"before{comma}:{group}"
    if one.low[:1].isdigit():
        yield f"before{comma}:number"
    elif not found and one.kind == WORD:
        yield f"before{comma}:other"
    if at > 1 and one.gap != STOP:
        yield from _before_that(tokens[at - 2], one, comma, found)


def _before_that(two: Token, one: Token, comma: str, found: tuple[str, ...]) -> Iterator[str]:
    """Two words back: "spoke to Ann", "my son Ann", "it was Ann"."""
    if comma:
        if "kin" in found or "role" in found:
            yield "before:described,"
        return
    pair = f"{two.low} {one.low}"
    if pair in entries("context.toml", "speaking_to"):
        yield "before:speaking_to"
    elif pair in entries("context.toml", "naming"):
        yield "before:naming"
    groups = _groups(BEFORE).get(two.low, ())
    if ("kin" in found or "describing" in found) and ("possessive" in groups or "our" in groups):
        yield "before:my_kin"
    if "role" in found and (
        "determiner" in groups or "possessive" in groups or "our" in groups or "describing" in groups
    ):
        yield "before:the_role"
    if one.low in {"and", "n", "&", "or", "then"} and two.kind in {FIRST, TAKEN}:
        yield "before:name_and"
    if one.low in {"and", "n", "&"} and two.low in {"me", "him", "her", "us"}:
        yield "before:me_and"


def _after(tokens: Sequence[Token], at: int) -> Iterator[str]:
    if at + 1 == len(tokens):
        yield "ends_message"
        return
    following = tokens[at + 1]
    if following.gap == STOP:
        yield "ends_sentence"
        return
    comma = "," if following.gap == COMMA else ""
    groups = _groups(AFTER)
    if following.kind in {FIRST, SURNAME} and following.low not in groups:
        yield f"after{comma}:name"
    if following.kind == UNKNOWN:
        yield f"after{comma}:unknown"
    found = groups.get(following.low, ())
    for group in found:
        yield f"after{comma}:{group}"
    if not found and following.kind == WORD:
        yield f"after{comma}:" + ("past" if following.low.endswith("ed") else "other")
    if at + 2 < len(tokens) and tokens[at + 2].gap != STOP:
        yield from _after_that(following, tokens[at + 2])
        if followed_by_work(tokens, at):
            yield "after:the_role"


def followed_by_work(tokens: Sequence[Token], at: int) -> bool:
    """Whether what somebody is comes next: "Ann the plumber", "Ann our youngest", "Ann the fire warden"."""
    if tokens[at + 1].low not in _WHOSE or tokens[at + 1].gap == STOP:
        return False
    following = [token.low for token in tokens[at + 2 : at + 4] if token.gap == NONE]
    groups = _groups(AFTER)
    return any({"role", "kin"} & set(groups.get(low, ())) for low in following)


_WHOSE: Final = frozenset(["the", "our", "my", "your", "his", "her"])


def _after_that(one: Token, two: Token) -> Iterator[str]:
    """Two words on: "Ann the plumber", "Ann in repairs", "Ann, my eldest"."""
    if one.low in {"from", "in", "at", "on"} and two.low in entries("context.toml", "whereabouts"):
        yield "after:in_a_team"
    if one.low in {"and", "n", "&", "or", "then"} and two.kind == FIRST and two.gap == NONE:
        yield "after:and_name"
    if one.low in {"and", "n", "&"} and two.low in {"me", "i", "his", "her", "the"}:
        yield "after:and_me"
