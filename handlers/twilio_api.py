"""Calling Twilio's REST API: through the real client, with time-outs, over kept-alive connections."""

import asyncio
import base64
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urlsplit, urlunsplit

from aiohttp import ClientError
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from bot.conversation.messages import SendFailed
from bot.log import log_error
from handlers.connections import Connections, lost
from handlers.twilio_errors import meaning

TIMEOUT_SECONDS: Final = (
    10.0  # to get a connection, and between two pieces of an answer; the client has none of its own
)
STEPS: Final = 3  # so many of them for a call in all: an answer may drip
MOST_AT_ONCE: Final = 64  # calls, each on a connection of its own

T = TypeVar("T")


class TwilioApi:
    """The REST API. When it hangs, nobody else waits for it.

    Args:
        account_sid: the account.
        token: its auth token.
        api_url: where the API is.
        timeout: seconds for each step of a call.
    """

    def __init__(self, account_sid: str, token: str, api_url: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self._http = _Http(api_url, timeout)
        self._whole_seconds = STEPS * timeout
        self._messages = Client(account_sid, token, http_client=self._http).messages

    async def call(self, ask: Callable[[Any], Awaitable[T]], calls: int = 1) -> T:
        """Ask something of the client.

        Args:
            ask: what to ask; given the client's `messages`.
            calls: how many calls that may take.

        Raises:
            SendFailed: when it failed, or when nobody can tell.
        """
        try:
            async with asyncio.timeout(self._whole_seconds * calls):
                return await ask(self._messages)
        except TimeoutError:
            raise SendFailed("no_answer", "unknown") from None
        except SendFailed:
            raise
        except Exception as error:  # noqa: BLE001 - it said yes, in a form that the client can't read
            log_error("answer_not_understood", error, channel="twilio")
            raise SendFailed("not_understood", "unknown") from None

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()


class _Http(AsyncHttpClient):  # type: ignore[misc]  # twilio has no type hints
    """The client's HTTP, calling wherever the settings say the API is.

    The client's own asynchronous one keeps each answer on itself before it returns it, opens its session
    where no loop runs, and its exceptions have lost the headers, and with them Retry-After; so this one turns
    whatever goes wrong into SendFailed itself.
    """

    def __init__(self, api_url: str, seconds: float) -> None:
        super().__init__(logging.getLogger("twilio"), is_async=True, timeout=None)
        self._connections = Connections(MOST_AT_ONCE, seconds)
        self._base = urlsplit(api_url)

    async def request(  # noqa: PLR0913 - the client's own interface
        self,
        method: str,
        url: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002, ASYNC109 - each step has its own
        allow_redirects: bool = False,
    ) -> Response:
        asked, base = urlsplit(url), self._base
        query = "&".join(part for part in (asked.query, urlencode(params or {}, doseq=True)) if part)
        moved = urlunsplit((base.scheme, base.netloc, base.path + asked.path, query, ""))
        form = urlencode(data, doseq=True) if data else None
        try:
            async with self._connections.session().request(
                method,
                moved,
                data=form,
                headers={**(headers or {}), **_proof(auth)},
                allow_redirects=allow_redirects,
            ) as answer:
                response = Response(answer.status, await answer.text(), answer.headers)
        except (ClientError, OSError) as error:
            raise lost(error) from None
        if response.status_code >= 300:
            raise _refused(response)
        return response

    async def close(self) -> None:
        """Let go of connections."""
        await self._connections.close()


def _proof(auth: tuple[str, str] | None) -> dict[str, str]:
    """The header that says who we are (https://www.rfc-editor.org/rfc/rfc7617)."""
    pair = base64.b64encode(":".join(auth).encode()).decode() if auth else ""
    return {"Authorization": f"Basic {pair}"} if auth else {}


def _refused(response: Response) -> SendFailed:
    """An answer that says no. A redirect is one too: the API has none, so whoever answers is not it."""
    status = response.status_code
    try:
        code = int(json.loads(response.text)["code"])
    except (ValueError, TypeError, KeyError, RecursionError):
        code = status
    after = response.headers.get("Retry-After", "")
    return meaning(code, status, float(after) if after.isascii() and after.isdigit() else None)
