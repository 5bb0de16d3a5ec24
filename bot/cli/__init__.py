"""The command `listened`: what can be done from a terminal.

The module of a command is imported when that command is run, so that each starts as fast as it can.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

HELP: Final = (
    "Listened asks tenants whether they were listened to, and tells landlords without telling on anybody."
)

COMMANDS: Final[Mapping[str, Mapping[str, str]]] = {
    "serving": {
        "demo": "Try everything on this computer: no accounts, no internet.",
        "serve": "Receive messages, answer them, and send digests on their day.",
        "work": "Send messages and digests, beside any number of `listened serve --no-work`.",
        "check": "Say what is configured, what is missing and how to mend it.",
        "migrate": "Bring the database's tables up to date.",
    },
    "keys": {"keys": "Keys: make one, or bring all that is stored to the newest."},
    "talking": {"chat": "Talk to the bot here."},
    "understanding": {
        "understand": 'Read messages: JSON Lines {"id", "text"} on standard input, '
        "one line of what was read for each."
    },
    "landlords": {
        "landlord": "Landlords.",
        "line": "Numbers and bots, and whose they are.",
    },
    "recipients": {"recipient": "Who gets the digests."},
    "responses": {"respond": "Responses: you said, we did."},
    "visits": {
        "visits": "Visits that people are asked about.",
        "inbox": "Messages that could not be worked out.",
    },
    "workshops": {"workshop": "Workshops: before, during and after."},
    "digests": {
        "moderate": "Read every story, one by one: decide what may leave, "
        "and pass on what somebody must act on.",
        "digest": "Digests: see one before it goes, or send what is due.",
    },
    "releases": {"release": "Releases: everything that has left."},
    "rights": {
        "forget": "Remove now what may no longer be kept; otherwise it is done at night while serving.",
        "person": "What a person may ask of us: all that we hold, erasure, taking a yes back.",
        "audit": "What staff did.",
    },
    "staff": {"staff": "Who may use the console."},
    "posters": {"poster": "Make a poster, or cards to hand out, with a code to scan for each channel."},
    "wording": {"wording": "Languages: how complete they are, and what they cost to text."},
}
"""The commands of each module here, and the first sentence of each one's help."""


class OnDemand(TyperGroup):
    """All commands by name and first sentence; the one that is run, whole."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, in the order of the help."""
        del ctx
        return [name for names in COMMANDS.values() for name in names]

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | None:
        """Name and first sentence of one command, without its module."""
        del ctx
        told = next((names[cmd_name] for names in COMMANDS.values() if cmd_name in names), None)
        return TyperCommand(cmd_name, help=told) if told else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that is run."""
        name, known, rest = super().resolve_command(ctx, args)
        return name, load(name) if name and known else known, rest


def load(name: str) -> Any:
    """A command as its module defines it."""
    home = next(module for module, names in COMMANDS.items() if name in names)
    alone = typer.Typer(pretty_exceptions_enable=False)
    import_module(f"bot.cli.{home}").register(alone)
    return typer.main.get_group(alone).commands[name]


app = typer.Typer(
    cls=OnDemand,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables, and those hold stories
)


@app.callback(help=HELP)
def listened() -> None:
    """What every command begins with: nothing."""
