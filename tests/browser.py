"""A browser on the demo's console: real Chromium, the whole product on loopback, and each of the staff."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.async_api import FilePayload, Page, Request, async_playwright
from screenshots import QUIET

from bot.console.roles import ROLES
from bot.demo.run import demo_routes
from bot.demo.stage import Stage, stage, wait_until

CHROMIUM: Final = os.environ.get("CHROMIUM", "/usr/bin/chromium")
Way = Literal["mouse", "keyboard", "phone"]
WAYS: Final[tuple[Way, ...]] = ("mouse", "keyboard", "phone")
MOST_TABS: Final = 150
Before = Callable[[Stage], Awaitable[None]]


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

    async def alt(self, letter: str) -> None:
        """Press Alt and a letter. Playwright's own keyboard leaves out what the letter would be without Alt."""
        devtools = await self.page.context.new_cdp_session(self.page)
        code = {"key": letter, "code": f"Key{letter.upper()}", "windowsVirtualKeyCode": ord(letter.upper())}
        pressed = {"type": "keyDown", "modifiers": 1, "text": letter, "unmodifiedText": letter, **code}
        await devtools.send("Input.dispatchKeyEvent", pressed)
        await devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **code})

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

    async def write_time(self, label: str, moment: datetime) -> None:
        """Fill in a field for a day and a time; with keys alone part after part, as Chromium has them without a locale."""
        found = self.page.get_by_label(label).first
        if self.way == "keyboard":
            await self.reach(found.evaluate_handle)
            await self.page.keyboard.type(f"{moment:%m%d%Y}")
            await self.page.keyboard.press("Tab")
            await self.page.keyboard.type(f"{moment:%I%M%p}")
        else:
            await found.fill(f"{moment:%Y-%m-%dT%H:%M}")

    async def choose(self, label: str, option: str) -> None:
        """Choose from a list, found by its label; with keys alone by typing how the option begins."""
        found = self.page.get_by_label(label).first
        if self.way == "keyboard":
            await self.reach(found.evaluate_handle)
            await self.page.keyboard.type(option)
        else:
            await found.select_option(label=option)
        chosen = await found.evaluate("one => one.selectedOptions[0].label")
        assert chosen == option

    async def bring(self, label: str, name: str, content: str) -> None:
        """Choose a file, found by the label of its field. With keys alone the field's button is reached and pressed."""
        found = self.page.get_by_label(label).first
        file: FilePayload = {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
        async with self.page.expect_file_chooser() as asked:
            if self.way == "keyboard":
                await self.reach(found.evaluate_handle)
                await self.page.keyboard.press("Enter")
            else:
                await found.click()
        await (await asked.value).set_files(file)

    async def plan_a_workshop(self, title: str) -> None:
        """An organiser sets a workshop up that is in three weeks."""
        await self.be("organiser")
        await self.press("Workshops", "link")
        await self.press("Set a workshop up", "link")
        await self.fits()
        await self.write("What it is called", title)
        await self.write("Where it is", "Saltmarsh Hall")
        await self.write_time("When it begins", self.stage.clock() + timedelta(weeks=3))
        await self.press("Set it up")

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
async def visit(way: Way = "mouse", before: Before | None = None, **given: Any) -> AsyncIterator[Visit]:
    """Somebody at a browser, with the demo behind it.

    Args:
        way: how they use it.
        before: what happened before the doors opened.
        **given: settings that outrank the demo's.
    """
    async with (
        stage(more=demo_routes, visitors=ROLES, before=before, **given) as made,
        async_playwright() as playwright,
    ):
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        width = 360 if way == "phone" else 1200
        # What moves is not looked at while it moves.
        context = await browser.new_context(viewport={"width": width, "height": 800}, reduced_motion="reduce")
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
