"""Telling the language of a message, and reading which one is wanted."""

import json
from collections import Counter
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from bot.understanding import latin
from bot.understanding.language import (
    Told,
    language_label,
    launch_languages,
    read_language,
    tell,
    tell_language,
)
from bot.understanding.letters import language_bearing, script_of, without_accents

LAUNCH: Final = launch_languages()
MESSAGES: Final = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "training" / "messages" / "languages.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
# The rules were chosen on even rows; these are the others.
KEPT_BACK: Final = MESSAGES[1::2]

ENGLISH: Final = (
    "It was Krzysztof Szymański who listened",
    "Rang Siân at Cwmbran office",
    "mr Muhammad Iqbal Choudhury came",
    "gracias Maria you fixed it",
    "Croeso Housing fixed my boiler",
    "Merci beaucoup the plumber came",
    "rewiring, plastering, painting",
    "NO HOT WATER NO HEAT NO REPLY",
    "gud job fanx mate",
    "nt hapy wiv da servis",
    "youse lot never listen, pure shambles so it is",
    "a wis telt they wid come the morra, naebody cam",
    "nowt done n summat wants doin bout it",
    "Ignored. Dismissed. Patronised.",
    "me is waiting long time, man no come, door it broke",
    "no no no no no not again",
    "lift lift lift broken lift",
    "hahaha yeah right",
    "innit doe bruv man said he soon come",
    "Unacceptable behaviour from contractor",
)


@pytest.mark.parametrize("text", ENGLISH, ids=range(len(ENGLISH)))
@pytest.mark.parametrize("shout", [False, True], ids=["typed", "shouted"])
def test_english_is_left_alone(text: str, shout: bool) -> None:
    """Names from everywhere, dialect, slang, typing mistakes and shouting switch nothing and ask nothing."""
    assert tell(text.upper() if shout else text, LAUNCH, "en") == Told("stay", "en")


@pytest.mark.parametrize("code", [code for code in LAUNCH if code != "en"])
def test_each_language_is_told(code: str) -> None:
    """Of the messages kept back, nearly all of each language are told, and none is taken for another one."""
    told = [tell(row["text"], LAUNCH, "en") for row in KEPT_BACK if row["lang"] == code]
    assert len(told) >= 20
    right = sum(one == Told("sure", code) for one in told)
    assert right >= 0.95 * len(told)
    assert [one for one in told if one.how == "sure" and one.language != code] == []


@pytest.mark.parametrize("code", ["pl", "cy", "so", "tr", "ro"])
def test_shouting_is_read_too(code: str) -> None:
    """Capitals say nothing about the language."""
    rows = [row["text"].upper() for row in KEPT_BACK if row["lang"] == code and len(row["text"].split()) > 6]
    assert Counter(tell(text, LAUNCH, "en").how for text in rows)["sure"] >= 0.9 * len(rows)


def test_other_languages_are_asked_about_or_named() -> None:
    """A language that we don't answer in is never switched to, and nearly always noticed."""
    rows = [row for row in KEPT_BACK if row["lang"] not in {*LAUNCH, "yue"}]
    told = [tell(row["text"], LAUNCH, "en") for row in rows]
    assert [row["text"] for row, one in zip(rows, told, strict=True) if one.how == "sure"] == []
    assert Counter(one.how for one in told)["ask"] >= 0.95 * len(rows)
    labels = [(row["lang"], language_label(row["text"])) for row in rows]
    misnamed = [pair for pair in labels if pair[1] not in {pair[0], "und", "en"}]
    assert len(misnamed) <= 0.03 * len(rows), misnamed


@pytest.mark.parametrize("code", ["ur-Latn", "pa-Latn"])
def test_urdu_and_panjabi_in_latin_letters_are_asked_about(code: str) -> None:
    """No package knows them; to guess would be to guess wrong."""
    told = [tell(row["text"], LAUNCH, "en").how for row in MESSAGES if row["lang"] == code]
    assert Counter(told)["sure"] == 0
    assert Counter(told)["ask"] >= 0.9 * len(told)


