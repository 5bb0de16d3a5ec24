"""`POST /api/visits`: a landlord's system tells us of visits, as CSV or JSON, with a key of that landlord."""

import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.api_keys import Admitted, ApiKeys, TooOften
from bot.audit import record
from bot.delivery.threads import Threads
from bot.privacy.keys import Keyring
from bot.visit_list import BadRow, NotAList, VisitRow, read_csv, read_json
from bot.visits import Visits
from models import Store

BODY_LIMIT: Final = 2_000_000
SCHEME: Final = "bearer "


class VisitsApi:
    """Takes visits in over HTTP.

    Args:
        store: the database.
        keys: to write the audit.
        api_keys: whose requests are taken.
        visits: writes them down.
        threads: where the database is used.
        clock: gives the current time, aware.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        keys: Keyring,
        api_keys: ApiKeys,
        visits: Visits,
        threads: Threads,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._keys = keys
        self._api_keys = api_keys
        self._visits = visits
        self._threads = threads
        self._clock = clock

    def route(self) -> Route:
        """Its one address."""
        return Route("/api/visits", self._post, methods=["POST"])

    async def _post(self, request: Request) -> Response:
        header = request.headers.get("authorization", "")
        token = header[len(SCHEME) :].strip() if header.lower().startswith(SCHEME) else ""
        try:
            # Before the body is read: nobody without a key makes us hold two megabytes.
            admitted = await self._threads.run(lambda: self._api_keys.admit(token)) if token else None
        except TooOften as often:
            answer = _say(
                429, f"That is too often. Wait {often.seconds} seconds, and send many visits in one list."
            )
            answer.headers["Retry-After"] = str(often.seconds)
            return answer
        if admitted is None:
            answer = _say(
                401, "The key is missing, wrong or was taken back. Send it as: Authorization: Bearer KEY"
            )
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                return _say(413, "The list is too large: send at most a few thousand visits at a time.")
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        skip_bad = request.query_params.get("skip_bad") == "1"
        return await self._threads.run(lambda: self._take_in(admitted, kind, bytes(body), skip_bad=skip_bad))

    def _take_in(self, admitted: Admitted, kind: str, body: bytes, *, skip_bad: bool) -> Response:
        try:
            good, bad = self._read(admitted, kind, body)
        except NotAList as problem:
            return _say(400, str(problem))
        problems = [{"row": row.line, "problem": row.problem} for row in bad]
        if bad and not skip_bad:
            error = "Nothing was imported. Mend these rows, or send ?skip_bad=1 to leave them out."
            return JSONResponse({"error": error, "bad": problems}, 422)
        new = self._visits.take_in(admitted.landlord, good)
        with self._store.write() as session:
            who = f"api key {admitted.key_id}"
            record(
                session, self._keys, self._clock(), who, "visits_imported", "landlord", admitted.landlord.id
            )
        return JSONResponse({"new": new, "known": len(good) - new, "bad": problems})

    def _read(self, admitted: Admitted, kind: str, body: bytes) -> tuple[list[VisitRow], list[BadRow]]:
        """The same checks as for a file that staff bring; a row's number is its line in CSV, its place in JSON."""
        today = self._clock().astimezone(ZoneInfo(admitted.landlord.timezone)).date()
        if kind == "text/csv":
            return read_csv(io.StringIO(_text(body), newline=""), today)
        if kind == "application/json":
            return read_json(_json(_text(body)), today)
        raise NotAList("Say what you send, as Content-Type: text/csv or Content-Type: application/json.")


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotAList("The list is not UTF-8 text.") from None


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise NotAList("The body is not JSON.") from None


def _say(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status_code=status)
