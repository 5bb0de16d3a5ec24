"""Shapes that have digits in them: numbers of people, banks and cars, postcodes, references; and what is none."""

import re
from typing import Final

from bot.privacy.lexicon import entries
from bot.privacy.spans import BANK, NHS_NUMBER, NI_NUMBER, POSTCODE, REFERENCE, VEHICLE, Span

NEAR: Final = 40  # how far back a cue may stand

_GAP: Final = r"[ .\-/\u00a0]{0,2}"
_D: Final = r"[\dOoIl]"  # a digit, or the letter that a thumb takes for one
MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:r?uary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
WITH_DIGITS: Final = (
    (
        NI_NUMBER,
        "has the shape of a National Insurance number",
        rf"\b[a-z] ?[a-z]{_GAP}(?:\d{_GAP}){{5}}\d{_GAP}[a-d]\b"
        r"|(?<=\bni )[a-z]{2}(?: ?\d){6}\b|(?<=\bni is )[a-z]{2}(?: ?\d){6}\b"
        rf"|\b[a-z]{{2}}{_GAP}(?:{_D}{{2}}{_GAP}){{3}}[a-d]\b",
    ),
    (
        NHS_NUMBER,
        "has the shape of an NHS number",
        rf"(?<![\d£]){_D}{{3}}{_GAP}{_D}{{3}}{_GAP}{_D}{{4}}\b",
    ),
    (
        BANK,
        "has the shape of a sort code",
        r"(?<![\d£./])\d\d ?[\-–/. ] ?\d\d ?[\-–. ] ?\d\d\b(?! ?[\-–./ ]?\d)",
    ),
    (
        BANK,
        "follows 'sort code' or 'account'",
        r"\b(?:sort ?code|sort|s/c|acc(?:oun)?t?(?: ?(?:no|num|number))?)\.?:?(?: is| as"
        r"|:)? (?P<it>\d(?:[ \-]?\d){5,9})\b",
    ),
    (
        POSTCODE,
        "has the shape of a postcode",
        r"\b(?:gir ?0aa|[a-z]{1,2}(?:\d[a-z\d]?|[oi]\d?) ?[\-.]? ?[\doi][abd-hjlnp-uw-z]{2})\b"
        r"|\b[a-z] ?[a-z]? ?\d ?\d? ?\d ?[abd-hjlnp-uw-z] ?[abd-hjlnp-uw-z]\b",
    ),
    (
        VEHICLE,
        "has the shape of a number plate",
        r"\b[a-z]{2}[ .\-]?\d{2}[ .\-]?[a-z]{3}\b|\b[a-z]\d{1,3}[ .\-]?[a-z]{3}\b|\b[a-z]{3}[ .\-]?\d{1,3}[a-z]\b"
        r"|\b[a-z]{2}(?:\d[oi]|[oi]\d)[ .\-]?[a-z]{3}\b",
    ),
    (
        REFERENCE,
        "a code with letters and numbers",
        r"\b[a-z]{1,6} ?[\-/_.#] ?\d+(?:[\-/_.]\w+| [\-/] ?\w*\d\w*)*\b"
        r"|\b[a-z]{1,6}(?:[\-/_.][a-z]{1,4})*[\-/_.]\d{2,}(?:[\-/_.]\w+)*\b"
        r"|\b[a-z]{1,6} ?\d{4,}(?:[\-/ ]?\d+)*(?:[\-/.][a-z\d]+)*\b|\b[a-z]{2}\d/\d{3,}\b"
        r"|\b\d{2,}[\-/.][a-z]{1,4}[\-/.]\d+\b"
        r"|\b[a-z]{2,5}\d{3,}[a-z]?\b|\b\d{3,}[\-/]\d{3,}\b|\b\d{3,}/[a-z]{1,4}\b|\b\d{4,}[a-z]{1,3}\b"
        r"|\b[a-z]{2,}(?:[.\-/][a-z\d]+)*\d+(?:[.\-/][a-z]+)+\b",
    ),
    (
        REFERENCE,
        "a police log number",
        rf"\b\d{{1,5}} of (?:the )?(?:\d{{1,2}}[/.\-]\d{{1,2}}(?:[/.\-]\d{{2,4}})?|\d{{1,2}}(?:st|nd|rd"
        rf"|th)? (?:of )?{MONTH}(?: \d{{4}})?)\b",
    ),
    (
        REFERENCE,
        "follows the word reference, job or the like",
        r"\b(?:ref(?:erence|s)?|jobs?|case|complaint|crime|log|order|ticket|claim|quot(?:e|ing)|incident|tenancy"
        r"|tenant|bidding|"
        r"application|policy|account|customer|badge|licen[cs]e|voucher)\.?(?: (?:ref(?:erence)?|num(?:ber)?|no"
        r"|code|id|is|was|called))*\.?:? ?"
        r"(?P<it>#? ?(?=[\w/\-.]*\d)(?:[a-z]{1,5}[\-/ ])?[\w/\-.]*\d{3,}[\w/\-]*(?: \d{2,}[\w/\-]*)*)\b",
    ),
    (REFERENCE, "a numbered code", r"#\s?\d{3,}\b"),
)
LONG_NUMBER: Final = (
    REFERENCE,
    "a long number",
    r"(?<![\d£$€.,])\d(?:[ .\-]?\d){5,}\b(?![,.]?\d)",
)
_DIGIT: Final = re.compile(r"\d")
_ORDINAL_HALF: Final = re.compile(r" (?:1st|2nd|3rd|\dth|\d(?:hr|hrs|ft|lb|lbs|pt|x|p|s))$", re.IGNORECASE)
_DATE_SHAPE: Final = re.compile(r"(\d{1,2}) ?([./\- ]) ?(\d{1,2}) ?\2 ?(?:20)?(\d\d)")
_BANK_CUE: Final = re.compile(r"sort|acc|bank|pay|s/c|b?acs|direct debit", re.IGNORECASE)


