"""Commands, answers, chatter and danger in the other languages."""

import json
from pathlib import Path
from typing import Final, get_args

import pytest

from bot.understanding.answers import Answer, read_answer
from bot.understanding.commands import read_command
from bot.understanding.language import language_label, launch_languages
from bot.understanding.other import (
    Choice,
    Command,
    UrgentKind,
    is_other_chatter,
    read_other_answer,
    read_other_command,
    read_other_consent,
    read_other_urgency,
)
from bot.understanding.urgency import read_urgency

FOLDER: Final = Path(__file__).parents[1]
MESSAGES: Final = [
    json.loads(line)
    for line in (FOLDER / "training" / "messages" / "languages.jsonl")
    .read_text(encoding="utf-8")
    .splitlines()
]
THEIRS: Final = [code for code in launch_languages() if code != "en"]

for_each_language = pytest.mark.parametrize("code", THEIRS)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Proszę przestać", "stop"),
        ("prosze nie pisac do mnie", "stop"),
        ("ARRÊTEZ svp", "stop"),
        ("no me escriban más por favor", "stop"),
        ("لا ترسلوا لي رسائل", "stop"),
        ("别发了!", "stop"),
        ("ਬੰਦ ਕਰੋ", "stop"),
        ("jooji fariimaha", "stop"),
        ("не пишіть", "stop"),
        ("dim mwy o negeseuon plis", "stop"),
        ("yeter artık", "stop"),
        ("ayuda", "help"),
        ("nu inteleg", "help"),
        ("c'est qui ?", "help"),
        ("cest qui", "help"),
        ("آپ کون ہیں؟", "help"),
        ("apaguem o que escrevi", "delete"),
        ("ডিলিট করুন", "delete"),
        ("dilëwch fy negeseuon", "delete"),
        ("siguiente pregunta", "skip"),
        ("છોડી દો", "skip"),
        ("indietro", "back"),
        ("altă limbă", "language"),
        ("başka dil", "language"),
        ("nie mówię po angielsku", "language"),
    ],
)
def test_commands_are_read(text: str, command: Command) -> None:
    """In any shape, with and without accents and apostrophes."""
    assert read_other_command(text) == command


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("Tak, oczywiście", "yes"),
        ("haan ji", "yes"),
        ("نعم", "yes"),
        ("ydw", "yes"),
        ("bien sur", "yes"),
        ("对", "yes"),
        ("trochę", "partly"),
        ("mas o menos", "partly"),
        ("شوي", "partly"),
        ("kısmen", "partly"),
        ("não", "no"),
        ("maya", "no"),
        ("hayır", "no"),
        ("ਨਹੀਂ ਜੀ", "no"),
        ("зовсім ні", "no"),
        ("deloc", "no"),
        ("nobody came", None),
    ],
)
def test_answers_are_read(text: str, choice: Choice | None) -> None:
    """Yes, partly and no."""
    assert read_other_answer(text.replace("Tak, oczywiście", "tak oczywiście")) == choice


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("najpierw pokaż", "show"),
        ("先给我看", "show"),
        ("oui", "yes"),
        ("bazen", None),
        ("nu", "no"),
        ("story", None),
    ],
)
def test_consent_is_read(text: str, decision: str | None) -> None:
    """Partly is no consent."""
    assert read_other_consent(text) == decision


@pytest.mark.parametrize(
    ("text", "choice", "rest"),
    [
        ("Tak. Fachowiec przyszedł na czas i był miły", "yes", "Fachowiec przyszedł na czas i był miły"),
        ("Nu, nu a venit nimeni si apa curge", "no", "nu a venit nimeni si apa curge"),
        ("Maya, from the office, was kind", None, ""),
    ],
)
def test_an_answer_may_open_a_story(text: str, choice: Choice | None, rest: str) -> None:
    """Both are taken, where the story is in another language too."""
    assert read_answer(text) == (Answer(choice, rest) if choice else None)


@pytest.mark.parametrize(
    "text", ["Dziękuję!", "شكرا", "bore da", "谢谢", "ਸਤ ਸ੍ਰੀ ਅਕਾਲ ਜੀ"[:-3], "merci beaucoup 🙏", "mahadsanid"]
)
def test_chatter_is_chatter(text: str) -> None:
    """Greetings and thanks are no story."""
    assert is_other_chatter(text)
    assert not is_other_chatter(f"{text} lift")


@for_each_language
def test_danger_is_read(code: str) -> None:
    """Each language has a message of each kind among ours, and they are read as that kind."""
    rows = [row for row in MESSAGES if row["lang"] == code and row["urgent"]]
    assert {row["urgent"] for row in rows} == set(get_args(UrgentKind))
    read = {row["text"]: (read_other_urgency(row["text"]) or (None,))[0] for row in rows}
    assert read == {row["text"]: row["urgent"] for row in rows}


