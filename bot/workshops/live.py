"""The live page: what the room sees on the screen. Own script alone, and nothing from anywhere else."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import resources
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.conversation.join_codes import spoken
from bot.delivery.threads import Threads
from bot.workshops.room import OnScreen, RoomDesk
from models import Store
from models.workshops import Workshop, with_live_key

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
STATIC: Final = {"live.css": "text/css", "live.js": "text/javascript"}

Answer = Callable[[Request], Awaitable[Response]]


class LivePage:
    """The page of each workshop's room, at an address that nobody guesses.

    Args:
        store: the database.
        room: what may be shown.
        threads: where pages look things up; not those that take messages in, which must not wait for a page.
        ways: the numbers and bots to text, as people type them.
    """

    def __init__(self, store: Store, room: RoomDesk, threads: Threads, ways: Sequence[str]) -> None:
        self._store = store
        self._room = room
        self._threads = threads
        self._ways = ways
        self._templates = Environment(
            loader=PackageLoader("bot.workshops"), autoescape=True, undefined=StrictUndefined
        )

    def routes(self) -> list[Route]:
        """The page, what changes on it, its style and its script."""
        return [
            Route("/live/{key}", self._answer("live.html.j2")),
            Route("/live/{key}/now", self._answer("now.html.j2")),
            *(Route(f"/live/static/{name}", _static(name, kind)) for name, kind in STATIC.items()),
        ]

    def _answer(self, template: str) -> Answer:
        async def answer(request: Request) -> Response:
            found = await self._threads.run(lambda: self._look(str(request.path_params["key"])))
            if found is None:
                return PlainTextResponse("There is no such page.", 404, dict(HEADERS))
            workshop, screen = found
            page = self._templates.get_template(template).render(
                title=workshop.title, code=spoken(workshop.code), ways=self._ways, screen=screen
            )
            return HTMLResponse(page, headers=dict(HEADERS))

        return answer

    def _look(self, key: str) -> tuple[Workshop, OnScreen] | None:
        with self._store.read() as session:
            workshop = with_live_key(session, key)
        return (workshop, self._room.screen(workshop)) if workshop else None


def _static(name: str, kind: str) -> Answer:
    body = (resources.files("bot.workshops") / "static" / name).read_text("utf-8")

    async def answer(_request: Request) -> Response:
        return Response(body, media_type=kind, headers={**HEADERS, "Cache-Control": "max-age=300"})

    return answer
