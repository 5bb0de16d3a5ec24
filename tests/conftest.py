"""Fixtures that many tests share, and the rule that no test calls the outside world."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rig import Rig, rig

LOOPBACK = ("127.0.0.1", "::1", "localhost")


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to anywhere but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise AssertionError("a test called the outside world")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def fresh_rig(tmp_path: Path) -> Iterator[Rig]:
    """The product in processes of its own, with stand-in providers; a landlord and two readers are set up."""
    with rig(tmp_path) as made:
        made.set_up_quickly()
        yield made
