"""`listened recipient`: who gets a landlord's digests."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from bot.cli.common import mail_address, product, the_landlord, whoever
from bot.pdf import can_make_pdf
from bot.recipients import Reader, RecipientProblem

recipient_app = typer.Typer(help="Who gets the digests.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="Where the digests go.")]
Whose = Annotated[
    str | None, typer.Option("--landlord", help="Whose digests; not needed while there is one.")
]
Zone = Annotated[
    str | None, typer.Option(help="Whose morning they arrive in (Europe/London); the landlord's by default.")
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(recipient_app, name="recipient")


@recipient_app.command("add")
def add_recipient(  # noqa: PLR0913 - each is an option
    email: Email,
    audience: Annotated[
        str, typer.Option("--as", help="landlord (its own teams) or organiser (of workshops).")
    ],
    landlord: Whose = None,
    every: Annotated[str, typer.Option(help="weekly or four-weekly.")] = "weekly",
    timezone: Zone = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Send it as a PDF as well.")] = False,
) -> None:
    """Add somebody who gets a landlord's digests."""
    address = mail_address(email)
    _needs_extra(wanted=pdf)
    with product() as built, _said():
        owner = the_landlord(built, landlord)
        built.recipients.add(owner, address, audience, whoever(), every=every, timezone=timezone, pdf=pdf)
    typer.echo(f"Digests about {owner.name} go there from the next Monday on.")


@recipient_app.command("set")
def set_recipient(
    email: Email,
    landlord: Whose = None,
    every: Annotated[str | None, typer.Option(help="weekly, four-weekly or off.")] = None,
    timezone: Zone = None,
    pdf: Annotated[bool | None, typer.Option("--pdf/--no-pdf", help="As a PDF as well, or not.")] = None,
) -> None:
    """Change how somebody gets them. An address that could not be reached is tried again."""
    address = mail_address(email)
    _needs_extra(wanted=bool(pdf))
    with product() as built, _said():
        owner = the_landlord(built, landlord)
        built.recipients.change(owner, address, whoever(), every=every, timezone=timezone, pdf=pdf)
        one = next(one for one in built.recipients.all(owner) if one.address.casefold() == address.casefold())
    typer.echo(_line(one))


@recipient_app.command("remove")
def remove_recipient(email: Email, landlord: Whose = None) -> None:
    """Take somebody off the list."""
    with product() as built, _said():
        owner = the_landlord(built, landlord)
        built.recipients.remove(owner, mail_address(email), whoever())
    typer.echo(f"No more digests about {owner.name} go there.")


@recipient_app.command("list")
def list_recipients(landlord: Whose = None) -> None:
    """Show who gets a landlord's digests."""
    with product() as built:
        for one in built.recipients.all(the_landlord(built, landlord)):
            typer.echo(_line(one))


def _line(one: Reader) -> str:
    words = [f"as {one.audience}, {one.every}"]
    words += [f"at {one.timezone}'s time"] if one.timezone else []
    words += ["with a PDF"] if one.pdf else []
    words += [f"nothing is sent: there is no such mailbox ({one.unreachable})"] if one.unreachable else []
    return f"{one.address}  {', '.join(words)}"


def _needs_extra(*, wanted: bool) -> None:
    if wanted and not can_make_pdf():
        raise typer.BadParameter(
            "PDFs need one more package: pip install 'listened[pdf]'", param_hint="--pdf"
        )


@contextmanager
def _said() -> Iterator[None]:
    """What is wrong is said in a sentence."""
    try:
        yield
    except RecipientProblem as problem:
        raise typer.BadParameter(str(problem)) from None
