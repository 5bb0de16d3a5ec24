"""`listened serve`, `work`, `check`, `migrate`, `keys` and `demo`: running it."""

import asyncio
import signal
from typing import Annotated

import typer
import uvicorn

from bot.app import Product, web_app, working
from bot.checks import Finding, check
from bot.cli.common import product, settings
from bot.log import get_logger
from bot.migrations import head, upgrade
from bot.privacy.keys import new_key
from bot.settings import SettingsProblem
from models import Store

MARKS = {
    "good": ("✓", typer.colors.GREEN),
    "missing": ("–", None),
    "note": ("i", None),
    "wrong": ("✗", typer.colors.RED),
}

keys_app = typer.Typer(help="Keys.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(demo)
    app.command()(serve)
    app.command()(work)
    app.command("check")(check_settings)
    app.command()(migrate)
    app.add_typer(keys_app, name="keys")


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
        app = web_app(built, work=not no_work)
        get_logger().info("serving", port=port)
        # Requests are not logged: their addresses and headers may name people.
        uvicorn.run(app, host=host, port=port, access_log=False, log_config=None, server_header=False)


def work() -> None:
    """Send messages and digests, beside any number of `listened serve --no-work`."""
    refuse_if_wrong()
    with product() as built:
        asyncio.run(_work(built))


async def _work(built: Product) -> None:
    ended = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    async with working(built):
        await ended.wait()


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
    store = Store(settings().database_url)
    upgrade(store)
    store.close()
    typer.echo(f"The tables are at revision {head()}.")


@keys_app.command("new")
def show_new_key() -> None:
    """Print a new random key, for DATA_KEYS or LOOKUP_KEYS."""
    typer.echo(new_key())
