"""Workshops in the console: the organiser asks the room, the moderator lets words through, and neither does both."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from console import NOW, House

from bot.conversation.messages import Incoming
from bot.workshops.planning import Plan
from models.base import new_id
from models.landlords import Line, all_landlords
from models.workshops import Workshop


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Two landlords; one person a role for the first."""
    made = House(tmp_path)
    made.everybody()
    yield made
    made.close()


def a_workshop(house: House) -> Workshop:
    """One that begins in an hour."""
    with house.product.store.read() as session:
        ours = all_landlords(session)[0]
    plan = Plan(
        "Respect for All",
        "Saltmarsh Hall",
        NOW + timedelta(hours=1),
        timedelta(hours=2),
        "Europe/London",
        24,
        ("en",),
        ("organiser-ours@staff.example",),
    )
    account = house.settings.twilio_sms_number
    with house.product.store.write() as session:
        session.add(Line(id=new_id(), landlord_id=ours.id, channel="sms", account=account))
    return house.product.workshops.add(plan, [ours], "a test")


def texts(house: House, code: str, *words: str) -> None:
    """Somebody in the room texts: the code, as whom, and the rest."""
    for number, text in enumerate((code, "1", "skip", *words)):
        account = house.settings.twilio_sms_number
        house.product.inbox.receive(
            Incoming("sms", account, f"room-{number}", "+447700900123", text, house.now)
        )


def test_a_room_is_asked_and_its_words_are_let_through(house: House) -> None:
    """From the question to the screen, by two people."""
    workshop = a_workshop(house)
    page = f"/console/{house.ours}/workshops/{workshop.id}"
    organiser, moderator = "organiser-ours@staff.example", "moderator-ours@staff.example"
    assert "Respect for All" in house.ask("GET", f"/console/{house.ours}/workshops", organiser).plain
    asked = house.ask("POST", f"{page}/ask", organiser, {"kind": "word", "asks": "What made the difference?"})
    assert (asked.status, asked.to) == (303, page)
    assert house.ask("POST", f"{page}/ask", organiser, {"asks": "x" * 121}).status == 400
    texts(house, workshop.code, "patience")
    assert "patience" not in house.ask("GET", page, organiser).plain
    waiting = house.ask("GET", page, moderator)
    assert "patience" in waiting.plain
    number = waiting.text.partition('name="words" value="')[2].partition('"')[0]
    assert house.ask("GET", f"/live/{workshop.live_key}/now").text.count("patience") == 0
    decided = house.ask("POST", f"{page}/decide", moderator, {"words": number, "verdict": "approve"})
    assert (decided.status, decided.to) == (303, page)
    assert house.ask("GET", f"/live/{workshop.live_key}/now").text.count("patience") == 1
    assert house.ask("POST", f"{page}/close", organiser).status == 303
    pack = house.ask("GET", f"{page}/pack", organiser)
    assert "attachment" in pack.headers["content-disposition"]
    assert "What is missing, and why" in pack.text


def test_another_landlords_workshop_is_not_there(house: House) -> None:
    """Its number opens nothing."""
    workshop = a_workshop(house)
    theirs = house.hire("organiser", house.theirs)
    assert house.ask("GET", f"/console/{house.theirs}/workshops/{workshop.id}", theirs).status == 404
