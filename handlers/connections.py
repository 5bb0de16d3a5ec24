"""Connections to a provider that are kept open between messages, and what it means when one of them fails."""

import asyncio
from typing import Final
from urllib.request import getproxies

from aiohttp import (
    ClientConnectorError,
    ClientHttpProxyError,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    TCPConnector,
)

from bot.conversation.messages import SendFailed

IDLE_SECONDS: Final = 30.0
"""How long a connection that nobody uses is kept: making one costs two or three trips to the provider and back."""


class Connections:
    """Connections to one provider, opened when they are first needed.

    Args:
        most: how many at once; who wants another one waits.
        seconds: how long each step may take: to get a connection, and between two pieces of an answer.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._session: ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def session(self) -> ClientSession:
        """The session that keeps them. It belongs to the event loop that it was first asked for in."""
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:
            self._loop = loop
            self._session = ClientSession(
                connector=TCPConnector(limit=self._most, keepalive_timeout=IDLE_SECONDS),
                timeout=patience(self._seconds, self._seconds),
                cookie_jar=DummyCookieJar(),
                trust_env=bool(getproxies()),
            )
        return self._session

    async def close(self) -> None:
        """Let go of them."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def patience(connect: float | None, read: float | None) -> ClientTimeout:
    """How long to wait for a connection, its turn for one included, and between two pieces of an answer."""
    return ClientTimeout(total=None, connect=connect, sock_connect=connect, sock_read=read)


def lost(error: BaseException) -> SendFailed:
    """What it means that there was no answer. Never connected is safe to try again; cut off may have been sent."""
    match error:
        case ClientSSLError():
            return SendFailed("tls", "down")
        case ClientConnectorError() | ConnectionTimeoutError() | ClientHttpProxyError():
            return SendFailed("no_connection", "retry")
        case TimeoutError():
            return SendFailed("no_answer", "unknown")
        case _:
            return SendFailed("cut_off", "unknown")
