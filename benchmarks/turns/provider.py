"""A provider on loopback that takes every message, and remembers which of our rows it was and when it came.

Prints its port. `GET /ledger` gives all that came since the last time as JSON: how often each row, and the moments.
"""

import asyncio
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable

import talk
from load import Api

ROW = re.compile(rb"message%3D(\d+)")
"""Our id of a message, in the address that Twilio is to report to."""


class Ledger:
    """What came."""

    def __init__(self) -> None:
        self.rows: Counter[int] = Counter()
        self.moments: list[float] = []

    def answer(self, sent: Callable[[bytes, bytes], bytes], head: bytes, body: bytes) -> bytes:
        """Take a call, and answer it."""
        if head.startswith(b"GET /ledger"):
            plain = json.dumps({"rows": self.rows, "moments": self.moments}).encode()
            self.rows, self.moments = Counter(), []
            return f"HTTP/1.1 200 OK\r\nContent-Length: {len(plain)}\r\n\r\n".encode() + plain
        if row := ROW.search(body):
            self.rows[int(row[1])] += 1
            self.moments.append(time.monotonic())
        return sent(head, body)


async def main() -> None:
    """Serve until standard input ends."""
    ledger, sent = Ledger(), talk.api_answer("whatsapp")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Api(lambda _to: None, lambda head, body: ledger.answer(sent, head, body), 0),
        "127.0.0.1",
        0,
        backlog=1024,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
