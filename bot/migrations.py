"""Bringing the database to the shape that this code wants: by alembic and by nothing else."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.privacy.keys import Keyring
from models import Store

ROOT = Path(__file__).resolve().parents[1]


def upgrade(store: Store, keys: Callable[[], Keyring]) -> None:
    """Run every revision that the database has not seen.

    Args:
        store: the database.
        keys: gives the settings' keys, where a revision seals what was stored in the open.
    """
    with store.engine.connect() as connection:
        config = _config()
        config.attributes["connection"] = connection
        config.attributes["keys"] = keys
        command.upgrade(config, "head")
    store.checkpoint()  # what a revision sealed or dropped is not to stand in the log


def is_current(store: Store) -> bool:
    """Whether the database is at the newest revision that this code knows."""
    with store.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head()


@cache
def head() -> str | None:
    """The newest revision that this code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    return Config(toml_file=ROOT / "pyproject.toml")
