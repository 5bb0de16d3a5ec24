"""Migrations: the only way tables are made; head is what the models say; up, down and up again."""

import json
from datetime import UTC, datetime
from pathlib import Path

import databases
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from bot.migrations import ROOT, head, is_current, upgrade
from bot.privacy.keys import Keyring, new_key, parse_keys
from models import Base, Store

REVISIONS = [
    r.revision
    for r in ScriptDirectory.from_config(Config(toml_file=ROOT / "pyproject.toml")).walk_revisions()
]


def no_keys() -> Keyring:
    """Nothing has been told yet, so nothing is there to be sealed."""
    raise AssertionError("keys were asked for")


def config(store: Store) -> tuple[Config, object]:
    """Alembic's configuration on an open connection of that database."""
    made, connection = Config(toml_file=ROOT / "pyproject.toml"), store.engine.connect()
    made.attributes["connection"] = connection
    return made, connection


def shape(store: Store) -> dict[str, set[str]]:
    """Every table with its columns and indexes."""
    seen = inspect(store.engine)
    return {
        name: {str(part["name"]) for part in (*seen.get_columns(name), *seen.get_indexes(name))}
        for name in seen.get_table_names()
    }


def test_head_is_what_the_models_say(tmp_path: Path) -> None:
    """A migrated database differs in nothing from the models."""
    store = databases.store(databases.empty(tmp_path / "a.db"))
    upgrade(store, no_keys)
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
    upgrade(store, no_keys)
    upgrade(store, no_keys)
    assert is_current(store)
    assert head() is not None
    store.close()


def test_where_a_conversation_stands_is_sealed_by_its_revision(tmp_path: Path) -> None:
    """What stood in the open comes through sealed, is found in no file, and comes back when going down."""
    keys = Keyring(parse_keys(new_key()), parse_keys(new_key()))
    store = databases.store(databases.empty(tmp_path / "a.db"))
    made, connection = config(store)
    command.upgrade(made, "0004")
    state = {"script": "after_visit", "answers": {"listened": "partlyheron"}}
    with store.write() as session:
        for statement in STOOD_IN_THE_OPEN:
            given = {
                "state": json.dumps(state),
                "now": datetime.now(UTC),
                "hash": b"1",
                "yes": True,
                "no": False,
            }
            session.execute(text(statement), given)
    connection.close()  # type: ignore[attr-defined]
    upgrade(store, lambda: keys)
    with store.read() as session:
        (sealed,) = session.scalars(text("SELECT state FROM conversation")).all()
        assert json.loads(keys.open("conversation", 3, "state", sealed)) == state
        # What hangs on a table that is copied stays, and counts where it counted.
        assert session.execute(text("SELECT id, scope_id, release_id FROM story")).all() == [(4, 1, 6)]
        assert session.execute(text("SELECT story_id FROM excerpt")).all() == [(4,)]
        assert session.execute(text("SELECT scope_id, number FROM release")).all() == [(1, 1)]
    with store.write() as session:
        if store.is_sqlite:  # the connection that migrated goes back to the others, and keeps watch again
            assert session.scalar(text("PRAGMA foreign_keys")) == 1
    assert [path.name for path in tmp_path.iterdir() if b"heron" in path.read_bytes()] == []
    made, connection = config(store)
    with pytest.raises(RuntimeError, match="listened migrate"):
        command.downgrade(made, "0004")
    made.attributes["keys"] = lambda: keys
    command.downgrade(made, "0004")
    with store.read() as session:
        (back,) = session.scalars(text("SELECT state FROM conversation")).all()
        assert (
            json.loads(back) if isinstance(back, str) else back
        ) == state  # PostgreSQL's driver reads JSON
    connection.close()  # type: ignore[attr-defined]
    store.close()


STOOD_IN_THE_OPEN = (
    "INSERT INTO landlord (id, name, name_key, complaints, emergency, timezone, created_at)"
    " VALUES (1, 'Harbour Homes', 'harbour homes', '', '', 'Europe/London', :now)",
    "INSERT INTO line (id, channel, account, landlord_id) VALUES (1, 'sms', '+447700900000', 1)",
    "INSERT INTO contact (id, channel, lookup, person, address, met, created_at)"
    " VALUES (2, 'sms', :hash, :hash, :hash, :yes, :now)",
    "INSERT INTO conversation (id, contact_id, line_id, state, created_at, updated_at)"
    " VALUES (3, 2, 1, :state, :now, :now)",
    "INSERT INTO release (id, landlord_id, on_date, number, closes_batch, contents, made_at)"
    " VALUES (6, 1, '2026-11-16', 1, :yes, :hash, :now)",
    "INSERT INTO story (id, contact_id, conversation_id, landlord_id, language, told_at, private, release_id)"
    " VALUES (4, 2, 3, 1, 'en', :now, :no, 6)",
    "INSERT INTO excerpt (id, story_id, verdict, moderator, decided_at)"
    " VALUES (5, 4, 'set_aside', 'heron@operator.example', :now)",
)
"""A conversation in the middle of it, and a decision of somebody by name."""
