"""What a check found."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["good", "missing", "wrong", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Args:
        about: what.
        verdict: `good`; `missing` (left out, and the rest works); `wrong` (nothing starts until it is
            mended); `note` (worth knowing).
        sentence: what is the matter, and how to mend it.
    """

    about: str
    verdict: Verdict
    sentence: str
