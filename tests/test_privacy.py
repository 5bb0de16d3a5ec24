"""Redaction, disclosure control and keys: what keeps people from being found out."""

import json
import random
import string
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mypy import api

from bot.privacy.disclosure import (
    Approved,
    Cell,
    Excerpt,
    Listened,
    Release,
    Scope,
    Telling,
    from_json,
    make_release,
    to_json,
)
from bot.privacy.keys import KeyProblem, Keyring, new_key, parse_keys
from bot.privacy.redact import Redacted, redact, redact_more

DICE = random.Random(7)  # noqa: S311 - test data
K = 10


def digits(count: int) -> str:
    """Some digits."""
    return "".join(DICE.choices(string.digits, k=count))


def letters(count: int) -> str:
    """Some letters that number plates use."""
    return "".join(DICE.choices("ABCDEFGHJKLMNPRSTUVWXY", k=count))


MADE = {
    "phone": lambda: DICE.choice(["07700 900{}", "07700900{}", "+44 7700 900{}", "07700-900-{}"]).format(
        digits(3)
    ),
    "postcode": lambda: DICE.choice(["L{} {}AB", "l{}{}ab", "SW1A {1}AA"]).format(digits(1), digits(1)),
    "NI number": lambda: DICE.choice(["ZX{}{}{}D", "zx {} {} {} d"]).format(digits(2), digits(2), digits(2)),
    "NHS number": lambda: DICE.choice(["999 {} {}", "999{}{}"]).format(digits(3), digits(4)),
    "vehicle": lambda: DICE.choice(["{}{} {}", "{}{}{}"]).format(letters(2), digits(2), letters(3)),
    "email": lambda: f"{letters(4).lower()}.{digits(2)}@example.org",
    "reference": lambda: DICE.choice(["WR-{}", "job{}", "ASB/{}/21"]).format(digits(6)),
}


@pytest.mark.parametrize("kind", MADE)
def test_shapes_are_found(kind: str) -> None:
    """200 of each kind, in any case and spacing, in the middle of a sentence: none is left."""
    left = []
    for _ in range(200):
        item = MADE[kind]()
        item = DICE.choice([item, item.lower(), item.upper()])
        if item in redact(f"they have {item} on the file and still rang twice").words:
            left.append(item)
    assert left == []


@pytest.mark.parametrize(
    "text",
    [
        "it took 3 weeks and cost me £38 since 1974",
        "stage 2 panel read my file in July, Awaab's Law and all",
        "THEY LEFT ME WITHOUT WATER ALL DAY",
        "came at 9 am on Monday 12 October and left at 5",
        "the council and the NHS and Universal Credit all said no",
        "will it rain in may, mark my words",
    ],
)
def test_harmless_words_stay(text: str) -> None:
    """Years, sums, dates, laws and organisations identify nobody."""
    assert text == redact(text).words


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("mr okonkwo was kind", "okonkwo"),
        ("my name is siobhan and i rent here", "siobhan"),
        ("I spoke to Branwen twice", "Branwen"),
        ("our Kacper is only two", "Kacper"),
        ("Desmond the plumber came", "Desmond"),
        ("Zofia rang me back. i like zofia", "zofia"),
    ],
)
def test_names_are_found_by_what_stands_around_them(text: str, name: str) -> None:
    """A title, a job, a relative or a verb gives a name away; once seen it goes everywhere."""
    assert name.casefold() not in redact(text).words.casefold()


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_redaction_never_breaks(text: str) -> None:
    """Any text: spans in order and inside it, the same result each time."""
    redaction = redact(text)
    edges = [edge for span in redaction.spans for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(text) for edge in edges)
    assert redaction == redact(text)


def test_same_value_same_placeholder() -> None:
    """A reader can tell two people apart without knowing either."""
    words = redact("I spoke to Branwen, then to Desmond. Branwen rang back").words
    assert words.count("[name 1]") == 2
    assert "[name 2]" in words


def test_a_moderator_takes_whole_words_away() -> None:
    """What is taken goes wherever it stands, but not out of the middle of other words."""
    assert redact_more(Redacted("Ann said annual, ann"), ["ann"]) == "[removed] said annual, [removed]"


ANSWERS = st.sampled_from(["yes", "partly", "no", None])
TELLINGS = st.lists(st.tuples(st.integers(1, 60), ANSWERS), max_size=120)


def release(tellings: list[tuple[int, Listened | None]], approved: tuple[Approved, ...] = ()) -> Release:
    """A release of these tellings."""
    made = [Telling(contact, answer) for contact, answer in tellings]
    day = date(2026, 11, 30)
    return make_release(
        scope=Scope("landlord", "x"),
        number=1,
        on_date=day,
        since=None,
        weeks_waiting=0,
        tellings=made,
        approved=approved,
    )


