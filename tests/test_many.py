"""Many processes on one PostgreSQL: one leads, and a cut connection loses nothing."""

import os
from datetime import UTC, datetime
from pathlib import Path

import databases
import pytest
from rig import rig
from sqlalchemy import text

from bot.key_chain import check_chain, join_chain
from bot.leader import AdvisoryLead
from bot.privacy.keys import Keyring
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


def test_two_that_start_at_once_agree_on_the_keys(tmp_path: Path) -> None:
    """Both find a database without keys and write theirs down: whoever comes second takes what is there."""
    url, now = databases.migrated(tmp_path / "a.db"), datetime.now(UTC)
    keys = Keyring([os.urandom(32)], [os.urandom(32)])
    first, second = (databases.store(url) for _ in range(2))

    def overtaken() -> datetime:
        join_chain(second, keys, lambda: now)
        return now

    assert join_chain(first, keys, overtaken).chain == keys.chain
    assert check_chain(second, keys)[1] is False


def _cut_all(store: Store) -> None:
    with store.write() as session:
        session.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