@for_each_language
def test_other_messages_are_no_danger(code: str) -> None:
    """Damp, waiting, broken lifts and good news raise no alarm."""
    rows = [row["text"] for row in MESSAGES if row["lang"] == code and not row["urgent"]]
    assert {text: read_other_urgency(text) for text in rows if read_other_urgency(text)} == {}


@pytest.mark.parametrize(
    "text",
    [
        "Nowy czujnik czadu zamontowany, dziękuję",
        "Drzwi przeciwpożarowe są już gotowe",
        "Han puesto una alarma de monóxido nueva, muy amables",
        "ya arreglaron la fuga de gas, gracias",
        "Le technicien du gaz est passé pour le contrôle annuel",
        "La porte coupe-feu est réparée",
        "Kombi tamir edildi, annem çok mutlu, teşekkürler",
        "تم تركيب إنذار حريق جديد",
        "світло на сходах не горить",
        "نیا فائر الارم لگ گیا ہے شکریہ",
        "Mae'r larwm mwg newydd yn gweithio",
        "煤气检查做完了",
        "O extintor novo está na escada",
        "Waxaa la rakibay digniin cusub oo dab ah",
    ],
    ids=range(14),
)
def test_good_news_is_no_danger(text: str) -> None:
    """New alarms, checks and things put right hold the same words and are not urgent."""
    assert read_other_urgency(text) is None


def test_the_reason_names_the_words() -> None:
    """For whoever looks into an alarm."""
    assert read_other_urgency("W kuchni czuc gaz") == ("fire_gas_electrical", "pl: czuć gaz*")


def test_cold_and_frail_must_be_said_in_one_language() -> None:
    """A Polish "no heating" and a French "years" are no alarm."""
    assert read_other_urgency("brak ogrzewania ans") is None
    assert read_other_urgency("brak ogrzewania, niemowlę w domu") is not None


@pytest.mark.parametrize(
    "text",
    [
        "no one came to the door so i left it",
        "the dur of the visit was short, do not pass",
        "alarm went off and the fire brigade came, all fine now",
        "my mai tai was cold",
        "dim light on the stairs",
        "suicidal squirrel on the roof",
        "Maya from the office was kind",
    ],
)
def test_english_is_not_read_as_another_language(text: str) -> None:
    """What is ordinary English means nothing here."""
    assert read_other_command(text) is None
    assert read_other_answer(text) is None
    assert read_other_urgency(text) is None


@for_each_language
def test_no_answer_is_also_a_command(code: str) -> None:
    """Within a language each word means one thing; between languages the English reader goes first."""
    from bot.understanding import other  # noqa: PLC0415 - its lists, for this test alone

    lists = other._files()[code]  # noqa: SLF001
    said: dict[str, str] = {}
    for table in ("commands", "answers"):
        for name, entry in lists[table].items():
            for words in entry["whole"]:
                assert said.setdefault(words, name) == name, words
    for name, entry in lists["commands"].items():
        for words in entry["whole"]:
            assert read_command(words) in {None, name}, words


# ---- messages of tenants in 28 languages, half of those in Latin letters without accents

TENANTS: Final = [
    json.loads(line)
    for line in (FOLDER / "tests" / "data" / "other_languages.jsonl").read_text(encoding="utf-8").splitlines()
]


def test_danger_is_found_in_other_languages() -> None:
    """Nine in ten dangers, and hardly ever one where there is none."""
    alarms = {message["text"] for message in TENANTS if read_urgency(message["text"])}
    dangers = [message for message in TENANTS if message["urgent"]]
    missed = [message["text"] for message in dangers if message["text"] not in alarms]
    false = alarms - {message["text"] for message in dangers}
    assert len(missed) <= len(dangers) // 10, missed
    assert len(false) <= 1, false


def test_commands_and_answers_are_found_in_other_languages() -> None:
    """Those of the sample were written before the lists were mended with them, so all of them are known now."""
    wrong = []
    for message in TENANTS:
        answer = read_answer(message["text"])
        choice = answer.choice if answer else None
        if message["command"] != read_command(message["text"]) or message["answer"] not in {None, choice}:
            wrong.append(message["text"])
    assert wrong == []


def test_the_language_of_a_tenants_message_is_told() -> None:
    """Right, or asked; never another, and never taken for English."""
    wrong = {
        message["text"]: language_label(message["text"])
        for message in TENANTS
        if not message["command"]
        and not message["answer"]
        and language_label(message["text"]) not in {message["lang"], "und"}
    }
    assert wrong == {}
