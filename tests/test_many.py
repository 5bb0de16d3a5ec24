"""Many processes on one PostgreSQL: one leads, and a cut connection loses nothing."""

from pathlib import Path

import databases
import pytest
from rig import rig
from sqlalchemy import text

from bot.leader import AdvisoryLead
from models import Store

pytestmark = pytest.mark.only_postgresql


def test_the_lead_passes_on_when_its_connection_is_cut(tmp_path: Path) -> None:
    """One leads; cut off by the database, it notices, and the other one leads."""
    url = databases.migrated(tmp_path / "a.db")
    first, second = (AdvisoryLead(databases.store(url)) for _ in range(2))
    assert first.take()
    assert not second.take()
    second.give_back()
    _cut_all(databases.store(url))
    assert not first.is_held()
    first.give_back()
    assert second.take()
    assert second.is_held()
    second.give_back()


def test_a_cut_connection_loses_no_message(tmp_path: Path) -> None:
    """The database restarts, as it were: connections that were open are replaced, and nobody gets an error."""
    with rig(tmp_path) as made:
        made.set_up_quickly()
        made.serve()
        for number in range(4):
            _cut_all(made.store())
            assert len(made.text("sms", f"+4477009004{number:02}", "the tap drips still", replies=2)) == 2


def _cut_all(store: Store) -> None:
    with store.write() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
