"""Join codes: what a workshop's poster says, and finding it in a text, however it is typed. Never an identity."""

import itertools
import re
import unicodedata
from collections.abc import Callable
from typing import Final

LETTERS: Final = "ACDEFGHJKMNPQRTUVWXY"
DIGITS: Final = "34679"
"""Without those that look like one another on a poster: B 8, I 1 L, O 0, S 5, Z 2."""
SHAPE: Final = "LLLDDD"
# What people type for a letter or digit of a code: capital letters of Cyrillic and Greek that look the same.
_LOOK_ALIKE: Final = str.maketrans("АСЕНКМРТУХΑΕΗΚΜΝΡΤΥΧ", "ACEHKMPTYXAEHKMNPTYX")
_CODE: Final = re.compile(rf"[{LETTERS}]{{3}}[{DIGITS}]{{3}}")
_APART: Final = re.compile(r"[\W_]+")


def new_code(choose: Callable[[str], str]) -> str:
    """A new code, such as HAT347.

    Args:
        choose: picks one letter of a text at random.
    """
    return "".join(choose(LETTERS if one == "L" else DIGITS) for one in SHAPE)


def spoken(code: str) -> str:
    """A code as it stands on a poster: HAT 347."""
    return f"{code[:3]} {code[3:]}"


def codes_in(text: str) -> tuple[str, ...]:
    """What may be a code in a text: in any case, with or without spaces, alone or among words."""
    digits = text if text.isascii() else "".join(map(_digit, unicodedata.normalize("NFKC", text)))
    tokens = [one for one in _APART.split(digits.upper().translate(_LOOK_ALIKE)) if one]
    candidates = ["".join(tokens)] if len(tokens) > 2 else []
    candidates += tokens
    candidates += [first + second for first, second in itertools.pairwise(tokens)]
    return tuple(dict.fromkeys(one for one in candidates if _CODE.fullmatch(one)))


def _digit(one: str) -> str:
    return str(int(one)) if one.isdecimal() else one
