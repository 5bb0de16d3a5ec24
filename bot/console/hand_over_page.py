"""The page of one hand-over. A GET shows that there is something, and nothing of it: mail scanners open links."""

from collections.abc import Awaitable, Callable
from functools import cache

from jinja2 import Environment, PackageLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from bot.delivery.threads import Threads
from bot.handover import Desk, View
from bot.wording import load_wording

LONGEST_NAME = 80
LONGEST_NOTE = 4000
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'",
}


def hand_over_routes(desk: Desk, threads: Threads) -> list[Route]:
    """The page's one address.

    Args:
        desk: what is behind it.
        threads: where the database is used.
    """

    async def page(request: Request) -> Response:
        hand_over_id = int(request.path_params["id"])
        proof = request.path_params["proof"]
        if request.method == "POST":
            return await _act(request, desk, threads, hand_over_id, proof)
        return _render(await threads.run(lambda: desk.look(hand_over_id, proof)))

    # 18 digits fit the database's integer.
    return [Route("/hand-over/{id:int}/{proof:str}", _guarded(page), methods=["GET", "POST"])]


def _guarded(
    page: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    async def guarded(request: Request) -> Response:
        if int(request.path_params["id"]) >= 2**63:
            return _render(None)
        return await page(request)

    return guarded


async def _act(request: Request, desk: Desk, threads: Threads, hand_over_id: int, proof: str) -> Response:
    form = await request.form()
    name = " ".join(str(form.get("name", "")).split())[:LONGEST_NAME]
    note = str(form.get("note", ""))[:LONGEST_NOTE]
    if not name:
        missing = load_wording("bot.console").text("en", "page.name_missing")
        return _render(await threads.run(lambda: desk.look(hand_over_id, proof)), missing)
    if form.get("do") == "close":
        return _render(await threads.run(lambda: desk.close(hand_over_id, proof, name, note)))
    return _render(await threads.run(lambda: desk.take(hand_over_id, proof, name)))


def _render(view: View | None, problem: str = "") -> Response:
    wording = load_wording("bot.console")
    page = _template().get_template("hand_over.html.j2")
    body = page.render(view=view, problem=problem, w=lambda key: wording.text("en", key))
    return HTMLResponse(body, status_code=200 if view else 404, headers=HEADERS)


@cache
def _template() -> Environment:
    return Environment(loader=PackageLoader("bot.console"), autoescape=True)
