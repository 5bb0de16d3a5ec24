"""The command `listened`: what can be done from a terminal."""

import typer

from bot.cli import digests, landlords, serving, talking, understanding, visits, wording

app = typer.Typer(
    help="Listened asks tenants whether they were listened to, and tells landlords without telling on anybody.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables, and those hold stories
)
for commands in (serving, talking, understanding, landlords, visits, digests, wording):
    commands.register(app)
