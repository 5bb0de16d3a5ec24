"""Words that are no names on any list, where a name would stand: they stay, and a person looks at them."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from bot.privacy import lexicon
from bot.privacy.evidence import shape, token_groups
from bot.privacy.lexicon import entries
from bot.privacy.spans import Doubt
from bot.privacy.tokens import BOTH, COMMA, NONE, STOP, WORD, Token

_NO_NAMES_END: Final = (
    "ing",
    "ed",
    "ly",
    "ness",
    "tion",
    "tions",
    "ment",
    "ments",
    "able",
    "ies",
    "ings",
    "less",
    "ful",
    "ous",
)
_FEWEST_LETTERS: Final = 3


_KINDS: Final = frozenset([WORD, BOTH])


@lru_cache(maxsize=20_000)
def _worth_asking(low: str) -> bool:
    """Whether a word can be a name at all, wherever it stands."""
    return (
        len(low) >= _FEWEST_LETTERS
        and low.isalpha()
        and not low.endswith(_NO_NAMES_END)
        and low not in lexicon.left_alone()
    )


def name_doubts(tokens: Sequence[Token], case: str) -> Iterator[Doubt]:
    """Ordinary words with a capital that belongs to no sentence, and those that do or hear what people do."""
    if case in {"capitals", "foreign"}:
        return
    for at, token in enumerate(tokens):
        if token.kind not in _KINDS or not (token.raw[0].isupper() or _worth_asking(token.low)):
            continue
        if _has_odd_capital(tokens, at, case):
            yield Doubt(token.start, token.end, "a word with a capital, perhaps a name")
        elif _stands_like_a_name(tokens, at):
            yield Doubt(token.start, token.end, "a word where a name may stand")


def _has_odd_capital(tokens: Sequence[Token], at: int, case: str) -> bool:
    """A capital inside a sentence, on a word that is no everyday one, or where nothing else has one."""
    token = tokens[at]
    if (
        len(token.low) < _FEWEST_LETTERS
        or shape(token, case) != "capital"
        or token.raw.isupper()
        or token.low in lexicon.left_alone()
    ):
        return False
    if token.low not in lexicon.everyday():
        return True
    return case == "small" and sum(one.raw[:1].isupper() and one.low != "i" for one in tokens) == 1


def _stands_like_a_name(tokens: Sequence[Token], at: int) -> bool:
    """As in "faith cleaned our stairs", "my boy prince", "it was ocean that rang"."""
    token = tokens[at]
    if not _worth_asking(token.low):
        return False
    if _is_common(token.low):
        return _is_described(tokens, at) and at + 1 < len(tokens) and tokens[at + 1].low in _IS
    follows = tokens[at + 1] if at + 1 < len(tokens) and tokens[at + 1].gap != STOP else None
    acts = bool(follows) and follows.low in entries("context.toml", "acts")  # type: ignore[union-attr]
    if at == 0 or token.gap in {STOP, COMMA}:
        return acts
    one = tokens[at - 1]
    if token.gap == NONE and one.low in _THEN:
        return acts
    return _is_described(tokens, at) or (
        one.low in _HEARERS and not (follows and follows.gap == NONE and follows.kind == WORD and not acts)
    )


_THEN: Final = frozenset(
    [
        "and",
        "then",
        "but",
        "so",
        "when",
        "because",
        "cos",
        "after",
        "till",
        "until",
        "if",
        "said",
        "how",
        "that",
    ]
)
_HEARERS: Final = frozenset(
    [
        "told",
        "asked",
        "rang",
        "phoned",
        "rung",
        "thank",
        "thanks",
        "cheers",
        "bless",
        "called",
        "named",
        "met",
    ]
)


_IS: Final = frozenset(
    ["is", "was", "has", "had", "and", "who", "said", "says", "got", "gets", "went", "came", "cant", "never"]
)


def _is_described(tokens: Sequence[Token], at: int) -> bool:
    """Whether "my son" or the like stands right before."""
    if at < 2 or tokens[at].gap != NONE:
        return False
    one, two = token_groups(tokens[at - 1].low), token_groups(tokens[at - 2].low)
    if tokens[at].low in lexicon.left_alone() or token_groups(tokens[at].low):
        return False
    return "kin" in one and bool(two & {"possessive", "our"})


def _is_common(low: str) -> bool:
    if low in lexicon.first_names():
        return False
    return low in lexicon.everyday() or (low.endswith("s") and low[:-1] in lexicon.ordinary())
