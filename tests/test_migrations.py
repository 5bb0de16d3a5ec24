"""Migrations: the only way tables are made; head is what the models say; up, down and up again."""

from pathlib import Path

import databases
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from bot.migrations import ROOT, head, is_current, upgrade
from models import Base, Store

REVISIONS = [
    r.revision
    for r in ScriptDirectory.from_config(Config(toml_file=ROOT / "pyproject.toml")).walk_revisions()
]


def config(store: Store) -> tuple[Config, object]:
    """Alembic's configuration on an open connection of that database."""
    made, connection = Config(toml_file=ROOT / "pyproject.toml"), store.engine.connect()
    made.attributes["connection"] = connection
    return made, connection


def shape(store: Store) -> dict[str, set[str]]:
    """Every table with its columns."""
    seen = inspect(store.engine)
    return {name: {c["name"] for c in seen.get_columns(name)} for name in seen.get_table_names()}


def test_head_is_what_the_models_say(tmp_path: Path) -> None:
    """A migrated database differs in nothing from the models."""
    store = databases.store(databases.empty(tmp_path / "a.db"))
    upgrade(store)
    made, connection = config(store)
    command.check(made)
    connection.close()  # type: ignore[attr-defined]
    assert set(Base.metadata.tables) == set(shape(store)) - {"alembic_version"}
    store.close()


def test_there_is_one_head() -> None:
    """Two heads would mean that somebody's database can't be migrated."""
    assert len(ScriptDirectory.from_config(Config(toml_file=ROOT / "pyproject.toml")).get_heads()) == 1


@pytest.mark.parametrize("revision", REVISIONS)
def test_each_revision_goes_up_down_and_up(tmp_path: Path, revision: str) -> None:
    """Going down undoes a revision, and going up again gives the same tables."""
    store = databases.store(databases.empty(tmp_path / "a.db"))
    made, connection = config(store)
    command.upgrade(made, revision)
    there = shape(store)
    command.downgrade(made, "-1")
    assert shape(store) != there
    command.upgrade(made, revision)
    assert shape(store) == there
    connection.close()  # type: ignore[attr-defined]
    store.close()


def test_a_failing_revision_leaves_nothing_half_done(tmp_path: Path) -> None:
    """Tables that a transaction made are gone when it fails, on SQLite too."""
    store = databases.store(databases.empty(tmp_path / "a.db"))

    def half_done() -> None:
        with store.write() as session:
            session.execute(text("CREATE TABLE half (id INTEGER)"))
            raise RuntimeError("cut")

    with pytest.raises(RuntimeError, match="cut"):
        half_done()
    assert shape(store) == {}
    store.close()


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    """`listened migrate` may be run at every start."""
    store = databases.store(databases.empty(tmp_path / "a.db"))
    assert not is_current(store)
    upgrade(store)
    upgrade(store)
    assert is_current(store)
    assert head() is not None
    store.close()
