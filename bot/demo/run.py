"""`listened demo`: the page for a person, or the script for whoever wants proof."""

import asyncio
import signal
from datetime import timedelta
from zoneinfo import ZoneInfo

import typer
from starlette.routing import Route

from bot.console.roles import ROLES
from bot.conversation.messages import ChannelName
from bot.demo.hall import open_hall
from bot.demo.history import seed
from bot.demo.pages import Pages
from bot.demo.staff import staff_routes
from bot.demo.stage import Stage, stage, wait_until
from bot.schedule import latest_occurrence

# One conversation a channel: what the person sends, and how many messages answer each of them.
SCRIPT: tuple[tuple[ChannelName, str, tuple[tuple[str, int], ...]], ...] = (
    (
        "sms",
        "+447700900101",
        (("rang on monday, they came the same day. mr Adeyemi explained it all", 2), ("1", 1)),
    ),
    (
        "whatsapp",
        "+447700900102",
        (("nobody rang back, im at flat 9 Saltmarsh Point and its been 3 weeks", 2), ("2", 1), ("1", 1)),
    ),
    ("telegram", "770103", (("hi", 2), ("they moved my bins and never said why", 1), ("press consent:1", 1))),
)


async def run_demo(port: int, *, history: bool) -> None:
    """Serve the page until Ctrl-C."""
    ended = asyncio.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    try:
        before = seed if history else None
        async with stage(
            port=port,
            more=demo_routes,
            visitors=ROLES,
            before=before,
            # Shorter than in life, so that the visitor need not wait, and long enough to see fragments joined.
            settle_seconds="sms=4,whatsapp=4,telegram=4",
        ) as made:
            typer.secho(f"\nListened is at {made.url}\n", bold=True)
            typer.echo(
                "Text from one of the phones, decide at the desk, send Monday's digest. Ctrl-C ends it;"
            )
            typer.echo("nothing is kept, and nothing leaves this computer.")
            await ended.wait()
    except OSError as error:
        typer.secho(
            f"Port {port} can't be used ({error.strerror}). Choose another: --port 8001", fg="red", err=True
        )
        raise typer.Exit(1) from None


def demo_routes(made: Stage) -> list[Route]:
    """The page for a person, with a workshop that is going on."""
    open_hall(made)
    return [*Pages(made).routes(), *staff_routes(made)]


async def run_script() -> int:
    """Play one conversation on each channel and send Monday's digests; print everything.

    Returns:
        0 when every reply and both digests arrived, otherwise 1.
    """
    async with stage(before=seed) as made:
        arrived = [await _play(made, *conversation) for conversation in SCRIPT]
        before = len(made.mailbox.mails)
        _, last = latest_occurrence(
            made.clock(), ZoneInfo("Europe/London"), made.product.settings.digest_time
        )
        await made.product.run_due(last + timedelta(days=7))
        mails = made.mailbox.mails[before:]
        for mail in mails:
            typer.secho(f"\n===== Mail to {mail.to[0]}: {mail.message['subject']} =====\n", bold=True)
            typer.echo(mail.text)
        complete = all(arrived) and len(mails) == 2
    typer.secho(
        "Everything arrived." if complete else "Something did not arrive.", fg="green" if complete else "red"
    )
    return 0 if complete else 1


async def _play(made: Stage, channel: ChannelName, address: str, turns: tuple[tuple[str, int], ...]) -> bool:
    typer.secho(f"\n===== {channel} =====\n", bold=True)
    shown = 0
    for text, replies in turns:
        typer.echo(f"  < {text}")
        pressed = text.removeprefix("press ")
        answer = await (
            made.phones.press(address, pressed)
            if pressed != text
            else made.phones.text(channel, address, text)
        )
        expected = shown + replies

        def enough(expected: int = expected) -> bool:
            return len(made.providers.sent_to(channel, address)) >= expected

        came = answer.status_code == 200 and await wait_until(enough)
        for sent in made.providers.sent_to(channel, address)[shown:]:
            typer.secho(f"  > {sent.text}", fg=typer.colors.CYAN)
        if not came:
            typer.secho("  ! no answer", fg="red")
            return False
        shown = expected
    return True
