"""The webhooks: from a provider's request to a stored event, and only then a 200."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Final, Protocol

from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.conversation.messages import Arrival, ChannelName, Reader, Unreadable, Unverified, WebRequest
from bot.failpoints import failpoint
from bot.log import get_logger, log_error

PATHS: Mapping[ChannelName, str] = {
    "telegram": "/webhooks/telegram",
    "sms": "/webhooks/twilio/sms",
    "whatsapp": "/webhooks/twilio/whatsapp",
}
STATUS_PATH = "/webhooks/twilio/status"
ANSWER_SECONDS: Final = 8.0
"""After that a provider hears that it should try again. Twilio gives up after 15 seconds without a word."""


class Receive(Protocol):
    """Stores one event; returns after the commit."""

    def __call__(self, arrival: Arrival) -> Awaitable[object]:
        """Store it."""


def webhook_routes(readers: Iterable[tuple[str, Reader]], receive: Receive) -> list[Route]:
    """One route a reader.

    Args:
        readers: (path, what reads the requests that come there).
        receive: stores an event; the 200 waits for it.
    """
    return [Route(path, _endpoint(reader, receive), methods=["POST"]) for path, reader in readers]


def _endpoint(reader: Reader, receive: Receive) -> Callable[[Request], Awaitable[Response]]:
    async def webhook(request: Request) -> Response:
        body = await _read_body(request, reader.body_limit)
        if body is None:
            return _refuse(reader, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The message is too large.")
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            arrival = reader.read(WebRequest(headers, body, request.url.query))
        except Unverified:
            return _refuse(reader, HTTPStatus.FORBIDDEN, "This does not come from the provider.")
        except Unreadable:
            return _refuse(reader, HTTPStatus.BAD_REQUEST, "This can't be read.")
        if arrival is None:
            return _accept(reader, None)
        failpoint("received")
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await receive(arrival)
        except Exception as error:  # noqa: BLE001 - not stored, so the provider must try again
            log_error("not_taken_in", error, channel=reader.name)
            return _refuse(reader, HTTPStatus.SERVICE_UNAVAILABLE, "Try again in a moment.")
        return _accept(reader, arrival)

    return webhook


async def _read_body(request: Request, limit: int) -> bytes | None:
    """The body, or None as soon as it proves larger than the limit: it is never held whole."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        return None
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                return None
    except ClientDisconnect:
        return None
    return bytes(body)


def _accept(reader: Reader, arrival: Arrival | None) -> Response:
    content, media_type = reader.accepted
    after = BackgroundTask(_acknowledge, reader, arrival) if arrival else None
    return Response(content, media_type=media_type, background=after)


async def _acknowledge(reader: Reader, arrival: Arrival) -> None:
    failpoint("acknowledged")
    try:
        await reader.acknowledge(arrival)
    except Exception as error:  # noqa: BLE001 - a courtesy; the message itself is safe
        log_error("not_acknowledged", error, channel=reader.name)


def _refuse(reader: Reader, status: HTTPStatus, sentence: str) -> Response:
    get_logger().warning("webhook_refused", channel=reader.name, status=int(status))
    headers = {"Retry-After": "5"} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return PlainTextResponse(sentence, status_code=status, headers=headers)
