"""Failover: the primary is killed while people text, the standby takes over, and nothing acknowledged is lost."""

import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from postgresql import Server, folder_for_servers
from rig import ROOT, Rig, free_port, rig, wait_for
from sqlalchemy import func, select

from bot.demo.phones import Webhook
from bot.stories import StoryBook
from models import Store
from models.outbound import Outbound
from models.sending import UNFINISHED
from models.stories import Story

pytestmark = [pytest.mark.only_postgresql, pytest.mark.database]

PEOPLE = 40
REPLIES = 2
KILL_AFTER = 12  # acknowledged messages
PATIENCE = 180  # seconds
STANDBY = "standby_a"


def settings_of(name: str) -> dict[str, str]:
    """The settings in one of the files that docs/deploy offers."""
    text = (ROOT / "docs" / "deploy" / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^(\w+) = '?([^'\n]*)'?$", text, re.MULTILINE))


@dataclass
class Pair:
    """A primary with the settings of docs/deploy, and a standby that follows it."""

    primary: Server
    standby: Server

    @property
    def url(self) -> str:
        """The address of whichever of the two may be written to."""
        hosts = "&".join(f"host=127.0.0.1:{one.settings['port']}" for one in (self.primary, self.standby))
        return f"postgresql+psycopg://listened@/listened?{hosts}&target_session_attrs=read-write"

    def fail_over(self) -> None:
        """The primary's machine is gone; somebody promotes the standby."""
        self.primary.stop(signal.SIGKILL)
        with self.standby.connect() as connection:
            connection.execute("SELECT pg_promote()")


@pytest.fixture
def pair() -> Iterator[Pair]:
    """Both running; a commit waits for both."""
    with folder_for_servers() as first, folder_for_servers() as second:
        servers = [
            Server(folder, {"listen_addresses": "127.0.0.1", "port": str(free_port())})
            for folder in (first, second)
        ]
        primary, standby = servers
        try:
            primary.make()
            primary.start(synchronous_standby_names="")
            with primary.connect() as connection:
                connection.execute("CREATE DATABASE listened")
            source = (
                f"host=127.0.0.1 port={primary.settings['port']} user=listened application_name={STANDBY}"
            )
            standby.run(
                "pg_basebackup",
                "-d",
                source,
                "-D",
                str(standby.data),
                "-R",
                "-C",
                "-S",
                STANDBY,
                "-c",
                "fast",
            )
            standby.start()
            primary.stop()
            primary.start(**settings_of("primary.conf"))
            assert wait_for(lambda: _follows(primary), 60)
            yield Pair(primary, standby)
        finally:
            for server in servers:
                server.stop(signal.SIGQUIT)


def _follows(primary: Server) -> bool:
    with primary.connect() as connection:
        states = connection.execute("SELECT sync_state FROM pg_stat_replication").fetchall()
    return states == [("quorum",)]


@dataclass
class Town:
    """People who text, and what was acknowledged to them."""

    rig: Rig
    acknowledged: list[str] = field(default_factory=list)

    def tell(self, number: int) -> None:
        """Post one story until it is acknowledged, as Telegram does."""
        words = f"the gate of number {number} never shuts"
        webhook = self.rig.webhook("telegram", f"{620000 + number}", words)
        deadline = time.monotonic() + PATIENCE
        while not _accepted(webhook):
            assert time.monotonic() < deadline, "it was not accepted"
            time.sleep(0.2)
        self.acknowledged.append(words)

    def stored(self, store: Store) -> list[str]:
        """The words of every story in a database."""
        with store.read() as session:
            ids = session.scalars(select(Story.id)).all()
            return list(StoryBook(session, self.rig.keys).words(ids).values())


def _accepted(webhook: Webhook) -> bool:
    try:
        return httpx.post(webhook.url, content=webhook.body, headers=webhook.headers, timeout=15).is_success
    except httpx.HTTPError:
        return False


def _unfinished(store: Store) -> int:
    with store.read() as session:
        return session.scalar(select(func.count()).where(Outbound.state.in_(UNFINISHED))) or 0


def test_the_primary_is_killed_while_people_text(pair: Pair, tmp_path: Path) -> None:
    """What was acknowledged is on the standby, what was not is tried again, and no phone is shown anything twice."""
    with rig(tmp_path, pair.url) as made:
        made.set_up_quickly()
        made.serve()
        town, store = Town(made), made.store()
        with ThreadPoolExecutor(4) as pool:
            told = [pool.submit(town.tell, number) for number in range(PEOPLE)]
            assert wait_for(lambda: len(town.acknowledged) >= KILL_AFTER, PATIENCE)
            before = list(town.acknowledged)
            threading.Thread(target=pair.fail_over).start()
            for one in told:
                one.result()
        assert set(before) <= set(town.stored(store))
        assert Counter(town.stored(store)) == Counter(town.acknowledged)
        assert len(town.acknowledged) == PEOPLE
        wait_for(lambda: _unfinished(store) == 0, 100)
        shown = Counter((one.to, one.text) for one in made.providers.ledger)
        assert set(shown.values()) == {1}
        assert len(shown) == PEOPLE * REPLIES - _unknown(store)


def _unknown(store: Store) -> int:
    """Replies that no phone was shown, and that are recorded as such."""
    with store.read() as session:
        return session.scalar(select(func.count()).where(Outbound.state == "unknown")) or 0
