"""The console in real Chromium: by mouse, by keyboard alone, and on a phone; and with hostile text under its policy."""

import asyncio
from datetime import timedelta

import pytest
from browser import WAYS, Visit, Way, needs_chromium, tell, visit
from sqlalchemy import select

from bot.console.roles import ROLES
from bot.demo.stage import wait_until
from models.handovers import HandOver
from models.stories import APPROVED, Consent, Excerpt
from models.visits import Visit as Visited
from models.workshops import Workshop

pytestmark = needs_chromium
HOSTILE = (
    "<script>document.title='taken'</script><img src=x onerror=alert(1)> <b>bold</b> </p></main>",
    '=HYPERLINK("http://elsewhere.example","click") +1+1 @SUM(1) -2 {{ 7*7 }} ${7*7}',
    "\u202egnihtyreve sesrever siht\u202c and zero\u200bwidth\ufeffspaces \u2066isolated\u2069 \u0000 end",
)


@pytest.mark.parametrize("way", WAYS)
def test_from_a_story_to_the_preview(way: Way) -> None:
    """A story comes in; its moderator takes a word away, approves, and sees the preview without it waiting."""
    asyncio.run(_moderate(way))


async def _moderate(way: Way) -> None:
    async with visit(way) as at:
        await tell(at.stage, 101, "they listened to me about the gate, and Mr Okafor mended it")
        await at.be("moderator")
        await at.fits()
        await at.press("stories to decide on", "link")
        await at.fits()
        text = await at.read()
        assert "Okafor" not in text
        await at.press("gate,", "checkbox")
        await at.press("Take away")
        assert "about the [removed]" in await at.read()
        await at.press("I have read it", "checkbox")
        await at.press("Approve")
        await at.page.get_by_text("No story waits for a decision.").wait_for()
        await at.press("Digests", "link")
        await at.press("See what would go out now", "link")
        await at.fits()
        assert "Stories that wait for a moderator: 0." in await at.read()
        with at.stage.product.store.read() as session:
            row = session.scalars(select(Excerpt)).one()
            left = at.stage.product.keys.open("excerpt", row.id, "words", row.words or b"")
        assert "about the [removed] and" in left
        assert at.problems == []


def test_two_keystrokes_a_story() -> None:
    """Alt+C ticks that nobody could tell, Alt+A approves, and the next story is there; no other key is needed."""
    asyncio.run(_two_keystrokes())


async def _two_keystrokes() -> None:
    async with visit("keyboard") as at:
        told = ("they came the same day, lovely", "nobody rang me back at all", "the new window is warm")
        for number, words in enumerate(told, start=101):
            await tell(at.stage, number, words)
        await at.be("moderator")
        await at.press("Moderation", "link")
        for waiting in told:
            await at.page.get_by_text("Alt and the letter").wait_for()
            assert waiting in await at.read()
            await at.alt("c")
            async with at.page.expect_navigation():
                await at.alt("a")
        await at.page.get_by_text("No story waits for a decision.").wait_for()
        with at.stage.product.store.read() as session:
            assert session.scalars(select(Excerpt.verdict)).all() == [APPROVED] * len(told)
        assert at.problems == []


@pytest.mark.parametrize("way", WAYS)
def test_importing_visits(way: Way) -> None:
    """A list is looked at: who would be asked when, and what is wrong with one row; then it is taken in without that row."""
    asyncio.run(_import(way))


async def _import(way: Way) -> None:
    async with visit(way) as at:
        day = f"{at.stage.clock():%Y-%m-%d}"
        rows = (
            "contact,channel,visited_on,kind,reference",
            f"+447700900131,sms,{day},repair,J-1",
            f"+447700900132,sms,{day},repair,J-2",
            f"nobody,sms,{day},repair,J-3",
        )
        await at.be("operator")
        await at.press("Visits", "link")
        await at.fits()
        await at.bring("A CSV file", "visits.csv", "\n".join(rows))
        await at.press("See what would happen")
        await at.fits()
        shown = await at.read()
        assert "Line 4:" in shown
        assert "+447700900131" not in shown
        with at.stage.product.store.read() as session:
            assert session.scalars(select(Visited)).all() == []
        await at.press("Leave these rows out", "checkbox")
        await at.press("Take in 2 visits")
        await at.page.get_by_text("New: 2.").wait_for()
        with at.stage.product.store.read() as session:
            assert len(session.scalars(select(Visited)).all()) == 2
        assert at.problems == []


