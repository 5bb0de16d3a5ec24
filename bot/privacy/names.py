"""Names of people, found without a model: lists, what stands around a word, capitals, and memory."""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from bot.privacy import lexicon
from bot.privacy.evidence import features, followed_by_work, likelihood, shape, token_groups
from bot.privacy.lexicon import entries
from bot.privacy.positions import name_doubts
from bot.privacy.spans import NAME, PLACE, Doubt, Span
from bot.privacy.tokens import (
    BOTH,
    FIRST,
    LEFT,
    NONE,
    STOP,
    SURNAME,
    TAKEN,
    UNKNOWN,
    WORD,
    Token,
    looks_like_a_slip,
)

CUT: Final = 0.5  # as likely as not: it goes
DOUBT: Final = 0.02  # likely enough for a person to look
DOUBT_BESIDE: Final = 0.005  # the same in a message that names somebody: it may well name more
AGAIN: Final = 0.3  # an ordinary word that named somebody elsewhere in the message
CERTAIN: Final = 0.97
SURE: Final = 0.9
# An unknown word in small letters is rather left in and flagged, one that is a slip of the thumb even more.
ODD: Final = 0.8
SLIP: Final = 0.4

_INITIAL: Final = re.compile(r"(?:(?<!\w)[A-Za-z](?:\.|(?= )) ?){1,3}$")
_LAST_INITIAL: Final = re.compile(r" (?:[A-Z]\b\.?(?![\w'’])|[b-hj-mp-tv-z]\.?(?= ?x*\W*$))")


def case_of(text: str) -> str:
    """How a message is written: "mixed" uses capitals as they are taught, "small" hardly any, "capitals" only those."""
    upper = sum(map(str.isupper, text))
    letters = sum(map(str.isalpha, text))
    if letters and upper * 2 > letters:
        return "capitals"
    first = next((letter for letter in text if letter.isalpha()), "")
    return "mixed" if first.isupper() else "small"


def is_foreign(tokens: Sequence[Token]) -> bool:
    """Whether most words of a message are no English ones."""
    words = [token for token in tokens if token.kind != TAKEN and not token.low[0].isdigit()]
    odd = sum(token.kind == UNKNOWN for token in words)
    return len(words) > 1 and odd * 2 >= len(words)


def names(text: str, tokens: Sequence[Token], known: Collection[str]) -> tuple[list[Span], list[Doubt]]:
    """The names in a message, and the words that may be one."""
    case = "foreign" if is_foreign(tokens) else case_of(text)
    chances = {at: chance for at in _candidates(tokens, case) if (chance := _chance(text, tokens, at, case))}
    cut = {at for at, chance in chances.items() if chance >= CUT}
    cut |= _seen_elsewhere(tokens, cut, chances, known)
    spans = list(_joined(text, tokens, cut, chances, case))
    foreign = [Doubt(tokens[0].start, tokens[-1].end, "in another language")] if case == "foreign" else []
    taken = {position for span in spans for position in range(span.start, span.end)}
    least = DOUBT_BESIDE if spans else DOUBT
    return spans, foreign or [
        Doubt(tokens[at].start, tokens[at].end, _doubt(tokens[at]))
        for at, chance in chances.items()
        if least <= chance < CUT and tokens[at].start not in taken and at not in cut
    ] + list(name_doubts(tokens, case))


def worth_weighing(text: str, tokens: Sequence[Token], case: str) -> list[int]:
    """The words of a message that may be names at all, for fitting the weights."""
    return [at for at in _candidates(tokens, case) if not _in_saying(text, tokens[at])]


_LISTED: Final = frozenset([FIRST, SURNAME, UNKNOWN])
_PLAIN_WORDS: Final = frozenset([WORD, LEFT, BOTH])


def _candidates(tokens: Sequence[Token], case: str) -> Iterator[int]:
    """Words worth weighing; a common word only with a strong cue beside it, or a capital where none belongs."""
    if len(tokens) == 1 and tokens[0].kind == UNKNOWN:
        return  # a command with a slip in it
    for at, token in enumerate(tokens):
        if len(token.raw) <= 1 or (token.low in _ALL_TITLES and at + 1 < len(tokens)):
            continue
        if (
            token.kind in _LISTED
            or (token.kind == BOTH and not _hardly_a_name(token.low))
            or (token.kind in _PLAIN_WORDS and not token.low[0].isdigit() and _has_cue(tokens, at, case))
        ):
            yield at


