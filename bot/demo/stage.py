"""The stage: the product, providers, phones and mailbox, all in this process and on loopback."""

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.app import Product, build, web_app
from bot.console.roles import Role
from bot.delivery.hours import ANY_TIME
from bot.demo.mailbox import Mailbox, smtp_server
from bot.demo.phones import Phones
from bot.demo.providers import Providers
from bot.log import set_up_logging
from bot.migrations import upgrade
from bot.privacy.keys import Keyring, new_key
from bot.settings import Settings, load_settings
from models import Store
from models.base import new_id
from models.landlords import Landlord, Recipient, name_key

# Numbers kept for fiction: https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/numbers-for-drama
SMS_NUMBER = "+447700900000"
WHATSAPP_NUMBER = "+447700900001"
TELEGRAM_TOKEN = "900900:demo"  # noqa: S105 - only the stand-in accepts it
TWILIO_SID = "AC" + "0" * 32
TWILIO_TOKEN = "demo"  # noqa: S105 - as above
OPERATOR = "The Listening Team"
LANDLORD = "Harbour Homes"
LONG_AGO = timedelta(weeks=13)
ALERTS_TO = "duty@listening.example"
RECIPIENTS = (("repairs@harbour.example", "landlord"), ("workshops@respect.example", "organiser"))


@dataclass(slots=True)
class MovableClock:
    """The time, moved by as much as the history wants."""

    moved: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        """The current time on this clock, aware."""
        return datetime.now(UTC) + self.moved

    def set(self, moment: datetime) -> None:
        """Go on from that moment."""
        self.moved = moment - datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything on loopback."""

    product: Product
    providers: Providers
    phones: Phones
    mailbox: Mailbox
    clock: MovableClock
    url: str


LOOK_EVERY_SECONDS = 0.02
MoreRoutes = Callable[[Stage], Sequence[BaseRoute]]


@contextlib.asynccontextmanager
async def stage(
    *,
    port: int = 0,
    work: bool = True,
    more: MoreRoutes = lambda _stage: (),
    before: Callable[[Stage], Awaitable[None]] | None = None,
    visitors: Sequence[Role] = (),
    **given: Any,
) -> AsyncIterator[Stage]:
    """Set everything up in a folder that goes when it ends.

    Args:
        port: where the product listens on 127.0.0.1; 0 for any free port.
        work: whether messages and digests are sent.
        more: further routes of the product's web application.
        before: what happens before the doors open; the landlord has then been there for a while already.
        visitors: the roles that a visitor of the console may switch to.
        **given: settings that outrank the demo's.
    """
    set_up_logging("ERROR")
    clock, mailbox = MovableClock(), Mailbox()
    providers = Providers(TELEGRAM_TOKEN, TWILIO_SID, TWILIO_TOKEN, clock)
    with (
        tempfile.TemporaryDirectory(prefix="listened-demo-") as folder,
        _listening(port) as front,
        _listening(0) as back,
    ):
        async with smtp_server(mailbox) as smtp_port, _serving(providers.app(), back):
            settings = demo_settings(Path(folder), _port(front), _port(back), smtp_port, **given)
            # The visitor may come at night: nobody real is asked anything here.
            product = build(settings, clock, ANY_TIME)
            furnish(product.store, product.keys, since=clock() - (LONG_AGO if before else timedelta()))
            made = Stage(
                product,
                providers,
                Phones(settings, clock, providers),
                mailbox,
                clock,
                settings.public_base_url,
            )
            if before:
                await before(made)
            async with _serving(web_app(product, work=work, more=more(made), visitors=visitors), front):
                yield made
            await made.phones.close()
            await product.close()


def demo_settings(folder: Path, front: int, back: int, smtp_port: int, **given: Any) -> Settings:
    """Settings that point every client at loopback; with its own keys."""
    api = f"http://127.0.0.1:{back}"
    chosen = {
        "operator_name": OPERATOR,
        "data_keys": new_key(),
        "lookup_keys": new_key(),
        "database_url": f"sqlite:///{folder / 'listened.db'}",
        "public_base_url": f"http://127.0.0.1:{front}",
        "telegram_bot_token": TELEGRAM_TOKEN,
        "telegram_webhook_secret": "demo",
        "telegram_api_url": api,
        "twilio_account_sid": TWILIO_SID,
        "twilio_auth_token": TWILIO_TOKEN,
        "twilio_sms_number": SMS_NUMBER,
        "twilio_whatsapp_number": WHATSAPP_NUMBER,
        "twilio_api_url": api,
        "smtp_url": f"smtp://127.0.0.1:{smtp_port}",
        "mail_from": "digest@listened.example",
        "digest_time": "09:00",
        "log_level": "ERROR",
        "settle_seconds": "sms=0,whatsapp=0,telegram=0",
        "response_wait_seconds": "10",
        "alerts_to": ALERTS_TO,
    }
    return load_settings(None, **{**chosen, **given})


async def wait_until(happened: Callable[[], object], seconds: float = 15.0) -> bool:
    """Wait until something has happened; False when it has not within that time."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not happened():
        if asyncio.get_running_loop().time() > deadline:
            return False
        await asyncio.sleep(LOOK_EVERY_SECONDS)  # what is waited for lies in other threads and servers
    return True


def furnish(store: Store, keys: Keyring, since: datetime) -> None:
    """Make the tables, the made-up landlord and the two readers of its digests."""
    upgrade(store, lambda: keys)
    landlord = Landlord(
        id=new_id(),
        name=LANDLORD,
        name_key=name_key(LANDLORD),
        complaints="call 01632 960100",
        emergency="01632 960999",
        timezone="Europe/London",
        created_at=since,
    )
    with store.write() as session:
        session.add(landlord)
        for address, audience in RECIPIENTS:
            recipient_id = new_id()
            session.add(
                Recipient(
                    id=recipient_id,
                    landlord_id=landlord.id,
                    lookup=keys.lookup("recipient", address),
                    address=keys.seal("recipient", recipient_id, "address", address),
                    audience=audience,
                    every="weekly",
                    created_at=since,
                )
            )


@contextlib.contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", port)) as opened:
        yield opened


def _port(opened: socket.socket) -> int:
    return int(opened.getsockname()[1])


class _Server(uvicorn.Server):
    """A server beside others in one process: it leaves Ctrl-C to whoever started it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def _serving(app: Starlette, opened: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=2)
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[opened]))
    await wait_until(lambda: server.started or task.done())
    try:
        yield
    finally:
        server.should_exit = True
        await task
