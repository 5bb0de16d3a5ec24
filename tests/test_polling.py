"""Fetching from Telegram: nothing is confirmed before it is safe, and nobody else may fetch."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from channels import ACCOUNT, BOT_TOKEN, NOW, SECRET, TOKEN, payloads, serving

from bot.conversation.messages import Arrival, Departure, Incoming, Intrusion, SecondPoller
from bot.demo.providers import Fault, Providers
from handlers import telegram_polling
from handlers.telegram import TelegramChannel


@dataclass
class Fetching:
    """A bot that fetches, and what it took in."""

    providers: Providers
    url: str
    taken: list[Arrival] = field(default_factory=list)
    failing: int = 0

    async def take_in(self, arrival: Arrival) -> None:
        """Take something in, or fail as often as was asked for."""
        if self.failing:
            self.failing -= 1
            raise OSError("the database is away")
        self.taken.append(arrival)

    def channel(self) -> TelegramChannel:
        """The channel."""
        return TelegramChannel(BOT_TOKEN, SECRET, self.url, lambda: NOW, poll_seconds=5, timeout=2)

    def run(self, *, until: Callable[[], object], seconds: float = 20) -> None:
        """Fetch until something has happened."""
        asyncio.run(self._run(until, seconds))

    async def _run(self, until: Callable[[], object], seconds: float) -> None:
        channel = self.channel()
        polling = asyncio.create_task(channel.poll(self.take_in))
        deadline = time.monotonic() + seconds
        while not until() and not polling.done() and time.monotonic() < deadline:  # noqa: ASYNC110 - of a thread
            await asyncio.sleep(0.01)
        started = time.monotonic()
        polling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await polling
        assert time.monotonic() - started < 5, "it did not end at once"
        await channel.close()
        assert until(), "it did not happen"

    @property
    def texts(self) -> list[str]:
        """The words that were taken in."""
        return [arrival.text for arrival in self.taken if isinstance(arrival, Incoming)]


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fetching]:
    """A bot whose provider has nothing for it yet; it waits a tenth as long as it would."""
    monkeypatch.setattr(telegram_polling, "FIRST_WAIT_SECONDS", 0.1)
    providers = Providers(BOT_TOKEN, ACCOUNT, TOKEN, lambda: NOW)
    with serving(providers.app()) as url:
        yield Fetching(providers, url)


def text(number: int, words: str = "") -> dict[str, Any]:
    """An update with a text."""
    chat = {"id": 600123, "type": "private"}
    message = {"message_id": number, "chat": chat, "date": 1_793_880_000, "text": words or f"text {number}"}
    return {"update_id": number, "message": message}


def test_what_waits_is_taken_in_order(bot: Fetching) -> None:
    """More than one batch, in order, each once; and what comes while the question is open."""
    bot.providers.telegram.offer(*(text(number) for number in range(1, 251)))
    bot.run(until=lambda: not bot.providers.telegram.waiting and len(bot.taken) == 250)
    assert bot.texts == [f"text {number}" for number in range(1, 251)]


@pytest.mark.alone
def test_late_messages_come_at_once(bot: Fetching) -> None:
    """A long poll is answered as soon as there is something."""

    def offer_when_idle() -> bool:
        if bot.providers.telegram._fetches and not offered:  # noqa: SLF001 - it is asking now
            offered.append(time.monotonic())
            bot.providers.telegram.offer(text(1))
        return bool(bot.taken)

    offered: list[float] = []
    bot.run(until=offer_when_idle)
    assert time.monotonic() - offered[0] < 3


def test_nothing_is_confirmed_before_it_is_safe(bot: Fetching) -> None:
    """While taking in fails the same update is fetched again, and the ones behind it wait."""
    bot.providers.telegram.offer(text(1), text(2), text(3))
    bot.failing = 3
    bot.run(until=lambda: len(bot.taken) == 3 and not bot.providers.telegram.waiting)
    assert bot.texts == ["text 1", "text 2", "text 3"]


def test_what_was_not_taken_in_waits_for_the_next_start(bot: Fetching) -> None:
    """A process that ends in the middle of a batch leaves the rest with Telegram."""
    bot.providers.telegram.offer(*(text(number) for number in range(1, 6)))

    async def second_hangs(arrival: Arrival) -> None:
        await take_in(arrival)
        if len(bot.taken) == 2:
            await asyncio.sleep(60)

    take_in = bot.take_in
    bot.take_in = second_hangs  # type: ignore[method-assign]
    bot.run(until=lambda: len(bot.taken) == 2)
    assert [update["update_id"] for update in bot.providers.telegram.waiting] == [1, 2, 3, 4, 5]
    bot.take_in = take_in  # type: ignore[method-assign]
    bot.taken.clear()
    bot.run(until=lambda: not bot.providers.telegram.waiting and len(bot.taken) == 5)
    assert bot.texts == [f"text {number}" for number in range(1, 6)]


def test_odd_updates_do_not_stand_in_the_way(bot: Fetching) -> None:
    """Every sample in one batch: what is for us is taken in, the rest is passed."""
    samples = [payload for payload in payloads() if payload.channel == "telegram"]
    samples.sort(key=lambda payload: int(payload.content["update_id"]))
    bot.providers.telegram.offer(*(payload.content for payload in samples))
    wanted = [payload.expected for payload in samples if payload.expected is not None]
    bot.run(until=lambda: not bot.providers.telegram.waiting and len(bot.taken) >= len(wanted))
    assert bot.taken == wanted
    assert {type(arrival) for arrival in bot.taken} == {Incoming, Departure, Intrusion}
    assert bot.providers.telegram.answered == ["2577460000000000001", "2577460000000000002"]
    assert set(bot.providers.telegram.left) == {"-1001600700800", "-1001600700801"}


def test_a_failing_courtesy_holds_nothing_up(bot: Fetching) -> None:
    """A button that can't be stopped from spinning: the message is safe, and the next one comes."""
    samples = [one.content for one in payloads() if one.name == "telegram_button"]
    bot.providers.telegram.offer(*samples, text(int(samples[0]["update_id"]) + 1))
    bot.providers.faults.script("answerCallbackQuery", Fault(status=400, description="query is too old"))
    bot.run(until=lambda: len(bot.taken) == 2 and not bot.providers.telegram.waiting)
    assert bot.providers.telegram.answered == []


