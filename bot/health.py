"""Health: what monitors, load balancers and Prometheus ask. It names nobody, and knows no one."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.delivery.threads import Threads
from bot.log import log_error
from bot.metrics import Meter, exposition
from bot.migrations import is_current
from bot.vitals import Pulse
from models import Store

LOOPBACK: Final = ("127.0.0.1", "::1")
FORWARDED: Final = ("forwarded", "x-forwarded-for", "via")
"""Whoever comes through a proxy comes from its machine, and is not of it."""

Endpoint = Callable[[Request], Awaitable[Response]]


def health_routes(store: Store, pulse: Pulse, meter: Meter, token: str, threads: Threads) -> list[Route]:
    """`/readyz` for a load balancer, `/healthz` for a monitor, `/metrics` for Prometheus.

    Args:
        store: the database.
        pulse: takes the vitals.
        meter: what this process has counted.
        token: what Prometheus must know; "" when it may only ask from this machine, by no proxy.
        threads: where the database is looked at; not those that take messages in.
    """
    return [
        Route("/healthz", _healthz(pulse, threads)),
        Route("/readyz", _readyz(store, threads)),
        Route("/metrics", _metrics(pulse, meter, token, threads)),
    ]


def _healthz(pulse: Pulse, threads: Threads) -> Endpoint:
    async def healthz(_request: Request) -> Response:
        """Whether all goes well, and if not, what somebody should look at."""
        vitals = await threads.run(pulse.take)
        if vitals is None:
            return JSONResponse({"ok": False, "wrong": ["database"]}, status_code=503)
        wrong = list(vitals.wrong)
        told = {"ok": not wrong, "wrong": wrong, **asdict(vitals)}
        return JSONResponse(told, status_code=503 if wrong else 200)

    return healthz


def _readyz(store: Store, threads: Threads) -> Endpoint:
    async def readyz(_request: Request) -> Response:
        """Whether requests may come here: the database answers, and is of the shape that this code wants."""
        try:
            ready = await threads.run(lambda: is_current(store))
        except Exception as error:  # noqa: BLE001 - not ready is the answer, whatever the reason
            log_error("not_ready", error)
            ready = False
        return JSONResponse({"ready": ready}, status_code=200 if ready else 503)

    return readyz


def _metrics(pulse: Pulse, meter: Meter, token: str, threads: Threads) -> Endpoint:
    async def metrics(request: Request) -> Response:
        """What Prometheus asks for."""
        if not _may_ask(request, token):
            return PlainTextResponse("Not found", status_code=404)
        try:
            body, kind = exposition(meter, await threads.run(pulse.take))
        except ModuleNotFoundError:
            hint = "Metrics need an extra. Install it with: pip install 'listened[observability]'\n"
            return PlainTextResponse(hint, status_code=404)
        return Response(body, media_type=kind)

    return metrics


def _may_ask(request: Request, token: str) -> bool:
    if token:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    here = request.client is not None and request.client.host in LOOPBACK
    return here and not any(name in request.headers for name in FORWARDED)
