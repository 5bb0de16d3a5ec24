"""`listened visits` and `listened inbox`: whom to ask, and what could not be worked out."""

from datetime import date
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.app import Product
from bot.cli.common import product, the_landlord
from bot.visit_list import BadRow, NotAList, VisitRow, read_csv
from models.inbound import release_quarantined
from models.landlords import Landlord
from models.visits import counts

MOST_SHOWN = 20

visits_app = typer.Typer(help="Visits that people are asked about.", no_args_is_help=True)
inbox_app = typer.Typer(help="Messages that could not be worked out.", no_args_is_help=True)

WhichLandlord = Annotated[
    str | None, typer.Option("--landlord", help="Whose visits; not needed while there is one landlord.")
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(visits_app, name="visits")
    app.add_typer(inbox_app, name="inbox")


@visits_app.command("import")
def import_visits(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with the columns contact, channel (sms or whatsapp), visited_on, kind, reference."
        ),
    ],
    landlord: WhichLandlord = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Import the good rows even if there are bad ones.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only say who would be asked when, and who not and why.")
    ] = False,
) -> None:
    """Take in a list of visits: each person is asked once, the same day or the next morning."""
    with product() as built:
        owner = the_landlord(built, landlord)
        good, bad = _read(built, owner, file)
        for row in bad[:MOST_SHOWN]:
            typer.secho(f"line {row.line}: {row.problem}", fg=typer.colors.RED, err=True)
        if len(bad) > MOST_SHOWN:
            typer.secho(f"… and {len(bad) - MOST_SHOWN} more", fg=typer.colors.RED, err=True)
        if preview:
            planned = built.visits.preview(owner, good)
            for plan in sorted(planned, key=lambda one: (one.day or date.max, one.reason)):
                said = f"asked on {plan.day:%A %d %B}" if plan.day else f"not asked: {plan.reason}"
                typer.echo(f"{planned[plan]:>6}  {said}")
            return
        if bad and not skip_bad:
            typer.secho(
                f"{len(bad)} of {len(good) + len(bad)} rows are bad, so nothing was imported. Mend them, or import "
                "the others with --skip-bad.",
                fg=typer.colors.RED,
                err=True,
            )
            raise typer.Exit(1)
        new = _take_in(built, owner, good)
    typer.echo(f"{new} visits are new, {len(good) - new} were there already, {len(bad)} were left out.")


def _read(built: Product, owner: Landlord, file: Path) -> tuple[list[VisitRow], list[BadRow]]:
    today = built.clock().astimezone(ZoneInfo(owner.timezone)).date()
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return read_csv(lines, today)
    except OSError as error:
        raise typer.BadParameter(f"{file} can't be opened ({error.strerror}).", param_hint="FILE") from None
    except UnicodeDecodeError:
        raise typer.BadParameter(
            f"{file} is not UTF-8 text. In Excel choose: CSV UTF-8.", param_hint="FILE"
        ) from None
    except NotAList as problem:
        raise typer.BadParameter(str(problem), param_hint="FILE") from None


def _take_in(built: Product, owner: Landlord, rows: list[VisitRow]) -> int:
    if not rows:
        return 0
    with typer.progressbar(length=len(rows), label="Importing") as bar:
        return built.visits.take_in(owner, rows, bar.update)


@visits_app.command("show")
def show_visits(landlord: WhichLandlord = None) -> None:
    """Say how many visits wait, were asked about, or were not."""
    with product() as built:
        owner = the_landlord(built, landlord)
        with built.store.read() as session:
            found = counts(session, owner.id)
    for state, count in sorted(found.items()):
        typer.echo(f"{count:>6}  {state.replace('_', ' ')}")
    if not found:
        typer.echo("No visits yet. See: listened visits import --help")


@visits_app.command("ask")
def ask_now() -> None:
    """Ask about what is due, once; `listened serve` and `work` do this every minute."""
    with product() as built:
        typer.echo(f"{built.visits.ask_due()} people are asked; `listened serve` or `work` sends it.")


@inbox_app.command("retry")
def retry_inbox() -> None:
    """Try messages in quarantine once more, for instance after an update."""
    with product() as built:
        with built.store.write() as session:
            count = release_quarantined(session, built.clock())
        tried = built.inbox.retry() if count else 0
    typer.echo(f"{count} messages were in quarantine; {tried} were tried again.")
