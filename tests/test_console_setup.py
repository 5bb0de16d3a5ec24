"""The console's pages for whoever sets things up: lists of visits, posters."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from console import House
from sqlalchemy import func, select

from bot.audit import verify
from models.audit import before
from models.visits import Visit

HEAD = "contact,channel,visited_on,kind,reference\n"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A landlord with an operator."""
    made = House(tmp_path_factory.mktemp("setup"))
    made.hire("operator", made.ours)
    yield made
    made.close()


OPERATOR = "operator-ours@staff.example"


def bring(house: House, step: str, text: str | bytes, **fields: str) -> Any:
    """Send a file to a step of the visits page."""
    content = text.encode() if isinstance(text, str) else text
    path = f"/console/{house.ours}/visits/{step}"
    return house.ask("POST", path, OPERATOR, fields, files={"file": ("visits.csv", io.BytesIO(content))})


def stored(house: House) -> int:
    """How many visits there are."""
    with house.product.store.read() as session:
        return session.scalar(select(func.count()).select_from(Visit)) or 0


def test_a_list_is_looked_at_before_it_is_taken_in(house: House) -> None:
    """First what would happen; then, with the list carried along, it happens, and is written down."""
    counted = stored(house)
    seen = bring(
        house, "check", HEAD + "07700 900101,sms,2026-11-23,boiler,J1\n07700 900101,sms,2026-11-23,tap,J2\n"
    )
    assert "Asked on Monday 23 November 1" in seen.plain
    assert "Not asked: asked within 30 days 1" in seen.plain
    assert stored(house) == counted
    kept = seen.text.partition('name="kept" value="')[2].partition('"')[0]
    done = house.ask("POST", f"/console/{house.ours}/visits/take-in", OPERATOR, {"kept": kept})
    assert "New: 2. There already: 0. Left out: 0." in done.plain
    assert stored(house) == counted + 2
    with house.product.store.read() as session:
        assert before(session, None, 1)[0].action == "visits_imported"
        assert verify(session, house.product.keys).broken_at is None


def test_bad_rows_are_named_and_nothing_comes_in_unless_asked(house: House) -> None:
    """By line, without the number that stands there."""
    counted = stored(house)
    text = HEAD + "07700 900102,sms,2026-11-23,boiler,J1\n020 7946 0000,sms,2026-11-23,tap,\n"
    seen = bring(house, "take-in", text)
    assert seen.status == 400
    assert "Line 3: contact is no UK mobile" in seen.plain
    assert "7946" not in seen.text.partition('name="kept"')[0]
    assert stored(house) == counted
    assert "New: 1." in bring(house, "take-in", text, skip_bad="1").plain
    assert stored(house) == counted + 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Choose a file first."),
        (b"contact,channel\xff\n", "not UTF-8"),
        ("name,phone\n", "Missing: contact"),
        ("<script>alert(1)</script>\n", "Missing: contact"),
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence(house: House, text: str | bytes, said: str) -> None:
    """With how to mend it, and without markup from the file."""
    seen = bring(house, "check", text)
    assert (seen.status, said in seen.plain) == (400, True), seen.plain
    assert "<script" not in seen.text


@pytest.mark.parametrize("kept", ["nonsense", "AAAA", "eJwDAAAAAAE="])
def test_a_list_that_got_lost_is_asked_for_again(house: House, kept: str) -> None:
    """Nobody meets a traceback."""
    seen = house.ask("POST", f"/console/{house.ours}/visits/take-in", OPERATOR, {"kept": kept})
    assert seen.status == 400
    assert "choose the file again" in seen.plain or "must name the columns" in seen.plain


def test_ten_thousand_rows_fit_a_small_page(house: House) -> None:
    """No page is larger than 150 KB; what can't be carried along is chosen again."""
    text = HEAD + "".join(
        f"07700 {900_000 + n % 1000:06},sms,2026-11-23,kind {n},J{n}\n" for n in range(10_000)
    )
    seen = bring(house, "check", text)
    assert seen.status == 200
    assert len(seen.text) < 150_000
    assert 'name="kept"' in seen.text or 'id="again"' in seen.text


def test_a_poster_comes_as_a_file(house: House) -> None:
    """Never as a page of the console, whose rules it would break."""
    made = f"/console/{house.ours}/posters/make?kind=cards&in_pl=1&in_ar=1&bot=@harbour_bot&source=mill-road"
    saved = house.ask("GET", f"{made}&form=html", OPERATOR)
    assert saved.headers["content-disposition"] == 'attachment; filename="cards.html"'
    assert "https://t.me/harbour_bot?start=mill-road" in saved.text
    assert 'lang="ar" dir="rtl"' in saved.text
    assert house.ask("GET", f"{made}&form=pdf", OPERATOR).headers["content-type"] == "application/pdf"


@pytest.mark.parametrize(
    ("query", "said"),
    [("bot=a b", "no name of a Telegram bot"), ("source=Mill Road&bot=harbour_bot", "letters, digits")],
)
def test_a_poster_that_would_lead_nowhere_is_refused(house: House, query: str, said: str) -> None:
    """Before it is printed."""
    seen = house.ask("GET", f"/console/{house.ours}/posters/make?{query}", OPERATOR)
    assert (seen.status, said in seen.plain) == (400, True), seen.plain
