"""`listened keys`: making keys, and changing them while everything goes on."""

from typing import Annotated

import typer

from bot.audit import record
from bot.cli.common import product, whoever
from bot.privacy.keys import new_key
from bot.rotation import BATCH, left, rotate

keys_app = typer.Typer(
    help="Keys: make one, or bring all that is stored to the newest.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(keys_app, name="keys")


@keys_app.command("new")
def show_new_key() -> None:
    """Print a new random key, for DATA_KEYS or LOOKUP_KEYS."""
    typer.echo(new_key())


@keys_app.command("rotate")
def rotate_keys(
    count: Annotated[bool, typer.Option("--count", help="Only say how much is left.")] = False,
    batch: Annotated[
        int, typer.Option(min=1, max=10_000, help="How many values are written at once.")
    ] = BATCH,
    who: Annotated[str, typer.Option("--as", help="Who does it, for the audit; you by default.")] = "",
) -> None:
    """Bring all that is stored to the newest keys, while everything goes on.

    1. Put a new key in front, and keep the old one behind it: DATA_KEYS=new,old or LOOKUP_KEYS=new,old.

    2. Restart every process of Listened, so that all of them have both.

    3. Run this. Cut off at any point, it goes on where it stood when it is run again.

    4. When nothing is left, take the old key out of the settings and restart.

    DATA_KEYS: each value is opened and sealed again. Keep the old key as long as you keep backups from before.

    LOOKUP_KEYS: of somebody who said stop there may be nothing but a keyed hash, which can't be made anew
    without their number. So each hash is hashed once more with the new key, and a look-up goes through all
    keys in their order. For that the database keeps old look-up keys, sealed with DATA_KEYS; alone they are
    worth nothing.
    """
    with product() as built:
        if count:
            typer.echo(f"{left(built.store, built.keys):,} values are of an older key.")
            return
        with built.store.write() as session:
            record(session, built.keys, built.clock(), whoever(who), "keys_rotated")
        todo = left(built.store, built.keys)
        done = 0

        def progress(column: str, values: int) -> None:
            nonlocal done
            done += values
            typer.echo(f"{column}: {done:,} of {todo:,} done, {max(todo - done, 0):,} left")

        outcome = rotate(built.store, built.keys, progress, batch)
    typer.echo(f"{outcome.done:,} values brought over, {outcome.left:,} left.")
    if outcome.broken:
        typer.echo(
            f"{outcome.broken:,} of them can't be opened: they were changed or moved, or need another key."
        )
    if outcome.left:
        typer.echo("Keep the old key. Restart every process with both keys, then run this again.")
        raise typer.Exit(1)
    typer.echo("Old keys may now be taken out of the settings.")
