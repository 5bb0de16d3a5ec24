"""`POST /api/visits`: a landlord's system tells us of visits, signed with a shared key.

The body is a JSON list of objects with the names of the CSV's columns. The header `X-Listened-Signature` holds
`t=<unix seconds>,v1=<hex>`, where hex is the HMAC-SHA256, with the key, of the seconds, a dot and the body.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.delivery.threads import Threads
from bot.visit_list import NotAList, read_json
from bot.visits import Visits
from models import Store
from models.landlords import Landlord, all_landlords, landlord_named

BODY_LIMIT: Final = 2_000_000
FRESH_SECONDS: Final = 300
"""How old a signature may be: an old one is somebody's recording."""
HEADER: Final = "x-listened-signature"


class VisitsApi:
    """Takes visits in over HTTP.

    Args:
        store: the database.
        visits: writes them down.
        keys: whose signatures are accepted: the current one, then the next.
        threads: where the database is used.
        clock: gives the current time, aware.
    """

    def __init__(
        self,
        store: Store,
        visits: Visits,
        keys: Sequence[str],
        threads: Threads,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._visits = visits
        self._keys = keys
        self._threads = threads
        self._clock = clock

    def routes(self) -> list[Route]:
        """Its one address; none while no key is set."""
        return [Route("/api/visits", self._post, methods=["POST"])] if self._keys else []

    async def _post(self, request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                return _say(413, "The list is too large: send at most a few thousand visits at a time.")
        if not self._is_signed(request.headers.get(HEADER, ""), bytes(body)):
            return _say(403, "The signature is missing, wrong or older than five minutes.")
        try:
            rows = json.loads(body)
        except (ValueError, RecursionError):
            return _say(400, "The body is not JSON.")
        return await self._threads.run(lambda: self._take_in(request.query_params, rows))

    def _take_in(self, query: Mapping[str, str], rows: object) -> Response:
        landlord = self._landlord(query.get("landlord"))
        if landlord is None:
            return _say(400, "Say which landlord, as ?landlord=NAME.")
        today = self._clock().astimezone(ZoneInfo(landlord.timezone)).date()
        try:
            good, bad = read_json(rows, today)
        except NotAList as problem:
            return _say(400, str(problem))
        problems = [{"row": row.line, "problem": row.problem} for row in bad]
        if bad and query.get("skip_bad") != "1":
            return JSONResponse(
                {"error": "Nothing was imported. Mend the rows, or send ?skip_bad=1.", "bad": problems}, 422
            )
        new = self._visits.take_in(landlord, good)
        return JSONResponse({"new": new, "known": len(good) - new, "bad": problems})

    def _landlord(self, name: str | None) -> Landlord | None:
        with self._store.read() as session:
            if name:
                return landlord_named(session, name)
            landlords = all_landlords(session)
        return landlords[0] if len(landlords) == 1 else None

    def _is_signed(self, header: str, body: bytes) -> bool:
        parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
        seconds, given = parts.get("t", ""), parts.get("v1", "")
        if not (seconds.isascii() and seconds.isdigit() and given.isascii()):
            return False
        if abs(self._clock().timestamp() - int(seconds[:12])) > FRESH_SECONDS:
            return False
        return any(hmac.compare_digest(signature(key, seconds, body), given) for key in self._keys)


def signature(key: str, seconds: str, body: bytes) -> str:
    """What a genuine request has in its header."""
    return hmac.new(key.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()


def _say(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status_code=status)
