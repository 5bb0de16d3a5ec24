"""Things that have a shape of their own: numbers, codes, addresses on the internet.

Shape and not check digit: a mistyped number must go as well. Where two fit, the earlier one names it.
"""

import re
from collections.abc import Iterator
from typing import Final

from phonenumbers import Leniency, PhoneNumberMatcher

from bot.privacy.lexicon import entries
from bot.privacy.spans import (
    BANK,
    DATE_OF_BIRTH,
    EMAIL,
    NHS_NUMBER,
    NI_NUMBER,
    PHONE,
    POSTCODE,
    REFERENCE,
    SOCIAL,
    URL,
    VEHICLE,
    Span,
)

FEWEST_PHONE_DIGITS: Final = 7
NEAR: Final = 40  # how far back a cue may stand

_GAP: Final = r"[ .\-/\u00a0]{0,2}"
_D: Final = r"[\dOoIl]"  # a digit, or the letter that a thumb takes for one
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:r?uary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_NUMBER_WORD: Final = (
    r"(?:zero|nought|naught|nil|oh|o|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|"
    r"fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|"
    r"hundred|double|triple|treble|thousand)"
)
_DAY_WORD: Final = r"(?:the )?(?:\d{1,2}|first|second|third)(?:st|nd|rd|th)?"
_TLD: Final = (
    r"(?:com|co\.uk|org\.uk|gov\.uk|ac\.uk|nhs\.uk|net|org|uk|info|biz|io|app|dev|eu|ie|wales|scot|london|site|online|"
    r"example|test|edu|gov|ly|gl|tv|me|xyz|link|page|shop|blog)"
)
_BIRTH_CUE: Final = (
    r"\b(?:born(?: on| in)?|birth ?day|b'?day|dobs?|d\.o\.b\.?s?|date of births?|birth ?dates?)(?!\w)"
)
_DATE: Final = (
    rf"(?:\d{{1,2}} ?[./\-\\ ] ?\d{{1,2}} ?[./\-\\ ] ?(?:19|20)?\d\d\b"
    rf"|(?:19|20)\d\d[./\-]\d{{1,2}}[./\-]\d{{1,2}}\b"
    rf"|{_DAY_WORD}(?: of)?[ \-/.]?(?:the )?{_MONTH}\b\.?(?:,? ?[\-/]?'?(?:19|20)?\d\d\b)?"
    rf"|{_MONTH}\b\.? {_DAY_WORD}(?:,? (?:19|20)?\d\d\b)?"
    rf"|{_DAY_WORD} of (?:the )?\d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)?\d\d\b"
    rf"|(?:christmas|xmas|boxing|new year'?s?|halloween|bonfire|valentine'?s?)(?: eve| day| night)?,? (?:19|20)\d\d\b"
    rf"|{_MONTH} (?:19|20)\d\d\b|(?:19|20)\d\d\b|\d{{6}}\b|\d{{8}}\b)"
)
_LONG_DATE: Final = re.compile(
    rf"\b(?:\d{{1,2}}[./\-]\d{{1,2}}[./\-](?:19\d\d|200\d|201[0-4])|\d{{1,2}}(?:st|nd|rd"
    rf"|th)? {_MONTH} (?:19\d\d|200\d))\b",
    re.IGNORECASE,
)
_SINCE: Final = re.compile(
    r"\b(?:since|moved|from|until|till|til|started|tenan\w+|built|act|here|on|in|dated?|signed)\W*$",
    re.IGNORECASE,
)

