"""Digests: what each audience reads, in HTML and in text, from releases and nothing else."""

import html
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.digest.compose import Answer, AudienceName, compose
from bot.digest.render import Rendered, render
from bot.privacy.disclosure import (
    Approved,
    Listened,
    Release,
    Scope,
    Telling,
    from_json,
    make_release,
    to_json,
)
from bot.privacy.redact import Redacted
from bot.wording import load_wording

WORDING = load_wording("bot.digest")
CATALOGUES = load_wording("bot.conversation")
HOSTILE = '<script>alert(1)</script> {{ 7*7 }} "=1+1" \u202egnp.exe & <img src=http://x.example/a.png>'
STORIES = (
    ("They came the same afternoon and the plumber explained every step to my mother.", True),
    ("I was told three different days, took each of them off work, and nobody came or rang. On the fourth day "
     "a man stood at the door who had been told that I had refused him. He was as cross as I was, and then he "
     "mended it in ten minutes.", False),
    ("Fine in the end, but I had to ring six times.", None),
    ("Nobody asks. They tell.", False),
)  # fmt: skip
BOTH: tuple[AudienceName, ...] = ("landlord", "organiser")


def digest(
    audience: AudienceName, people: int, answers: tuple[Listened | None, ...], weeks: int = 0
) -> Rendered:
    """A digest of so many people, who answer in turn; every one of them has an excerpt."""
    tellings = [Telling(n, answers[n % len(answers)]) for n in range(people)]
    approved = [
        Approved(t.contact, t.contact, Redacted(f"story {t.contact} {HOSTILE}"), t.listened) for t in tellings
    ]
    release = make_release(
        scope=Scope("landlord", "Elm & Oak <Homes>"),
        number=3,
        on_date=date(2026, 11, 30),
        since=date(2026, 11, 16),
        weeks_waiting=weeks,
        tellings=tellings,
        approved=approved,
    )
    return render(compose([release], audience, "The Team", WORDING))


def rich(audience: AudienceName, weeks: int = 1) -> Rendered:
    """A digest with something in every section: themes, areas, earlier weeks, answers."""
    releases = [frozen(number) for number in range(9, 9 - weeks, -1)]
    answers = [
        Answer("release", "will", "We ring before each visit.", date(2026, 11, 2), date(2026, 11, 20)),
        Answer(
            "release", "will", "A new door.", date(2026, 10, 5), date(2026, 11, 2), "kept", "It is in.", 10
        ),
        Answer("release", "cannot", "No second lift: the shaft is too small.", date(2026, 11, 9)),
    ]
    digest = compose(releases, audience, "The Team", WORDING, frozen(9 - weeks), answers)
    return render(digest, "https://l.example/unsubscribe/1/abc", "To end it:")


def frozen(number: int) -> Release:
    """A release as it was frozen: what the database gives."""
    on_date = date(2026, 9, 28) + timedelta(weeks=number)
    cells = [
        ("theme", "outcome", "-", 30), ("theme", "time", "-", 20), ("theme", "information", "-", 10),
        ("theme", "respect", "+", 25), ("theme", "time", "+", 10),
        ("area", "repairs", "", 40), ("area", "damp_mould", "", 15),
    ]  # fmt: skip
    return from_json(
        {
            "scope": {"kind": "landlord", "name": "Harbour Homes"},
            "number": number,
            "on_date": on_date.isoformat(),
            "since": (on_date - timedelta(weeks=1)).isoformat(),
            "figures": {
                "about": 60 + number,
                "split": [
                    {"answers": ["yes"], "about": 30 + number},
                    {"answers": ["partly", "no"], "about": 20},
                    {"answers": ["unanswered"], "about": 10},
                ],
                "at_least": None,
            },
            "weeks_waiting": 1,
            "excerpts": [
                {"id": number * 10 + n, "words": words, "good": good}
                for n, (words, good) in enumerate(STORIES)
            ],
            "smallest_group": 10,
            "cells": [
                {"kind": kind, "name": name, "sign": sign, "about": about, "since": "2026-11-02"}
                for kind, name, sign, about in cells
            ],
            "cells_waiting": True,
        }
    )


