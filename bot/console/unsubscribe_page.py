"""The page behind "unsubscribe". Looking at it changes nothing: mail scanners open links."""

from functools import cache

from jinja2 import Environment, PackageLoader, Template
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.delivery.threads import Threads
from bot.recipients import RecipientProblem, Recipients, Subscription
from bot.wording import load_wording
from models.landlords import OFF

LARGEST_ID = 2**63
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
}


def unsubscribe_route(recipients: Recipients, threads: Threads) -> Route:
    """The page's one address.

    A GET shows a form. A POST without a choice ends the digest: that is what mail programs send when
    somebody clicks their own "unsubscribe" (RFC 8058).

    Args:
        recipients: the list behind it.
        threads: where the database is used.
    """

    async def page(request: Request) -> Response:
        recipient_id, proof = int(request.path_params["id"]), request.path_params["proof"]
        if recipient_id >= LARGEST_ID:
            return _render(None)
        if request.method != "POST":
            return _render(await threads.run(lambda: recipients.look(recipient_id, proof)))
        every = str((await request.form()).get("every") or OFF)
        try:
            chosen = await threads.run(lambda: recipients.choose(recipient_id, proof, every))
        except RecipientProblem:
            return _render(await threads.run(lambda: recipients.look(recipient_id, proof)))
        return _render(chosen, done=True)

    return Route("/unsubscribe/{id:int}/{proof:str}", page, methods=["GET", "POST"])


def _render(subscription: Subscription | None, *, done: bool = False) -> Response:
    wording = load_wording("bot.digest")
    body = _template().render(
        subscription=subscription, done=done, w=lambda key, **values: wording.text("en", key, **values)
    )
    return HTMLResponse(body, status_code=200 if subscription else 404, headers=HEADERS)


@cache
def _template() -> Template:
    return Environment(loader=PackageLoader("bot.console"), autoescape=True).get_template(
        "unsubscribe.html.j2"
    )
