"""Posters and cards: codes that lead to the right place, words in every language, pages that print."""

import re
import zlib

import pytest
from rig import Rig

from bot.conversation.speech import Facts
from bot.posters.sheet import sheet
from bot.posters.ways import is_source, ways
from bot.wording import load_wording

WORDS = load_wording("bot.posters")
SPOKEN = load_wording("bot.conversation")
FACTS = Facts("Respect for All", "Harbour <b>Homes</b>", "call 01632 960100.", "01632 960999")
REACHED = (("telegram", "harbour_bot"), ("sms", "+447700900001"), ("whatsapp", "+447700900002"))


def test_each_way_says_what_to_type_and_where_its_code_leads() -> None:
    """In the order in which people use them, with numbers as people read them aloud."""
    made = ways(REACHED, "mill-road")  # type: ignore[arg-type]
    assert [(way.shown, way.link) for way in made] == [
        ("07700 900001", "sms:+447700900001"),
        ("07700 900002", "https://wa.me/447700900002"),
        ("@harbour_bot", "https://t.me/harbour_bot?start=mill-road"),
    ]


def test_a_source_is_what_telegram_lets_a_link_carry() -> None:
    """Anything else would open the chat and lose where it was scanned."""
    assert is_source("Mill_Road-2")
    assert not any(map(is_source, ("Mill Road", "café", "x" * 65, "a=b")))


def test_every_language_of_the_bot_has_a_poster_with_the_same_blanks() -> None:
    """And none is left half English."""
    assert set(WORDS.languages) == set(SPOKEN.languages)
    english = WORDS.keys("en")
    for language in WORDS.languages:
        words = WORDS.keys(language)
        assert words.keys() == english.keys()
        for key, said in words.items():
            assert set(WORDS.placeholders(language, key)) == set(WORDS.placeholders("en", key)), (
                language,
                key,
            )
            assert said or key == "", (language, key)
            if language != "en" and len(english[key]) > 12:
                assert said != english[key], (language, key)


@pytest.mark.parametrize("language", WORDS.languages)
def test_a_sheet_loads_nothing_and_escapes_names(language: str) -> None:
    """What a landlord is called is words and no markup; the page needs no network."""
    page = sheet(WORDS, [language], ways(REACHED), FACTS, "poster")  # type: ignore[arg-type]
    assert "Harbour &lt;b&gt;Homes&lt;/b&gt;" in page
    assert "<b>Homes" not in page
    assert not re.search(r"<(script|img|link|iframe)|url\(|@import", page)
    assert ".." not in re.sub(r"<style>.*</style>", "", page, flags=re.DOTALL)
    direction = "rtl" if language in ("ar", "ur") else "ltr"
    assert f'lang="{language}" dir="{direction}"' in page
    assert page.count("<svg") == 3


def test_cards_fill_a_page() -> None:
    """Four of one language, or each language in turn."""
    page = sheet(WORDS, ["en", "pl"], ways(REACHED), FACTS, "cards")  # type: ignore[arg-type]
    assert page.count('class="panel cards"') == 4
    assert page.count(WORDS.text("pl", "title")) == 2
    six = ["en", "pl", "ar", "so", "cy", "uk"]
    assert sheet(WORDS, six, ways(REACHED), FACTS, "cards").count('class="panel cards"') == 8  # type: ignore[arg-type]


def test_the_command_writes_a_page_and_a_pdf(fresh_rig: Rig) -> None:
    """The landlord's numbers come from the settings; a tagged PDF comes out."""
    done = fresh_rig.run("poster", "out.html", "--language", "ar", "--telegram", "@listened_bot")
    assert done.returncode == 0, done.stderr
    page = (fresh_rig.folder / "out.html").read_text()
    assert "https://t.me/listened_bot" in page
    assert 'href="sms:+44' in page
    done = fresh_rig.run("poster", "out.pdf", "--as", "cards", "--language", "cy")
    assert done.returncode == 0, done.stderr
    made = (fresh_rig.folder / "out.pdf").read_bytes()
    assert made.startswith(b"%PDF")
    parts = re.findall(rb"stream\r?\n(.*?)endstream", made, flags=re.DOTALL)
    inside = made + b"".join(zlib.decompressobj().decompress(part) for part in parts if part[:1] == b"\x78")
    assert b"/StructTreeRoot" in inside
    assert b"pdfuaid:part" in inside


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("p.html", "--language", "xx"), "There is no xx"),
        (("p.doc",), "end in .html or .pdf"),
        (("p.html", "--as", "banner"), "Choose poster or cards"),
        (("p.html", "--source", "Mill Road"), "letters, digits"),
    ],
)
def test_bad_input_is_named(fresh_rig: Rig, arguments: tuple[str, ...], sentence: str) -> None:
    """With what to do instead."""
    done = fresh_rig.run("poster", *arguments)
    assert done.returncode == 2
    assert sentence in " ".join(done.stderr.replace("│", " ").split())