def visible(markup: str) -> str:
    """What a reader sees of HTML."""
    seen = re.sub(r"<(style|title).*?</\1>|<[^>]*>", " ", markup, flags=re.DOTALL)
    return " ".join(html.unescape(seen).split())


@pytest.mark.parametrize("audience", BOTH)
@pytest.mark.parametrize("people", [0, 5, 19, 20, 60])
def test_the_text_part_says_all_that_the_html_says(audience: AudienceName, people: int) -> None:
    """Every word of the HTML part stands in the text part, in the same order."""
    made = digest(audience, people, ("yes", "no", "partly", None))
    words = iter(re.findall(r"\w+", made.text))
    missing = [word for word in re.findall(r"\w+", visible(made.html)) if word not in words]
    # A numbered list has its numbers in the markup.
    assert missing == []


@pytest.mark.parametrize("audience", BOTH)
@pytest.mark.parametrize("weeks", [1, 4])
def test_every_fact_of_a_full_digest_is_in_its_text(audience: AudienceName, weeks: int) -> None:
    """Themes, areas, promises, weeks before: whatever the HTML part says, the text part says too."""
    made = rich(audience, weeks)
    words = iter(re.findall(r"\w+", made.text))
    assert [word for word in re.findall(r"\w+", visible(made.html)) if word not in words] == []


@pytest.mark.parametrize("audience", BOTH)
@pytest.mark.parametrize("weeks", [1, 4])
def test_every_figure_is_a_release_cell(audience: AudienceName, weeks: int) -> None:
    """Nothing is added up or taken away: each count in a digest stands in one of its releases."""
    releases = [frozen(number) for number in range(9, 8 - weeks, -1)]
    allowed = {str(10), str(20)}  # the threshold, and twice that
    for release in releases:
        assert release.figures
        allowed |= {str(release.figures.about)} | {str(part.about) for part in release.figures.split}
        allowed |= {str(cell.about) for cell in release.cells}
    counts = re.findall(r"(?:about|least|than) (\d+)", rich(audience, weeks).text.casefold())
    assert len(counts) > 8
    assert set(counts) <= allowed


def test_four_weeks_stand_one_after_another() -> None:
    """A four-weekly digest shows each earlier release by itself, and the newest count of each theme."""
    text = rich("landlord", 4).text
    for number in (6, 7, 8):
        assert f"about {60 + number} people. Yes: about {30 + number}" in text
    assert text.count("Not put right: about 30 people since 2 November") == 1


def test_promises_and_what_became_of_them() -> None:
    """Kept, overdue, or said not to be so: in words, with no count under the threshold."""
    text = " ".join(rich("landlord").text.split())
    assert "2 November, promised: We ring before each visit. It was due by 20 November" in text
    assert "A new door. Kept. It is in. At least 10 people who heard this say that it is not so." in text
    assert "can't be done: No second lift" in text


def test_what_stands_beside_the_newest() -> None:
    """What was published before is shown as it was, and no difference is worked out."""
    assert "Published on 23 November: about 38 of about 68 people felt listened to." in rich("landlord").text


def test_barriers_are_questions_that_fit() -> None:
    """The organisers' room is asked about the themes that were published, and about nothing else."""
    text = rich("organiser").text
    assert "What would have to change for us to come when we said we would?" in text
    assert "How do we learn that a job was not put right" in text
    assert "What makes it hard to listen first" not in text
    assert "People were met with respect. How could they tell?" in text


@pytest.mark.parametrize("audience", BOTH)
def test_tellers_words_are_never_markup(audience: AudienceName) -> None:
    """Whatever is in an excerpt is shown as it is, and nothing is ever loaded from elsewhere."""
    made = digest(audience, 30, ("yes", "no"))
    assert "<script>" not in made.html
    assert not re.search(r"<(img|link|script|iframe)|url\(|(?<!x\.)src=\"", made.html)
    assert "{{ 7*7 }}" in visible(made.html)
    assert "\n" not in made.subject


