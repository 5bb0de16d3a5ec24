"""Telling the language of a story, with langdetect kept on a short lead.

langdetect guesses wildly on short text and at random unless it is seeded, so it is asked only when there
is something to go by, and may answer only with a language that we can speak.
"""

import re
from collections.abc import Collection
from functools import cache
from typing import Final

from langdetect import DetectorFactory
from langdetect.detector_factory import PROFILES_DIRECTORY
from langdetect.lang_detect_exception import LangDetectException

from bot.understanding.commands import MOST_WORDS
from bot.understanding.lexicon import phrases
from bot.understanding.normal import words_of

FEWEST_WORDS: Final = 4
FEWEST_LETTERS: Final = 20
SURE_ENOUGH: Final = 0.9

_NOT_WORDS: Final = re.compile(r"\S*[@/]\S*|[\d_]+|\[\w+ \d+\]")


def tell_language(text: str, offered: Collection[str], current: str) -> str:
    """The language that a message is in.

    Args:
        text: the message.
        offered: the languages that we can answer in, as BCP 47 codes.
        current: what to stay with when the message is too short or could be anything.

    Returns:
        One of `offered`, or `current`. The same text always gives the same answer.
    """
    words = [word for word in _NOT_WORDS.sub(" ", text).split() if any(map(str.isalpha, word))]
    if len(words) < FEWEST_WORDS or sum(map(str.isalpha, "".join(words))) < FEWEST_LETTERS:
        return current
    detector = _factory().create()
    detector.seed = 0
    detector.set_prior_map({code: float(code in offered) for code in _factory().get_lang_list()})
    # Lower case: langdetect skips words in capitals.
    detector.append(" ".join(words).lower())
    try:
        best = detector.get_probabilities()[0]
    except (LangDetectException, IndexError):
        return current
    return str(best.lang) if best.lang in offered and best.prob >= SURE_ENOUGH else current


def read_language(text: str, offered: Collection[str]) -> str | None:
    """The offered language that a short message names ("po polsku", "can I do this in English"), or None."""
    words = words_of(text)
    if len(words) > MOST_WORDS:
        return None
    padded = f" {' '.join(words)} "
    named = (code for code in offered if any(f" {name} " in padded for name in phrases("languages", code)))
    return next(named, None)


@cache
def _factory() -> DetectorFactory:
    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    return factory
