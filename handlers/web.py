"""The webhooks: from a provider's request to a stored message, and only then a 200."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Protocol

from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.conversation.messages import Channel, ChannelName, Incoming, Unreadable, Unverified, WebRequest
from bot.log import get_logger, log_error

PATHS: Mapping[ChannelName, str] = {
    "telegram": "/webhooks/telegram",
    "sms": "/webhooks/twilio/sms",
    "whatsapp": "/webhooks/twilio/whatsapp",
}


class Receive(Protocol):
    """Stores one message; returns after the commit."""

    def __call__(self, incoming: Incoming) -> Awaitable[object]:
        """Store it."""


def webhook_routes(channels: Mapping[ChannelName, Channel], receive: Receive) -> list[Route]:
    """One route a channel.

    Args:
        channels: the channels that are configured, by name.
        receive: stores a message; the 200 waits for it.
    """
    return [
        Route(PATHS[name], _endpoint(channel, receive), methods=["POST"])
        for name, channel in channels.items()
    ]


def _endpoint(channel: Channel, receive: Receive) -> Callable[[Request], Awaitable[Response]]:
    async def webhook(request: Request) -> Response:
        body = await _read_body(request, channel.body_limit)
        if body is None:
            return _refuse(channel, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The message is too large.")
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            incoming = channel.read(WebRequest(headers, body, request.url.query))
        except Unverified:
            return _refuse(channel, HTTPStatus.FORBIDDEN, "This does not come from the provider.")
        except Unreadable:
            return _refuse(channel, HTTPStatus.BAD_REQUEST, "This can't be read.")
        if incoming is None:
            return _accept(channel, None)
        try:
            await receive(incoming)
        except Exception as error:  # noqa: BLE001 - not stored, so the provider must try again
            log_error("not_taken_in", error, channel=channel.name)
            return _refuse(channel, HTTPStatus.SERVICE_UNAVAILABLE, "Try again in a moment.")
        return _accept(channel, incoming)

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


def _accept(channel: Channel, incoming: Incoming | None) -> Response:
    content, media_type = channel.accepted
    after = BackgroundTask(_acknowledge, channel, incoming) if incoming and incoming.callback else None
    return Response(content, media_type=media_type, background=after)


async def _acknowledge(channel: Channel, incoming: Incoming) -> None:
    try:
        await channel.acknowledge(incoming)
    except Exception as error:  # noqa: BLE001 - a courtesy; the message itself is safe
        log_error("not_acknowledged", error, channel=channel.name)


def _refuse(channel: Channel, status: HTTPStatus, sentence: str) -> Response:
    get_logger().warning("webhook_refused", channel=channel.name, status=int(status))
    headers = {"Retry-After": "5"} if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return PlainTextResponse(sentence, status_code=status, headers=headers)
