"""Every page before axe-core (Deque, from npm): no violation of WCAG 2.2 A and AA, light and dark, wide and narrow."""

import asyncio
import hashlib
import re
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final, Literal

import pytest
from browser import Visit, needs_chromium, tell, visit
from sqlalchemy import select

from bot.app.office import office_of
from bot.console.page import Page
from bot.console.roles import ROLES
from bot.console.routes import PAGES
from bot.demo.history import seed
from bot.demo.stage import wait_until
from bot.recipients import unsubscribe_path
from models.landlords import Recipient, all_landlords

AXE: Final = Path(__file__).parent / "axe" / "node_modules" / "axe-core" / "axe.min.js"
AXE_IS: Final = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
"""Of version 4.14.1, which tests/axe/package.json names."""
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
NO_PAGES: Final = frozenset(
    ("home", "sso", "sso_back", "make_poster", "audit_export", "workshop_pack", "workshop_poster")
)
"""Rows of the table that lead elsewhere or give a file."""
BY_ROLE: Final = frozenset(("today", "people", "workshops", "workshop", "responses"))
"""What looks different to each role that may see it; everything else is looked at once."""
MOST_OF_A_KIND: Final = 2
MOST_MAILS: Final = 4
Scheme = Literal["light", "dark"]
LOOKS: Final[tuple[tuple[int, Scheme], ...]] = ((1200, "light"), (360, "dark"))
MAIL_LOOKS: Final[tuple[tuple[int, Scheme], ...]] = (
    (320, "light"),
    (600, "light"),
    (320, "dark"),
    (600, "dark"),
)

pytestmark = [
    needs_chromium,
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not here: make test brings it where npm is"),
]


@cache
def axe() -> str:
    """Its source, which must be what we think it is."""
    source = AXE.read_bytes()
    assert hashlib.sha256(source).hexdigest() == AXE_IS
    return source.decode()


@dataclass
class Inspector:
    """Takes a browser from page to page."""

    at: Visit
    seen: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """Addresses by the name of the console's page, and the role."""
    looked_at: set[str] = field(default_factory=set)
    """The names of the console's pages that axe has been asked about."""
    violations: list[str] = field(default_factory=list)

    async def look(self, address: str, looks: tuple[tuple[int, Scheme], ...] = LOOKS) -> None:
        """Open a page, and ask axe in each width and scheme."""
        await self.at.page.goto(address)
        await self.look_here(address, looks)

    async def look_here(self, where: str, looks: tuple[tuple[int, Scheme], ...] = LOOKS) -> None:
        """Ask axe of the page that is open, in each width and scheme."""
        page = page_at(self.at.page.url.removeprefix(self.at.stage.url))
        self.looked_at |= {page.name} if page else set()
        await self.at.page.evaluate(axe())
        for width, scheme in looks:
            await self.at.page.set_viewport_size({"width": width, "height": 800})
            await self.at.page.emulate_media(color_scheme=scheme)
            await self._ask(f"{where} at {width} {scheme}")

    async def _ask(self, where: str) -> None:
        run = (
            "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']}).then(all => all.violations"
            ".flatMap(one => one.nodes.map(node => `${one.id}: ${node.html} ${node.failureSummary}`)))"
        )
        found = await self.at.page.evaluate(run, list(RULES))
        self.violations += [f"{where}: {one}" for one in found]

    async def follow(self, role: str) -> None:
        """For a role, every page of the console that the one that is open leads to, and so on; at most two of a kind."""
        waiting = await self._links()
        while waiting:
            address = waiting.pop(0)
            page = page_at(address.removeprefix(self.at.stage.url))
            if page is None or page.name in NO_PAGES:
                continue
            known = self.seen.setdefault((page.name, role if page.name in BY_ROLE else ""), set())
            if address in known or len(known) >= MOST_OF_A_KIND:
                continue
            known.add(address)
            await self.look(address)
            waiting += await self._links()

    async def _links(self) -> list[str]:
        every = "all => all.map(one => one.href.split('#')[0])"
        return [str(one) for one in await self.at.page.eval_on_selector_all("body a[href]", every)]


def page_at(path: str) -> Page | None:
    """The row of the console's table that an address belongs to."""
    plain = path.partition("?")[0]
    for page in PAGES:
        pattern = "/console" + re.sub(
            r"\\?\{token\\?\}", r"[^/]+", re.sub(r"\{(?!token)\w+\}", r"\\d+", page.path)
        )
        if page.method == "GET" and re.fullmatch(pattern, plain):
            return page
    return None


def test_axe_finds_nothing_on_any_page() -> None:
    """Each page of the console for each role that sees it, with something on it, and everything outside of it."""
    asyncio.run(_look_everywhere())


