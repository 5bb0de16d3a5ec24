"""How old somebody must be to read a text: the Flesch-Kincaid grade, which is a school year in the United States.

J. P. Kincaid, R. P. Fishburne, R. L. Rogers and B. S. Chissom, "Derivation of new readability formulas for Navy
enlisted personnel", Research Branch Report 8-75, 1975: 0.39 words a sentence + 11.8 syllables a word - 15.59. Children
are five when their first year before grade 1 begins, so the age is the grade and five.
"""

import re
from typing import Final

YEARS_BEFORE_GRADE_ONE: Final = 5

_SENTENCE_END: Final = re.compile(r"[.?!:]+(?=\s|$)|\n")
_WORD: Final = re.compile(r"[a-z]+(?:['’][a-z]+)?", re.IGNORECASE)
_VOWELS: Final = re.compile(r"[aeiouy]+")
_SILENT: Final = re.compile(
    r"(?<=[^laeiouy])e$|(?<=[aeiouy]l)e$|(?<=[^laeiouyscgxzh])es$|(?<=[aeiouy]l)es$|(?<=[^aeiouytd])ed$"
    r"|e(?=(?:ly|ful|ment|less)$)|(?<=som)e(?=\w)"
)
"""An e that is not heard: "home", "homes", "asked", "safely"; but not "people", "houses" or "needed"."""
_TWO: Final = re.compile(r"i[ao]|ea$|eing$|eat[eio]|uou")
"""Vowels in a row that are two syllables: "area", "being", "create"."""


def reading_age(text: str) -> float:
    """The age in years at which an average reader understands a text."""
    sentences = [part for part in _SENTENCE_END.split(text) if _WORD.search(part)]
    words = _WORD.findall(text)
    heard = sum(map(syllables, words))
    return 0.39 * len(words) / len(sentences) + 11.8 * heard / len(words) - 15.59 + YEARS_BEFORE_GRADE_ONE


def syllables(word: str) -> int:
    """How many syllables a word has, told from its vowels: right for nine words in ten."""
    low = word.casefold().replace("’", "'").partition("'")[0]
    return max(len(_VOWELS.findall(_SILENT.sub("", low))) + len(_TWO.findall(low)), 1)
