"""Setting up in real Chromium, by mouse, by keyboard alone and on a phone: a landlord's sentences, a recipient, a key."""

import asyncio

import pytest
from browser import WAYS, Visit, Way, needs_chromium, visit
from sqlalchemy import select

from models.api_keys import ApiKey
from models.landlords import Landlord, Recipient

pytestmark = needs_chromium


@pytest.mark.parametrize("way", WAYS)
def test_an_operator_sets_up(way: Way) -> None:
    """Each is found in the menu, filled in and saved; nothing is wider than the screen, and the policy holds."""
    asyncio.run(_set_up(way))


async def _set_up(way: Way) -> None:
    async with visit(way) as at:
        await at.be("operator")
        await at.press("Landlord", "link")
        await at.fits()
        await at.write("E-mail address", "night@harbour.example")
        await at.write("A UK mobile that is texted as well", "07700 900555")
        await at.press("Tell this person")
        assert "night@harbour.example (also by text)" in await at.read()
        await at.press("Recipients", "link")
        await at.fits()
        await at.write("E-mail address", "head@harbour.example")
        await at.press("Add")
        await at.fits()
        await _keys(at)
        with at.stage.product.store.read() as session:
            assert len(session.scalars(select(Recipient)).all()) == 3
            assert session.scalars(select(Landlord)).one().complaints == "call 01632 960100"
            assert [one.name for one in session.scalars(select(ApiKey))] == ["Repairs system"]
        assert at.problems == []


async def _keys(at: Visit) -> None:
    await at.press("Visits", "link")
    await at.press("Have another system send them", "link")
    await at.fits()
    await at.write("Which system will have it", "Repairs system")
    await at.press("Make a key")
    await at.fits()
    assert "nobody can see it again. listened_" in await at.read()
