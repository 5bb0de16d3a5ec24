"""langdetect, kept on a short lead.

It guesses wildly on short text, at random unless it is seeded, skips words in capitals, and its likelihoods are no
measure of certainty (measured: docs/decisions/0009-languages.md). So it is asked among few languages, with text in
lower case and a fixed seed, and only its first choice is taken.
"""

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Final

from langdetect import DetectorFactory
from langdetect.lang_detect_exception import LangDetectException

_THEIR_CODES: Final = {"zh-cn": "zh", "zh-tw": "zh"}
_FOLDER: Final = resources.files("langdetect") / "profiles"
_FEWEST: Final = 2
"""Of one profile it has nothing to tell apart, and refuses to load it."""


def langdetect_says(text: str, among: Iterable[str]) -> str | None:
    """The likeliest of some languages, or None where langdetect can't say."""
    profiles = _profiles(frozenset(among))
    if len(profiles) < _FEWEST:
        return next(map(_ours, profiles), None)
    detector = _factory(profiles).create()
    detector.seed = 0
    detector.append(text.lower())
    try:
        best = str(detector.get_probabilities()[0].lang)
    except (LangDetectException, IndexError):
        return None
    return _ours(best)


def _ours(theirs: str) -> str:
    return _THEIR_CODES.get(theirs, theirs)


@cache
def _profiles(among: frozenset[str]) -> tuple[str, ...]:
    """What langdetect has of some languages, by its own codes, which are the names of its files."""
    return tuple(sorted(file.name for file in _FOLDER.iterdir() if _ours(file.name) in among))


@cache
def _factory(profiles: tuple[str, ...]) -> DetectorFactory:
    # Only these: all that it has would take 60 MB, and parts of words in other languages say nothing here.
    factory = DetectorFactory()
    factory.load_json_profile([(_FOLDER / name).read_text(encoding="utf-8") for name in profiles])
    return factory
