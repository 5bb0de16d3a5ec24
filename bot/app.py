"""The composition root: the only file that knows everyone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from telegram.error import TelegramError

from bot.conversation.messages import Channel, ChannelName, Incoming
from bot.delivery.inbox import Inbox
from bot.delivery.outbox import Outbox
from bot.delivery.threads import Threads
from bot.digest.post import PostRoom, mail_server
from bot.log import get_logger, log_error
from bot.migrations import is_current
from bot.privacy.keys import Keyring
from bot.schedule import build_scheduler, queue_due
from bot.settings import Settings
from bot.wording import load_wording
from handlers.sms import sms_channel
from handlers.telegram import TelegramChannel
from handlers.web import webhook_routes
from handlers.whatsapp import whatsapp_channel
from models import Store
from models.landlords import all_landlords

Clock = Callable[[], datetime]
WRITERS_ON_POSTGRESQL = 4


def utc_now() -> datetime:
    """The current time, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Product:
    """Everything, put together."""

    settings: Settings
    store: Store
    keys: Keyring
    channels: Mapping[ChannelName, Channel]
    threads: Threads
    inbox: Inbox
    outbox: Outbox
    post_room: PostRoom
    clock: Clock

    async def run_due(self, moment: datetime | None = None, only: str | None = None) -> dict[str, int]:
        """Do what the schedule does: freeze what is due at a moment, then send what is queued.

        Args:
            moment: the moment to act for; now by default.
            only: the one landlord to act for.

        Returns:
            How many mails ended in which state.
        """

        def queue() -> None:
            now = self.clock()
            at = self.settings.digest_time
            with self.store.write() as session:
                queue_due(session, self.keys, moment=moment or now, now=now, at=at, only=only)

        await self.threads.run(queue)
        return await self.post_room.deliver()

    async def close(self) -> None:
        """Let go of everything."""
        for channel in self.channels.values():
            await channel.close()
        self.threads.close()
        self.store.close()


def build(settings: Settings, clock: Clock = utc_now) -> Product:
    """Put the product together.

    Args:
        settings: what is configured; channels and mail that are not are left out.
        clock: gives the current time, aware.

    Raises:
        SettingsProblem: when keys are missing or malformed.
        MailSettingsProblem: when SMTP_URL can't be read.
    """
    keys = settings.keyring()
    store = Store(settings.database_url)
    threads = Threads(1 if store.is_sqlite else WRITERS_ON_POSTGRESQL)
    channels = _channels(settings, clock)
    outbox = Outbox(store, keys, channels, clock, threads)
    wording = load_wording("bot.conversation")
    inbox = Inbox(store, keys, wording, settings.operator_name, clock, outbox.wake)
    smtp_url = settings.smtp_url.get_secret_value()
    server = mail_server(smtp_url, settings.mail_from) if smtp_url else None
    post_room = PostRoom(store, keys, server, settings.operator_name, clock, threads)
    return Product(settings, store, keys, channels, threads, inbox, outbox, post_room, clock)


def web_app(product: Product, *, work: bool, more: Sequence[BaseRoute] = ()) -> Starlette:
    """The web application.

    Args:
        product: everything.
        work: whether this process also sends messages and digests.
        more: further routes.
    """

    async def receive(incoming: Incoming) -> object:
        return await product.threads.run(lambda: product.inbox.receive(incoming))

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await _tell_telegram(product)
        async with working(product) if work else contextlib.nullcontext():
            yield

    health = [Route("/healthz", _healthz), Route("/readyz", _readyz(product))]
    webhooks = webhook_routes(product.channels, receive)
    return Starlette(routes=[*webhooks, *health, *more], lifespan=lifespan)


@contextlib.asynccontextmanager
async def working(product: Product) -> AsyncIterator[None]:
    """While it lasts, messages are sent and digests go out on their day."""
    await product.post_room.settle_interrupted()

    async def run_due() -> None:
        try:
            await product.run_due()
        except Exception as error:  # noqa: BLE001 - the next wake-up tries again
            log_error("digests_failed", error)

    def zones() -> list[str]:
        with product.store.read() as session:
            return [landlord.timezone for landlord in all_landlords(session)]

    scheduler = build_scheduler(await product.threads.run(zones), product.settings.digest_time, run_due)
    scheduler.start()
    tasks = [asyncio.create_task(product.outbox.run()), asyncio.create_task(run_due())]
    get_logger().info("working")
    try:
        yield
    finally:
        scheduler.shutdown(wait=False)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _channels(settings: Settings, clock: Clock) -> dict[ChannelName, Channel]:
    """The channels that are configured: one line each."""
    channels: dict[ChannelName, Channel] = {}
    if settings.has_telegram:
        channels["telegram"] = TelegramChannel(
            settings.telegram_bot_token.get_secret_value(),
            settings.telegram_webhook_secret.get_secret_value(),
            settings.telegram_api_url,
            clock,
        )
    twilio: tuple[tuple[ChannelName, Callable[..., Channel], str], ...] = (
        ("sms", sms_channel, settings.twilio_sms_number),
        ("whatsapp", whatsapp_channel, settings.twilio_whatsapp_number),
    )
    for name, make, number in twilio:
        if settings.twilio_account_sid and settings.twilio_tokens and number:
            channels[name] = make(
                number=number,
                account_sid=settings.twilio_account_sid,
                tokens=settings.twilio_tokens,
                public_base_url=settings.public_base_url,
                api_url=settings.twilio_api_url,
                clock=clock,
            )
    return channels


async def _tell_telegram(product: Product) -> None:
    """Tell Telegram where to call. What it sent meanwhile it keeps, so a failure here loses nothing."""
    telegram = product.channels.get("telegram")
    if isinstance(telegram, TelegramChannel):
        try:
            await telegram.set_webhook(product.settings.public_base_url)
        except TelegramError as error:
            log_error("telegram_webhook_not_set", error)


async def _healthz(_request: Request) -> Response:
    """The process answers."""
    return JSONResponse({"ok": True})


def _readyz(product: Product) -> Callable[[Request], object]:
    async def readyz(_request: Request) -> Response:
        """The database answers, and is of the shape that this code wants."""
        try:
            ready = await product.threads.run(lambda: is_current(product.store))
        except Exception as error:  # noqa: BLE001 - not ready is the answer, whatever the reason
            log_error("not_ready", error)
            ready = False
        return JSONResponse({"ready": ready}, status_code=200 if ready else 503)

    return readyz
