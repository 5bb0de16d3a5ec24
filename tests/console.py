"""The console under test: the whole web application in this process, with two landlords and one person a role."""

import asyncio
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import databases
import httpx
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.app import Product, build, web_app
from bot.audit import actor
from bot.console.accounts import Accounts
from bot.console.passwords import Passwords
from bot.console.roles import ROLES
from bot.console.signing_in import SigningIn
from bot.conversation.state import State
from bot.conversation.turn import Consented, Told, Turn
from bot.delivery.hours import ANY_TIME
from bot.delivery.people import People
from bot.demo.stage import demo_settings, furnish
from bot.people_desk import PeopleDesk
from bot.privacy.keys import Keyring
from bot.releases import freeze
from bot.stories import StoryBook, keep
from bot.workshops.planning import Plan
from models.base import new_id
from models.conversations import Conversation
from models.group import gather
from models.handovers import DutyContact, HandOver
from models.landlords import Landlord, Line, all_landlords, name_key
from models.scopes import scope_of
from models.staff import staff_by_lookup
from models.stories import story_of

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
    tellers: int = 99
    given: Mapping[str, Any] = field(default_factory=dict)
    """Further settings."""

    def __post_init__(self) -> None:
        self.settings = demo_settings(
            self.folder, 8000, 1, 2, database_url=databases.migrated(self.folder / "a.db"), **self.given
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

    def told(self, words: str, landlord_id: int | None = None, *, shared: bool = True) -> int:
        """A story that somebody told, with a yes to sharing unless said otherwise; gives its id."""
        self.tellers += 1
        number, owner = f"+447700900{self.tellers:03d}", landlord_id or self.ours
        with self.product.store.write() as session:
            return a_story(session, self.product.keys, words, owner, number, shared=shared, now=self.now)

    def hand_over(self, kind: str, words: str, landlord_id: int | None = None) -> int:
        """A hand-over of that kind, made of a story; gives its id."""
        story_id = self.told(words, landlord_id)
        assert self.product.hand_overs.make_for_story(story_id, kind)
        with self.product.store.read() as session:
            newest = session.scalars(select(HandOver.id).order_by(HandOver.id.desc())).first()
        assert newest
        return newest

    def on_duty(self, email: str, role: str, landlord_id: int | None = None) -> int:
        """Somebody is told of hand-overs of that role; gives the id of the contact."""
        keys, contact_id = self.product.keys, new_id()
        with self.product.store.write() as session:
            session.add(
                DutyContact(
                    id=contact_id,
                    landlord_id=landlord_id or self.ours,
                    role=role,
                    lookup=keys.lookup("duty", email.casefold()),
                    email=keys.seal("duty_contact", contact_id, "email", email),
                    created_at=self.now,
                )
            )
        return contact_id

    def release(self, landlord_id: int) -> int:
        """A frozen release of a landlord; gives its id."""
        product = self.product
        with product.store.write() as session:
            landlord = session.get_one(Landlord, landlord_id)
            scope = scope_of(session, landlord)
            return freeze(session, product.keys, scope, self.now.date(), self.now, self.now).id

    def request(self, landlord_id: int) -> int:
        """Something that a person asked of us, written down and not agreed to; gives its id."""
        self.told("they never rang", landlord_id)
        desk = PeopleDesk(self.product.store, self.product.keys, self.clock, landlord_id)
        number = f"+447700900{self.tellers:03d}"
        desk.ask("sms", number, "export", "rang from there", "a test", [landlord_id])
        return desk.requests()[0].id

    def response(self, landlord_id: int) -> int:
        """A landlord's promise, written just now; gives its id."""
        with self.product.store.read() as session:
            owner = session.get_one(Landlord, landlord_id)
        due = self.now.date() + timedelta(weeks=4)
        return self.product.responses.write(owner, "time-", "will", "We ring first.", "a test", due_on=due)

    def api_key(self, landlord_id: int) -> int:
        """A key of a landlord's system; gives its id."""
        with self.product.store.read() as session:
            owner = session.get_one(Landlord, landlord_id)
        self.product.api_keys.make(owner, "Repairs system", "a test")
        return self.product.api_keys.all(owner)[-1].id

    def workshop(self, landlord_id: int) -> int:
        """A workshop of that landlord alone; gives its id."""
        with self.product.store.read() as session:
            owner = next(one for one in all_landlords(session) if one.id == landlord_id)
        starts, lasts = self.now + timedelta(hours=1), timedelta(hours=2)
        plan = Plan("Respect", "A hall", starts, lasts, owner.timezone, 24, ("en",), ("o@respect.example",))
        return self.product.workshops.add(plan, [owner], "a test").id

    def pass_time(self, **much: int) -> None:
        """Time passes, and whoever was signed in signs in again."""
        self.now += timedelta(**much)
        self.cookies = {email: self.let_in(email) for email in self.cookies}

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


def a_story(
    session: Session,
    keys: Keyring,
    words: str,
    landlord_id: int,
    number: str,
    *,
    shared: bool,
    now: datetime,
) -> int:
    """A story that was told by SMS, with a yes or a no to sharing; gives its id."""
    line = session.scalar(select(Line).where(Line.landlord_id == landlord_id, Line.channel == "sms"))
    if line is None:
        line = Line(id=new_id(), landlord_id=landlord_id, channel="sms", account=f"+44{landlord_id}"[:15])
        session.add(line)
        session.flush()
    contact = People(keys, lambda: now).meet(session, "sms", number)
    state = State(language="en")
    conversation_id = new_id()
    conversation = Conversation(
        id=conversation_id,
        contact_id=contact.id,
        line_id=line.id,
        state=keys.seal("conversation", conversation_id, "state", json.dumps(state.to_json())),
        created_at=now,
        updated_at=now,
    )
    session.add(conversation)
    session.flush()
    turn = Turn(state, effects=(Told(words), Consented("digest", given=shared)))
    group = gather(session, [(contact, line)], {contact.id: []}, now)
    keep(group, keys, turn, conversation, line, [], now)
    group.write()
    StoryBook(session, keys).label(sorted(group.retold), now)
    story = story_of(session, conversation.id)
    assert story
    return story.id
