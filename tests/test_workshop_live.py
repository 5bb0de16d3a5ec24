"""The page in the room: two hundred people answer, each is counted once, and what is let through is there at once."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, sync_playwright
from rig import Rig, wait_for
from screenshots import QUIET
from sqlalchemy import func, select

from bot.conversation.messages import ChannelName
from bot.delivery.people import People
from bot.wording import load_wording
from bot.workshops.moderating import WordsDesk
from bot.workshops.room import RoomDesk
from models import Store
from models.base import new_id
from models.landlords import all_landlords
from models.participants import COMING, Contribution, Participant
from models.workshops import Workshop, WorkshopLandlord

PEOPLE = 200
COUNTED = 40
MOST_SECONDS = 180
"""On a quiet machine of two cores it takes about ten; what must hold anywhere is that nothing is dropped."""
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHANNELS: tuple[ChannelName, ...] = ("sms", "whatsapp", "telegram")

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="there is no Chromium here")


def now() -> datetime:
    """The time of the processes."""
    return datetime.now(UTC)


def address(number: int) -> tuple[ChannelName, str]:
    """Whose phone; the three channels in turn."""
    channel = CHANNELS[number % 3]
    return channel, f"77{number:04d}" if channel == "telegram" else f"+447700900{number:03d}"


def a_workshop(rig: Rig, store: Store) -> Workshop:
    """A workshop that is going on, with two hundred people in the room."""
    people = People(rig.keys, now)
    workshop = Workshop(
        id=new_id(),
        code="HAT347",
        live_key="room-key",
        title="Respect for All",
        place="Saltmarsh Hall",
        starts_at=now() - timedelta(minutes=30),
        ends_at=now() + timedelta(hours=2),
        timezone="Europe/London",
        languages=["en"],
        capacity=PEOPLE,
        prompts=[],
        created_at=now() - timedelta(days=9),
    )
    with store.write() as session:
        session.add(workshop)
        session.flush()
        session.expunge(workshop)
        session.add(WorkshopLandlord(workshop_id=workshop.id, landlord_id=all_landlords(session)[0].id))
        for number in range(PEOPLE):
            contact = people.meet(session, *address(number))
            contact.met = True
            session.add(
                Participant(
                    id=new_id(),
                    workshop_id=workshop.id,
                    contact_id=contact.id,
                    state=COMING,
                    role="tenant" if number % 2 else "staff",
                    joined_at=now(),
                )
            )
    return workshop


@pytest.fixture
def screen() -> Iterator[Page]:
    """A browser at the wall."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser.new_page(viewport={"width": 1280, "height": 720})
        browser.close()


def answer_all(rig: Rig, texts: list[str], people: int = PEOPLE) -> float:
    """Everybody texts at once; gives the seconds until the last provider heard that all is well."""
    began = time.monotonic()

    def text(number: int) -> int:
        return rig.post(rig.webhook(*address(number), texts[number])).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(text, range(people))) == {200}
    return time.monotonic() - began


def test_two_hundred_people_answer(fresh_rig: Rig, screen: Page) -> None:
    """By SMS, WhatsApp and Telegram within a minute: each once; words within two seconds of their approval."""
    store = fresh_rig.store()
    workshop = a_workshop(fresh_rig, store)
    room = RoomDesk(store, fresh_rig.keys, now, load_wording("bot.workshops"))
    fresh_rig.serve("--no-work")
    problems: list[str] = []
    screen.on("console", lambda one: problems.append(one.text) if one.type == "error" else None)
    screen.goto(f"{fresh_rig.settings.public_base_url}/live/{workshop.live_key}")
    screen.get_by_text("A question comes here").wait_for(timeout=10_000)

    room.ask(workshop, "word", "What made the difference?")
    screen.get_by_text("What made the difference?").wait_for(timeout=10_000)
    assert answer_all(fresh_rig, [f"patience {number}" for number in range(PEOPLE)]) < MOST_SECONDS
    words = WordsDesk(store, fresh_rig.keys, now, workshop, "moderator@team.example")
    waiting = words.waiting()
    assert len({one.words for one in waiting}) == len(waiting) == PEOPLE
    assert screen.locator(".words li").count() == 0
    for one in waiting[:3]:
        words.approve(one.id)
        screen.get_by_text(one.words, exact=True).wait_for(timeout=2_000)
    for one in waiting[3:40]:
        words.approve(one.id)
    assert wait_for(lambda: screen.locator(".words li").count() == 40, 10)

    room.ask(workshop, "number", "How far are we from this?")
    screen.get_by_text("How far are we from this?").wait_for(timeout=10_000)
    numbers = [f"{number % 5 + 1}" for number in range(COUNTED)]
    answer_all(fresh_rig, numbers, COUNTED)
    answer_all(fresh_rig, numbers[:10], 10)  # nobody counts twice
    assert screen.locator("meter").count() == 0
    with store.read() as session:
        newest = session.scalar(select(func.max(Contribution.question)))
        counted = select(func.count()).where(Contribution.question == newest)
        assert session.scalar(counted) == COUNTED
    room.close(workshop)
    screen.get_by_text("About 20 people answered").first.wait_for(timeout=10_000)
    assert screen.locator("h2").all_inner_texts() == ["Tenants", "Staff"]
    shares = [screen.locator(".bar").nth(number).inner_text() for number in range(4)]
    assert [share.split("about ")[1] for share in shares] == ["10"] * 4  # of 20 each, 8 say 4 or 5
    assert problems == []
    folder = os.environ.get("PICTURES")
    if folder:
        screen.screenshot(path=f"{folder}/live.png")
        screen.set_viewport_size({"width": 360, "height": 640})
        screen.screenshot(path=f"{folder}/live-phone.png")
    store.close()
    assert "Traceback" not in fresh_rig.output


def test_nobody_finds_a_room_by_its_code(fresh_rig: Rig) -> None:
    """The poster's code opens the list and not the screen; and the page may load nothing but its own."""
    store = fresh_rig.store()
    workshop = a_workshop(fresh_rig, store)
    store.close()
    fresh_rig.serve("--no-work")
    base = fresh_rig.settings.public_base_url
    assert httpx.get(f"{base}/live/{workshop.code}").status_code == 404
    page = httpx.get(f"{base}/live/{workshop.live_key}")
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "HAT 347" in page.text
