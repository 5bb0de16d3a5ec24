"""Failpoints: places where `make faults` has the process killed, or held up, to see what survives.

Nothing happens at any of them unless the environment names one: FAILPOINT=name kills the process there
with SIGKILL; FAILPOINT=name:FILE waits there, once, until the file exists.
"""

import os
import signal
import time
from pathlib import Path
from typing import Final, Literal, get_args

Name = Literal[
    "received",  # the request is read, nothing is stored
    "stored",  # the message is inserted, nothing is committed
    "turned",  # its reply is queued, nothing is committed
    "committed",  # all is committed, the provider has not heard
    "acknowledged",  # the provider has heard 200
    "claiming",  # a reply is marked as being sent, nothing is committed
    "claimed",  # that is committed, nothing is sent
    "sent",  # the provider has taken it, nothing is recorded
    "recording",  # how it ended is written, nothing is committed
    "recorded",  # that is committed
]

Elsewhere = Literal[
    "rotating",  # a batch is brought to the newest keys, nothing is committed
    "rotated",  # that is committed
]
"""Those that no message comes by."""

OfDigests = Literal[
    "digest_queueing",  # a release is frozen and its digests are queued, nothing is committed
    "digest_queued",  # that is committed
    "digest_claiming",  # a digest is marked as being sent, nothing is committed
    "digest_claimed",  # that is committed, nothing is sent
    "digest_sent",  # the mail server has taken it, nothing is recorded
    "digest_recording",  # how it ended is written, nothing is committed
    "digest_recorded",  # that is committed
]
"""Those between a release and its last mail."""

NAMES: Final[tuple[str, ...]] = get_args(Name)
DIGEST_NAMES: Final[tuple[str, ...]] = get_args(OfDigests)
LOOK_EVERY_SECONDS: Final = 0.01
LONGEST_HOLD_SECONDS: Final = 20.0

_chosen, _, _file = os.environ.get("FAILPOINT", "").partition(":")
_held: list[str] = []


def failpoint(name: Name | Elsewhere | OfDigests) -> None:
    """Die or wait here if the environment says so."""
    if name != _chosen:
        return
    if not _file:
        os.kill(os.getpid(), signal.SIGKILL)
    if name not in _held:
        _held.append(name)
        Path(f"{_file}.reached").touch()
        _wait_for(Path(_file))


def _wait_for(file: Path) -> None:
    deadline = time.monotonic() + LONGEST_HOLD_SECONDS
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(LOOK_EVERY_SECONDS)
