"""The page /said-and-done: what landlords answered, for everybody, where they want it shown."""

from functools import cache
from itertools import groupby

from babel.dates import format_date
from jinja2 import Environment, PackageLoader, Template
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.delivery.threads import Threads
from bot.responses import Responses, Written
from bot.wording import load_wording

HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}


def said_and_done_route(responses: Responses, threads: Threads) -> Route:
    """The page's address.

    Args:
        responses: what is behind it.
        threads: where the database is used.
    """

    async def show(_request: Request) -> Response:
        written = await threads.run(responses.public)
        return HTMLResponse(_page(written), headers=HEADERS)

    return Route("/said-and-done", show)


def _page(written: list[Written]) -> str:
    wording = load_wording("bot.digest")
    landlords = [(name, list(ones)) for name, ones in groupby(written, key=lambda one: one.landlord)]
    return _template().render(
        landlords=landlords,
        w=lambda key, **values: wording.text("en", key, **values),
        month=lambda day: format_date(day, "MMMM y", locale="en_GB"),
    )


@cache
def _template() -> Template:
    return Environment(loader=PackageLoader("bot.console"), autoescape=True).get_template(
        "said_and_done.html.j2"
    )
