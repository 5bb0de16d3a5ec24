"""Languages that their script gives away, or nearly: everything that is not in Latin letters."""

import re
from typing import Final

# One language of each is likely among tenants in the UK; the others that share the script are told apart below.
_BY_SCRIPT: Final = {
    "GURMUKHI": "pa", "GUJARATI": "gu", "TAMIL": "ta", "TELUGU": "te", "KANNADA": "kn", "MALAYALAM": "ml", "ORIYA": "or",
    "SINHALA": "si", "THAI": "th", "LAO": "lo", "MYANMAR": "my", "KHMER": "km", "TIBETAN": "bo", "GREEK": "el",
    "HEBREW": "he", "ARMENIAN": "hy", "GEORGIAN": "ka", "HANGUL": "ko", "HIRAGANA": "ja", "THAANA": "dv", "SYRIAC": "syr",
    "TIFINAGH": "zgh",
}  # fmt: skip

RIVALS: Final = {
    "ARABIC": ("ar", "ckb", "fa", "ps", "ur"),
    "CYRILLIC": ("bg", "mk", "ru", "sr", "uk", "be"),
    "DEVANAGARI": ("hi", "mr", "ne"),
}
"""Languages of one script that letters alone don't tell apart; py3langid's labels, where there are some."""

_MARKS: Final[dict[str, tuple[tuple[str, re.Pattern[str]], ...]]] = {
    # The first that is found decides. Sources of the letters: https://en.wikipedia.org/wiki/Kurdish_alphabets
    # (Sorani), /Pashto_alphabet, /Sindhi_language, /Urdu_alphabet, /Uyghur_alphabets.
    "ARABIC": (
        ("ug", re.compile("[ۇۈ]")),
        ("ckb", re.compile("[ڵڕۆێە]")),
        ("ps", re.compile("[ښځڅۍټډړږڼګ]")),
        ("sd", re.compile("[ڄڃڳڻٻڀٺٽڦڇڙ]")),
        # Panjabi in Arabic letters: these words are not Urdu. It is asked about.
        (
            "pnb",
            re.compile(r"\b(?:وچ|نوں|دیاں|تہاڈا|ساڈا|ساڈے|اوہ|ایہہ|کیتا|آیاں|مینوں|سانوں|تسی|اسی|کجھ)\b"),
        ),
        ("ur", re.compile("[ٹڈڑںےۓہ]")),
    ),
    # https://en.wikipedia.org/wiki/Ukrainian_alphabet, /Russian_alphabet, /Bulgarian_alphabet
    "CYRILLIC": (
        ("be", re.compile("[ўЎ]")),
        ("uk", re.compile(r"[іїєґ]|\b(?:що|але|дуже|нема|після|вже|тепер|усе|щоб)\b", re.IGNORECASE)),
        ("ru", re.compile(r"[ыэё]|\b(?:что|очень|нет|меня|уже|когда|если|чтобы|опять)\b", re.IGNORECASE)),
        ("sr", re.compile("[ђћ]", re.IGNORECASE)),
        ("mk", re.compile("[ѓќѕ]", re.IGNORECASE)),
        # The hard sign is a vowel in Bulgarian; in Russian it stands only before vowels that begin with y.
        (
            "bg",
            re.compile(
                r"ъ(?:[^яюе\W]|\b)|\b(?:са|ще|няма|имаме|това|че|още|беше|пак|никой|ми|съм)\b", re.IGNORECASE
            ),
        ),
    ),
    # Cantonese writes words that standard Chinese does not have. It is asked about: we answer in simplified letters.
    "CJK": (("yue", re.compile("[嘅咗唔嚟冇喺哋嘢啲係佢嗰俾咁]")), ("zh", re.compile(""))),
    # Tigrinya begins words with ኣ where Amharic has አ, and alone has the row of ቐ.
    "ETHIOPIC": (("ti", re.compile("[ኣቐ-ቝ]|እዩ|ድማ|ብጣዕሚ|ካብ|ናይ ")), ("am", re.compile(""))),
    "BENGALI": (("as", re.compile("[ৰৱ]")), ("bn", re.compile(""))),
    "DEVANAGARI": (
        # Words, because the letters are the same; a vowel sign is no letter to `re`, so spaces bound them.
        ("ne", re.compile(r"(?:^|\s)(?:छ|छैन|छन्|थियो|मलाई|भएको|लागि|आएन|फेरि|हुन्छ|गर्न)(?=\s|$)|हरू")),
        ("mr", re.compile(r"(?:^|\s)(?:आहे|आहेत|आणि|नाही|मला|होते|झाले)(?=\s|$)")),
        ("hi", re.compile(r"(?:^|\s)(?:है|हैं|नहीं|में|की|का|के|था|थी|और)(?=\s|$)")),
    ),
}


def by_script(script: str, text: str) -> str | None:
    """The language that a script and its own letters give away, or None when it takes more than that."""
    if script in _BY_SCRIPT:
        return _BY_SCRIPT[script]
    return next((code for code, mark in _MARKS.get(script, ()) if mark.search(text)), None)


def in_latin_letters(code: str) -> bool:
    """Whether a language is written in Latin letters, as far as nothing here says that it is not."""
    return code not in _OTHERWISE


_OTHERWISE: Final = frozenset(_BY_SCRIPT.values()).union(
    *RIVALS.values(), *([code for code, _ in marks] for marks in _MARKS.values())
)
