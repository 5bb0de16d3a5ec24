"""The floor: a turn's five statements and nothing else, committed together by one thread before each 200.

No signature, no encryption, no dialogue, no reply: what the web server and the disk alone allow.
`--each` commits every turn by itself instead. `--slow MS` adds that long to each commit, as a slower disk would.
"""

import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

TABLES = """
CREATE TABLE seen (id INTEGER PRIMARY KEY);
CREATE TABLE state (person INTEGER PRIMARY KEY, step INTEGER NOT NULL);
CREATE TABLE answer (id INTEGER PRIMARY KEY, person INTEGER NOT NULL, value TEXT NOT NULL);
CREATE TABLE outbox (id INTEGER PRIMARY KEY, person INTEGER NOT NULL, body TEXT NOT NULL);
"""
Turn = tuple[int, int, str]


class Writer:
    """One thread that writes whatever waits.

    Args:
        file: the database.
        most: turns in one commit.
        slow: seconds added to each commit.
    """

    def __init__(self, file: Path, most: int, slow: float) -> None:
        self._db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._db.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; {TABLES}")
        self._most, self._slow = most, slow
        self._thread = ThreadPoolExecutor(1)
        self._waiting: list[tuple[Turn, asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def take(self, turn: Turn) -> None:
        """Write a turn; returns after its commit."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, done))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        await done

    async def _work(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            await asyncio.get_running_loop().run_in_executor(
                self._thread, self._write, [turn for turn, _ in group]
            )
            for _, done in group:
                done.set_result(None)

    def _write(self, turns: list[Turn]) -> None:
        run = self._db.execute
        run("BEGIN IMMEDIATE")
        for number, person, text in turns:
            run("INSERT OR IGNORE INTO seen VALUES (?)", (number,))
            step = run("SELECT step FROM state WHERE person = ?", (person,)).fetchone()
            run("INSERT OR REPLACE INTO state VALUES (?, ?)", (person, step[0] + 1 if step else 0))
            run("INSERT INTO answer (person, value) VALUES (?, ?)", (person, text))
            run("INSERT INTO outbox (person, body) VALUES (?, ?)", (person, "Thank you."))
        run("COMMIT")
        time.sleep(self._slow)


def main() -> None:
    """Serve."""
    port = int(sys.argv[1])
    slow = float(sys.argv[sys.argv.index("--slow") + 1]) / 1000 if "--slow" in sys.argv else 0.0
    with tempfile.TemporaryDirectory(prefix="listened-floor-") as folder:
        writer = Writer(Path(folder) / "floor.db", 1 if "--each" in sys.argv else 64, slow)

        async def webhook(request: Request) -> Response:
            update = json.loads(await request.body())
            await writer.take(
                (update["update_id"], update["message"]["chat"]["id"], update["message"]["text"])
            )
            return Response()

        app = Starlette(routes=[Route("/", webhook, methods=["POST"])])
        uvicorn.run(app, port=port, log_config=None, access_log=False)


if __name__ == "__main__":
    main()
