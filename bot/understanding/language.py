"""Telling the language of a message: which to answer in, or that it must be asked.

Three things are wrong in different degrees: to answer an English text in Polish (worst), to answer in a language that
the writer does not read, and to ask in vain. So: nothing changes on a few words; a script decides where it can; for the
rest a model gives likelihoods; and what is doubtful or not ours is asked.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from bot.understanding import latin
from bot.understanding.letters import is_letter, language_bearing, script_of
from bot.understanding.lexicon import lexicon, phrases
from bot.understanding.normal import words_of
from bot.understanding.scripts import RIVALS, by_script, in_latin_letters
from bot.understanding.second_opinion import langdetect_says

DEFAULT: Final = "en"
UNKNOWN: Final = "und"
"""BCP 47's code where a language is not to be told."""
FEWEST_WORDS: Final = 3
FEWEST_LETTERS: Final = 10
FEWEST_SIGNS: Final = 4
"""Of Chinese, Japanese and Korean signs, which stand for whole words."""

SURE: Final = 0.9
DOUBTFUL: Final = 0.5
NAMED: Final = 0.97
"""From here on a language that we don't answer in is named, so that staff know whom to look for."""

CLEAR_OF_RIVALS: Final = 0.2
"""How far apart two languages of one script must be, as the model measures."""

NAMED_AMONG_RIVALS: Final = 0.5
"""How far apart before one that we don't answer in is named."""

WORDS_OF_THEIRS: Final = 2
"""With as many common words of the present language, and fewer of another, names must be what looks foreign."""

MOST_WORDS: Final = 12
"""A longer message that names a language is a story in which one is named."""

SOMALI_WORDS: Final = 2
SOUTH_ASIAN_WORDS: Final = 2

_CLAUSES: Final = re.compile("[,.;!?،。,؛]+")
_DENIED: Final = re.compile(rf" (?:{'|'.join(sorted(phrases('denials', 'whole')))})(?: \S+){{0,2}}$")
_SIGNS: Final = ("CJK", "HIRAGANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")


@dataclass(frozen=True, slots=True)
class Told:
    """What a message says about the language to answer in.

    Attributes:
        how: `sure` of `language`; `ask`, because it may be another one or is none of ours; `stay` with the present one.
        language: the BCP 47 code meant, also one that we don't answer in; when asking, the best guess or "".
    """

    how: Literal["sure", "ask", "stay"]
    language: str = ""


def launch_languages() -> tuple[str, ...]:
    """The languages that this product means to speak: those with a name in languages.toml."""
    return tuple(lexicon("languages"))


def tell(text: str, offered: Collection[str], current: str) -> Told:
    """What a message says about the language to answer in. The same text always tells the same.

    Args:
        text: the message.
        offered: the languages that we can answer in, as BCP 47 codes.
        current: the language of the conversation.
    """
    bearing = language_bearing(text)
    script = script_of(bearing)
    if not script or _too_short(bearing, script):
        return Told("stay", current)
    told = (
        _tell_latin(bearing, offered, current) if script == "LATIN" else _tell_other(bearing, script, current)
    )
    if told.how == "sure" and told.language == current:
        return Told("stay", current)
    if told.how == "sure" and told.language not in offered:
        return Told("ask", told.language)
    return told


def warm(offered: Collection[str]) -> None:
    """Have in memory what telling a language needs: loading it takes half a second.

    Args:
        offered: the languages that we can answer in.
    """
    words = "loading it takes a while"
    tell(words, offered, DEFAULT)
    langdetect_says(words, filter(in_latin_letters, {*launch_languages(), *offered}))


def tell_language(text: str, offered: Collection[str], current: str) -> str:
    """The language to answer in after a message: one of `offered`, or `current` when in doubt."""
    told = tell(text, offered, current)
    return told.language if told.how == "sure" else current


