"""How python-telegram-bot calls the Bot API here: over kept-alive aiohttp connections, in place of httpx.

The library's own way costs ten times the CPU and slows down with each further connection
(docs/decisions/0016-speed.md). Its interface for another one is `telegram.request.BaseRequest`.
"""

from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import ClientError, ClientTimeout
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

from handlers.connections import Connections, patience

FORM: Final = {
    "Content-Type": "application/x-www-form-urlencoded",
    "User-Agent": BaseRequest.USER_AGENT,
}


class KeptAliveRequest(BaseRequest):
    """Calls the Bot API. Sends no files: we never do.

    Args:
        most: how many calls at once.
        seconds: how long each step of a call may take.
    """

    __slots__ = ("_connections", "_seconds")

    def __init__(self, most: int, seconds: float) -> None:
        self._connections = Connections(most, seconds)
        self._seconds = seconds

    @property
    def read_timeout(self) -> float:
        """The seconds that an answer may take unless a call says otherwise."""
        return self._seconds

    async def initialize(self) -> None:
        """Connections are opened when they are needed."""

    async def shutdown(self) -> None:
        """Let go of connections."""
        await self._connections.close()

    async def do_request(  # noqa: PLR0913 - the library's own interface
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - we write less than a packet
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - part of connecting here
    ) -> tuple[int, bytes]:
        """See `BaseRequest.do_request`.

        Returns:
            The HTTP status and the body.

        Raises:
            telegram.error.TimedOut: no connection, or no answer, in time; its cause says which.
            telegram.error.NetworkError: any other way to get no answer; its cause says which.
        """
        form = urlencode(request_data.json_parameters) if request_data else None
        limits = self._limits(read_timeout, connect_timeout)
        try:
            async with self._connections.session().request(
                method, url, data=form, headers=FORM, timeout=limits, allow_redirects=False
            ) as answer:
                return answer.status, await answer.read()
        except TimeoutError as error:
            raise TimedOut(type(error).__name__) from error
        except (ClientError, OSError) as error:
            raise NetworkError(type(error).__name__) from error  # its own words may quote the token

    def _limits(self, read: Any, connect: Any) -> ClientTimeout:
        given = [self._seconds if one is BaseRequest.DEFAULT_NONE else one for one in (connect, read)]
        return patience(*given)
