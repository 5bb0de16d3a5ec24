"""What a text costs to send."""

import json
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.segments import GSM, clusters, encoding_of, plain, segments, split

# Answers of Twilio's own calculator (npm sms-segments-calculator 1.3.0); tests/peers asks it again.
KEPT: Final = json.loads((Path(__file__).parent / "data" / "segments.json").read_text(encoding="utf-8"))
TYPED: Final = st.text(
    alphabet=st.one_of(st.sampled_from(sorted(GSM)), st.characters(exclude_categories=["Cs"]))
)
POLISH: Final = "Zażółć „gęślą” jaźń – nie…"


@pytest.mark.parametrize("case", KEPT, ids=range(len(KEPT)))
def test_we_count_as_twilio_does(case: dict[str, Any]) -> None:
    """Alphabet, units and parts are those that Twilio charges for."""
    counted = segments(case["text"])
    assert (counted.encoding, counted.units, counted.parts) == (
        case["encoding"],
        case["units"],
        case["parts"],
    )


def test_an_empty_text_is_one_part() -> None:
    """It would still be charged for."""
    assert segments("").parts == 1
    assert split("") == []


@given(text=TYPED)
@settings(deadline=None)
def test_the_parts_are_the_text(text: str) -> None:
    """Nothing is lost between parts, and the parts are as many as are counted."""
    text = text * 5
    assert "".join(split(text)) == text
    assert segments(text).parts == max(1, len(split(text)))


@given(text=TYPED)
@settings(deadline=None)
def test_each_part_fits(text: str) -> None:
    """A part of several holds 153 or 67 units, a part of its own 160 or 70."""
    text = text * 5
    parts = split(text)
    # A part of a UCS-2 text may hold GSM letters alone and is still sent as UCS-2.
    size = 1 if encoding_of(text) == "GSM-7" else 2
    limits = {(1, False): 160, (1, True): 153, (2, False): 140, (2, True): 134}
    for part in parts:
        units = segments(part).units if size == 1 else len(part.encode("utf-16-le"))
        assert units <= limits[size, len(parts) > 1]


@pytest.mark.parametrize(
    "letter",
    [
        "👨‍👩‍👧‍👦",
        "🇬🇧",
        "👩🏽‍🔧",
        "e\u0301",
        "ਕਿ",
        "한",
        "🏴\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",
    ],
    ids=["family", "flag", "skin", "accent", "vowel-sign", "hangul", "wales"],
)
def test_what_is_read_as_one_letter_stays_whole(letter: str) -> None:
    """No part ends within an emoji or between a letter and its mark."""
    assert list(clusters(letter * 3)) == [letter] * 3
    for before in range(50, 70):
        assert all(
            letter in part or not set(letter) & set(part) for part in split("ж" * before + letter + "ж" * 40)
        )


def test_a_letter_too_long_for_a_part_is_cut() -> None:
    """Marks without end are no reason never to send."""
    assert segments("z" + "\u0301" * 200).parts == 3


def test_two_flags_are_two() -> None:
    """Regional letters go in pairs."""
    assert list(clusters("🇬🇧🇵🇱")) == ["🇬🇧", "🇵🇱"]


@pytest.mark.parametrize(
    ("typed", "cheaper"),
    [
        ("It’s “fixed” – at last…", 'It\'s "fixed" - at last...'),
        ("a\u00a0b\u202fc", "a b c"),
        ("half: ½", "half: 1/2"),
        ("é, à and ñ stay", "é, à and ñ stay"),
    ],
    ids=["quotes", "spaces", "fraction", "letters"],
)
def test_look_alikes_make_a_text_cheaper(typed: str, cheaper: str) -> None:
    """Marks that the GSM alphabet lacks become those that it has."""
    assert plain(typed) == cheaper
    assert segments(plain(typed)).encoding == "GSM-7"


@pytest.mark.parametrize(
    "text", [POLISH, "Bună ziua, șapte – țări", "Bore da – tŷ a dŵr", "مرحبا – شكرا", "İyi “günler” ışık"]
)
def test_no_letter_is_lost_unasked(text: str) -> None:
    """A text that needs UCS-2 anyhow stays as it was written, marks and all."""
    assert plain(text) == text


def test_accents_go_when_a_setting_says_so() -> None:
    """Then Polish costs what English costs."""
    assert plain(POLISH, drop_accents=True) == 'Zazólc "gesla" jazn - nie...'.replace("ó", "o")
    assert plain("Łódź ıçŵŷ", drop_accents=True) == "Lodz icwy"
    assert plain("é stays", drop_accents=True) == "é stays"
    assert plain("привет – да", drop_accents=True) == "привет – да"


@given(text=st.text(alphabet=st.sampled_from([*sorted(GSM), *"ąćęłńśźżșțăâîŵŷışğ’“”–…\u00a0"])))
def test_plain_never_costs_more(text: str) -> None:
    """What is meant to save never adds a part."""
    assert segments(plain(text)).parts <= segments(text).parts
    assert segments(plain("…" * 70)).parts == 1