def test_a_webhook_is_removed_first(bot: Fetching) -> None:
    """Telegram gives updates one way only; what waits is kept."""
    bot.providers.telegram.webhook = {"url": "https://listened.example/webhooks/telegram"}
    bot.providers.telegram.offer(text(1))
    bot.run(until=lambda: bot.taken)
    assert bot.providers.telegram.webhook == {}


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=502, description="Bad Gateway"),
        Fault(status=401, description="Unauthorized"),
        Fault(status=429, retry_after=1),
        Fault(cut=True),
    ],
    ids=["502", "401", "429", "cut"],
)
@pytest.mark.parametrize("call", ["deleteWebhook", "getUpdates"])
def test_failures_are_waited_out(bot: Fetching, call: str, fault: Fault) -> None:
    """Whatever Telegram answers, it goes on when that is over."""
    bot.providers.faults.script(call, fault, fault)
    bot.providers.telegram.offer(text(1))
    bot.run(until=lambda: bot.taken)


def test_waits_grow(bot: Fetching) -> None:
    """Each failure waits longer than the one before."""
    bot.providers.faults.script("getUpdates", *[Fault(status=500)] * 4)
    bot.providers.telegram.offer(text(1))
    started = time.monotonic()
    bot.run(until=lambda: bot.taken)
    assert time.monotonic() - started >= 0.1 + 0.2 + 0.4 + 0.8


def test_a_second_poller_is_noticed(bot: Fetching) -> None:
    """Two that fetch for one bot: the one that was cut off stops, loudly."""

    async def run() -> None:
        channels = bot.channel(), bot.channel()
        polling = [asyncio.create_task(channel.poll(bot.take_in)) for channel in channels]
        done, pending = await asyncio.wait(polling, timeout=15, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        ended = await asyncio.gather(*polling, return_exceptions=True)
        for channel in channels:
            await channel.close()
        assert done
        assert any(isinstance(end, SecondPoller) for end in ended)

    asyncio.run(run())


def test_a_webhook_set_meanwhile_is_noticed(bot: Fetching) -> None:
    """Somebody who sets a webhook takes the updates away: that is a second reader too."""
    channel = bot.channel()

    async def run() -> None:
        polling = asyncio.create_task(channel.poll(bot.take_in))
        await asyncio.sleep(0.3)
        bot.providers.telegram.webhook = {"url": "https://elsewhere.example"}
        with pytest.raises(SecondPoller):
            await asyncio.wait_for(polling, 15)
        await channel.close()

    asyncio.run(run())