def _has_cue(tokens: Sequence[Token], at: int, case: str) -> bool:
    token = tokens[at]
    if token.low in entries("context.toml", "never"):
        return False
    if at and token.gap != STOP and tokens[at - 1].low in (_TITLES if token.kind == LEFT else _STRONG_BEFORE):
        return True
    if token.kind == LEFT:
        return False
    if at and tokens[at - 1].low in entries("context.toml", "makes_a_thing") and token.gap == NONE:
        return False
    if at + 2 < len(tokens) and (
        followed_by_work(tokens, at) or _is_in_a_team(tokens, at) or _is_the_name(tokens, at)
    ):
        return True
    plain = token.low in lexicon.everyday() and token.low not in lexicon.first_names()
    return shape(token, case) == "capital" and (
        not plain or (at > 0 and tokens[at - 1].kind in {FIRST, TAKEN})
    )


def _is_in_a_team(tokens: Sequence[Token], at: int) -> bool:
    """As in "brown in allocations": whoever that is, it is no lady, man or officer."""
    nobody = token_groups(tokens[at].low) & {
        "role",
        "kin",
        "pronoun",
        "told",
        "verb_before",
        "amount",
        "preposition",
    }
    alone = (
        at == 0
        or tokens[at].gap != NONE
        or bool(token_groups(tokens[at - 1].low) & {"told", "joining", "pointing"})
    )
    return (
        alone
        and not nobody
        and tokens[at + 1].low in {"in", "from"}
        and tokens[at + 2].low in entries("context.toml", "teams")
    )


def _is_the_name(tokens: Sequence[Token], at: int) -> bool:
    """As in "field is the surname"."""
    return tokens[at + 1].low == "is" and any(
        one.low in {"name", "surname"} for one in tokens[at + 2 : at + 5]
    )


def _hardly_a_name(low: str) -> bool:
    """An everyday word that is at most a surname, or so seldom a first name that it needs a cue."""
    return low in lexicon.everyday() and (
        low not in lexicon.first_names() or low in entries("context.toml", "hardly_names")
    )


_TITLES: Final = frozenset(["mr", "mrs", "ms", "dr", "cllr"])
_ALL_TITLES: Final = _TITLES | frozenset(["rev", "canon", "sir", "madam", "miss", "sgt", "revd", "prof"])
_STRONG_BEFORE: Final = _TITLES | frozenset(["miss", "councillor", "pc", "called", "named", "surname"])


def _chance(text: str, tokens: Sequence[Token], at: int, case: str) -> float:
    token = tokens[at]
    if _in_saying(text, token):
        return DOUBT if token.kind in {FIRST, BOTH} and _is_whole_saying(text, token) else 0.0
    if (
        at
        and token.gap != STOP
        and tokens[at - 1].low in _TITLES
        and token.low not in entries("context.toml", "never")
    ):
        return CERTAIN
    if at + 2 < len(tokens) and (_is_in_a_team(tokens, at) or _is_the_name(tokens, at)):
        return SURE
    chance = likelihood(token.kind, features(tokens, at, case))
    if token.kind == FIRST:
        return max(chance, DOUBT)
    if token.kind == UNKNOWN and token.raw.islower():
        return chance * (SLIP if looks_like_a_slip(token.low) else ODD)
    return chance


def _in_saying(text: str, token: Token) -> bool:
    patterns = lexicon.sayings().get(token.low, ())
    return any(m.start() <= token.start < m.end() for pattern in patterns for m in pattern.finditer(text))


def _is_whole_saying(text: str, token: Token) -> bool:
    """Whether a saying is this word and no more: a character, whose name somebody else may have."""
    patterns = lexicon.sayings().get(token.low, ())
    return token.raw[0].isupper() and all(
        m.end() - m.start() <= len(token.raw) + 2
        for pattern in patterns
        for m in pattern.finditer(text)
        if m.start() <= token.start < m.end()
    )


def _seen_elsewhere(
    tokens: Sequence[Token], cut: set[int], chances: dict[int, float], known: Collection[str]
) -> set[int]:
    """A name once seen goes everywhere; one that is an ordinary word too, only where it may be one."""
    seen = {tokens[at].low for at in cut} | {word for name in known for word in name.casefold().split()}
    return {
        at
        for at, token in enumerate(tokens)
        if token.low in seen
        and at not in cut
        and (
            token.kind in {FIRST, SURNAME, UNKNOWN} or chances.get(at, 0.0) >= AGAIN or _capital_inside(token)
        )
    }


