"""`listened respond`: what a landlord did about what it was told."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.cli.common import product, the_landlord, whoever
from bot.responses import ResponseProblem

respond_app = typer.Typer(help="Responses: you said, we did.", no_args_is_help=True)

Whose = Annotated[
    str | None, typer.Option("--landlord", help="Whose response; not needed while there is one landlord.")
]
DAY = ["%Y-%m-%d"]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(respond_app, name="respond")


@respond_app.command("add")
def add(  # noqa: PLR0913 - each is an option
    about: Annotated[
        str,
        typer.Argument(help="A theme (time-), an area (repairs), or release: all that one digest counted."),
    ],
    kind: Annotated[str, typer.Argument(help="did, will (a promise) or cannot.")],
    words: Annotated[str, typer.Argument(help="What you did, or why you can't. Everybody may read it.")],
    landlord: Whose = None,
    due: Annotated[datetime | None, typer.Option(formats=DAY, help="For a promise: by when.")] = None,
    released: Annotated[
        datetime | None, typer.Option(formats=DAY, help="For release: the date of that digest.")
    ] = None,
) -> None:
    """Write a response. Those who told of it, and wanted to know, are told once; nobody learns how many."""
    with product() as built, _said():
        owner = the_landlord(built, landlord)
        number = built.responses.write(
            owner,
            about,
            kind,  # type: ignore[arg-type]  # it is checked there
            words,
            whoever(),
            due_on=due.date() if due else None,
            released_on=released.date() if released else None,
        )
        until = next(one for one in built.responses.all(owner) if one.id == number).final_at
    here = until.astimezone(ZoneInfo(owner.timezone))
    typer.echo(
        f"Written, as number {number}. It can be taken back until {here:%H:%M} (listened respond withdraw);"
    )
    typer.echo("after that it is told in daytime, and stands in the next digest.")


@respond_app.command("withdraw")
def withdraw(
    number: Annotated[int, typer.Argument(help="Its number: see listened respond list.")],
    landlord: Whose = None,
) -> None:
    """Take a response back before anybody has heard of it."""
    with product() as built, _said():
        try:
            built.responses.withdraw(the_landlord(built, landlord), number, whoever())
        except LookupError:
            raise ResponseProblem(
                "There is no response of that number. To see them: listened respond list"
            ) from None
    typer.echo("Taken back. Nobody was told.")


@respond_app.command("end")
def end(
    number: Annotated[int, typer.Argument(help="The number of the promise: see listened respond list.")],
    became: Annotated[str, typer.Argument(help="kept or not_kept.")],
    words: Annotated[str, typer.Argument(help="What came of it, in a sentence.")] = "",
    landlord: Whose = None,
) -> None:
    """Say what became of a promise; the next digest does too."""
    with product() as built, _said():
        try:
            built.responses.end(the_landlord(built, landlord), number, became, words, whoever())
        except LookupError:
            raise ResponseProblem("There is no such promise. To see them: listened respond list") from None
    typer.echo("Written down.")


@respond_app.command("list")
def show(landlord: Whose = None) -> None:
    """Show a landlord's responses, newest first."""
    with product() as built:
        for one in built.responses.all(the_landlord(built, landlord)):
            due = f", by {one.due_on}" if one.due_on else ""
            became = f", {one.became.replace('_', ' ')}" if one.became else ""
            typer.echo(f"{one.id}  {one.made_at:%Y-%m-%d}  {one.about}: {one.kind}{due}{became}  {one.words}")


@respond_app.command("public")
def public(
    shown: Annotated[bool, typer.Option("--on/--off", help="Whether they stand on /said-and-done.")],
    landlord: Whose = None,
) -> None:
    """Show a landlord's responses to everybody on /said-and-done, or no more."""
    with product() as built:
        built.responses.show(the_landlord(built, landlord), shown=shown, who=whoever())
    typer.echo("They stand on /said-and-done." if shown else "They are not shown.")


@contextmanager
def _said() -> Iterator[None]:
    """What is wrong is said in a sentence."""
    try:
        yield
    except ResponseProblem as problem:
        raise typer.BadParameter(str(problem)) from None
