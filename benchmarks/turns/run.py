"""Our bot, its peers and the floor side by side: the same four turns, one after another, several rounds, medians.

Each bot has a core of its own (the last one), people and providers have another. Rates on a shared machine
swing, so the CPU that a thousand turns cost stands beside them; each ratio is the median over the rounds of
ratios within one round. Peers that are not installed are named (benchmarks/peers/install brings them).
"""

import argparse
import json
import os
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import talk

HERE = Path(__file__).resolve().parent
PEERS = HERE.parent / "peers"
PEER_PYTHON = PEERS / ".venv" / "bin" / "python"
CORES = sorted(os.sched_getaffinity(0))
STARTED_WITHIN = 90.0
TICKS = os.sysconf("SC_CLK_TCK")
Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """One bot under one load.

    Args:
        name: what the table calls it.
        command: how to start it; {port}, {api} and {folder} are filled in.
        channel: on which channel people talk to it.
        path: where its webhook is.
        replies: how many messages it answers each turn with.
        load: further options of the load generator.
        needs: what must be there for it.
    """

    name: str
    command: Sequence[str]
    channel: str = "telegram"
    path: str = "/"
    replies: str = "1,1,1,1"
    load: Sequence[str] = ()
    needs: Path | None = None

    @property
    def is_installed(self) -> bool:
        """Whether it can run here."""
        return self.needs is None or (self.needs.exists() and shutil.which(self.command[0]) is not None)


def ours(channel: str, *options: str, load: Sequence[str] = (), name: str = "") -> Case:
    """Our bot."""
    path = "/webhooks/telegram" if channel == "telegram" else f"/webhooks/twilio/{channel}"
    # To somebody new it says first who asks and who reads, in a message of its own; SMS has few numbers to be new with.
    replies = "1,1,1,1" if channel == "sms" else "2,1,1,1"
    command = (sys.executable, str(HERE / "ours.py"), "{port}", "{api}", *options)
    return Case(name or f"Listened, {channel}", command, channel, path, replies, load)


def floor(*options: str, name: str) -> Case:
    """The floor."""
    command = (sys.executable, str(HERE / "floor.py"), "{port}", *options)
    return Case(name, command, load=("--no-wait",))


def peer(name: str, file: str, channel: str = "telegram") -> Case:
    """A bot on somebody else's framework."""
    api = "http://127.0.0.1:{api}"
    secrets = (talk.BOT_TOKEN, talk.SECRET, "{folder}")
    if channel != "telegram":
        secrets = (talk.SID, talk.TWILIO_TOKEN, "{folder}", talk.NUMBERS[channel], "http://127.0.0.1:{port}")
    program = str(PEER_PYTHON) if file.endswith(".py") else "node"
    needs = PEER_PYTHON if file.endswith(".py") else PEERS / "node_modules" / ".ready"
    return Case(name, (program, str(PEERS / file), "{port}", api, *secrets), channel, needs=needs)


NO_WAIT = ("--no-wait",)
STORIES = ("--stories", "100000")
SETS: dict[str, list[Case]] = {
    "telegram": [
        ours("telegram"),
        peer("grammY, state by hand, better-sqlite3", "grammy_by_hand.mjs"),
        peer("grammY + conversations, better-sqlite3", "grammy_conversations.mjs"),
        peer("python-telegram-bot, SQLite", "python_telegram_bot.py"),
        peer("aiogram, FSM in SQLite", "aiogram_bot.py"),
    ],
    "twilio": [
        ours("sms"),
        peer("botkit, SMS, better-sqlite3", "botkit.cjs", "sms"),
        ours("whatsapp"),
        peer("bottender, WhatsApp, session files", "bottender.cjs", "whatsapp"),
    ],
    "ack": [
        ours("telegram", "--no-work", load=NO_WAIT, name="Listened, acknowledging"),
        floor(name="floor: group commit"),
        floor("--each", name="floor: a commit each"),
        ours("telegram", load=(*NO_WAIT, "--delay", "0.08"), name="Listened, provider takes 80 ms"),
        ours("telegram", load=NO_WAIT, name="Listened, provider answers at once"),
    ],
    "release": [
        ours("telegram", *STORIES, load=NO_WAIT, name="Listened, no release"),
        ours("telegram", *STORIES, "--releasing", load=NO_WAIT, name="Listened, releasing all the time"),
    ],
    "slow": [
        ours("telegram", "--no-work", "--slow", "2", load=NO_WAIT, name="Listened, + 2 ms a commit"),
        floor("--slow", "2", name="floor: group commit, + 2 ms"),
        floor("--each", "--slow", "2", name="floor: a commit each, + 2 ms"),
    ],
}


