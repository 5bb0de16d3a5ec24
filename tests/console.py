"""The console under test: the whole web application in this process, with two landlords and one person a role."""

import asyncio
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import databases
import httpx
from argon2 import PasswordHasher

from bot.app import Product, build, web_app
from bot.audit import actor
from bot.console.accounts import Accounts
from bot.console.passwords import Passwords
from bot.console.roles import ROLES
from bot.console.signing_in import SigningIn
from bot.delivery.hours import ANY_TIME
from bot.demo.stage import demo_settings, furnish
from models.base import new_id
from models.landlords import Landlord, all_landlords, name_key
from models.staff import staff_by_lookup

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
BASE = "http://127.0.0.1:8000"
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
"""The same checks, without the time that a real one takes."""


@dataclass
class Answer:
    """What the console answered."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def plain(self) -> str:
        """What a person reads on the page."""
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", self.text.partition("<main")[2])).split())

    @property
    def to(self) -> str:
        """Where it leads on to."""
        return self.headers.get("location", "")


@dataclass
class House:
    """The product, its clock, and whoever is signed in where."""

    folder: Path
    now: datetime = NOW
    cookies: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settings = demo_settings(
            self.folder, 8000, 1, 2, database_url=databases.migrated(self.folder / "a.db")
        )
        self.product: Product = build(self.settings, self.clock, ANY_TIME)
        furnish(self.product.store, self.product.keys, since=NOW - timedelta(weeks=13))
        with self.product.store.write() as session:
            session.add(_another_landlord())
        with self.product.store.read() as session:
            self.ours, self.theirs = (one.id for one in all_landlords(session))
        self.app = web_app(self.product, work=False)
        self.accounts = Accounts(self.product.store, self.product.keys, self.clock)
        self.signing_in = SigningIn(self.product.store, self.product.keys, QUICK, self.clock)

    def clock(self) -> datetime:
        """The time, as the test has it."""
        return self.now

    def close(self) -> None:
        """Let go of the database."""
        self.product.close_database()

    def hire(self, role: str, landlord_id: int) -> str:
        """Somebody of that role, signed in; gives their address."""
        email = f"{role}-{'ours' if landlord_id == self.ours else 'theirs'}@staff.example"
        self.accounts.add(email, landlord_id, cast("Any", role), "a test")
        self.cookies[email] = self.let_in(email)
        return email

    def let_in(self, email: str) -> str:
        """A login of somebody, as its cookie."""
        with self.product.store.write() as session:
            person = staff_by_lookup(session, actor(self.product.keys, email))
            assert person is not None
            return self.signing_in.let_in(session, person)

    def everybody(self) -> dict[str, str]:
        """One person a role for our landlord, by role."""
        return {role: self.hire(role, self.ours) for role in ROLES}

    def ask(
        self,
        method: str,
        path: str,
        who: str | None = None,
        form: Mapping[str, Any] | None = None,
        files: Mapping[str, Any] | None = None,
        **headers: str,
    ) -> Answer:
        """One request, as a browser makes it from one of our own pages."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if method != "GET":
            given = {"sec-fetch-site": "same-origin", "origin": BASE, **given}
        if who:
            given["cookie"] = f"listened={self.cookies[who]}"

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url=BASE) as client:
                return await client.request(method, path, data=form, files=files, headers=given)

        response = asyncio.run(send())
        return Answer(response.status_code, response.text, dict(response.headers))


def _another_landlord() -> Landlord:
    return Landlord(
        id=new_id(),
        name="Quay Homes",
        name_key=name_key("Quay Homes"),
        complaints="call 01632 960200",
        emergency="01632 960299",
        timezone="Europe/London",
        created_at=NOW,
    )
