"""The page behind the link that a contact without an account gets. A GET shows nothing told: mail scanners open links."""

from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, Template
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.delivery.threads import Threads
from bot.hand_over_by_link import ByLink, Elsewhere, Link
from bot.handover import View
from bot.hidden import visible
from bot.wording import load_wording

LONGEST_NAME = 80
LONGEST_REASON = 300
LONGEST_NOTE = 4000
LARGEST_ID = 2**63
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
}


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """What the form holds."""

    name: str
    reason: str
    note: str
    closes: bool


def hand_over_routes(by_link: ByLink, threads: Threads) -> list[Route]:
    """The page's one address.

    Args:
        by_link: what is behind it.
        threads: where the database is used.
    """

    async def page(request: Request) -> Response:
        link = Link(
            int(request.path_params["id"]), int(request.path_params["contact"]), request.path_params["proof"]
        )
        if link.hand_over_id >= LARGEST_ID or link.contact_id >= LARGEST_ID:
            return _answer(None)
        if request.method != "POST":
            return _answer(await threads.run(lambda: by_link.look(link)))
        asked = _read(await request.form())
        return await threads.run(lambda: _act(by_link, link, asked))

    path = "/hand-over/{id:int}/{contact:int}/{proof:str}"
    return [Route(path, page, methods=["GET", "POST"])]


def _read(form: FormData) -> Asked:
    def line(field: str, most: int) -> str:
        return " ".join(str(form.get(field, "")).split())[:most]

    note = str(form.get("note", "")).strip()[:LONGEST_NOTE]
    return Asked(line("name", LONGEST_NAME), line("reason", LONGEST_REASON), note, form.get("do") == "close")


def _act(by_link: ByLink, link: Link, asked: Asked) -> Response:
    if not asked.name:
        return _answer(by_link.look(link), "page.name_missing")
    if asked.closes:
        if not asked.note:
            return _answer(by_link.look(link), "hand_overs.problem.note")
        return _answer(by_link.close(link, asked.name, asked.note))
    if not asked.reason:
        return _answer(by_link.look(link), "hand_overs.problem.reason")
    return _answer(by_link.open(link, asked.name, asked.reason))


def _answer(found: View | Elsewhere | None, problem: str = "") -> Response:
    if isinstance(found, Elsewhere):
        return RedirectResponse(found.path, 303, headers=HEADERS)
    wording = load_wording("bot.console")
    said = wording.text("en", problem) if problem else ""
    body = _template().render(view=found, problem=said, w=lambda key: wording.text("en", key))
    status = 404 if found is None else 400 if problem else 200
    return HTMLResponse(body, status_code=status, headers=HEADERS)


@cache
def _template() -> Template:
    made = Environment(loader=PackageLoader("bot.console"), autoescape=True)
    made.filters["visible"] = visible
    return made.get_template("hand_over.html.j2")