def _capital_inside(token: Token) -> bool:
    return token.raw[:1].isupper() and token.gap != STOP and token.kind in {BOTH, WORD}


def _joined(
    text: str, tokens: Sequence[Token], cut: set[int], chances: dict[int, float], case: str
) -> Iterator[Span]:
    """Names that stand together are one; a capital word or a surname after a name belongs to it."""
    at = 0
    while at < len(tokens):
        if at not in cut:
            at += 1
            continue
        last = at
        while last + 1 < len(tokens) and _belongs(tokens, last, cut, case):
            last += 1
        start = tokens[at - 1].start if _is_prefix(tokens, at) else tokens[at].start
        start, end = _with_initials(text, start, _whole_family(text, tokens, at, tokens[last].end))
        chance = max(chances.get(one, CUT) for one in range(at, last + 1))
        yield Span(start, end, _type(tokens, at), _reason(tokens, at, case), round(chance, 2))
        at = last + 1


def _is_prefix(tokens: Sequence[Token], at: int) -> bool:
    """Whether the word before a name is part of it: "Big Dave", "Lower Tanyard"."""
    if at == 0 or tokens[at].gap != NONE:
        return False
    one = tokens[at - 1]
    if one.low == "big":
        return not (at > 1 and one.gap == NONE and tokens[at - 2].low in {"a", "the", "so", "too", "very"})
    return tokens[at].raw[0].isupper() and one.raw in {"Lower", "Upper", "Mad", "Fat"}


def _whole_family(text: str, tokens: Sequence[Token], at: int, end: int) -> int:
    """As in "them doyles": with the s, where a whole family is meant."""
    many = at > 0 and tokens[at - 1].low in {"the", "them", "those", "these"}
    return end + 1 if many and tokens[at].owner and text[end : end + 1] in {"s", "S"} else end


def _belongs(tokens: Sequence[Token], last: int, cut: set[int], case: str) -> bool:
    """Whether the word after a name is part of it."""
    token, name = tokens[last + 1], tokens[last]
    if token.gap != NONE or name.owner or token.kind == TAKEN:
        return False
    if last + 1 in cut:
        return True
    if token.kind == SURNAME:
        return True
    if (
        last + 2 in cut
        and tokens[last + 2].gap == NONE
        and shape(token, case) == "capital"
        and name.raw[:1].isupper()
    ):
        return True
    if token.kind in {BOTH, UNKNOWN} and shape(token, case) == "capital" and name.raw[:1].isupper():
        return token.low not in lexicon.left_alone()
    return False


def _with_initials(text: str, start: int, end: int) -> tuple[int, int]:
    """Initials before a surname ("E. Postlethwaite") and after a first name ("Jackie B")."""
    before = _INITIAL.search(text, max(0, start - 8), start)
    if before and _are_initials(before.group()):
        start = before.start()
    after = _LAST_INITIAL.match(text, end)
    if after and after.group().strip(" .") not in {"I", "A", "X", "x", "u", "y", "n"}:
        end = after.end() - after.group().endswith(".")
    return start, end


def _are_initials(words: str) -> bool:
    letters = words.replace(".", " ").split()
    return (
        "." in words
        or (words.strip() == words.strip().upper() and letters[0] not in {"I", "A", "X"})
        or (len(letters) == 1 and letters[0] not in {"i", "a", "u", "n", "x", "y", "r", "o", "w", "m", "s"})
    )


def _type(tokens: Sequence[Token], at: int) -> str:
    one = tokens[at - 1] if at and tokens[at].gap == NONE else None
    return (
        PLACE
        if tokens[at].kind == UNKNOWN and one and one.low in entries("context.toml", "makes_a_place")
        else NAME
    )


def _reason(tokens: Sequence[Token], at: int, case: str) -> str:
    token = tokens[at]
    if token.kind == FIRST:
        return "a first name"
    if token.kind == SURNAME:
        return "a surname"
    if token.kind == BOTH:
        return "a name here, by the words around it"
    if shape(token, case) == "capital":
        return "a word with a capital"
    return "used like a name"


def _doubt(token: Token) -> str:
    if token.kind == UNKNOWN:
        return "an unknown word, perhaps a name"
    return "perhaps a name" if token.kind != TAKEN else "perhaps part of a name"
