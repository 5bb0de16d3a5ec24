"""The web application: every route, and what begins and ends with it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.app.build import Product
from bot.app.channels import readers_of
from bot.app.office import office_of
from bot.app.working import work_of
from bot.console.app import Console
from bot.console.hand_over_page import hand_over_routes
from bot.console.privacy_page import privacy_route
from bot.console.roles import Role
from bot.console.routes import PAGES
from bot.console.said_and_done_page import said_and_done_route
from bot.console.unsubscribe_page import unsubscribe_route
from bot.console.visits_api import VisitsApi
from bot.conversation.messages import Arrival
from bot.delivery.first_aid import FirstAid
from bot.health import health_routes
from bot.memory import settle
from bot.metrics import Meter
from bot.notice import as_page, notice
from bot.numbers import spaced
from bot.privacy.redact import redact
from bot.settings import Settings
from bot.understanding.reading import read
from bot.workshops.live import LivePage
from handlers.web import webhook_routes


def web_app(
    product: Product,
    *,
    work: bool,
    ended: asyncio.Event | None = None,
    more: Sequence[BaseRoute] = (),
    visitors: Sequence[Role] = (),
) -> Starlette:
    """The web application.

    Args:
        product: everything.
        work: whether this process also sends messages and digests.
        ended: set when the process should end, because it must not go on.
        more: further routes.
        visitors: in the demo, the roles that a visitor of the console may switch to.
    """
    pages = [*_machine_routes(product), *_public_routes(product), *_live_routes(product)]
    console = Console(office_of(product, visitors), PAGES, product.beside).routes()
    lifespan = _lifespan(product, work=work, ended=ended or asyncio.Event())
    return Starlette(routes=[*pages, *console, *more], lifespan=lifespan)


def _machine_routes(product: Product) -> list[BaseRoute]:
    """What providers, monitors and landlords' own systems call."""
    meter = Meter()

    async def receive(arrival: Arrival) -> object:
        storing = product.first_aid.beside(arrival, product.intake.receive(arrival))
        return await meter.measure(type(arrival).__name__.lower(), storing)

    webhooks = webhook_routes(readers_of(product.settings, product.channels), receive)
    token = product.settings.metrics_token.get_secret_value()
    health = health_routes(product.store, product.pulse, meter, token, product.beside)
    api = VisitsApi(
        product.store, product.keys, product.api_keys, product.visits, product.beside, product.clock
    )
    return [*webhooks, *health, api.route()]


def _public_routes(product: Product) -> list[BaseRoute]:
    """Pages for whoever has their address: no account is asked for."""
    beside = product.beside
    return [
        *hand_over_routes(product.by_link, beside),
        privacy_route(as_page(notice(product.settings))),
        unsubscribe_route(product.recipients, beside),
        said_and_done_route(product.responses, beside),
    ]


def _live_routes(product: Product) -> list[BaseRoute]:
    """A workshop's page on the wall."""
    live = LivePage(product.store, product.room, product.beside, _to_text(product.settings))
    return [*live.routes()]


def _lifespan(
    product: Product, *, work: bool, ended: asyncio.Event
) -> Callable[[Starlette], contextlib.AbstractAsyncContextManager[None]]:
    """What goes on for as long as the application does."""

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        warming = asyncio.create_task(asyncio.to_thread(warm, product.first_aid))
        preparing = asyncio.create_task(product.prepare())
        async with work_of(product).going_on(ended) if work else contextlib.nullcontext():
            yield
        await asyncio.gather(warming, return_exceptions=True)
        preparing.cancel()

    return lifespan


def warm(first_aid: FirstAid) -> None:
    """Have what the first message needs in memory before it comes, an operator's own model included."""
    first_aid.warm()
    read("They came twice and nobody said when it would be put right")
    redact("My name is Sam Pollard and I live at 12 Harbour Street")
    settle()


def _to_text(settings: Settings) -> list[str]:
    """The numbers that people text, as they type them, each once."""
    numbers = (settings.twilio_sms_number, settings.twilio_whatsapp_number)
    return [spaced(number) for number in dict.fromkeys(numbers) if number]
