"""Python processes that start in a moment: each is forked from one that has read and imported the product already.

What such a process does, prints and leaves behind is the same as of `python …` started afresh: its own environment,
folder, standard streams and signals. Only importing is not repeated. tests/test_journey.py starts its own afresh.
"""

import contextlib
import gc
import importlib
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
WHERE: Final = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
STREAMS: Final = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT | os.O_APPEND, os.O_WRONLY | os.O_CREAT | os.O_APPEND)


@dataclass(frozen=True)
class Forked:
    """A process that runs, or has ended; with what `subprocess.Popen` calls the same."""

    arguments: Sequence[str]
    process: BaseProcess

    @property
    def pid(self) -> int:
        """Its id."""
        assert self.process.pid is not None
        return self.process.pid

    def poll(self) -> int | None:
        """Its exit code, negative where a signal ended it; none while it runs."""
        return self.process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; gives its exit code.

        Raises:
            subprocess.TimeoutExpired: when it has not within that many seconds.
        """
        self.process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired(list(self.arguments), timeout or 0)
        return code

    def send_signal(self, sign: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, sign)

    def terminate(self) -> None:
        """Tell it to end."""
        self.send_signal(signal.SIGTERM)


Process = Forked | subprocess.Popen[bytes]


def start(
    arguments: Sequence[str],
    *,
    folder: Path,
    env: Mapping[str, str],
    streams: Sequence[Path | str],
    afresh: bool = False,
) -> Process:
    """Start `python` with arguments: -m MODULE …, or -c CODE ….

    Args:
        arguments: those.
        folder: where it runs.
        env: its whole environment.
        streams: the files of its standard input, output and errors; the latter two are added to.
        afresh: whether it imports everything itself.
    """
    files = [str(stream) for stream in streams]
    if afresh:
        with contextlib.ExitStack() as opened:
            numbers = [os.open(file, how, 0o600) for file, how in zip(files, STREAMS, strict=True)]
            for number in numbers:
                opened.callback(os.close, number)
            return subprocess.Popen(
                [sys.executable, *arguments],
                cwd=folder,
                env=env,
                stdin=numbers[0],
                stdout=numbers[1],
                stderr=numbers[2],
            )
    process = _forks().Process(target=_live, args=(arguments, str(folder), dict(env), files))
    process.start()
    return Forked(arguments, process)


def run(
    arguments: Sequence[str],
    *,
    folder: Path,
    env: Mapping[str, str],
    typed: str = "",
    seconds: float = 60,
    afresh: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run `python` to its end, and give what it printed.

    Raises:
        subprocess.TimeoutExpired: when it has not ended within that many seconds.
    """
    with tempfile.TemporaryDirectory(prefix="listened-run-") as made:
        streams = [Path(made) / name for name in ("typed", "printed", "errors")]
        streams[0].write_text(typed)
        process = start(arguments, folder=folder, env=env, streams=streams, afresh=afresh)
        try:
            code = process.wait(seconds)
        finally:
            process.send_signal(signal.SIGKILL)
        printed, errors = (stream.read_text() for stream in streams[1:])
        return subprocess.CompletedProcess(list(arguments), code, printed, errors)


@cache
def _forks() -> ForkServerContext:
    """Start the process that the others are forked from."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["imported"])
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = WHERE
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before
    return context


def _live(arguments: Sequence[str], folder: str, env: Mapping[str, str], streams: Sequence[str]) -> None:
    """The life of one process."""
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    for number, (path, flags) in enumerate(zip(streams, STREAMS, strict=True)):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - they are the process's own
        for number, mode in enumerate("rww")
    )
    warnings.simplefilter("default")
    # What is read from the environment when it is imported.
    importlib.reload(importlib.import_module("bot.failpoints"))
    how, what, *rest = arguments
    sys.argv = [what, *rest]
    try:
        if how == "-m":
            runpy.run_module(what, run_name="__main__", alter_sys=True)
        else:
            exec(what, {"__name__": "__main__"})  # noqa: S102 - what a test wrote
    finally:
        gc.collect()  # what was left open says so, as it would at the end of any Python
