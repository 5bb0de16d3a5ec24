"""Canaries over every test: all run at DEBUG, and what is told in one must turn up nowhere that it must not.

Planted is each text that comes in, every number of the ranges kept for drama, every mail address, and the tokens and keys
of the stand-ins. It must not turn up in a line of our logs, in what a process prints or a command says went wrong, in an
error page, in figures for machines, or in the message of an exception of ours.
"""

import contextlib
import io
import json
import logging
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Final

import httpx
import pytest
import structlog

from bot.conversation.messages import Incoming
from bot.delivery.inbox import Inbox
from bot.demo.phones import Phones
from bot.demo.stage import TELEGRAM_TOKEN
from bot.log import set_up_logging

OURS: Final = ("bot.", "handlers.", "models.")
FIGURES: Final = ("/metrics", "/healthz", "/readyz")
PROVIDERS: Final = ("/2010-04-01/", f"/bot{TELEGRAM_TOKEN}/")
"""Where the stand-ins answer: what those say is no page of ours."""
CONSOLE: Final = "/console/"
HEAD: Final = re.compile(r'<div class="mine">.*?</div>', re.DOTALL)
"""The part of a page in the console that tells staff under which address they are signed in."""
FIRST_ERROR: Final = 400
SHOWN_AGAIN: Final = (400, 429)
SHORTEST: Final = 12
"""Shorter texts ("stop", "1") can't be told from words of ours."""

ALWAYS: Final = re.compile(
    r"(?:\+44|\b0)?7700[ -]?900[ -]?\d{3}\b"
    r"|[\w.+%-]+@[\w-]+\.[\w.-]*\w"
    rf"|{re.escape(TELEGRAM_TOKEN)}"
    r"|(?<![\w-])[\w-]{43}=(?!\w)",
    re.IGNORECASE,
)
"""A number, a mail address, a bot's token, a key."""


class Leaked(AssertionError):
    """Something turned up where it must not. Says what, and where."""


@dataclass
class Watch:
    """What was told during a test, and what was heard where nothing of it may be heard."""

    told: set[str] = field(default_factory=set)
    heard: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def plant(self, text: str) -> None:
        """Something is told."""
        if len(text) >= SHORTEST and " " in text:
            self.told |= {text.casefold(), json.dumps(text)[1:-1].casefold()}

    def hear(self, where: str, text: str) -> None:
        """Something is logged, printed, answered or raised."""
        self.heard[where].append(text)

    def found(self) -> list[str]:
        """Where something that was told turned up, and what."""
        return sorted({f"{where}: {what}" for where in self.heard for what in self._in(where)})

    def _in(self, where: str) -> Iterator[str]:
        heard = "\n".join(self.heard[where])
        yield from (match.group() for match in ALWAYS.finditer(heard))
        lowered = heard.casefold()
        yield from (told for told in self.told if told in lowered)


_watches: Final[list[Watch]] = []
"""Those of the blocks that are being watched, the innermost last."""


def plant(text: str) -> None:
    """Something is told."""
    for watch in _watches:
        watch.plant(text)


def hear(where: str, text: str) -> None:
    """Something is logged, printed, answered or raised."""
    for watch in _watches[-1:]:
        watch.hear(where, text)


@contextlib.contextmanager
def watched() -> Iterator[None]:
    """Watch what happens in the block, at DEBUG.

    Raises:
        Leaked: at its end, when something turned up where it must not.
    """
    _listen_to_exceptions()
    excepthook = sys.excepthook
    set_up_logging("DEBUG", io.StringIO())
    watch = Watch()
    _watches.append(watch)
    try:
        yield
    finally:
        _watches[:] = [one for one in _watches if one is not watch]
        sys.excepthook = excepthook
    if watch.found():
        raise Leaked("\n".join(watch.found()))


@pytest.fixture(autouse=True)
def _nothing_leaks() -> Iterator[None]:
    """Fail a test when something that was told turns up where it must not."""
    with watched():
        yield


def pytest_configure() -> None:
    """Listen wherever something could be heard, and plant what comes in."""
    debug = structlog.make_filtering_bound_logger(logging.DEBUG)
    configure = structlog.configure
    structlog.configure = lambda **chosen: configure(**{**chosen, "wrapper_class": debug})
    _after(structlog.processors.JSONRenderer, "__call__", lambda _self, line: hear("log", str(line)))
    _after(httpx.Client, "send", _hear_answer)
    _after_awaiting(httpx.AsyncClient, "send", _hear_answer)
    _before(Inbox, "receive", lambda _self, arrival: _plant([arrival]))
    _before(Inbox, "receive_all", lambda _self, arrivals: _plant(arrivals))
    _before(Phones, "telegram", lambda _self, _address, text, *_, **__: plant(text))
    _before(Phones, "twilio", lambda _self, _channel, _address, text, *_, **__: plant(text))


def _before(owner: type, name: str, tell: Callable[..., None]) -> None:
    """Tell of each call of a method, with its arguments."""
    original = getattr(owner, name)

    @wraps(original)
    def told(*args: Any, **kwargs: Any) -> Any:
        tell(*args, **kwargs)
        return original(*args, **kwargs)

    setattr(owner, name, told)


def _after(owner: type, name: str, tell: Callable[[Any, Any], None]) -> None:
    """Tell of what a method gave, and whose it is."""
    original = getattr(owner, name)

    @wraps(original)
    def told(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        tell(self, result)
        return result

    setattr(owner, name, told)


def _after_awaiting(owner: type, name: str, tell: Callable[[Any, Any], None]) -> None:
    original = getattr(owner, name)

    @wraps(original)
    async def told(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = await original(self, *args, **kwargs)
        tell(self, result)
        return result

    setattr(owner, name, told)


def _plant(arrivals: Sequence[object]) -> None:
    for arrival in arrivals:
        if isinstance(arrival, Incoming):
            plant(arrival.text)


def _hear_answer(_client: object, answer: httpx.Response) -> None:
    path = answer.request.url.path
    if path.startswith(PROVIDERS) or not answer.is_closed:
        return
    if _is_error(answer.status_code, path) or path in FIGURES:
        text = HEAD.sub("", answer.text) if path.startswith(CONSOLE) else answer.text
        hear(f"answer {answer.status_code} of {answer.request.method}", f"{answer.headers} {text}")


def _is_error(status: int, path: str) -> bool:
    """Whether an answer is an error page. A form of the console that is shown again, filled in, is that page still."""
    return status >= FIRST_ERROR and not (path.startswith(CONSOLE) and status in SHOWN_AGAIN)


_listened_to: Final[set[type]] = set()
_modules_then: Final = [0]


def _listen_to_exceptions() -> None:
    """Listen to every kind of exception of ours, those included whose module came since the last time."""
    if len(sys.modules) == _modules_then[0]:
        return
    _modules_then[0] = len(sys.modules)
    for kind in set(_kinds(Exception)) - _listened_to:
        if kind.__module__.startswith(OURS):
            _listened_to.add(kind)
            _after(kind, "__init__", _hear_exception)


def _hear_exception(error: Exception, _nothing: object) -> None:
    hear(f"message of {type(error).__name__}", f"{error} {error.args}")


def _kinds(kind: type) -> Iterator[type]:
    one: type
    for one in kind.__subclasses__():
        yield one
        yield from _kinds(one)