def language_label(text: str, current: str = DEFAULT) -> str:
    """The BCP 47 code of the language that a message is in, or "und" where the bot would ask.

    Args:
        text: the message.
        current: the language of the conversation, which a few words are taken to be in.
    """
    told = tell(text, launch_languages(), current)
    if told.how != "stay":
        return told.language or UNKNOWN
    bearing = language_bearing(text)
    script = script_of(bearing)
    return current if script in {"", "LATIN"} else by_script(script, bearing) or UNKNOWN


def read_language(text: str, offered: Collection[str]) -> str | None:
    """The offered language that a short message names ("po polsku", "can I do this in English"), or None.

    "I don't speak English" names none.
    """
    clauses = [words_of(clause) for clause in _CLAUSES.split(text)]
    if sum(map(len, clauses)) > MOST_WORDS:
        return None
    padded = "".join(f" {' '.join(words)} " for words in clauses)
    return next((code for code in offered if code in launch_languages() and _is_named(code, padded)), None)


def _is_named(code: str, padded: str) -> bool:
    names = [name for name in phrases("languages", code) if f" {name} " in padded]
    denied = [name for name in names if _DENIED.search(padded[: padded.index(f" {name} ")])]
    return len(names) > len(denied)


def _too_short(bearing: str, script: str) -> bool:
    letters = sum(map(is_letter, bearing))
    if script in _SIGNS:
        return letters < FEWEST_SIGNS
    return len(set(bearing.casefold().split())) < FEWEST_WORDS or letters < FEWEST_LETTERS


def _tell_other(bearing: str, script: str, current: str) -> Told:
    code = by_script(script, bearing)
    if code is None and script in RIVALS:
        return _among(RIVALS[script], bearing, current)
    return Told("sure", code) if code else Told("ask")


def _tell_latin(bearing: str, offered: Collection[str], current: str) -> Told:
    words = latin.common_words(bearing)
    if _is_south_asian(words):
        return Told("ask")
    ours = frozenset((*launch_languages(), *offered))
    likely = latin.likelihoods(bearing, words, ours, current)
    if likely is None:
        return _by_langdetect(bearing, words, offered, current)
    best = max(likely, key=lambda code: likely[code])
    if likely[current] >= 1 - DOUBTFUL or best == current:
        return Told("stay", current)
    if words.counts.get(current, 0) >= WORDS_OF_THEIRS and words.scores[current] > words.scores.get(
        best, 0.0
    ):
        return Told("stay", current)  # "It was Krzysztof Szymański who listened"
    if best == "so" and words.counts.get("so", 0) < SOMALI_WORDS:
        return Told("ask")
    if best not in ours:
        return Told("ask", best if likely[best] >= NAMED else "")
    if likely[best] >= SURE or langdetect_says(bearing, filter(in_latin_letters, ours)) == best:
        return Told("sure", best)
    return Told("ask", best)


def _is_south_asian(words: latin.CommonWords) -> bool:
    theirs = words.counts.get(latin.SOUTH_ASIAN, 0)
    rivals = max(words.counts.get(code, 0) for code in launch_languages())
    return theirs >= SOUTH_ASIAN_WORDS and theirs > rivals


def _by_langdetect(bearing: str, words: latin.CommonWords, offered: Collection[str], current: str) -> Told:
    """Without py3langid. langdetect's likelihoods say nothing, so common words must bear it out."""
    best = langdetect_says(bearing, {*offered, current})
    theirs, present = words.scores.get(best or "", 0.0), words.scores.get(current, 0.0)
    if best is None or best == current or theirs <= present:
        return Told("stay", current)
    return Told("sure" if theirs >= present + 1 else "ask", best)


def _among(rivals: Collection[str], bearing: str, current: str) -> Told:
    """The likeliest of the languages that share a script; the priors would only mislead here."""
    measured = latin.scores(bearing)
    if measured is None:
        best = langdetect_says(bearing, rivals)
        return Told("sure", best) if best else Told("ask")
    best, second = sorted((code for code in rivals if code in measured), key=lambda code: -measured[code])[:2]
    apart = measured[best] - measured[second]
    if best in launch_languages():
        return Told("sure" if apart >= CLEAR_OF_RIVALS or best == current else "ask", best)
    return Told("ask", best if apart >= NAMED_AMONG_RIVALS else "")
