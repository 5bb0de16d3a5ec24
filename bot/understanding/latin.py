"""Telling languages in Latin letters, and other scripts that several languages share: how likely each one is.

py3langid (a naive Bayes model over byte sequences, 140 labels) is weighed against what we expect (priors) and
against common short words. The priors are soft and over all labels: a hard choice among our own languages would
turn German into a wrong certainty (measured: docs/decisions/0009-languages.md).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from bot.understanding.byte_model import ByteModel, byte_model
from bot.understanding.letters import without_accents
from bot.understanding.lexicon import lexicon

SOUTH_ASIAN: Final = "south_asian"
"""Urdu, Hindi, Panjabi, Gujarati and Bengali in Latin letters: no package here knows them, so words tell."""

MODEL_WEIGHT: Final = 3.0
"""What the model's log-probability counts for, per square root of the text's length in bytes."""

WORD_WEIGHT: Final = 1.0
"""What one common word counts for, on the same scale; shared among the languages that have it."""

EXPECTED: Final = 0.85
"""How likely the conversation's language is before anything is read."""

ENGLISH_BESIDES: Final = 0.10
"""How likely English is in a conversation in another language: people quote letters and staff."""

OURS: Final = 0.7
"""Of what is left, the share of the languages that we answer in; the rest goes to all other labels."""

SAME: Final = {
    "pcm": "en",
    "arz": "ar",
    "ary": "ar",
    "nn": "no",
    "sdh": "ckb",
    "wuu": "zh",
    "gl": "pt",
    "zxx": "en",
}
"""Labels of py3langid that are no language of ours but mean one: dialects, or what only its training data tells apart."""


@dataclass(frozen=True, slots=True)
class CommonWords:
    """The common words in a text, by language.

    Attributes:
        scores: what they speak for: each counts once, and less where several languages have it.
        counts: how many different ones there are.
    """

    scores: Mapping[str, float]
    counts: Mapping[str, int]


@cache
def model() -> ByteModel | None:
    """py3langid's model, or None when it is not installed.

    Imported here because it takes half a second, which most commands need not wait for.
    """
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415
    except ImportError:
        return None
    return byte_model(LanguageIdentifier.from_model_file(MODEL_FILE), SAME)


def scores(text: str) -> dict[str, float] | None:
    """The model's log-probability of each language, on a scale that does not grow with the text; None without it.

    Always in the same order: priors() is remembered by it.
    """
    told = model()
    if told is None:
        return None
    per_byte = 1 / math.sqrt(max(1, len(text.encode(errors="surrogatepass"))))
    return dict(zip(told.labels, (told.points(text) * per_byte).tolist(), strict=True))


def likelihoods(text: str, words: CommonWords, ours: frozenset[str], current: str) -> dict[str, float] | None:
    """How likely each language is, adding up to 1; None when py3langid is not installed.

    Args:
        text: what bears language, in Latin letters.
        words: the common words in it.
        ours: the languages that we answer in.
        current: the language of the conversation.
    """
    measured = scores(text)
    if measured is None:
        return None
    expected = priors(tuple(measured), ours, current)
    weighed = {
        code: MODEL_WEIGHT * score + WORD_WEIGHT * words.scores.get(code, 0.0) + expected[code]
        for code, score in measured.items()
    }
    return _normal(weighed)


def _normal(weighed: Mapping[str, float]) -> dict[str, float]:
    top = max(weighed.values())
    shares = {code: math.exp(value - top) for code, value in weighed.items()}
    total = sum(shares.values())
    return {code: share / total for code, share in shares.items()}


@cache
def priors(labels: tuple[str, ...], ours: frozenset[str], current: str) -> dict[str, float]:
    """The logarithm of how likely each label is before anything is read."""
    expected = {current: EXPECTED}
    if current != "en":
        expected["en"] = ENGLISH_BESIDES
    left = 1 - sum(expected.values())
    known = [label for label in labels if label in ours and label not in expected]
    others = [label for label in labels if label not in ours and label not in expected]
    expected |= {label: left * OURS / len(known) for label in known}
    expected |= {label: left * (1 - OURS) / len(others) for label in others}
    return {label: math.log(share) for label, share in expected.items()}


def common_words(text: str) -> CommonWords:
    """Look every word of a text up in the lists."""
    scores: dict[str, float] = {}
    counts: dict[str, int] = {}
    for word, has_accents in said(text).items():
        languages = _languages_of_words().get(word, ())
        for code in languages:
            if code == "en" and has_accents:
                continue  # "ơn" is not "on"; the others are often typed without their accents
            scores[code] = scores.get(code, 0.0) + 1 / len(languages)
            counts[code] = counts.get(code, 0) + 1
    return CommonWords(scores, counts)


def said(text: str) -> dict[str, bool]:
    """The different words of a text, without accents, and whether they had any.

    Of "l'eau" and "don't" the parts as well as the whole.
    """
    words: dict[str, bool] = {}
    for word in text.split():
        plain = without_accents(word)
        parts = [part for part in plain.split("'") if len(part) > 1] if "'" in plain else []
        words |= dict.fromkeys([plain.replace("'", ""), *parts], not word.replace("’", "'").isascii())
    return words


@cache
def _languages_of_words() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for code, words in lexicon("common_words").items():
        for word in dict.fromkeys(without_accents(words).split()):
            table[word] = (*table.get(word, ()), code)
    return table
