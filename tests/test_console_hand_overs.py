"""Hand-overs on the console: for who need know, opened for a reason that is kept, noted on and closed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from console import House

from bot.audit import verify
from models.audit import before
from models.handovers import HandOver

WHO = "duty-ours@staff.example"
WORDS = "there is a smell of gas in the kitchen"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Somebody on duty, told of hazards."""
    made = House(tmp_path)
    made.hire("duty", made.ours)
    made.on_duty(WHO, "duty")
    yield made
    made.close()


def page(house: House, path: str = "") -> str:
    """The address of a page of ours."""
    return f"/console/{house.ours}/hand-overs{path}"


def test_from_the_list_to_the_end(house: House) -> None:
    """The list has a clock and no words; a reason opens it; taken on, noted, closed, and all of it is kept."""
    number = house.hand_over("fire_gas_electrical", WORDS)
    house.pass_time(minutes=5)
    listed = house.ask("GET", page(house), WHO)
    assert "Fire, gas or electricity" in listed.plain
    assert "5 minutes ago" in listed.plain
    assert "More people are told at Monday 23 November 2026, 10:15" in listed.plain
    one = page(house, f"/{number}")
    for text in (listed.text, house.ask("GET", one, WHO).text):
        assert WORDS not in text
        assert "+447700900" not in text
    assert house.ask("POST", f"{one}/open", WHO, {"reason": " x ", "do": "take"}).status == 400
    assert WORDS not in house.ask("GET", one, WHO).text
    assert house.ask("POST", f"{one}/open", WHO, {"reason": "I am on call", "do": "take"}).status == 303
    opened = house.ask("GET", one, WHO).plain
    assert WORDS in opened
    assert "+447700900100" in opened
    assert "I am on call" in opened
    assert "Taken on by" in opened
    assert house.ask("POST", f"{one}/note", WHO, {"note": ""}).status == 400
    assert house.ask("POST", f"{one}/note", WHO, {"note": "the engineer is on the way"}).status == 303
    assert house.ask("POST", f"{one}/close", WHO, {"note": "made safe at 11"}).status == 303
    assert house.ask("POST", f"{one}/close", WHO, {"note": "again"}).status == 404
    closed = house.ask("GET", one, WHO).plain
    assert "the engineer is on the way" in closed
    assert "made safe at 11" in closed
    house.pass_time(minutes=31)
    assert WORDS not in house.ask("GET", one, WHO).text
    with house.product.store.read() as session:
        actions = [row.action for row in before(session, None, 3)[1:]]
        assert verify(session, house.product.keys).broken_at is None
        assert session.get_one(HandOver, number).state == "closed"
    assert actions == ["hand_over_closed", "hand_over_opened"]


def test_looking_takes_nothing_on(house: House) -> None:
    """Somebody may look without its being theirs; the clock then goes on."""
    number = house.hand_over("fire_gas_electrical", WORDS)
    house.ask("POST", page(house, f"/{number}/open"), WHO, {"reason": "asked by my manager", "do": "look"})
    opened = house.ask("GET", page(house, f"/{number}"), WHO).plain
    assert WORDS in opened
    assert "Nobody has taken this on yet" in opened


def test_each_sees_what_they_are_told_of(house: House) -> None:
    """Hazards go to duty; safety to safeguarding; an allegation to the second contact and, even late, to nobody else."""
    hazard = house.hand_over("fire_gas_electrical", WORDS)
    safety = house.hand_over("self_harm", "I do not want to go on")
    allegation = house.hand_over("staff_allegation", "he asked me for money")
    seen = {number for number in (hazard, safety, allegation) if _may_open(house, number)}
    assert seen == {hazard}
    house.pass_time(hours=3)
    house.product.hand_overs.escalate()
    seen = {number for number in (hazard, safety, allegation) if _may_open(house, number)}
    assert seen == {hazard, safety}
    house.on_duty(WHO, "second")
    assert _may_open(house, allegation)


def test_a_role_alone_shows_nothing(house: House) -> None:
    """Somebody with the role whom no hand-over is told to sees none, not even late ones."""
    house.hand_over("fire_gas_electrical", WORDS)
    house.accounts.add("new@staff.example", house.ours, "duty", "a test")
    house.cookies["new@staff.example"] = house.let_in("new@staff.example")
    house.pass_time(hours=3)
    house.product.hand_overs.escalate()
    shown = house.ask("GET", page(house), "new@staff.example").plain
    assert "none of the contacts" in shown
    assert "Fire, gas" not in shown


def test_domestic_abuse_says_not_to_call(house: House) -> None:
    """Without a safe time the page says so before anything else."""
    house.on_duty(WHO, "safeguarding")
    number = house.hand_over("domestic_abuse", "my husband hits me")
    house.ask("POST", page(house, f"/{number}/open"), WHO, {"reason": "on call", "do": "take"})
    opened = house.ask("GET", page(house, f"/{number}"), WHO).plain
    assert "Do not call, text or visit" in opened
    assert "No safe time was given" in opened


def _may_open(house: House, number: int) -> bool:
    listed = f'/hand-overs/{number}"' in house.ask("GET", page(house), WHO).text
    assert listed == (house.ask("GET", page(house, f"/{number}"), WHO).status == 200)
    return listed
