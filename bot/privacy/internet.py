"""Shapes of addresses on the internet: e-mail, links, social media names; also as they are said in words."""

from typing import Final

from bot.privacy.spans import EMAIL, SOCIAL, URL

_TLD: Final = (
    r"(?:com|co\.uk|org\.uk|gov\.uk|ac\.uk|nhs\.uk|net|org|uk|info|biz|io|app|dev|eu|ie|wales|scot|london|site|online|"
    r"example|test|edu|gov|ly|gl|tv|me|xyz|link|page|shop|blog)"
)
WITH_SIGNS: Final = (  # tried only where the text has one of @ . : / or the word "dot"
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
HANDLE: Final = (
    SOCIAL,
    "looks like a social media name",
    r"\b\w+(?: underscore \w+){1,4}|(?<=\bat )\w+_\w+|\b(?:insta|instagram|snap|snapchat|tiktok|twitter|facebook"
    r"|fb|user(?:name)?)"
    r"(?: (?:name|user|handle|tag))?(?: is| ?:) ?(?P<it>\w*[_\d]\w*)",
)
