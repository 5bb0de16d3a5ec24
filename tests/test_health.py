"""Health: what monitors are told, that nobody is in it, and that providers hear in time when we are slow."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import databases
import httpx
import pytest
from pydantic import SecretStr

from bot.app import Product, build, web_app
from bot.conversation.messages import Incoming
from bot.delivery.hours import ANY_TIME
from bot.demo.phones import Phones, Webhook
from bot.demo.stage import demo_settings, furnish
from bot.vitals import LEAST_DISK, Pulse, Vitals
from models.base import new_id
from models.inbound import QUARANTINED, Inbound
from models.providers import Watermark

TUESDAY = datetime(2026, 11, 24, 10, tzinfo=UTC)
NUMBER, WORDS = "+447700900377", "Zebedee's heron nests in the boiler flue"
LABELS = re.compile(r'(\w+)="([^"]*)"')
KNOWN = {
    "kind": {"incoming", "departure", "report", "intrusion"},
    "outcome": {"stored", "refused"},
    "channel": {"sms", "whatsapp", "telegram"},
}

Client = httpx.AsyncClient


@dataclass
class Town:
    """The web application in this process, on a clock that stands still."""

    product: Product
    now: datetime = TUESDAY

    def ask(self, asking: Callable[[Client], Awaitable[None]], host: str = "127.0.0.1") -> None:
        """Ask it something from a machine."""

        async def live() -> None:
            transport = httpx.ASGITransport(web_app(self.product, work=False), client=(host, 5000))
            async with Client(transport=transport, base_url="http://l.example") as client:
                await asking(client)

        asyncio.run(live())

    def vitals(self, after: timedelta = timedelta()) -> Vitals:
        """How it stands a while later."""
        settings = self.product.settings
        taken = Pulse(self.product.store, settings.digest_time, lambda: self.now + after).take()
        assert taken is not None
        return taken

    def webhook(self, number: int) -> Webhook:
        """Somebody's text as Telegram posts it."""
        return Phones(self.product.settings, lambda: self.now).telegram(
            f"{600100 + number}", f"drip {number}"
        )


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A landlord and two readers since yesterday, and a token for metrics."""
    url = databases.migrated(tmp_path / "a.db")
    settings = demo_settings(tmp_path, 8000, 1, 2, database_url=url, metrics_token="the-token")
    made = Town(build(settings, lambda: TUESDAY, ANY_TIME))
    furnish(made.product.store, made.product.keys, since=TUESDAY - timedelta(days=1))
    yield made
    made.product.close_database()


def say(town: Town, text: str) -> None:
    """A text comes in."""
    account = town.product.settings.twilio_sms_number
    town.product.inbox.receive(Incoming("sms", account, "SM1", NUMBER, text, TUESDAY))


def test_what_is_wrong_is_said(town: Town) -> None:
    """A queue that stands, a message nobody could work out, a late digest, a reconciler and a disk: each by name."""
    assert town.vitals().wrong == []
    say(town, WORDS)
    assert town.vitals(timedelta(minutes=9)).wrong == []
    old = town.vitals(timedelta(minutes=11))
    assert (old.wrong, old.queued, old.queue_age) == (["queue"], 2, 660)
    with town.product.store.write() as session:
        row = Inbound(id=new_id(), key=b"1", channel="sms", received_at=TUESDAY, cleared=False, attempts=5)
        row.state = QUARANTINED
        session.add(row)
        session.add(Watermark(channel="sms", account="1", until=TUESDAY))
    assert town.vitals().wrong == ["quarantine"]
    next_monday = town.vitals(timedelta(days=6, hours=3))
    assert next_monday.wrong == ["queue", "quarantine", "digest", "reconcile"]
    assert next_monday.late_landlords == 1
    assert "disk" in replace(old, disk_left=LEAST_DISK - 1).wrong


def test_monitors_are_told(town: Town, tmp_path: Path) -> None:
    """`/healthz` and `/readyz` say 200 when all is well; without the database 503, and no more than that."""

    async def well(client: Client) -> None:
        healthy = await client.get("/healthz")
        assert (healthy.status_code, healthy.json()["ok"]) == (200, True)
        assert (await client.get("/readyz")).json() == {"ready": True}

    async def away(client: Client) -> None:
        broken = await client.get("/healthz")
        assert (broken.status_code, broken.json()) == (503, {"ok": False, "wrong": ["database"]})
        assert (await client.get("/readyz")).status_code == 503

    town.ask(well)
    url = databases.empty(tmp_path / "without-tables.db")
    settings = town.product.settings.model_copy(update={"database_url": url})
    elsewhere = Town(build(settings, lambda: TUESDAY, ANY_TIME))
    elsewhere.ask(away)
    elsewhere.product.close_database()


def test_metrics_want_the_token_and_name_nobody(town: Town) -> None:
    """Every label is one of a few known words; what was told, and who told it, is nowhere."""
    say(town, f"{WORDS}, ring {NUMBER}")

    async def ask(client: Client) -> None:
        webhook = town.webhook(1)
        posted = await client.post(webhook.url, content=webhook.body, headers=webhook.headers)
        assert posted.status_code == 200
        for headers in ({}, {"authorization": "Bearer another"}):
            assert (await client.get("/metrics", headers=headers)).status_code == 404
        told = await client.get("/metrics", headers={"authorization": "Bearer the-token"})
        assert told.status_code == 200
        assert 'listened_events_total{kind="incoming",outcome="stored"} 1.0' in told.text
        assert "listened_queued 4.0" in told.text
        for name, value in LABELS.findall(told.text):
            assert name == "le" or value in KNOWN[name]
        for canary in ("Zebedee", "heron", "900377", "600101", "drip"):
            assert canary not in told.text

    town.ask(ask)


@pytest.mark.parametrize(
    ("host", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("127.0.0.1", {"x-forwarded-for": "203.0.113.7"}, 404),
        ("203.0.113.7", {}, 404),
    ],
)
def test_without_a_token_only_this_machine_may_ask(
    town: Town, host: str, headers: dict[str, str], status: int
) -> None:
    """Nobody gets metrics from outside by mistake, also not by a proxy on this machine."""
    settings = town.product.settings.model_copy(update={"metrics_token": SecretStr("")})
    open_town = Town(replace(town.product, settings=settings))

    async def ask(client: Client) -> None:
        assert (await client.get("/metrics", headers=headers)).status_code == status

    open_town.ask(ask, host)


@pytest.mark.alone
def test_a_slow_database_means_503_in_time(town: Town) -> None:
    """Everything is locked: each of 40 requests hears "try again" before Twilio gives up, and then all is well."""

    async def post(client: Client, webhook: Webhook) -> httpx.Response:
        return await client.post(webhook.url, content=webhook.body, headers=webhook.headers)

    async def ask(client: Client) -> None:
        webhooks = [town.webhook(number) for number in range(40)]
        begun = time.monotonic()
        with databases.locked(town.product.store):
            answers = await asyncio.gather(*(post(client, webhook) for webhook in webhooks))
        assert time.monotonic() - begun < 12
        assert {answer.status_code for answer in answers} == {503}
        assert {answer.headers["retry-after"] for answer in answers} == {"5"}
        assert {(await post(client, webhook)).status_code for webhook in webhooks} == {200}

    town.ask(ask)


@pytest.mark.alone
def test_pages_and_digests_hold_no_webhook_up(town: Town) -> None:
    """With every thread for pages busy, a text is taken in at once."""

    async def ask(client: Client) -> None:
        busy = [asyncio.create_task(town.product.beside.run(lambda: time.sleep(3))) for _ in range(8)]
        webhook = town.webhook(1)
        begun = time.monotonic()
        posted = await client.post(webhook.url, content=webhook.body, headers=webhook.headers)
        assert posted.status_code == 200
        assert time.monotonic() - begun < 2
        await asyncio.gather(*busy)

    town.ask(ask)