def run(case: Case, seconds: float, warm: float) -> Result:
    """One bot under load for a while."""
    with (
        tempfile.TemporaryDirectory(prefix="listened-peer-") as folder,
        _loading(case, seconds, warm) as load,
    ):
        api, port = load.stdout.readline().strip(), free_port()
        command = [part.format(port=port, api=api, folder=folder) for part in case.command]
        with serving(command, port) as server:
            load.stdin.write(f"{port} http://127.0.0.1:{port}\n")
            load.stdin.flush()
            load.stdout.readline()  # it has warmed up
            used = cpu_of(server.pid)
            result: Result = json.loads(load.stdout.readline())
            result["cpu"] = (cpu_of(server.pid) - used) / max(result["turns"], 1) * 1000
            result["rss"] = rss(server.pid)
    result["rate"] = result["turns"] / result["seconds"]
    return result


@contextmanager
def _loading(case: Case, seconds: float, warm: float) -> Iterator["subprocess.Popen[str]"]:
    options = ["--channel", case.channel, "--path", case.path, "--replies", case.replies]
    options += ["--seconds", str(seconds), "--warm", str(warm), *case.load]
    command = [*_on(CORES[0]), sys.executable, str(HERE / "load.py"), *options]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def serving(command: Sequence[str], port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """A bot that is running and takes requests."""
    process = subprocess.Popen(
        [*_on(CORES[-1]), *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(process, port)
        yield process
    finally:
        process.kill()
        process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + STARTED_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the bot did not start")


def _on(core: int) -> list[str]:
    return ["taskset", "-c", str(core)] if len(CORES) > 1 and shutil.which("taskset") else []


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        return int(opened.getsockname()[1])


def cpu_of(pid: int) -> float:
    """The seconds of CPU that a process and its children have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def rss(pid: int) -> float:
    """The resident memory of a process, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in status if line.startswith("VmRSS")).split()[1]) / 1024


def table(rounds: Sequence[dict[str, Result]], cases: Sequence[Case]) -> str:
    """A line a bot: medians, and our first bot on the same channel against it."""
    titles = ("turns/s", "CPU s/1000", "200 p50", "p99 ms", "reply p50", "p99 ms", "MB", "we:rate", "we:CPU")
    lines = [" " * 42 + "".join(f"{title:>11}" for title in titles)]
    for case in cases:
        seen = [one[case.name] for one in rounds if case.name in one]
        if not seen:
            lines.append(f"{case.name:42} not installed")
            continue
        mine = next(one.name for one in cases if one.channel == case.channel)
        ratios = [(one[mine], one[case.name]) for one in rounds if mine in one and case.name in one]
        figures = [
            f"{_median(seen, 'rate'):.0f}",
            f"{_median(seen, 'cpu'):.3f}",
            *(f"{_median(seen, name):.1f}" for name in ("ack_p50", "ack_p99", "reply_p50", "reply_p99")),
            f"{_median(seen, 'rss'):.0f}",
            f"{statistics.median(a['rate'] / max(b['rate'], 1) for a, b in ratios):.2f}",
            f"{statistics.median(b['cpu'] / a['cpu'] for a, b in ratios):.2f}",
        ]
        lines.append(f"{case.name:42}" + "".join(f"{figure:>11}" for figure in figures))
        failed = sum(one["failed"] for one in seen)
        if failed:
            lines.append(f"{'':42} {failed} turns failed: {seen[-1]['problems']}")
    return "\n".join(lines)


def _median(seen: Sequence[Result], name: str) -> float:
    return statistics.median(one[name] or 0 for one in seen)


def versions() -> str:
    """What is compared, and on what."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    machine = f"{cpu}, {len(CORES)} cores, load {os.getloadavg()[0]:.1f}"
    return f"{machine}; Python {platform.python_version()}; {_node()}\npeers: {_pinned()}"


def _node() -> str:
    found = shutil.which("node")
    if found is None:
        return "no Node"
    return (
        "Node "
        + subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    )


def _pinned() -> str:
    npm = json.loads((PEERS / "package.json").read_text())["dependencies"]
    pip = [line for line in (PEERS / "requirements.txt").read_text().splitlines() if line and line[0] != "#"]
    return ", ".join([*(f"{name} {version}" for name, version in npm.items()), *pip])


def main() -> None:
    """Run what was chosen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "sets", nargs="*", choices=[*SETS, []], help=f"which tables ({', '.join(SETS)}); all by default"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--warm", type=float, default=1.5)
    chosen = parser.parse_args()
    print(versions())
    for name in chosen.sets or SETS:
        cases = SETS[name]
        installed = [case for case in cases if case.is_installed]
        rounds = [
            {case.name: run(case, chosen.seconds, chosen.warm) for case in installed}
            for _ in range(chosen.rounds)
        ]
        print(f"\n{name}\n{table(rounds, cases)}", flush=True)


if __name__ == "__main__":
    main()
