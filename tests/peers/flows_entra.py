"""Signing in over emulate's Microsoft Entra, which we did not write: PKCE, nonce, signed ID tokens, refresh tokens.

It knows no groups and disables nobody; those are tested against a provider of our own (tests/employer.py). Here a person
is gone when emulate starts again without them.
"""

import contextlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import pytest
from console import House
from peers import servers
from sqlalchemy import select

from bot.console.work_accounts import ASKED_EVERY
from models.staff import Login, Staff

EMAIL: Final = "ama@harbour.example"
OTHER: Final = "mo@harbour.example"
CLIENT: Final = {"client_id": "listened", "client_secret": "a secret", "name": "Listened"}
BACK: Final = "http://127.0.0.1:8000/console/sso/back"
LATER: Final = ASKED_EVERY + timedelta(seconds=1)


class Entra:
    """Emulate's Entra, which can start again on the same port.

    Args:
        folder: where it may write.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = servers.free_port()
        self._running = contextlib.ExitStack()
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self, *people: str) -> None:
        """Start, or start again, with these people."""
        self.stop()
        seed = {
            "users": [{"email": email, "name": "Somebody"} for email in people],
            "oauth_clients": [{**CLIENT, "redirect_uris": [BACK]}],
        }
        self._running.enter_context(servers.emulated("microsoft", seed, self._folder, self._port))

    def stop(self) -> None:
        """End it, if it runs."""
        self._running.close()


@dataclass
class Work:
    """The product, and Entra."""

    house: House
    entra: Entra
    cookie: str = ""

    def picker(self) -> tuple[dict[str, dict[str, str]], str]:
        """Go to the sign-in page: (what each person's button would send, what the browser keeps)."""
        begun = self.house.ask("GET", "/console/sso")
        assert begun.status == 303, begun.plain
        page = httpx.get(begun.to, trust_env=False)
        assert page.status_code == 200, page.text
        forms = [
            {
                html.unescape(name): html.unescape(value)
                for name, value in re.findall(r'name="([^"]*)" value="([^"]*)"', form)
            }
            for form in page.text.split("<form")[1:]
        ]
        kept = re.findall(r"listened-begun=([^;]*);", begun.headers["set-cookie"])[0]
        return {form["email"]: form for form in forms}, kept

    def come_in(self, email: str = EMAIL, **changed: str) -> int:
        """Sign in by choosing a person; gives the status of the page that one comes back to."""
        people, kept = self.picker()
        url = f"{self.entra.url}/oauth2/v2.0/authorize/callback"
        chosen = httpx.post(url, data={**people[email], **changed}, trust_env=False)
        back = urlsplit(chosen.headers["location"])
        answer = self.house.ask("GET", f"{back.path}?{back.query}", cookie=f"listened-begun={kept}")
        self.cookie = next(
            iter(re.findall(r"(?:^|, )listened=([^;]*);", answer.headers.get("set-cookie", ""))), ""
        )
        return answer.status

    def is_in(self) -> bool:
        """Whether the next click opens a page."""
        return self.house.ask("GET", "/console/account", cookie=f"listened={self.cookie}").status == 200

    def held(self) -> str:
        """The refresh token that we hold."""
        product = self.house.product
        with product.store.read() as session:
            login = session.scalars(select(Login)).one()
            return product.keys.open("login", login.id, "held", login.held or b"").removeprefix("refresh ")


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Work]:
    """The product with Entra, in which two people are; Ama is an operator with us."""
    entra = Entra(tmp_path)
    entra.start(EMAIL, OTHER)
    about = httpx.get(f"{entra.url}/.well-known/openid-configuration", trust_env=False).json()
    given = {
        "sso_issuer": about["issuer"],
        "sso_client_id": CLIENT["client_id"],
        "sso_client_secret": CLIENT["client_secret"],
    }
    house = House(tmp_path, now=datetime.now(UTC), given=given)
    house.accounts.add(EMAIL, house.ours, "operator", "a test")
    yield Work(house, entra)
    house.close()
    entra.stop()


def test_from_the_picker_to_the_first_page(work: Work) -> None:
    """Whoever an operator has added comes in, bound to who they are there; whoever not, does not."""
    assert work.come_in() == 303
    assert work.is_in()
    with work.house.product.store.read() as session:
        assert session.scalars(select(Staff)).one().subject is not None
    assert work.come_in(OTHER) == 403
    assert not work.is_in()


@pytest.mark.parametrize(
    "changed",
    [{"code_challenge": "x" * 43}, {"nonce": "another"}, {"state": "another"}],
    ids=lambda one: next(iter(one)),
)
def test_what_does_not_match_is_refused(work: Work, changed: dict[str, str]) -> None:
    """Entra refuses a wrong PKCE secret; a token with another nonce and an answer with another state are refused here."""
    assert work.come_in(**changed) == 400
    assert not work.is_in()


def test_refresh_tokens_change_and_work(work: Work) -> None:
    """Three times asked, each time with what came last."""
    work.come_in()
    seen = {work.held()}
    for _ in range(3):
        work.house.now += LATER
        assert work.is_in()
        seen.add(work.held())
    assert len(seen) == 4


def test_a_revoked_sign_in_is_out(work: Work) -> None:
    """What an administrator does who revokes somebody's sessions."""
    work.come_in()
    httpx.post(f"{work.entra.url}/oauth2/v2.0/revoke", data={"token": work.held()}, trust_env=False)
    work.house.now += LATER
    assert not work.is_in()


def test_a_removed_person_is_out_and_stays_out(work: Work) -> None:
    """Entra starts again, with new keys and without Ama: the next click is the last, and she is not in the picker."""
    work.come_in()
    work.entra.start(OTHER)
    work.house.now += LATER
    assert not work.is_in()
    assert EMAIL not in work.picker()[0]