@given(TELLINGS)
@settings(max_examples=500, deadline=None)
def test_no_small_group_is_told_of(tellings: list[tuple[int, Listened | None]]) -> None:
    """Every published part, and all that is not in it, is nobody or at least k people."""
    figures = release(tellings).figures
    answers: dict[int, str] = {}
    for contact, answer in tellings:
        answers[contact] = answer or answers.get(contact) or "unanswered"
    assert (figures is not None) == (len(answers) >= 2 * K)
    if figures is None:
        return
    assert figures.about % 5 == 0
    assert abs(figures.about - len(answers)) <= 2
    for part in figures.split:
        true = sum(answer in part.answers for answer in answers.values())
        assert part.about % 5 == 0
        assert true >= K
        assert len(answers) - true == 0 or len(answers) - true >= K
    yes = sum(answer == "yes" for answer in answers.values())
    assert (figures.at_least is not None) == (
        min(yes, len(answers) - yes) < K
    )  # nobody, or few: not told apart
    if figures.at_least:
        assert figures.at_least.about <= sum(a in figures.at_least.answers for a in answers.values())


@given(TELLINGS)
@settings(deadline=None)
def test_a_release_survives_freezing(tellings: list[tuple[int, Listened | None]]) -> None:
    """Frozen and thawed, it says the same."""
    approved = tuple(Approved(n, n, Redacted(f"words {n}"), "yes") for n in range(5))
    made = release(tellings, approved)
    assert made == from_json(json.loads(json.dumps(to_json(made))))


def test_cells_survive_freezing_and_the_first_releases_stay_readable() -> None:
    """Themes and areas thaw as they were; a release frozen before there were any still thaws."""
    plain = to_json(release([(n, "yes") for n in range(40)]))
    cell = {"kind": "theme", "name": "listening", "sign": "-", "about": 15, "since": "2026-11-02"}
    thawed = from_json({**plain, "cells": [cell], "cells_waiting": True})
    assert thawed.cells == (Cell("theme", "listening", "-", 15, date(2026, 11, 2)),)
    assert thawed == from_json(json.loads(json.dumps(to_json(thawed))))
    first = {key: plain[key] for key in plain if key not in ("scope", "cells", "cells_waiting")}
    assert from_json({**first, "landlord": "x"}) == from_json({**plain, "cells_waiting": False})


def test_excerpts_need_three_tellers() -> None:
    """Two people's words are held back; the order of three says nothing about who came first."""
    approved = [Approved(n, n, Redacted(f"words {n}"), "yes") for n in range(12)]
    assert release([], tuple(approved[:2])).excerpts == ()
    assert release([], (approved[0], Approved(99, 0, Redacted("again"), "no"), approved[1])).excerpts == ()
    assert release([], tuple(approved)).excerpts == release([], tuple(reversed(approved))).excerpts


def test_nobody_else_makes_what_may_leave() -> None:
    """A release or an excerpt built outside disclosure control is refused when it is made."""
    with pytest.raises(TypeError, match="what may leave"):
        Excerpt(id=1, words=Redacted("x"), good=None, _maker=object())  # type: ignore[arg-type]


def test_unredacted_words_are_a_type_error(tmp_path: Path) -> None:
    """Mypy refuses a story where redacted words or a release are wanted."""
    snippet = tmp_path / "snippet.py"
    snippet.write_text(
        "from bot.digest.compose import compose\n"
        "from bot.privacy.disclosure import Approved\n"
        "from bot.stories import StoryBook\n"
        "from bot.wording import Wording\n"
        "def leak(book: StoryBook, wording: Wording) -> None:\n"
        "    story = book.words([1])[1]\n"
        "    Approved(1, 1, story, 'yes')\n"
        "    compose([story], 'landlord', 'x', wording)\n"
    )
    root = Path(__file__).resolve().parents[1]
    config = ["--config-file", str(root / "pyproject.toml"), "--cache-dir", str(tmp_path / "cache")]
    report, _, status = api.run([*config, str(snippet)])
    assert status == 1, report
    assert 'has incompatible type "str"; expected "Redacted"' in report
    assert 'has incompatible type "str"; expected "Release"' in report


def test_a_sealed_value_opens_in_its_place_only() -> None:
    """Moved to another row or column, changed, or met by another key: refused, loudly."""
    keys = Keyring(parse_keys(new_key()), parse_keys(new_key()))
    sealed = keys.seal("story_part", 1, "words", "the tap drips")
    assert keys.open("story_part", 1, "words", sealed) == "the tap drips"
    other = Keyring(parse_keys(new_key()), parse_keys(new_key()))
    attempts: tuple[Callable[[], str], ...] = (
        lambda: keys.open("story_part", 2, "words", sealed),
        lambda: keys.open("answer", 1, "words", sealed),
        lambda: keys.open("story_part", 1, "words", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        lambda: other.open("story_part", 1, "words", sealed),
        lambda: keys.open("story_part", 1, "words", b""),
    )
    for wrong in attempts:
        with pytest.raises(KeyProblem):
            wrong()


def test_old_keys_still_open() -> None:
    """After a new key was put in front, what the old one sealed still opens."""
    old, new, look = new_key(), new_key(), parse_keys(new_key())
    sealed = Keyring(parse_keys(old), look).seal("t", 1, "c", "x")
    assert Keyring(parse_keys(f"{new},{old}"), look).open("t", 1, "c", sealed) == "x"