@pytest.mark.parametrize(
    "text",
    ["", "ok", "07700 900123", "https://a.example/b c d e f", "👍🏽 👍🏽 👍🏽", "tak tak tak tak", "si si"],
)
@pytest.mark.parametrize("current", ["en", "pl", "ar"])
def test_too_little_to_go_by_changes_nothing(text: str, current: str) -> None:
    """Under three words or ten letters, whatever is spoken goes on."""
    assert tell(text, LAUNCH, current) == Told("stay", current)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ਕੋਈ ਨਹੀਂ ਆਇਆ ਫਿਰ", "pa"),
        ("没有人回我电话", "zh"),
        ("沒有人回我電話", "zh"),
        ("لم يتصل بي أحد", "ar"),
        ("کسی نے فون نہیں کیا", "ur"),
        ("Мені ніхто не передзвонив", "uk"),
        ("બોઇલર હજુ બગડેલું છે", "gu"),
        ("বয়লার এখনো নষ্ট আছে", "bn"),
    ],
)
def test_scripts_decide(text: str, code: str) -> None:
    """Where a script gives a language away, few words are enough."""
    assert tell(text, LAUNCH, "en") == Told("sure", code)


def test_only_what_is_offered_is_switched_to() -> None:
    """A language that we mean to speak but have no words for yet is asked about."""
    assert tell("Czekam na naprawę pieca od trzech tygodni", ["en", "cy"], "en") == Told("ask", "pl")
    assert tell_language("Czekam na naprawę pieca od trzech tygodni", ["en", "cy"], "en") == "en"
    assert tell_language("Czekam na naprawę pieca od trzech tygodni", ["en", "pl"], "en") == "pl"


def test_one_may_come_back_to_english() -> None:
    """In a Polish conversation English is told from an English story, and Polish stays Polish."""
    assert tell_language("the man came on time and he fixed the boiler", LAUNCH, "pl") == "en"
    assert tell_language("Czekam na naprawę pieca od trzech tygodni", LAUNCH, "pl") == "pl"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("nobody came to fix the lift", "en"),
        ("Seit drei Wochen warte ich auf den Handwerker und niemand ruft zurück", "de"),
        ("Jab se mistri gaya hai gas ki boo aa rahi hai", "und"),
        ("ਧੰਨਵਾਦ", "pa"),
        ("ok", "en"),
        ("Спасибо", "und"),
        ("", "en"),
        ("እቲ ሰራሕተኛ ኣይመጸን እዩ", "ti"),
    ],
)
def test_labels(text: str, label: str) -> None:
    """What is written down for staff is a language or "und", also of a few words in a script of their own."""
    assert language_label(text) == label


@given(
    text=st.one_of(st.text(max_size=60), st.sampled_from([row["text"] for row in MESSAGES])),
    current=st.sampled_from(LAUNCH),
)
@settings(deadline=None)
def test_anything_can_be_told(text: str, current: str) -> None:
    """Any text gets the same answer each time, and the answer is one that can be acted on."""
    told = tell(text, LAUNCH, current)
    assert told == tell(text, LAUNCH, current)
    assert told.how != "sure" or (told.language in LAUNCH and told.language != current)
    assert told.how != "stay" or told.language == current


def test_our_arrangement_of_py3langid_gives_what_its_own_gives() -> None:
    """Every label's likelihood, but for what the package loses by adding up with 32 bits."""
    theirs, ours = LanguageIdentifier.from_model_file(MODEL_FILE), latin.model()
    assert ours is not None
    for text in ["", "9", "a\ud800", *(row["text"] for row in MESSAGES)]:
        likeliest: dict[str, float] = {}
        for label, points in theirs.rank(text.casefold()):
            likeliest.setdefault(latin.SAME.get(label, label), max(points, -1e30))
        expected = {label: 0.0 if points == -1e30 else points for label, points in likeliest.items()}
        given = ours.points(text.casefold()).tolist()
        assert dict(zip(ours.labels, given, strict=True)) == pytest.approx(expected, abs=0.01)


def test_telling_remembers_nothing_of_a_text() -> None:
    """However many different texts are told, what is remembered does not become more."""
    tell(MESSAGES[0]["text"], LAUNCH, "en")
    remembered = latin.priors.cache_info().currsize
    for row in MESSAGES[:100]:
        tell(row["text"], LAUNCH, "en")
    assert latin.priors.cache_info().currsize == remembered