@pytest.mark.parametrize("audience", BOTH)
def test_too_few_people_are_told_of_by_nobody(audience: AudienceName) -> None:
    """Below the threshold: no figure, the reason, and how long it has been; never silence."""
    made = digest(audience, 19, ("yes",), weeks=3)
    assert "3 weeks waiting" in made.text
    assert "at least 20 different people" in made.text
    assert "about 20" not in made.text.casefold()


def test_praise_comes_first() -> None:
    """The landlord's team reads what was praised before anything else."""
    made = digest("landlord", 40, ("yes", "no"))
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", made.html)
    assert titles == [
        "What was praised",
        "One story worth reading",
        "Did people feel listened to?",
        "In their own words",
        "What this is not",
    ]


def test_organisers_get_good_and_hard_stories_in_equal_number() -> None:
    """However uneven the week was, the table gets as many of one kind as of the other."""
    made = digest("organiser", 40, ("yes", "yes", "yes", "no"))
    told = [int(n) for n in re.findall(r'"story (\d+)', made.text)]
    hard = [n for n in told if n % 4 == 3]
    assert len(hard) * 2 == len(told)
    assert hard


@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_catalogues_are_complete(language: str) -> None:
    """Every language has every sentence, with the same things to fill in."""
    english, other = CATALOGUES.keys("en"), CATALOGUES.keys(language)
    assert set(english) == set(other)
    for key, words in english.items():
        assert other[key], key
        assert set(re.findall(r"{\w+}", words)) == set(re.findall(r"{\w+}", other[key])), key


GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


def test_no_text_asks_for_a_carriers_word() -> None:
    """Phone companies act on these words, so nobody is asked to send them (START only to come back)."""
    for language in CATALOGUES.languages:
        for key, words in CATALOGUES.keys(language).items():
            asked = re.findall(r"\b(END|QUIT|CANCEL|YES|INFO|HELP|START)\b", words, re.ASCII)
            assert asked == (["START"] if key == "stopped" else []), key


def test_pictures_in_the_readme_are_there() -> None:
    """Every picture that the README shows exists and is small."""
    root = Path(__file__).resolve().parents[1]
    for name in re.findall(r"docs/images/[\w\-]+\.png", (root / "README.md").read_text(encoding="utf-8")):
        assert (root / name).stat().st_size < 300_000


def test_words_in_another_language_say_so() -> None:
    """The original first, marked with its language and direction; a machine's English beside it, called that."""
    arabic = "أصلحوا التدفئة في نفس اليوم"
    said = [
        ("en", "she rang when she said", None),
        ("ar", arabic, "They mended the heating."),
        ("und", "??", None),
    ]
    release = make_release(
        scope=Scope("landlord", "Elm"),
        number=1,
        on_date=date(2026, 11, 30),
        since=None,
        weeks_waiting=0,
        tellings=[],
        approved=[
            Approved(n, n, Redacted(words), "yes", language, Redacted(english) if english else None)
            for n, (language, words, english) in enumerate(said)
        ],
    )
    made = render(compose([from_json(to_json(release))], "landlord", "The Team", WORDING))
    assert re.search(rf'<p lang="ar" dir="auto"[^>]*><bdi>{arabic}</bdi></p>', made.html)
    assert re.search(
        r'<p lang="en" dir="auto"[^>]*><bdi>she rang when she said</bdi></p></blockquote>', made.html
    )
    assert re.search(r'<p lang="und" dir="auto"', made.html)
    note = "In Arabic. Put into English by a computer, which makes mistakes: They mended the heating."
    assert note in visible(made.html)
    assert note in made.text
    assert made.html.index(arabic) < made.html.index("They mended")
