"""Calling Twilio's REST API: through the real client, with time-outs, in threads of its own."""

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import MaxRetryError, NewConnectionError

from bot.conversation.messages import SendFailed
from handlers.twilio_errors import meaning

CALL_SECONDS: Final = 10.0  # to connect, and between two pieces of an answer; the client has none of its own
WHOLE_SECONDS: Final = 30.0  # for a call in all, waiting for a thread included: an answer may drip
THREADS: Final = 16

T = TypeVar("T")


class TwilioApi:
    """The REST API, called in threads of its own: when it hangs, it starves nobody but itself.

    Args:
        account_sid: the account.
        token: its auth token.
        api_url: where the API is.
        call_seconds: how long one step of a call may take.
        whole_seconds: how long a call may take in all.
    """

    def __init__(
        self,
        account_sid: str,
        token: str,
        api_url: str,
        call_seconds: float = CALL_SECONDS,
        whole_seconds: float = WHOLE_SECONDS,
    ) -> None:
        self._new_client: Callable[[], Any] = lambda: Client(
            account_sid, token, http_client=_Http(api_url, call_seconds)
        )
        self._whole_seconds = whole_seconds
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="twilio")
        self._own = threading.local()
        self._clients: list[Any] = []

    async def call(self, ask: Callable[[Any], T], calls: int = 1) -> T:
        """Ask something of the client.

        Args:
            ask: what to ask; given the client's `messages`.
            calls: how many calls that may take.

        Raises:
            SendFailed: when it failed, or when nobody can tell.
        """
        job = self._threads.submit(lambda: ask(self._messages()))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(job), self._whole_seconds * calls)
        except TimeoutError:
            # A job that never got a thread was certainly not sent.
            raise SendFailed("no_answer", "retry" if job.cancel() else "unknown") from None
        except (TwilioException, ValueError):
            raise SendFailed("not_understood", "unknown") from None  # it said yes, in words that nobody knows

    def close(self) -> None:
        """Let go of threads and connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for client in self._clients:
            client.http_client.session.close()

    def _messages(self) -> Any:
        # A client for each thread: it keeps its last response on itself before it returns it, so two
        # threads that share one are sometimes given each other's answers.
        if not hasattr(self._own, "client"):
            self._own.client = self._new_client()
            self._clients.append(self._own.client)
        return self._own.client.messages


class _Http(TwilioHttpClient):  # type: ignore[misc]  # twilio has no type hints
    """The client's HTTP, with a time-out, calling wherever the settings say the API is.

    It turns whatever goes wrong into SendFailed itself, because the client's own exceptions have lost the
    headers by then, and with them Retry-After.
    """

    def __init__(self, api_url: str, seconds: float) -> None:
        super().__init__(timeout=seconds)
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, HTTPAdapter(pool_maxsize=THREADS))
        self._base = urlsplit(api_url)

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        asked, base = urlsplit(url), self._base
        moved = urlunsplit((base.scheme, base.netloc, base.path + asked.path, asked.query, ""))
        try:
            response = super().request(method, moved, *args, **options)
        except requests.RequestException as error:
            raise _lost(error) from None
        if response.status_code >= 300:
            raise _refused(response)
        return response


def _refused(response: Response) -> SendFailed:
    """An answer that says no. A redirect is one too: the API has none, so whoever answers is not it."""
    status = response.status_code
    try:
        code = int(json.loads(response.text)["code"])
    except (ValueError, TypeError, KeyError, RecursionError):
        code = status
    after = response.headers.get("Retry-After", "")
    return meaning(code, status, float(after) if after.isascii() and after.isdigit() else None)


def _lost(error: requests.RequestException) -> SendFailed:
    """No answer at all. Never connected is safe to try again; cut off in the middle may have been sent."""
    match error:
        case requests.exceptions.SSLError():
            return SendFailed("tls", "down")
        case requests.ConnectTimeout() | requests.exceptions.ProxyError():
            return SendFailed("no_connection", "retry")
        case requests.ConnectionError() if _never_connected(error):
            return SendFailed("no_connection", "retry")
        case requests.ReadTimeout():
            return SendFailed("no_answer", "unknown")
        case _:
            return SendFailed("cut_off", "unknown")


def _never_connected(error: requests.ConnectionError) -> bool:
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)