_WITH_SIGNS: Final = (  # tried only where the text has one of @ . : / or the word "dot"
    (
        EMAIL,
        "looks like an e-mail address",
        r"(?<![\w.])[\w.+%'\-]{1,64} ?@ ?[\w\-]{1,63}(?: ?\. ?[\w\-]{1,63}){0,6}\.[\w\-]{2,63}"
        r"|(?<![\w.])[\w.+%'\-]{1,64}@[\w\-]{1,63}\b",
    ),
    (
        EMAIL,
        "an e-mail address in words",
        r"(?<![\w.])[\w.+\-]{1,64}(?: (?:dot|underscore|dash|hyphen|full stop) [\w.+\-]{1,64}){0,5} ?"
        r"(?:\(at\)|\[at\]|\bat\b) ?[\w\-]{1,63}"
        r"(?: ?(?:\(dot\)|\[dot\]|dot|\.) ?[\w\-]{1,63}){0,4}? ?(?:\(dot\)|\[dot\]|\bdot\b|\.) ?(?:com|co|org|net|uk|gov|ac"
        r"|example|me|info)\b"
        r"(?: ?(?:\(dot\)|dot|\.) ?uk\b)?",
    ),
    (URL, "looks like a link", r"\b(?:https?|hxxps?) ?: ?/ ?/ ?[^\s<>]+|\bwww ?\. ?[\w\-]+[^\s<>]*"),
    (
        URL,
        "looks like a link",
        rf"(?<![\w.\-])(?:[a-z0-9][\w\-]{{0,62}}\.){{1,6}}{_TLD}\b(?:[/?#:][^\s<>]*)?",
    ),
    (
        URL,
        "a link in words",
        r"\b(?:www dot )?[\w\-]{1,63}(?: dot [\w\-]{1,63}){0,4} dot (?:com|org|net|co dot uk|uk)\b(?: slash [\w\-]+)*",
    ),
    (SOCIAL, "looks like a social media name", r"(?<![\w@])@(?:\w[\w.\-]*\w| ?(?=\w*[_\d])\w[\w.\-]*\w)"),
)
_HANDLE: Final = (
    SOCIAL,
    "looks like a social media name",
    r"\b\w+(?: underscore \w+){1,4}|(?<=\bat )\w+_\w+|\b(?:insta|instagram|snap|snapchat|tiktok|twitter|facebook"
    r"|fb|user(?:name)?)"
    r"(?: (?:name|user|handle|tag))?(?: is| ?:) ?(?P<it>\w*[_\d]\w*)",
)
_WITH_DIGITS: Final = (
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
        rf"|th)? (?:of )?{_MONTH}(?: \d{{4}})?)\b",
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
_LONG_NUMBER: Final = (
    REFERENCE,
    "a long number",
    r"(?<![\d£$€.,])\d(?:[ .\-]?\d){5,}\b(?![,.]?\d)",
)
_SPOKEN: Final = (
    POSTCODE,
    "a postcode in words",
    rf"\b[a-z](?: ?[a-z])? (?:{_NUMBER_WORD}[ ,\-]*){{1,4}} (?!o\b)[a-z] ?[a-z]\b(?<!\b[a-z][a-z])"
    rf"|\b[a-z] (?:{_NUMBER_WORD}[ ,\-]+){{2,4}}[a-z] ?[a-z]\b",
)
_SPOKEN_NUMBER: Final = re.compile(
    rf"\b{_NUMBER_WORD}(?:[ ,\-]+(?:and )?{_NUMBER_WORD}){{5,}}\b", re.IGNORECASE
)
_SPOKEN_SHORT: Final = re.compile(rf"\b{_NUMBER_WORD}(?:[ ,\-]+{_NUMBER_WORD}){{5,}}\b", re.IGNORECASE)


def _compiled(rules: tuple[tuple[str, str, str], ...]) -> tuple[tuple[str, str, re.Pattern[str]], ...]:
    return tuple((kind, reason, re.compile(pattern, re.IGNORECASE)) for kind, reason, pattern in rules)


_SIGN_RULES: Final = _compiled(_WITH_SIGNS)
_DIGIT_RULES: Final = _compiled(_WITH_DIGITS)
_HANDLE_RULES: Final = _compiled((_HANDLE,))
_LONG_RULES: Final = _compiled((_LONG_NUMBER,))
_SPOKEN_RULES: Final = _compiled((_SPOKEN,))
_BIRTH: Final = re.compile(rf"{_BIRTH_CUE}(?P<between>[^.!?\n]{{0,40}}?)(?P<it>\b{_DATE})", re.IGNORECASE)
_ANY_DATE: Final = re.compile(rf"\b{_DATE}", re.IGNORECASE)
_CUE: Final = re.compile(_BIRTH_CUE, re.IGNORECASE)
_SIGN: Final = re.compile(r"[@.:/]|dot\b", re.IGNORECASE)
_DIGIT: Final = re.compile(r"\d")
_PHONE_LIKE: Final = re.compile(
    r"(?<![\w£#/\-])(?:\+ ?|00)?\(?[\dOo]\)?(?:[ .\-–()]{0,3}[\dOoIl]){9,13}(?!\w)|(?<![\w£])0\d{4}[ .\-]?\d{5,6}\b"
)
_MONEY: Final = re.compile(r"[£$€] ?[\d,]+(?:\.\d+)?")
_ORDINAL_HALF: Final = re.compile(r" (?:1st|2nd|3rd|\dth|\d(?:hr|hrs|ft|lb|lbs|pt|x|p|s))$", re.IGNORECASE)


def shapes(text: str) -> Iterator[Span]:
    """Everything in a text that a shape gives away; spans may overlap, earlier ones take precedence."""
    lowered = text.casefold()
    if _SIGN.search(text):
        yield from _found(text, _SIGN_RULES)
    if (
        "_" in text
        or "underscore" in lowered
        or "insta" in lowered
        or "snap" in lowered
        or "tiktok" in lowered
        or "user" in lowered
    ):
        yield from _found(text, _HANDLE_RULES)
    if _DIGIT.search(text):
        yield from _with_digits(text)
    yield from _spoken(text, lowered)


def _with_digits(text: str) -> Iterator[Span]:
    yield from _births(text)
    yield from _phones(text)
    for span in _found(text, _DIGIT_RULES):
        if _plausible(text, span):
            yield span
    yield from _found(text, _LONG_RULES)


def _found(text: str, rules: tuple[tuple[str, str, re.Pattern[str]], ...]) -> Iterator[Span]:
    for kind, reason, pattern in rules:
        for match in pattern.finditer(text):
            start, end = match.span("it") if match.groupdict().get("it") else match.span()
            while end > start and text[end - 1] in ".,;:!?)'\"":
                end -= 1
            if end > start:
                yield Span(start, end, kind, reason)


def _births(text: str) -> Iterator[Span]:
    """Dates of birth: any date that a word of birth precedes, and a whole date too long ago for a visit."""
    for cue in _CUE.finditer(text):
        match = _BIRTH.match(text, cue.start())
        while match:
            yield Span(*match.span("it"), DATE_OF_BIRTH, "a date after a word of birth")
            more = re.compile(r" ?(?:,|and|&|\+|n|,? ?[a-z\-]{3,} (?:is )?) ?", re.IGNORECASE).match(
                text, match.end("it")
            )
            match = re.compile(rf"(?P<it>\b{_DATE})", re.IGNORECASE).match(text, more.end()) if more else None
    for match in _LONG_DATE.finditer(text):
        if not _SINCE.search(text, max(0, match.start() - NEAR), match.start()):
            yield Span(*match.span(), DATE_OF_BIRTH, "a whole date, long ago")


def _phones(text: str) -> Iterator[Span]:
    # POSSIBLE and not VALID: a mistyped number must go too, and the numbers kept for fiction.
    for match in PhoneNumberMatcher(text, "GB", leniency=Leniency.POSSIBLE):
        raw = match.raw_string
        if sum(map(str.isdigit, raw)) >= FEWEST_PHONE_DIGITS and not _is_date(raw):
            yield Span(match.start, match.end, PHONE, "looks like a phone number")
    for found in _PHONE_LIKE.finditer(text):
        if sum(map(str.isdigit, found.group())) >= FEWEST_PHONE_DIGITS:
            yield Span(*found.span(), PHONE, "looks like a phone number")


def _spoken(text: str, lowered: str) -> Iterator[Span]:
    """Numbers in words: six in a row are no count of anything."""
    if not any(
        word in lowered
        for word in ("oh", "zero", "nought", "one", "two", "three", "four", "five", "six", "nine", "eight")
    ):
        return
    yield from _found(text, _SPOKEN_RULES)
    for match in _SPOKEN_NUMBER.finditer(text):
        words = re.findall(r"[a-z]+", match.group().casefold())
        kind = (
            PHONE if words[0] in {"oh", "o", "zero", "nought", "naught", "double"} or len(words) > 8 else BANK
        )
        if len(set(words)) > 1 and "hundred and" not in lowered:
            yield Span(*match.span(), kind, "a number in words")


_DATE_SHAPE: Final = re.compile(r"(\d{1,2}) ?([./\- ]) ?(\d{1,2}) ?\2 ?(?:20)?(\d\d)")
_BANK_CUE: Final = re.compile(r"sort|acc|bank|pay|s/c|b?acs|direct debit", re.IGNORECASE)


def _is_date(raw: str) -> bool:
    match = _DATE_SHAPE.fullmatch(raw.strip())
    if not match:
        return False
    day, month, year = int(match[1]), int(match[3]), int(match[4])
    return 1 <= day <= 31 and 1 <= month <= 12 and 15 <= year <= 35


def _plausible(text: str, span: Span) -> bool:
    """Whether something with a shape can be that; common words and dates of visits are not."""
    raw = text[span.start : span.end]
    if span.type == BANK:
        return not _is_date(raw) or bool(_BANK_CUE.search(text, max(0, span.start - 2 * NEAR), span.start))
    if span.type == POSTCODE:
        return _may_be_postcode(raw, shouted=text.isupper())
    if span.type == VEHICLE:
        return _may_be_plate(raw)
    if span.type == REFERENCE:
        return _may_be_code(raw, span.reason)
    return not _is_date(raw)


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
_MONTH_IN: Final = re.compile(rf"\b{_MONTH}\b", re.IGNORECASE)


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
