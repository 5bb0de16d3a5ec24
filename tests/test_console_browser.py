"""The console in real Chromium: by mouse, by keyboard alone, and on a phone; and with hostile text under its policy."""

import asyncio

import pytest
from browser import WAYS, Visit, Way, needs_chromium, tell, visit
from sqlalchemy import select

from bot.console.roles import ROLES
from models.handovers import HandOver
from models.stories import Excerpt

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
