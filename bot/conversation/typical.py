"""Sentences as they typically read: filled in where nobody in particular is spoken to, to look at and to measure."""

from collections.abc import Mapping
from typing import Final

from bot.wording import Wording

TYPICAL: Final[Mapping[str, str]] = {
    "operator": "Respect for All",
    "landlord": "Northgate Homes",
    "emergency": "01632 960100",
    "complaints": "call 01632 960111 or see northgate.example/complain",
    "story": "The plumber came on time and explained everything. It took three calls to get him, though.",
    "code": "4821",
    "languages": "English, polski",
    "answer": "We now ring before each visit, and the same person comes back.",
    "title": "Respect for All",
    "when": "Tue 1 December, 10:00",
    "place": "Northgate Hall",
    "stories": "2",
    "shared": "1",
}
"""What the placeholders hold. A placeholder that is neither here nor known counts as its own name."""


def typically(words: Wording, language: str, key: str, known: Mapping[str, str] = TYPICAL) -> str:
    """The words under a key, filled in.

    Args:
        words: the catalogues.
        language: which one.
        key: which sentence.
        known: what outranks the typical values.
    """
    names = words.placeholders(language, key)
    return words.text(language, key, **{name: {**TYPICAL, **known}.get(name, name) for name in names})
