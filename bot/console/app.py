"""The console's routes, built from the table: whoever is not allowed by it never reaches a page."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.console.access import verdict_on
from bot.console.guard import HEADERS
from bot.console.page import Asked, Missing, Office, Page
from bot.console.render import icon, style, style_url
from bot.delivery.threads import Threads
from bot.log import log_error
from models.landlords import all_landlords

TOO_LARGE: Final = 413
BIGGEST_ID: Final = 2**63
MOST_FIELDS: Final = 2_000


class TooLarge(Exception):
    """More was sent than the page takes."""


class LimitedRequest(Request):
    """A request whose body may not be larger than that."""

    most: int

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Its body, until it proves too large."""
        size = 0
        async for chunk in super().stream():
            size += len(chunk)
            if size > self.most:
                raise TooLarge
            yield chunk


class Console:
    """Answers every request to the console.

    Args:
        office: what the pages work with.
        pages: the table of routes.
        threads: where the pages run; not those that take messages in, which must not wait for a page.
    """

    def __init__(self, office: Office, pages: Sequence[Page], threads: Threads) -> None:
        self._office = office
        self._pages = {page.name: page for page in pages}
        self._threads = threads
        self._guard = office.guard

    def routes(self) -> list[Route]:
        """One route a row, the style sheet, and everything else under /console, which is nothing."""
        made = [
            Route(_pattern(page), self._answer(page), methods=[page.method], name=page.name)
            for page in self._pages.values()
        ]
        return [
            *made,
            Route("/console", _to_the_front),
            Route(style_url(), _style),
            Route("/console/static/icon.svg", _icon),
            Route("/console/{rest:path}", self._nothing),
        ]

    def _answer(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            response = await self._guarded(page, request)
            response.headers.update(HEADERS)
            response.headers["Cache-Control"] = "no-store"
            return response

        return answer

    async def _guarded(self, page: Page, request: Request) -> Response:
        if not self._guard.is_our_host(request.headers):
            return PlainTextResponse("This is not our name.", 421)
        if not self._guard.comes_from_us(request.method, request.headers):
            return PlainTextResponse("This was not asked by one of our pages.", 403)
        try:
            form = await self._form(page, request)
        except TooLarge:
            return PlainTextResponse("That is more than this page takes.", TOO_LARGE)
        cookies = request.cookies
        address = request.client.host if request.client else ""
        query = dict(request.query_params)
        try:
            return await self._threads.run(
                lambda: self._act(page, cookies, request.path_params, query, form, address)
            )
        except Exception as error:  # noqa: BLE001 - a traceback may quote a tenant
            log_error("page_failed", error, page=page.name)
            return PlainTextResponse("Something went wrong. It has been noted; please try again.", 500)
        finally:
            await form.close()  # a file that came with it lies in a temporary one

    async def _form(self, page: Page, request: Request) -> FormData:
        if page.method != "POST":
            return FormData()
        limited = LimitedRequest(request.scope, request.receive)
        limited.most = page.form_bytes
        return await limited.form(max_files=1, max_fields=MOST_FIELDS, max_part_size=page.form_bytes)

    def _act(  # noqa: PLR0913 - what a request consists of
        self,
        page: Page,
        cookies: Mapping[str, str],
        path: Mapping[str, str | int],
        query: Mapping[str, str],
        form: FormData,
        address: str,
    ) -> Response:
        office = self._office
        me = office.who(cookies.get(self._guard.cookie, ""))
        with office.store.read() as session:
            landlords = [one for one in all_landlords(session) if me and one.id in me.roles]
        landlord = next((one for one in landlords if one.id == path.get("landlord")), None)
        begun = cookies.get(self._guard.begun_cookie, "")
        asked = Asked(office, page, me, landlord, landlords, path, query, form, address, begun, self._pages)
        roles = None if me is None else asked.roles
        verdict = verdict_on(page, roles, knows_landlord=landlord is not None)
        if verdict == "sign in":
            return _to_sign_in(asked)
        if verdict == "403":
            return asked.show("problem.html.j2", 403, key="forbidden")
        if verdict == "404" or any(isinstance(one, int) and one >= BIGGEST_ID for one in path.values()):
            return asked.show("problem.html.j2", 404, key="missing")
        try:
            return page.act(asked)
        except Missing:
            return asked.show("problem.html.j2", 404, key="missing")

    async def _nothing(self, request: Request) -> Response:
        response = await self._guarded(NOTHING, request)
        response.headers.update(HEADERS)
        return response


async def _style(_request: Request) -> Response:
    kept = {**HEADERS, "Cache-Control": "public, max-age=31536000, immutable"}
    return Response(style(), media_type="text/css", headers=kept)


async def _icon(_request: Request) -> Response:
    return Response(icon(), media_type="image/svg+xml", headers=HEADERS)


async def _to_the_front(_request: Request) -> Response:
    return RedirectResponse("/console/")


def _to_sign_in(asked: Asked) -> Response:
    """To the page where one signs in, and from there back to what was asked for."""
    page = asked.page
    back = page.url(**asked.path) if page.method == "GET" and page.name != "home" else ""
    return asked.go("sign_in", **({"next": back} if back else {}))


def _pattern(page: Page) -> str:
    """Its path as Starlette writes it: ids are numbers."""
    return "/console" + re.sub(
        r"\{(\w+)\}", lambda name: f"{{{name[1]}:{'str' if name[1] == 'token' else 'int'}}}", page.path
    )


def _raise_missing(_asked: Asked) -> Response:
    raise Missing


NOTHING: Final = Page("nothing", "/", _raise_missing, "what is not there", scope="anybody")
