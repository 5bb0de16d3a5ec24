"""The demo: the page, its phones, its desk and its post room, as a newcomer meets them."""

import asyncio
import subprocess
import sys
from functools import partial
from pathlib import Path

import databases
import httpx
import pytest

from bot.console.roles import ROLES
from bot.demo.history import LEFT_FOR_THE_DESK, PER_WEEK, WEEKS, made_up_stories, seed
from bot.demo.pages import Pages
from bot.demo.run import demo_routes
from bot.demo.staff import staff_routes
from bot.demo.stage import Stage, stage, wait_until

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.only_sqlite  # as the demo is
def test_the_script_proves_itself() -> None:
    """`listened demo --script` plays each channel, prints both digests, and ends with 0."""
    command = [sys.executable, "-m", "bot", "demo", "--script"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for heading in (
        "===== sms",
        "===== whatsapp",
        "===== telegram",
        "Were your tenants",
        "Stories for your workshop",
    ):
        assert heading in done.stdout
    assert f"week {WEEKS} of {WEEKS}" in done.stdout
    assert "Adeyemi" not in done.stdout.partition("===== Mail")[2]
    assert "Traceback" not in done.stderr


def test_the_page_does_what_it_offers(tmp_path: Path) -> None:
    """Texting, pressing a button, a visit, the desk and the post room, through the page's own addresses."""
    asyncio.run(_visit(databases.migrated(tmp_path / "a.db")))


async def _visit(url: str) -> None:
    async with (
        stage(more=lambda made: Pages(made).routes(), database_url=url) as made,
        httpx.AsyncClient(base_url=made.url) as page,
    ):
        for path in ("/", "/demo/page/demo.css", "/demo/page/demo.js"):
            assert (await page.get(path)).status_code == 200
        assert (await page.post("/demo/visits/telegram", json={})).status_code == 409
        assert (await page.post("/demo/visits/sms", json={})).status_code == 202
        assert await wait_until(lambda: len(made.providers.ledger) == 2)
        await page.post("/demo/phones/telegram", json={"text": "they listened to me about the gate"})
        assert await wait_until(lambda: len(made.providers.ledger) == 4)
        question = made.providers.ledger[-1]
        assert ("Yes", "consent:1") in question.buttons
        await page.post("/demo/phones/telegram", json={"button": "Yes", "message": question.id})
        assert await wait_until(lambda: len(made.providers.ledger) == 5)
        await _desk_and_post(made, page)


def test_a_newcomer_joins_the_workshop(tmp_path: Path) -> None:
    """From a phone, by the code on the page: a word is on the screen once it was let through at the desk."""
    asyncio.run(_join(databases.migrated(tmp_path / "a.db")))


def _has_come(made: Stage, count: int) -> bool:
    return len(made.providers.ledger) >= count


async def _join(url: str) -> None:
    async with (
        stage(more=demo_routes, database_url=url) as made,
        httpx.AsyncClient(base_url=made.url) as page,
    ):
        assert "HAT 347" in (await page.get("/")).text
        for number, text in enumerate(("hat 347", "1", "patience"), start=1):
            await page.post("/demo/phones/sms", json={"text": text})
            assert await wait_until(
                partial(_has_come, made, number + 2)
            )  # who we are, and as whom, come first
        assert "patience" not in (await page.get("/live/demo")).text
        (waiting,) = (await page.get("/demo/state")).json()["waiting"]
        assert (
            await page.post(f"/demo/desk/{waiting['id']}", json={"verdict": "approve"})
        ).status_code == 202
        assert "patience" in (await page.get("/live/demo/now")).text


async def _desk_and_post(made: Stage, page: httpx.AsyncClient) -> None:
    state = (await page.get("/demo/state")).json()
    assert [one["words"] for one in state["waiting"]] == ["they listened to me about the gate"]
    assert [phone["channel"] for phone in state["phones"]] == ["sms", "whatsapp", "telegram"]
    story = state["waiting"][0]["id"]
    assert (await page.post(f"/demo/desk/{story}", json={"verdict": "approve"})).status_code == 202
    assert (await page.post(f"/demo/desk/{story}", json={"verdict": "approve"})).status_code == 409
    assert (await page.post("/demo/digest", content=b"{}")).status_code == 403
    assert (await page.post("/demo/digest", json={})).status_code == 202
    mails = (await page.get("/demo/state")).json()["mails"]
    assert {"landlord", "organiser"} == {mail["audience"] for mail in mails}
    assert len(mails) == 2
    shown = await page.get(f"/demo/mails/{mails[0]['id']}")
    assert "No figures yet" in shown.text
    assert "about the gate" not in shown.text  # one teller is too few for an excerpt
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert made.mailbox.mails[0].message["Message-ID"]


def test_history_is_made_up_and_varied() -> None:
    """The made-up stories are enough for twelve weeks, and none stands twice."""
    texts = [story.text for story in made_up_stories()]
    assert len(texts) == len(set(texts)) == 240


@pytest.mark.only_sqlite  # as the demo is
def test_history_gives_the_visitor_digests_worth_opening() -> None:
    """With the settling that a visitor sees: excerpts in nearly every digest that has figures, and stories at the desk."""

    async def live() -> tuple[list[str], int, int]:
        async with stage(before=seed, settle_seconds="sms=4,whatsapp=4,telegram=4") as made:
            desk = Pages(made)._desk()  # noqa: SLF001 - what the page shows
            return [mail.text for mail in made.mailbox.mails], len(desk.waiting()), len(desk.unread())

    texts, waiting, unread = asyncio.run(live())
    counted = [text for text in texts if "About " in text]
    assert len(counted) >= 8
    quoted = [
        text for text in counted[2:] if '\n  "' in text
    ]  # the first digests have no earlier batch to quote
    assert len(quoted) >= len(counted) - 4, f"{len(quoted)} of {len(counted)}"
    assert waiting == LEFT_FOR_THE_DESK
    assert unread < PER_WEEK[-1]  # not even all of the last week
    assert any("We will ring before every visit" in text for text in counted)


def test_a_visitor_is_each_of_the_staff_and_nobody_is_outside_of_the_demo() -> None:
    """The switcher signs in as each role; the product without the demo has no such address, and offers none."""
    asyncio.run(_be_everybody())


async def _be_everybody() -> None:
    async with (
        stage(more=staff_routes, visitors=ROLES) as made,
        httpx.AsyncClient(base_url=made.url, follow_redirects=True) as page,
    ):
        ours = {"origin": made.url, "sec-fetch-site": "same-origin"}
        for role in ROLES:
            shown = await page.post("/demo/staff", data={"role": role}, headers=ours)
            assert shown.status_code == 200
            assert f"{role}@listening.example" in shown.text
            assert 'action="/demo/staff"' in shown.text
        assert (await page.post("/demo/staff", data={"role": "king"}, headers=ours)).status_code == 404
        assert (await page.post("/demo/staff", data={"role": "duty"})).status_code == 403
        assert (await page.get("/demo/staff")).status_code == 405
    async with stage() as made, httpx.AsyncClient(base_url=made.url) as page:
        assert (await page.post("/demo/staff", data={"role": "duty"}, headers=ours)).status_code == 404
        assert "/demo/" not in (await page.get("/console/sign-in")).text