async def _look_everywhere() -> None:
    async with visit(
        before=seed, sso_issuer="http://127.0.0.1:9", sso_client_id="x", sso_client_secret="x"
    ) as at:
        await tell(
            at.stage, 101, "mr Okafor never rang back, it has been 3 weeks. im at number 9, ask for Kip"
        )
        await tell(at.stage, 102, "keep this one to yourselves please", share=False)
        await tell(at.stage, 103, "there is a smell of gas in my kitchen", share=None)
        inspector = Inspector(at)
        for address in await _outside(at):
            await inspector.look(f"{at.stage.url}{address}")
        for role in ROLES:
            await at.be(role)
            await inspector.follow(role)
        for mail in [mail for mail in at.stage.mailbox.mails if mail.html][-MOST_MAILS:]:
            await inspector.look(f"{at.stage.url}/demo/mails/{mail.id}", MAIL_LOOKS)
        assert at.problems == []
        await _with_forms_filled_in(inspector)
        await _what_is_not_there(inspector)
        assert inspector.violations == [], "\n".join(inspector.violations)
        every = {page.name for page in PAGES if page.method == "GET"} - NO_PAGES
        assert every - inspector.looked_at == set()


async def _outside(at: Visit) -> list[str]:
    """What is not of the console, or of the console and for anybody."""
    product = at.stage.product
    with product.store.write() as session:
        landlord = all_landlords(session)[0]
        landlord.shows_responses = True
        recipient = session.scalars(select(Recipient)).first()
        assert recipient
        unsubscribe = unsubscribe_path(product.keys, recipient.id)
        session.expunge(landlord)
    product.responses.write(
        landlord, "heating_hot_water", "will", "We will ring back.", "x", due_on=date(2099, 1, 1)
    )
    token = office_of(product).accounts.add("new@harbour.example", landlord.id, "auditor", "a test")
    assert await wait_until(lambda: any("/hand-over/" in mail.text for mail in at.stage.mailbox.mails))
    alerts = [mail.text for mail in at.stage.mailbox.mails if "/hand-over/" in mail.text]
    link = re.findall(r"/hand-over/\S+", alerts[0])[0]
    return [
        "/", "/privacy", "/said-and-done", unsubscribe, "/live/demo", link,
        "/console/sign-in", "/console/policy", f"/console/invitation/{token}",
    ]  # fmt: skip


async def _with_forms_filled_in(inspector: Inspector) -> None:
    """What comes after a form: a hand-over with its words, a list that was checked, a response before it is sent."""
    at = inspector.at
    await at.be("moderator")
    await at.press("Moderation", "link")
    await at.page.get_by_role("checkbox").first.check(force=True)
    await at.press("Take away")
    await inspector.look_here("a story of which a word was taken away")
    await at.plan_a_workshop("Being heard")
    await at.press("Change it, or call it off", "link")
    await inspector.look_here("a workshop's plan")
    await at.be("duty")
    await at.press("Hand-overs", "link")
    await at.press("Fire, gas or electricity", "link")
    await at.write("Why do you open it?", "I am on call")
    await at.press("I take this on: show me")
    await inspector.look_here("a hand-over with its words")
    await at.be("operator")
    await at.press("Visits", "link")
    rows = "contact,channel,visited_on,kind,reference\n+447700900104,sms,2020-01-01,repair,1\nx,sms,2020-01-01,repair,2\n"
    upload = {"name": "visits.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    await at.page.get_by_label("A CSV file").first.set_input_files(upload)  # type: ignore[arg-type]
    await at.press("See what would happen")
    await inspector.look_here("a list of visits that was looked at")
    await at.be("reader")
    await at.press("Responses", "link")
    await at.page.get_by_label("What it answers").select_option(index=1)
    await at.write("Your words", "We ring back the same day now.")
    await at.press("See it as tenants would")
    await inspector.look_here("a response that was looked at")


async def _what_is_not_there(inspector: Inspector) -> None:
    """A page that is not there, an invitation that opens nothing, the pack for a table, a page that is not for the role."""
    at = inspector.at
    await inspector.look(f"{at.stage.url}/console/7/nothing")
    await inspector.look(f"{at.stage.url}/console/invitation/nothing")
    await at.be("organiser")
    await at.press("Workshops", "link")
    await at.press("Respect for All", "link")
    workshop = at.page.url
    pack = await (await at.page.request.get(f"{workshop}/pack")).text()
    saved = f"{at.stage.url}/pack-as-it-was-saved.html"
    await at.page.route(
        saved, lambda asked: asked.fulfill(body=pack, content_type="text/html; charset=utf-8")
    )
    await inspector.look(saved)
