"""`listened wording`: which languages there are, what they cost, and the start of a new one."""

from pathlib import Path
from typing import Final

import pytest
from babel import Locale
from babel.messages.pofile import read_po
from typer.testing import CliRunner

from bot.cli import app
from bot.cli.wording import count, language_list, new_catalogue, segment_table
from bot.understanding.language import launch_languages
from bot.wording import load_wording

WORDS: Final = load_wording("bot.conversation")
RUN: Final = CliRunner()


def test_each_language_has_a_line() -> None:
    """With how complete it is, and whether a native has read it."""
    lines = language_list(WORDS)
    assert [line.split()[0] for line in lines] == list(WORDS.languages)
    assert "read by a native" in lines[0]
    assert all(("draft" in line) == WORDS.is_draft(line.split()[0]) for line in lines)
    assert RUN.invoke(app, ["wording"]).stdout.splitlines() == lines


def test_the_dearest_text_comes_first() -> None:
    """Every text of every language is there once, with its parts; the totals add up."""
    shown = RUN.invoke(app, ["wording", "--segments"]).stdout.splitlines()
    assert shown == segment_table(WORDS)
    blank = shown.index("")
    parts = [int(line.split()[0]) for line in shown[1:blank]]
    assert parts == sorted(parts, reverse=True)
    assert sum(parts) == sum(int(line.split()[0]) for line in shown[blank + 2 :])


def test_texts_are_counted_as_they_would_be_sent() -> None:
    """Filled with typical values, so that a long name of a landlord is not forgotten."""
    assert count(WORDS, "en", "first_contact").units > len(WORDS.keys("en")["first_contact"].replace("{", ""))


@pytest.mark.parametrize("code", [code for code in launch_languages() if code != "en"] + ["lt"])
def test_a_new_catalogue_is_well_formed(code: str, tmp_path: Path) -> None:
    """Every key is there to be translated; the plural rule is the language's; it says that it is a draft."""
    done = RUN.invoke(app, ["wording", "new", code, "--folder", str(tmp_path)])
    assert done.exit_code == 0, done.output
    with (tmp_path / f"{code}.po").open("rb") as file:
        catalogue = read_po(file, locale=code, abort_invalid=True)
    assert {str(one.id): str(one.string) for one in catalogue if one.id} == dict.fromkeys(
        WORDS.keys("en"), ""
    )
    assert "machine-drafted, awaits a native reader" in catalogue.header_comment.casefold()
    assert catalogue.num_plurals >= 1
    again = RUN.invoke(app, ["wording", "new", code, "--folder", str(tmp_path)])
    assert again.exit_code == 2


def test_plural_rules_are_the_languages_own() -> None:
    """Arabic has six forms, Welsh five, Polish three, Turkish and Chinese one."""
    forms = {code: new_catalogue(WORDS, code, Locale.parse(code)) for code in ("ar", "cy", "pl", "tr", "zh")}
    assert {code: text.partition("nplurals=")[2][0] for code, text in forms.items()} == {
        "ar": "6",
        "cy": "5",
        "pl": "3",
        "tr": "1",
        "zh": "1",
    }


def test_an_unknown_language_is_refused(tmp_path: Path) -> None:
    """In a sentence, and nothing is written."""
    done = RUN.invoke(app, ["wording", "new", "qqx", "--folder", str(tmp_path)])
    assert done.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_what_else_a_language_needs_is_said(tmp_path: Path) -> None:
    """Names to be asked for by, and words to be understood."""
    assert "languages.toml" in RUN.invoke(app, ["wording", "new", "lt", "--folder", str(tmp_path)]).output
    assert "languages.toml" not in RUN.invoke(app, ["wording", "new", "cy", "--folder", str(tmp_path)]).output
