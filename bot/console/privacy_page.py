"""The page /privacy: the privacy notice, in plain HTML that a screen reader and an old phone can read."""

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}


def privacy_route(notice: str) -> Route:
    """The page's address.

    Args:
        notice: the notice as HTML.
    """
    template = Environment(loader=PackageLoader("bot.console"), autoescape=True).get_template(
        "privacy.html.j2"
    )
    page = template.render(notice=notice)

    async def show(_request: Request) -> Response:
        return HTMLResponse(page, headers=HEADERS)

    return Route("/privacy", show)
