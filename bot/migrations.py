"""Bringing the database to the shape that this code wants: by alembic and by nothing else."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from models import Store

ROOT = Path(__file__).resolve().parents[1]


def upgrade(store: Store) -> None:
    """Run every revision that the database has not seen."""
    with store.engine.connect() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


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
