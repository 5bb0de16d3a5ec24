"""The watch over all tests: it catches each kind of thing that was told, wherever it turns up."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from desk import Desk, Wire
from leaks import Leaked, watched
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from bot.demo.stage import TELEGRAM_TOKEN
from bot.log import get_logger
from bot.privacy.keys import new_key
from bot.settings import SettingsProblem

STORY = "canarystory the grey heron stood on the sill"
SECRETS = {
    "a number": "+447700900777",
    "a number as typed": "07700 900777",
    "a text": STORY,
    "a mail address": "canary.reader@example.org",
    "a bot's token": TELEGRAM_TOKEN,
    "a key": new_key(),
}


def page(path: str, status: int, secret: str) -> httpx.Response:
    """What a web application answers that gives a secret away."""

    async def answer(_request: Request) -> PlainTextResponse:
        return PlainTextResponse(f"what is this: {secret.upper()}?", status)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(Starlette(routes=[Route(path, answer)]))
        async with httpx.AsyncClient(transport=transport, base_url="https://l.example") as web:
            return await web.get(path)

    return asyncio.run(ask())


def raised(secret: str) -> None:
    """An exception of ours that gives a secret away, caught at once."""
    with pytest.raises(SettingsProblem):
        raise SettingsProblem(f"this can't be: {secret}")


OUTLETS: dict[str, Callable[[str], object]] = {
    "a log": lambda secret: get_logger().debug("taken_in", channel=secret),
    "an error page": lambda secret: page("/somewhere", 404, secret),
    "a figure": lambda secret: page("/metrics", 200, secret),
    "an exception": raised,
}


@pytest.mark.parametrize("outlet", OUTLETS)
@pytest.mark.parametrize("kind", SECRETS)
def test_a_leak_fails_the_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, outlet: str
) -> None:
    """A test in which a secret turns up fails, and says where it was; the same test without it does not."""
    monkeypatch.setattr("bot.log.SAFE_WORD", re.compile(".*"))  # else no log could hold it
    desks = [Desk(tmp_path, Wire())] if kind == "a text" else []

    @watched()
    def test(leak: str) -> None:
        for desk in desks:
            desk.text(STORY, "1")
        page("/somewhere", 200, SECRETS[kind])  # what is asked for is told
        OUTLETS[outlet](leak)

    test("nobody")
    with pytest.raises(Leaked, match=r"^(?:log|answer 404|answer 200|message of SettingsProblem)"):
        test(SECRETS[kind])
