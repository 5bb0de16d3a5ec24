"""What can go wrong at a provider, on request: so that tests can script it call by call."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong with one call.

    Args:
        status: the HTTP status that is answered instead; 0 for the usual answer.
        code: the provider's own code beside it.
        description: the provider's own words beside it.
        retry_after: the seconds that the provider asks to wait.
        delay: seconds until anything is answered.
        accepted: whether the call took effect all the same.
        cut: whether the connection is cut in the middle of the answer.
    """

    status: int = 0
    code: int = 0
    description: str = "Something went wrong"
    retry_after: int | None = None
    delay: float = 0.0
    accepted: bool = False
    cut: bool = False


class Faults:
    """Which calls go wrong.

    A call is named as its provider names it: sendMessage, getUpdates …, and for Twilio's messages create,
    list, fetch, update and delete.
    """

    def __init__(self) -> None:
        self._next: defaultdict[str, list[Fault | None]] = defaultdict(list)
        self._always: dict[str, Fault] = {}

    def script(self, call: str, *faults: Fault | None) -> None:
        """The next calls of that name meet these, one each; None is a call that goes well."""
        self._next[call].extend(faults)

    def always(self, call: str, fault: Fault | None) -> None:
        """Every call of that name meets this, until it is set to None."""
        if fault is None:
            self._always.pop(call, None)
        else:
            self._always[call] = fault

    async def meet(
        self, call: str, usual: Callable[[], Awaitable[Response]], refuse: Callable[[Fault], Response]
    ) -> Response:
        """Answer a call as usual, or as scripted.

        Args:
            call: its name.
            usual: does what was asked, and answers.
            refuse: answers with an error of the provider's shape.
        """
        scripted = self._next[call]
        fault = scripted.pop(0) if scripted else self._always.get(call)
        if fault is None:
            return await usual()
        takes_effect = fault.accepted or not (fault.status or fault.cut)
        answer = await usual() if takes_effect else refuse(fault)
        await asyncio.sleep(fault.delay)
        if fault.cut:
            return _CutOff()
        return refuse(fault) if fault.status else answer


class _CutOff(Response):
    """An answer that promises more than comes: the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"ok"', "more_body": True})
