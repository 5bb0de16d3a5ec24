"""`python -m bot`, which is also the command `listened`."""

import sys

import typer
from sqlalchemy.exc import DBAPIError

from bot.cli import app
from bot.digest.post import MailSettingsProblem
from bot.log import log_error
from bot.moderation import NotAllowed
from bot.privacy.keys import KeyProblem
from bot.settings import SettingsProblem
from bot.work import AlreadyWorking

EXPECTED = (AlreadyWorking, SettingsProblem, MailSettingsProblem, NotAllowed, KeyProblem)


def main() -> None:
    """Run a command. Whatever goes wrong ends in a sentence, never in a traceback."""
    try:
        app()
    except EXPECTED as problem:
        _say(str(problem))
        sys.exit(2)
    except DBAPIError as error:
        log_error("database_failed", error)
        _say("The database did not do what it should. Run: listened check")
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - a traceback may quote a tenant
        log_error("crashed", error)
        _say("Something went wrong that we did not foresee; the line above says where.")
        sys.exit(1)


def _say(text: str) -> None:
    for line in text.splitlines():
        typer.secho(line, fg=typer.colors.RED, err=True)


if __name__ == "__main__":
    main()
