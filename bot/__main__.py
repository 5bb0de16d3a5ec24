"""`python -m bot`, which is also the command `listened`."""

import sys

import typer

from bot.cli import app


def main() -> None:
    """Run a command. Whatever goes wrong ends in a sentence, never in a traceback."""
    try:
        app()
    except Exception as error:  # noqa: BLE001 - a traceback may quote a tenant
        sys.exit(_tell(error))


def _tell(error: Exception) -> int:
    """Say what went wrong, in a sentence; the exit code. Imports what most commands need not wait for."""
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    from bot.log import log_error  # noqa: PLC0415
    from bot.mail import MailSettingsProblem  # noqa: PLC0415
    from bot.moderation import NotAllowed  # noqa: PLC0415
    from bot.privacy.keys import KeyProblem  # noqa: PLC0415
    from bot.settings import SettingsProblem  # noqa: PLC0415
    from bot.work import AlreadyWorking  # noqa: PLC0415

    if isinstance(error, AlreadyWorking | SettingsProblem | MailSettingsProblem | NotAllowed | KeyProblem):
        _say(str(error))
        return 2
    if isinstance(error, DBAPIError):
        log_error("database_failed", error)
        _say("The database did not do what it should. Run: listened check")
        return 1
    log_error("crashed", error)
    _say("Something went wrong that we did not foresee; the line above says where.")
    return 1


def _say(text: str) -> None:
    for line in text.splitlines():
        typer.secho(line, fg=typer.colors.RED, err=True)


if __name__ == "__main__":
    main()