@pytest.mark.parametrize("way", WAYS)
def test_setting_a_workshop_up(way: Way) -> None:
    """An organiser sets one up; its page says the code, and somebody who texts that joins."""
    asyncio.run(_set_up(way))


async def _set_up(way: Way) -> None:
    async with visit(way) as at:
        await at.plan_a_workshop("Being heard")
        await at.page.get_by_role("heading", name="Being heard").wait_for()
        await at.fits()
        with at.stage.product.store.read() as session:
            workshop = session.scalars(select(Workshop).where(Workshop.title == "Being heard")).one()
        assert workshop.code in (await at.read()).replace(" ", "")
        starts = at.stage.clock() + timedelta(weeks=3)
        assert abs(workshop.starts_at - starts) <= timedelta(hours=1)  # the form is in the landlord's time
        await at.stage.phones.text("sms", "+447700900141", workshop.code)
        sent = at.stage.providers.sent_to
        assert await wait_until(
            lambda: any("Being heard" in one.text for one in sent("sms", "+447700900141"))
        )
        assert at.problems == []


@pytest.mark.parametrize("way", WAYS)
def test_a_response_reaches_a_phone(way: Way) -> None:
    """Somebody told of trouble and wants to hear; a landlord reader sees the text first, sends it, and the phone has it."""
    asyncio.run(_respond(way))


async def _respond(way: Way) -> None:
    async with visit(way, response_wait_seconds="0") as at:
        phone, words = "+447700900151", "We now ring before each visit."
        await tell(at.stage, 151, "the boiler broke again, nobody rang me back and I was ignored for weeks")
        await at.stage.phones.text("sms", phone, "1")
        with at.stage.product.store.read() as session:
            assert await wait_until(lambda: len(session.scalars(select(Consent.use)).all()) == 2)
        await at.be("reader")
        await at.press("Responses", "link")
        await at.fits()
        await at.choose("What it answers", "Heating and hot water")
        await at.write("Your words", words)
        await at.press("See it as tenants would")
        await at.fits()
        assert f'They answer: "{words}"' in await at.read()
        assert not [one for one in at.stage.providers.sent_to("sms", phone) if words in one.text]
        await at.press("Write it down, to be sent")
        sent = at.stage.providers.sent_to
        assert await wait_until(lambda: any(words in one.text for one in sent("sms", phone)), 60)
        assert at.problems == []


@pytest.mark.parametrize("way", WAYS)
def test_taking_a_hand_over_on(way: Way) -> None:
    """Somebody smells gas; whoever is on duty opens it for a reason, sees the number, and closes it."""
    asyncio.run(_take_on(way))


async def _take_on(way: Way) -> None:
    async with visit(way) as at:
        await tell(at.stage, 103, "there is a strong smell of gas in my kitchen", share=None)
        await at.be("duty")
        await at.press("hand-overs to take on", "link")
        await at.fits()
        await at.press("Fire, gas or electricity", "link")
        await at.fits()
        assert "smell of gas" not in await at.read()
        await at.write("Why do you open it?", "I am on call")
        await at.press("I take this on: show me")
        await at.page.get_by_text("strong smell of gas").wait_for()
        assert "+447700900103" in await at.read()
        await at.fits()
        await at.write("What was done", "engineer went, made safe")
        await at.press("Close it")
        await at.page.get_by_text("Closed on").wait_for()
        with at.stage.product.store.read() as session:
            assert session.scalars(select(HandOver.state)).all() == ["closed"]
        assert at.problems == []


def test_hostile_text_breaks_no_policy() -> None:
    """Markup, formulas, templates and turned letters stay words on every page of every role; nothing runs or loads."""
    asyncio.run(_hostile())


async def _hostile() -> None:
    async with visit() as at:
        for number, words in enumerate(HOSTILE):
            await tell(at.stage, 110 + number, words)
        await tell(at.stage, 120, f"there is a smell of gas {HOSTILE[0]}", share=None)
        await tell(at.stage, 121, f"keep this private {HOSTILE[2]}", share=False)
        for role in ROLES:
            await at.be(role)
            links = await at.page.eval_on_selector_all("nav a, main a", "all => all.map(one => one.href)")
            for link in sorted(set(links)):
                await _see(at, link)
        assert at.problems == []


async def _see(at: Visit, link: str) -> None:
    if link.endswith(".csv"):
        return
    await at.page.goto(link)
    assert "taken" not in await at.page.title()
    assert await at.page.locator("main script, main img, main b >> text=bold").count() == 0
    shown = await at.page.inner_text("body")
    assert not set(shown) & set("\u202e\u202c\u200b\ufeff\u2066\u2069\u0000")
