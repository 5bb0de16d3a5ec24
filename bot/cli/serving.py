"""`listened serve`, `work`, `check`, `migrate` and `demo`: running it."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Iterator
from typing import Annotated, Any, TypeVar

import typer
import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from bot.app import Product, web_app
from bot.app.working import work_of
from bot.checks import Finding, check
from bot.cli.common import product, settings
from bot.log import get_logger
from bot.migrations import head, upgrade
from bot.settings import SettingsProblem
from models import Store

T = TypeVar("T")
MARKS = {
    "good": ("✓", typer.colors.GREEN),
    "missing": ("–", None),
    "note": ("i", None),
    "wrong": ("✗", typer.colors.RED),
}


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(demo)
    app.command()(serve)
    app.command()(work)
    app.command("check")(check_settings)
    app.command()(migrate)


def demo(
    history: Annotated[
        bool, typer.Option("--history", help="Begin with twelve weeks of made-up stories.")
    ] = False,
    script: Annotated[
        bool, typer.Option("--script", help="Play one conversation a channel, print all, and end.")
    ] = False,
    port: Annotated[int, typer.Option(help="Where the page is, on 127.0.0.1; 0 for any free port.")] = 8000,
) -> None:
    """Try everything on this computer: no accounts, no internet. Nothing is kept afterwards."""
    try:
        from bot.demo.run import run_demo, run_script  # noqa: PLC0415 - needs the extra "demo"
    except ModuleNotFoundError as error:
        raise SettingsProblem(
            f"The demo needs {error.name}. Install it with: pip install 'listened[demo]'"
        ) from None
    if script:
        raise typer.Exit(asyncio.run(run_script()))
    asyncio.run(run_demo(port, history=history))


def serve(
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="On which port.")] = 8000,
    no_work: Annotated[bool, typer.Option("--no-work", help="Only receive; `listened work` sends.")] = False,
) -> None:
    """Receive messages, answer them, and send digests on their day."""
    refuse_if_wrong()
    with product() as built:
        get_logger().info("serving", port=port)
        if not on_fast_loop(_serve(built, host, port, work=not no_work)):
            raise typer.Exit(1)


def work() -> None:
    """Send messages and digests, beside any number of `listened serve --no-work`."""
    refuse_if_wrong()
    with product() as built:
        if not on_fast_loop(_work(built)):
            raise typer.Exit(1)


def on_fast_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run something to its end on the event loop that uvicorn takes by itself: uvloop's, where that is."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(work)


class _Server(uvicorn.Server):
    """A server that ends like anything else, so that what is open is closed after it.

    uvicorn's own raises the signal again when it has ended, and at SIGTERM the process is gone then.
    """

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Be told to end by SIGINT and SIGTERM while the block lasts."""
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, self.handle_exit, sign, None)
        try:
            yield
        finally:
            for sign in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(sign)


async def _serve(built: Product, host: str, port: int, *, work: bool) -> bool:
    """Serve until told to stop; False when it ended by itself, because it must not go on."""
    must_end = asyncio.Event()
    app = web_app(built, work=work, ended=must_end)
    # Requests are not logged: their addresses and headers may name people.
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    server = _Server(config)

    async def end_it() -> None:
        await must_end.wait()
        server.should_exit = True

    watching = asyncio.create_task(end_it())
    await server.serve()
    watching.cancel()
    await built.close_channels()
    return server.started and not must_end.is_set()


async def _work(built: Product) -> bool:
    """Work until told to stop; False when it ended by itself, because it must not go on."""
    told, must_end = asyncio.Event(), asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, told.set)
    async with work_of(built).going_on(must_end):
        await asyncio.wait(
            [asyncio.create_task(told.wait()), asyncio.create_task(must_end.wait())],
            return_when=asyncio.FIRST_COMPLETED,
        )
    await built.close_channels()
    return not must_end.is_set()


def refuse_if_wrong() -> None:
    """End with sentences when something must be mended first.

    Raises:
        SettingsProblem: with a line for each.
    """
    wrong = [finding for finding in check(settings()) if finding.verdict == "wrong"]
    if wrong:
        raise SettingsProblem("\n".join(f"{finding.about}: {finding.sentence}" for finding in wrong))


def check_settings() -> None:
    """Say what is configured, what is missing and how to mend it. Opens no port and sends nothing."""
    findings = check(settings())
    width = max(len(finding.about) for finding in findings)
    for finding in findings:
        _show(finding, width)
    if any(finding.verdict == "wrong" for finding in findings):
        raise typer.Exit(1)


def _show(finding: Finding, width: int) -> None:
    mark, colour = MARKS[finding.verdict]
    typer.secho(f" {mark} {finding.about:<{width}}  {finding.sentence}", fg=colour)


def migrate() -> None:
    """Bring the database's tables up to date."""
    given = settings()
    store = Store(given.database_url)
    upgrade(store, given.keyring)
    store.close()
    typer.echo(f"The tables are at revision {head()}.")
