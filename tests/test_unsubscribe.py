"""The page behind "unsubscribe": a link that names nobody, and acts on a POST alone."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import databases
import httpx
import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from bot.console.unsubscribe_page import unsubscribe_route
from bot.delivery.threads import Threads
from bot.demo.stage import RECIPIENTS, furnish
from bot.privacy.keys import Keyring, new_key, parse_keys
from bot.recipients import Recipients, unsubscribe_path
from models.landlords import Landlord, Recipient, all_landlords

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


pytestmark = pytest.mark.database


class Desk:
    """The page, and the list behind it."""

    def __init__(self, folder: Path) -> None:
        self.keys = Keyring(parse_keys(new_key()), parse_keys(new_key()))
        self.store = databases.store(databases.migrated(folder / "a.db"))
        furnish(self.store, self.keys, since=NOW - timedelta(weeks=3))
        self.recipients = Recipients(self.store, self.keys, lambda: NOW)
        self.app = Starlette(routes=[unsubscribe_route(self.recipients, Threads())])
        with self.store.read() as session:
            self.landlord: Landlord = all_landlords(session)[0]
            self.paths = [
                unsubscribe_path(self.keys, one)
                for one in session.scalars(select(Recipient.id).order_by(Recipient.id))
            ]

    def call(self, method: str, path: str, **form: str) -> httpx.Response:
        """What a browser or a mail program does."""

        async def called() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="https://l.example") as client:
                return await client.request(method, path, data=form or None)

        return asyncio.run(called())

    @property
    def every(self) -> list[str]:
        """How often each reader gets it."""
        return [one.every for one in self.recipients.all(self.landlord)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A landlord with two readers."""
    made = Desk(tmp_path)
    yield made
    made.store.close()


def test_looking_changes_nothing(desk: Desk) -> None:
    """Mail scanners open links: a GET and a HEAD leave everything as it is, and show no address."""
    shown = desk.call("GET", desk.paths[0])
    assert shown.status_code == 200
    assert "Harbour Homes" in shown.text
    assert RECIPIENTS[0][0] not in shown.text
    assert 'method="post"' in shown.text
    desk.call("HEAD", desk.paths[0])
    assert desk.every == ["weekly", "weekly"]


def test_one_click_ends_it(desk: Desk) -> None:
    """What a mail program posts (RFC 8058) ends this reader's digest, at once and without a redirect."""
    done = desk.call("POST", desk.paths[0], **ONE_CLICK)
    assert done.status_code == 200
    assert desk.every == ["off", "weekly"]
    assert desk.call("POST", desk.paths[0], **ONE_CLICK).status_code == 200  # twice is once


def test_less_often_and_back(desk: Desk) -> None:
    """The page offers what is not chosen now."""
    assert "every four weeks" in desk.call("POST", desk.paths[1], every="four-weekly").text
    assert desk.every == ["weekly", "four-weekly"]
    desk.call("POST", desk.paths[1], every="weekly")
    assert desk.every == ["weekly", "weekly"]
    desk.call("POST", desk.paths[1], every="hourly")
    assert desk.every == ["weekly", "weekly"]


def test_a_link_that_is_not_ours(desk: Desk) -> None:
    """One reader's proof opens no other's page; nor does nonsense."""
    first, second = desk.paths
    crossed = f"{first.rpartition('/')[0]}/{second.rpartition('/')[2]}"
    for path in (crossed, f"{first}0", first[:-1], f"/unsubscribe/{2**70}/x", "/unsubscribe/1/é"):
        assert desk.call("POST", path, **ONE_CLICK).status_code == 404
        assert desk.call("GET", path).status_code == 404
    assert desk.every == ["weekly", "weekly"]


def test_nothing_personal_in_a_link(desk: Desk) -> None:
    """A number of ours and a keyed hash: no address, no landlord, the same for ever."""
    for path, (address, _) in zip(desk.paths, RECIPIENTS, strict=True):
        assert not [part for part in address.replace("@", ".").split(".") if part in path]
    assert desk.paths == [unsubscribe_path(desk.keys, int(path.split("/")[2])) for path in desk.paths]
    desk.recipients.remove(desk.landlord, RECIPIENTS[0][0], "test")
    assert "does not work any more" in desk.call("GET", desk.paths[0]).text