@pytest.fixture
def without_py3langid(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if py3langid were not installed."""
    monkeypatch.setattr(latin, "model", lambda: None)


@pytest.mark.usefixtures("without_py3langid")
def test_langdetect_alone_is_careful() -> None:
    """Without py3langid most stories are still told, and English is still left alone."""
    stories = [row for row in MESSAGES if row["lang"] in LAUNCH and len(row["text"].split()) >= 10]
    told = [tell(row["text"], LAUNCH, "en") for row in stories]
    right = sum(one == Told("sure", row["lang"]) for row, one in zip(stories, told, strict=True))
    assert right >= 0.9 * len(stories)
    assert {tell(text, LAUNCH, "en").how for text in ENGLISH} == {"stay"}
    assert tell("В спальне сырость и дети болеют", LAUNCH, "en").how == "ask"
    assert tell("В комнате холодно", LAUNCH, "en").how == "ask"


# ---- which language is wanted


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("English", "en"),
        ("ENGLISH please", "en"),
        ("po polsku", "pl"),
        ("Polski proszę", "pl"),
        ("Cymraeg", "cy"),
        ("yn Gymraeg os gwelwch yn dda", "cy"),
        ("اردو", "ur"),
        ("بالعربي لو سمحت", "ar"),
        ("can I do this in Somali", "so"),
        ("af soomaali", "so"),
        ("română vă rog", "ro"),
        ("romana", "ro"),
        ("em português", "pt"),
        ("espanol", "es"),
        ("Italiano!", "it"),
        ("en français svp", "fr"),
        ("türkçe", "tr"),
        ("українською", "uk"),
        ("中文", "zh"),
        ("ਪੰਜਾਬੀ", "pa"),
        ("বাংলা", "bn"),
        ("ગુજરાતી", "gu"),
        ("english no problem", "en"),
        ("no, in english please", "en"),
    ],
)
def test_a_language_is_asked_for(text: str, code: str) -> None:
    """By its name in English or in the language itself, with accents or without."""
    assert read_language(text, LAUNCH) == code


@pytest.mark.parametrize(
    "text",
    [
        "no english",
        "I dont speak English",
        "no hablo inglés",
        "nie mówię po angielsku",
        "nu vorbesc engleza",
        "不会英文",
    ],
)
def test_a_language_that_one_does_not_speak_is_not_asked_for(text: str) -> None:
    """Whoever says "no English" does not ask for English."""
    assert read_language(text, LAUNCH) is None


@pytest.mark.parametrize(
    "text",
    [
        "the englishman came",
        "he was polite",
        "a very long story in which somebody spoke English to me on the stairs",
    ],
)
def test_a_story_names_no_language(text: str) -> None:
    """Only short messages and whole words count."""
    assert read_language(text, LAUNCH) is None


# ---- letters


@pytest.mark.parametrize(
    ("text", "bearing"),
    [
        ("see https://a.example/b and me@b.example now", "see and now"),
        ("@housing call 07700900123 flat 4b", "call flat"),
        ("WHY ME??", "why me"),
        ("Why ME", "why me"),
        ("sooooo cold", "soo cold"),
        ("hahaha yes", "yes"),
        ("[name 1] came, don't", "came don't"),
        ("ਠੰਢਾ ਹੈ", "ਠੰਢਾ ਹੈ"),
    ],
)
def test_only_what_bears_language_is_read(text: str, bearing: str) -> None:
    """Links, handles, numbers, laughter, stretching and shouting are in no language."""
    assert language_bearing(text) == bearing


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Zażółć", "zazolc"),
        ("Șapte țări", "sapte tari"),
        ("ŞIŞLI İşık", "sisli isik"),
        ("it’s", "it's"),
        ("naïve", "naive"),
    ],
)
def test_accents_come_off(text: str, plain: str) -> None:
    """As people type them on an English keyboard."""
    assert without_accents(text) == plain


def test_scripts_are_known() -> None:
    """By most of the letters; kana makes Chinese signs Japanese."""
    assert [script_of(text) for text in ("abc жы", "abc жыщы", "また誰も来ない", "", "123")] == [
        "LATIN",
        "CYRILLIC",
        "HIRAGANA",
        "",
        "",
    ]
