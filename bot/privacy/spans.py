"""What redaction passes from hand to hand: stretches of text, and what is doubtful about a message."""

from dataclasses import dataclass
from typing import Final

NAME, ADDRESS, PLACE, POSTCODE, PHONE, EMAIL, URL, SOCIAL, DATE_OF_BIRTH = (
    "NAME",
    "ADDRESS",
    "PLACE",
    "POSTCODE",
    "PHONE",
    "EMAIL",
    "URL",
    "SOCIAL",
    "DATE_OF_BIRTH",
)
NI_NUMBER, NHS_NUMBER, VEHICLE, REFERENCE, BANK = "NI_NUMBER", "NHS_NUMBER", "VEHICLE", "REFERENCE", "BANK"

# What a reader sees in place of the words: "[name 1]", "[link 2]".
PLAIN: Final = {
    NAME: "name",
    ADDRESS: "address",
    PLACE: "place",
    POSTCODE: "postcode",
    PHONE: "phone",
    EMAIL: "email",
    URL: "link",
    SOCIAL: "handle",
    DATE_OF_BIRTH: "birth date",
    NI_NUMBER: "NI number",
    NHS_NUMBER: "NHS number",
    VEHICLE: "vehicle",
    REFERENCE: "reference",
    BANK: "bank",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text to take away.

    Args:
        start: where it begins, in code points of the original.
        end: where it ends; `text[start:end]` is what goes.
        type: one of the keys of `PLAIN`.
        reason: why, in a few plain words that a moderator reads.
        confidence: 0 to 1.
    """

    start: int
    end: int
    type: str
    reason: str
    confidence: float = 1.0

    @property
    def kind(self) -> str:
        """The type in plain words, as in the placeholder."""
        return PLAIN[self.type]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A stretch that was left in and that a person must look at, with the reason in plain words."""

    start: int
    end: int
    reason: str
