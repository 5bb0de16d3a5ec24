"""Bringing the database to the shape that this code wants: by alembic and by nothing else.

Alembic is imported where it is used: with its templates it takes 8 MB, and a server only asks where the database is.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from sqlalchemy import inspect, text

from bot.privacy.keys import Keyring
from models import Store

ROOT: Final = Path(__file__).resolve().parents[1]
_WHERE: Final = "alembic_version"
"""The table in which alembic keeps the revision (https://alembic.sqlalchemy.org/en/latest/tutorial.html)."""
_NAMED: Final = re.compile(r'^(revision|down_revision) = "(\w+)"', re.MULTILINE)


def upgrade(store: Store, keys: Callable[[], Keyring]) -> None:
    """Run every revision that the database has not seen.

    Args:
        store: the database.
        keys: gives the settings' keys, where a revision seals what was stored in the open.
    """
    from alembic import command  # noqa: PLC0415 - see above
    from alembic.config import Config  # noqa: PLC0415 - see above

    with store.engine.connect() as connection:
        config = Config(toml_file=ROOT / "pyproject.toml")
        config.attributes["connection"] = connection
        config.attributes["keys"] = keys
        command.upgrade(config, "head")
    store.checkpoint()  # what a revision sealed or dropped is not to stand in the log


def is_current(store: Store) -> bool:
    """Whether the database is at the newest revision that this code knows."""
    with store.engine.connect() as connection:
        if not inspect(connection).has_table(_WHERE):
            return False
        found = connection.execute(text(f"SELECT version_num FROM {_WHERE}"))  # noqa: S608 - no word of anybody's
        return found.scalars().all() == [head()]


@cache
def head() -> str | None:
    """The newest revision that this code knows: the one on which no other builds."""
    files = sorted((ROOT / "alembic" / "versions").glob("*.py"))
    named = [_NAMED.findall(file.read_text(encoding="utf-8")) for file in files]
    built_on = {name for pairs in named for what, name in pairs if what == "down_revision"}
    return next(
        (name for pairs in named for what, name in pairs if what == "revision" and name not in built_on), None
    )
