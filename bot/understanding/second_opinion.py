"""langdetect, kept on a short lead.

It guesses wildly on short text, at random unless it is seeded, skips words in capitals, and its likelihoods are no
measure of certainty (measured: docs/decisions/0009-languages.md). So it is asked among few languages, with text in
lower case and a fixed seed, and only its first choice is taken.
"""

from collections.abc import Collection
from functools import cache
from typing import Final

from langdetect import DetectorFactory
from langdetect.detector_factory import PROFILES_DIRECTORY
from langdetect.lang_detect_exception import LangDetectException

_THEIR_CODES: Final = {"zh-cn": "zh", "zh-tw": "zh"}


def langdetect_says(text: str, among: Collection[str]) -> str | None:
    """The likeliest of some languages, or None where langdetect can't say."""
    factory = _factory()
    detector = factory.create()
    detector.seed = 0
    allowed = {code: float(_THEIR_CODES.get(code, code) in among) for code in factory.get_lang_list()}
    if not any(allowed.values()):
        return None
    detector.set_prior_map(allowed)
    detector.append(text.lower())
    try:
        best = str(detector.get_probabilities()[0].lang)
    except (LangDetectException, IndexError):
        return None
    code = _THEIR_CODES.get(best, best)
    return code if code in among else None


@cache
def _factory() -> DetectorFactory:
    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    return factory
