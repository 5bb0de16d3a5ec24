"""A browser on the demo's console: real Chromium, the whole product on loopback, and each of the staff."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import pytest
from playwright.async_api import Page, Request, async_playwright
from screenshots import QUIET

from bot.console.roles import ROLES
from bot.demo.pages import Pages
from bot.demo.staff import staff_routes
from bot.demo.stage import Stage, stage, wait_until

CHROMIUM: Final = os.environ.get("CHROMIUM", "/usr/bin/chromium")
Way = Literal["mouse", "keyboard", "phone"]
WAYS: Final[tuple[Way, ...]] = ("mouse", "keyboard", "phone")
MOST_TABS: Final = 150


@dataclass
class Visit:
    """One person at a browser."""

    stage: Stage
    page: Page
    way: Way
    problems: list[str] = field(default_factory=list)
    """What the browser complained of: a broken policy, a script, something that would not load."""

    async def be(self, role: str) -> None:
        """Sign in as one of the demo's staff, by the switcher's own address."""
        headers = {"origin": self.stage.url, "sec-fetch-site": "same-origin"}
        url = f"{self.stage.url}/demo/staff"
        answer = await self.page.request.post(url, form={"role": role}, headers=headers)
        assert answer.ok
        await self.page.goto(f"{self.stage.url}/console/")

    async def press(self, name: str, kind: Literal["button", "link", "checkbox"] = "button") -> None:
        """Press what is called that: with the mouse or a finger, or by reaching it with Tab alone."""
        found = self.page.get_by_role(kind, name=name).first
        leads_on = contextlib.nullcontext() if kind == "checkbox" else self.page.expect_navigation()
        if self.way == "keyboard":
            await self.reach(found.evaluate_handle)
        async with leads_on:
            if self.way == "keyboard":
                await self.page.keyboard.press("Space" if kind == "checkbox" else "Enter")
            elif kind == "checkbox":
                await found.check(force=True)
            else:
                await found.click()

    async def read(self) -> str:
        """What stands on the page, in one line."""
        return " ".join((await self.page.inner_text("main")).split())

    async def reach(self, handle: Callable[[str], Awaitable[object]]) -> None:
        """Press Tab until that element has the focus, and see that the focus shows."""
        wanted = await handle("one => one")
        for _ in range(MOST_TABS):
            if await self.page.evaluate("one => document.activeElement === one", wanted):
                assert await self.page.evaluate("one => one.matches(':focus-visible')", wanted)
                return
            await self.page.keyboard.press("Tab")
        raise AssertionError("it can't be reached with Tab")

    async def write(self, label: str, text: str) -> None:
        """Fill in a field, found by its label."""
        found = self.page.get_by_label(label).first
        if self.way == "keyboard":
            await self.reach(found.evaluate_handle)
            await self.page.keyboard.type(text)
        else:
            await found.fill(text)

    async def fits(self) -> None:
        """Nothing is wider than the screen."""
        width = await self.page.evaluate("document.documentElement.scrollWidth")
        shown = self.page.viewport_size
        assert shown
        assert width <= shown["width"], f"{self.page.url} is {width} wide"


needs_chromium = pytest.mark.skipif(
    not Path(CHROMIUM).exists(), reason="Chromium is not here: CHROMIUM names it"
)


@contextlib.asynccontextmanager
async def visit(way: Way = "mouse") -> AsyncIterator[Visit]:
    """Somebody at a browser, with the demo behind it."""
    async with (
        stage(more=lambda made: [*Pages(made).routes(), *staff_routes(made)], visitors=ROLES) as made,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        width = 360 if way == "phone" else 1200
        context = await browser.new_context(viewport={"width": width, "height": 800})
        page = await context.new_page()
        visited = Visit(made, page, way)
        page.on("console", lambda said: visited.problems.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: visited.problems.append(str(error)))
        page.on("requestfailed", lambda request: visited.problems.extend(_failed(request)))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith(made.url) else visited.problems.append(request.url)
            ),
        )
        yield visited
        await browser.close()


def _failed(request: Request) -> list[str]:
    """What would not load; what was given up because one went on to another page is no failure."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"{request.url}: {request.failure}"]


async def tell(made: Stage, number: int, words: str, *, share: bool | None = True) -> None:
    """A tenant texts a story and says whether it may be shared; None: is not asked."""
    address = f"+447700900{number:03d}"
    await made.phones.text("sms", address, words)
    assert await wait_until(lambda: made.providers.sent_to("sms", address))
    if share is not None:
        before = len(made.providers.sent_to("sms", address))
        await asyncio.sleep(0.3)
        await made.phones.text("sms", address, "1" if share else "3")
        assert await wait_until(lambda: len(made.providers.sent_to("sms", address)) > before)
