"""What a text costs to send: how many SMS it takes, and how to take fewer without losing a letter.

A text is paid for by the part. A part holds 160 letters of the GSM alphabet (3GPP TS 23.038, section 6.2.1; those of
its extension table, section 6.2.1.1, count twice) or 70 units of UTF-16 when there is any other letter (section 6.2.3).
Joined parts carry a header of six octets each (3GPP TS 23.040, section 9.2.3.24.1), which leaves 153 or 67. Like Twilio
(https://www.twilio.com/docs/glossary/what-sms-character-limit), we never cut through what is read as one letter.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION: Final = frozenset("\f^{}\\[~]|€")

Encoding = Literal["GSM-7", "UCS-2"]

_ALONE: Final[dict[Encoding, int]] = {"GSM-7": 160, "UCS-2": 70}
_JOINED: Final[dict[Encoding, int]] = {"GSM-7": 153, "UCS-2": 67}

LOOK_ALIKES: Final = str.maketrans(
    {
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "`": "'", "´": "'", "ʼ": "'",
        "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "″": '"',
        "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "•": "-", "·": "-",
        "…": "...", "\u00a0": " ", "\u202f": " ", "\u2007": " ", "\u2009": " ", "\u200a": " ", "\u3000": " ",
        "\t": " ", "\u00ad": "", "\u200b": "", "\u2060": "", "\ufeff": "", "\u2028": "\n", "\u2029": "\n",
        "½": "1/2", "¼": "1/4", "¾": "3/4", "×": "x", "÷": "/", "⁄": "/", "→": "->", "ﬁ": "fi", "ﬂ": "fl",
    }
)  # fmt: skip
"""Marks that look alike in the GSM alphabet and say the same. No letter of any language is among them."""

_BARE_LETTERS: Final = str.maketrans(
    {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "œ": "oe", "Œ": "OE", "ç": "c", "ŵ": "w", "ŷ": "y"}
)


@dataclass(frozen=True, slots=True)
class Count:
    """What a text takes to send.

    Attributes:
        encoding: GSM-7, or UCS-2 as soon as one letter is outside the GSM alphabet.
        units: septets or UTF-16 units, without headers.
        parts: how many SMS are paid for.
    """

    encoding: Encoding
    units: int
    parts: int


def segments(text: str) -> Count:
    """Count what a text takes to send, as it stands."""
    encoding = encoding_of(text)
    return Count(encoding, sum(_size(letter, encoding) for letter in text), max(1, len(split(text))))


def encoding_of(text: str) -> Encoding:
    """GSM-7 when each letter of a text is in that alphabet, otherwise UCS-2."""
    return "GSM-7" if all(letter in GSM or letter in GSM_EXTENSION for letter in text) else "UCS-2"


def split(text: str) -> list[str]:
    """The parts in which a text is sent; joined, they are the text again."""
    encoding = encoding_of(text)
    if sum(_size(letter, encoding) for letter in text) <= _ALONE[encoding]:
        return [text] if text else []
    parts, part, used = [], "", 0
    for whole in _pieces(text, encoding):
        size = sum(_size(letter, encoding) for letter in whole)
        if used + size > _JOINED[encoding]:
            parts.append(part)
            part, used = "", 0
        part, used = part + whole, used + size
    return [*parts, part]


def plain(text: str, *, drop_accents: bool = False) -> str:
    """A text with look-alikes of the GSM alphabet where that makes it cheaper: curly quotes, dashes, odd spaces.

    A text that needs UCS-2 anyhow is left as it is, so that Polish keeps its „quotes” with its letters.

    Args:
        text: what would be sent.
        drop_accents: also take marks off letters ("zażółć" becomes "zazolc"). It is harder to read and may change
            what a word means, so nothing does it unless it is asked for.
    """
    candidate = text.translate(LOOK_ALIKES)
    if drop_accents:
        candidate = "".join(letter if letter in GSM else _bare(letter) for letter in candidate)
    # Three dots are dearer than one sign for them, if there were seventy of them.
    cheaper = encoding_of(candidate) == "GSM-7" and segments(candidate).parts <= segments(text).parts
    return candidate if cheaper else text


def _bare(letter: str) -> str:
    taken_apart = unicodedata.normalize("NFD", letter.translate(_BARE_LETTERS))
    return "".join(part for part in taken_apart if not unicodedata.combining(part))


def _size(letter: str, encoding: Encoding) -> int:
    if encoding == "GSM-7":
        return 2 if letter in GSM_EXTENSION else 1
    return 2 if ord(letter) > 0xFFFF else 1


def _pieces(text: str, encoding: Encoding) -> Iterator[str]:
    """What must stay in one part: a letter with its marks, or a mere character where that alone would overflow."""
    for cluster in clusters(text):
        if sum(_size(letter, encoding) for letter in cluster) > _JOINED[encoding]:
            yield from cluster
        else:
            yield cluster


_ZERO_WIDTH_JOINER: Final = "\u200d"


def clusters(text: str) -> Iterator[str]:
    """What is read as one letter: extended grapheme clusters, by the rules that matter (UAX 29, GB6 to GB13)."""
    cluster = ""
    for letter in text:
        if cluster and not _joins(cluster, letter):
            yield cluster
            cluster = ""
        cluster += letter
    if cluster:
        yield cluster


def _joins(cluster: str, letter: str) -> bool:
    last, kind = _kind(cluster[-1]), _kind(letter)
    if last == "control" or kind == "control":
        return False
    if kind == "mark":
        return True
    if last == "flag" and kind == "flag":
        return len(cluster) % 2 == 1
    if cluster[-1] == _ZERO_WIDTH_JOINER and kind == "picture":
        return _kind(cluster[0]) == "picture"
    return kind in _HANGUL.get(last, ())


_HANGUL: Final = {
    "L": ("L", "V", "LV", "LVT"), "V": ("V", "T"), "LV": ("V", "T"), "T": ("T",), "LVT": ("T",),
}  # fmt: skip


@lru_cache(maxsize=4096)
def _kind(letter: str) -> str:
    code = ord(letter)
    category = unicodedata.category(letter)
    if category in {"Cc", "Zl", "Zp"} or letter in "\u200b\u200e\u200f\u2060\ufeff\u00ad":
        return "control"
    if category in {"Mn", "Me", "Mc"} or letter in "\u200c\u200d":
        return "mark"
    if 0x1F3FB <= code <= 0x1F3FF or 0xE0020 <= code <= 0xE007F:  # skin tones; the tags of a flag
        return "mark"
    if 0x1F1E6 <= code <= 0x1F1FF:
        return "flag"
    if 0xAC00 <= code <= 0xD7A3:
        return "LV" if (code - 0xAC00) % 28 == 0 else "LVT"
    if 0x1100 <= code <= 0x11FF:
        return "L" if code < 0x1160 else "V" if code < 0x11A8 else "T"
    return "picture" if category == "So" or code > 0x1F000 else ""