def is_date(raw: str) -> bool:
    """Whether digits and signs are a day of these years, as of a visit."""
    match = _DATE_SHAPE.fullmatch(raw.strip())
    if not match:
        return False
    day, month, year = int(match[1]), int(match[3]), int(match[4])
    return 1 <= day <= 31 and 1 <= month <= 12 and 15 <= year <= 35


def plausible(text: str, span: Span) -> bool:
    """Whether something with a shape can be that; common words and dates of visits are not."""
    raw = text[span.start : span.end]
    if span.type == BANK:
        return not is_date(raw) or bool(_BANK_CUE.search(text, max(0, span.start - 2 * NEAR), span.start))
    if span.type == POSTCODE:
        return _may_be_postcode(raw, shouted=text.isupper())
    if span.type == VEHICLE:
        return _may_be_plate(raw)
    if span.type == REFERENCE:
        return _may_be_code(raw, span.reason)
    return not is_date(raw)


def _may_be_postcode(raw: str, *, shouted: bool) -> bool:
    if not _DIGIT.search(raw):
        return False
    if _ORDINAL_HALF.search(raw) and (shouted or not raw.isupper()):
        return False  # "b12 2nd floor", but not "M7 8TH" among small letters
    first, *rest = raw.casefold().split()
    return not (
        rest and first.isalpha() and (len(first) == 1 or first in entries("shapes.toml", "short_words"))
    )


def _may_be_plate(raw: str) -> bool:
    """Two letters, two digits, three letters; "at 12 and" is none."""
    parts = re.findall(r"[a-z]+", raw.casefold())
    apart = bool(re.search(r"[a-z] \d|\d [a-z]", raw.casefold()))
    words = sum(part in entries("shapes.toml", "short_words") for part in parts)
    ordinal = re.search(r"\d(?:st|nd|rd|th|pm|am)\b|\d (?:day|men|hrs|min|yrs)\b", raw.casefold())
    if ordinal or not apart:
        return not ordinal
    long = [part for part in parts if len(part) == 3]
    return not (
        words == len(parts)
        or (
            len(parts) == 2
            and len(long) == 1
            and long[0] in entries("shapes.toml", "short_words")
            and min(map(len, parts)) == 1
        )
        or (
            re.fullmatch(r"[a-z]{3} \d{1,3}[a-z]", raw.casefold())
            and long[0] in entries("shapes.toml", "short_words")
        )
    )


_YEARS: Final = re.compile(r"(?:19|20)\d\d")
_UNITS: Final = re.compile(
    r"\d{4,}(?:s|ft|mm|cm|kg|w|kw|kwh|k|mb|pm|am|hrs?|ml|m|l|th|sq|btu|v|x|odd|yrs?|p)", re.IGNORECASE
)
_MONTH_IN: Final = re.compile(rf"\b{MONTH}\b", re.IGNORECASE)


def _may_be_code(raw: str, reason: str) -> bool:
    digits = sum(map(str.isdigit, raw))
    prefix = re.match(r"[a-z]*", raw.casefold())
    word = prefix.group() if prefix else ""
    if reason.startswith(("follows", "a police", "a numbered")):
        return not _YEARS.fullmatch(raw) and not raw.casefold().startswith(("in ", "on ", "at ", "for "))
    if (
        _MONTH_IN.search(raw)
        or _UNITS.fullmatch(raw)
        or all(_YEARS.fullmatch(part) for part in re.findall(r"\d+", raw))
    ):
        return bool(word) and word not in entries("shapes.toml", "short_words") and "/" in raw and digits > 4
    if " " in raw:
        return (
            word not in entries("shapes.toml", "not_a_code")
            and not word.islower() | (word in entries("shapes.toml", "short_words"))
            if digits < 5
            else word not in entries("shapes.toml", "not_a_code")
        )
    few = 2 if re.fullmatch(r"[A-Z]{1,4}[./\-]\d+[./\-][A-Z]+", raw) else 3
    return digits >= few and word not in entries("shapes.toml", "not_a_code")
