"""The page of figures over time: frozen releases as they stand, one a line, and nothing worked out."""

import json
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from console import NOW, House

from bot.privacy import disclosure
from models.base import new_id
from models.releases import Release

READER = "reader-ours@staff.example"


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A landlord with a reader."""
    made = House(tmp_path_factory.mktemp("charts"))
    made.hire("reader", made.ours)
    yield made
    made.close()


def freeze(house: House, number: int, answers: str) -> None:
    """A release of people who answered so: y, p, n, and - for nothing."""
    said: dict[str, disclosure.Listened | None] = {"y": "yes", "p": "partly", "n": "no", "-": None}
    release = disclosure.make_release(
        scope=disclosure.Scope("landlord", "Harbour Homes"),
        number=number,
        on_date=date(2026, 10, 5) + timedelta(weeks=number),
        since=None,
        weeks_waiting=1,
        tellings=[disclosure.Telling(person, said[answer]) for person, answer in enumerate(answers)],
        approved=[],
    )
    row = Release(
        id=(row_id := new_id()),
        scope_id=house.ours,
        on_date=release.on_date,
        number=number,
        closes_batch=release.figures is not None,
        contents=house.product.keys.seal(
            "release", row_id, "contents", json.dumps(disclosure.to_json(release))
        ),
        made_at=NOW,
    )
    with house.product.store.write() as session:
        session.add(row)


def test_before_the_first_figures_it_says_why(house: House) -> None:
    """And a release that waits is none of them."""
    assert (
        "No release has had figures yet" in house.ask("GET", f"/console/{house.ours}/over-time", READER).plain
    )
    freeze(house, 1, "yyynn")
    assert (
        "No release has had figures yet" in house.ask("GET", f"/console/{house.ours}/over-time", READER).plain
    )


def test_each_release_is_a_line_that_says_what_it_said(house: House) -> None:
    """Newest first; rounded; a bar for the eye, and the same in words."""
    freeze(house, 1, "y" * 24 + "p" * 11 + "n" * 13)
    freeze(house, 2, "y" * 3 + "n" * 20)
    page = house.ask("GET", f"/console/{house.ours}/over-time", READER)
    newest, older = page.plain.index("19 Oct 2026"), page.plain.index("12 Oct 2026")
    assert newest < older
    assert "about 50 yes 25 partly 10 no 15" in page.plain
    assert "at least 10 of them: partly, no, or a story only" in page.plain
    assert page.text.count('<svg class="bar"') == 1
    assert page.text.count('height="6"') == 3
    assert "style=" not in page.text
