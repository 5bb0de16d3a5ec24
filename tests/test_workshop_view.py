"""The workshop view: one mail an organiser, across the landlords that take part, of frozen releases alone."""

import asyncio
import json
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from hall import ORGANISER, Hall

from bot.digest.across import MOST_STORIES, TakesPart, across
from bot.digest.parts import Answer
from bot.digest.render import render
from bot.privacy.disclosure import (
    Approved,
    CellName,
    Listened,
    Release,
    Scope,
    Telling,
    make_release,
    to_json,
)
from bot.privacy.redact import Redacted
from bot.wording import load_wording
from models import releases
from models.base import new_id
from models.landlords import Landlord, all_landlords, name_key

WORDS = load_wording("bot.digest")
CELLS = (CellName("theme", "listening", "-"), CellName("theme", "respect", "+"))


def released(name: str, people: int, on_date: date, good: int = 4, hard: int = 2) -> Release:
    """A release of a landlord: half of its people felt listened to; so many good and hard stories."""
    answers: tuple[Listened, Listened] = ("yes", "no")
    tellings = [Telling(n, answers[n % 2], (CELLS[n % 2],)) for n in range(people)]
    kinds = [answers[0]] * good + [answers[1]] * hard
    approved = [
        Approved(on_date.toordinal() * 100 + n, n, Redacted(f"{name} {kind} story {n} {on_date:%d}"), kind)
        for n, kind in enumerate(kinds)
    ]
    return make_release(
        scope=Scope("landlord", name),
        number=1,
        on_date=on_date,
        since=None,
        weeks_waiting=0,
        tellings=tellings,
        approved=approved,
    )


HARBOUR = TakesPart(
    "Harbour Homes",
    [released("Harbour Homes", people, date(2026, 11, day)) for people, day in ((40, 30), (60, 23))],
    [Answer("release", "will", "We ring before we come.", date(2026, 11, 24))],
)
QUAY = TakesPart("Quay Homes", [released("Quay Homes", 70, date(2026, 11, 30), good=1, hard=5)])
NEW = TakesPart("New Homes", [])


def view(*taking_part: TakesPart) -> str:
    """The text of a mail."""
    return render(across("The pack", ["It is attached."], taking_part, "The Team", WORDS)).text


def counts_in(text: str) -> set[int]:
    """Every number of people that a text speaks of, but for the thresholds, which it says of no group."""
    plain = text.replace("at least 20 different people", "").replace("fewer than 10", "")
    return {
        int(one) for one in re.findall(r"\babout (\d+)|\bleast (\d+)", plain.casefold()) for one in one if one
    }


def figures_of(part: TakesPart) -> set[int]:
    """Every number that stands in a landlord's releases."""
    return {
        count
        for release in part.releases
        if release.figures
        for count in (
            release.figures.about,
            *(part.about for part in release.figures.split),
            *(cell.about for cell in release.cells),
        )
    }


def test_every_figure_is_one_landlords_and_nothing_is_added_up() -> None:
    """Each stands under its landlord's name, as it was released."""
    text = view(HARBOUR, QUAY)
    assert counts_in(text) <= figures_of(HARBOUR) | figures_of(QUAY)
    assert {40, 20, 70, 35} <= counts_in(text)
    assert not counts_in(text) & {100, 110, 130, 170}  # the sums
    alone = text.split("Quay Homes: Did people feel listened to?")[1].split("\n\n")[0]
    assert counts_in(alone) <= figures_of(QUAY)
    assert "Harbour Homes: Promises, and what became of them" in text


def test_good_and_hard_stories_in_equal_number() -> None:
    """From all landlords together, where there are any of both; and barriers as questions."""
    text = view(HARBOUR, QUAY)
    good, hard = text.count(" yes story"), text.count(" no story")
    assert good == hard
    assert 3 <= good <= MOST_STORIES
    assert "Harbour Homes yes story" in text
    assert "Quay Homes no story" in text
    barriers = text.split("What gets in the way")[1].split("Questions for the room")[0]
    assert "?" in barriers
    assert not counts_in(barriers)


def test_a_landlord_without_a_release_says_nothing() -> None:
    """And where none has one, the mail says so, and what it is for is there all the same."""
    assert counts_in(view(QUAY, NEW)) == counts_in(view(QUAY))
    nothing = view(NEW)
    assert "It is attached." in nothing
    assert "New Homes" in nothing
    assert not counts_in(nothing)


def test_html_and_text_say_the_same() -> None:
    """Every story and figure of the one stands in the other."""
    made = render(across("The pack", ["It is attached."], [HARBOUR, QUAY], "The Team", WORDS))
    plain = re.sub(r"<[^>]+>", " ", made.html)
    assert counts_in(made.text) <= counts_in(plain)
    assert all(story in plain for story in re.findall(r'"(\w+ Homes \w+ story [^"]+)"', made.text))


# ---- by mail


def freeze(hall: Hall, landlord: Landlord, made: Release) -> None:
    """Write a release down, as the schedule does."""
    frozen_id = new_id()
    contents = hall.desk.keys.seal("release", frozen_id, "contents", json.dumps(to_json(made)))
    with hall.desk.store.write() as session:
        session.add(
            releases.Release(
                id=frozen_id,
                scope_id=landlord.id,
                on_date=made.on_date,
                number=1,
                closes_batch=True,
                contents=contents,
                made_at=hall.desk.now,
            )
        )


def another_landlord(hall: Hall) -> Sequence[Landlord]:
    """A second one beside the desk's."""
    with hall.desk.store.write() as session:
        session.add(
            Landlord(
                id=new_id(),
                name="Quay Homes",
                name_key=name_key("Quay Homes"),
                complaints="call 01632 960200",
                emergency="01632 960299",
                timezone="Europe/London",
                created_at=hall.desk.now,
            )
        )
    with hall.desk.store.read() as session:
        return all_landlords(session)


def test_one_mail_for_all_landlords_that_take_part(tmp_path: Path) -> None:
    """Each organiser gets one, with the pack, on the evening before."""
    hall = Hall(tmp_path)
    landlords = another_landlord(hall)
    for landlord in landlords:
        freeze(hall, landlord, released(landlord.name, 40, date(2026, 11, 30)))
    hall.add(organisers=(ORGANISER, "second@respect.example"))
    hall.at("2026-12-09", "18:00")
    for _ in range(2):
        mails = asyncio.run(hall.post())
    assert sorted(one.to for one in mails) == [(ORGANISER,), ("second@respect.example",)]
    for landlord in landlords:
        assert f"{landlord.name}: Did people feel listened to?" in mails[0].text
    assert [one.get_filename() for one in mails[0].message.iter_attachments()] == ["pack.html", "pack.pdf"]
    assert mails[0].message.get_body(("html",)) is not None
