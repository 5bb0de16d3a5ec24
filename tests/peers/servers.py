"""Starts servers that we did not write: Node programs on loopback, ended by their own handles."""

import contextlib
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
SPECIFICATION = HERE.parents[1].parent / "shared" / "peers" / "twilio_api_v2010.json"
"""Twilio's own description of its API (https://github.com/twilio/twilio-oai), where somebody has put it."""


@dataclass(frozen=True)
class Server:
    """A server that runs, and what it has printed."""

    url: str
    output: Path

    @property
    def lines(self) -> list[str]:
        """What it has printed so far."""
        return self.output.read_text(encoding="utf-8", errors="replace").splitlines()

    def printed(self) -> list[dict[str, Any]]:
        """The lines of JSON among that."""
        return [json.loads(line) for line in self.lines if line.startswith("{")]


def node(*, at_least: int = 0) -> str:
    """A Node of that version: the one that is installed beside the peers where this machine's is older."""
    installed = sorted(MODULES.glob("node-*/bin/node"))
    own = shutil.which("node") or ""
    version = subprocess.run([own, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.strip().lstrip("v").split(".")[0]) >= at_least or not installed:
        return own
    return str(installed[0])


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        return int(opened.getsockname()[1])


@contextlib.contextmanager
def running(command: Sequence[str], port: int, folder: Path, name: str) -> Iterator[Server]:
    """Run a program while this lasts; it listens on that port."""
    output = folder / f"{name}.txt"
    with (
        output.open("wb") as out,
        subprocess.Popen(command, cwd=HERE, stdout=out, stderr=subprocess.STDOUT) as process,
    ):
        server = Server(f"http://127.0.0.1:{port}", output)
        try:
            deadline = time.monotonic() + 60
            while not _answers(port):
                assert process.poll() is None, f"{name} ended: {server.lines[-5:]}"
                assert time.monotonic() < deadline, f"{name} did not get ready"
                time.sleep(0.05)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(port: int) -> bool:
    with socket.socket() as asking:
        asking.settimeout(1)
        return asking.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def telegram(folder: Path) -> Iterator[Server]:
    """telegram-test-api, through the adapter beside this file."""
    port = free_port()
    with running([node(), "telegram.cjs", str(port)], port, folder, "telegram") as server:
        yield server


@contextlib.contextmanager
def emulated(service: str, seed: Mapping[str, Any], folder: Path, port: int = 0) -> Iterator[Server]:
    """One of emulate's services, with what it knows from the start; on a port of its own unless one is given."""
    described = json.loads((MODULES / "emulate" / "package.json").read_text(encoding="utf-8"))
    assert described["homepage"] == "https://emulate.dev", "another package has that name"
    port = port or free_port()
    file = folder / f"{service}.json"
    file.write_text(json.dumps({service: seed}))
    program = str(MODULES / "emulate" / "dist" / "index.js")
    command = [node(at_least=24), program, "start", "-s", service, "-p", str(port), "--seed", str(file)]
    with running(command, port, folder, service) as server:
        yield server


@contextlib.contextmanager
def twilio(folder: Path, account: str, token: str, urls: Mapping[str, str]) -> Iterator[Server]:
    """Emulate's Twilio, with our numbers and the address of each one's webhook."""
    numbers = [{"phone_number": number, "sms_url": url} for number, url in urls.items()]
    seed = {"account": {"sid": account, "auth_token": token}, "phone_numbers": numbers}
    with emulated("twilio", seed, folder) as server:
        yield server


@contextlib.contextmanager
def checked(behind: Server, folder: Path) -> Iterator[Server]:
    """Prism in front of another server: it passes requests on, and prints where they break Twilio's description."""
    port = free_port()
    program = str(MODULES / "@stoplight" / "prism-cli" / "dist" / "index.js")
    command = [node(), program, "proxy", str(SPECIFICATION), behind.url, "-h", "127.0.0.1", "-p", str(port)]
    with running(command, port, folder, "prism") as server:
        yield server


class Emulated:
    """What people and carriers do at emulate's Twilio.

    Args:
        server: emulate.
        account: the account that it knows.
        token: its auth token.
    """

    def __init__(self, server: Server, account: str, token: str) -> None:
        self._messages = f"/2010-04-01/Accounts/{account}/Messages.json"
        self._http = httpx.Client(base_url=server.url, auth=(account, token), timeout=15)

    def text(self, sender: str, to: str, words: str) -> str:
        """Text one of our numbers: emulate signs and posts the webhook; gives the SID."""
        form = {"From": sender, "To": to, "Body": words}
        return str(self._post("/_twilio/simulate/inbound-message", form)["sid"])

    def report(self, sid: str, status: str) -> None:
        """Report on a message of ours: emulate signs and posts the callback."""
        self._post("/_twilio/simulate/message-status", {"MessageSid": sid, "Status": status})

    def messages(self, **asked: str) -> list[dict[str, Any]]:
        """The messages that it holds, oldest first."""
        answer = self._http.get(self._messages, params={"PageSize": "200", **asked})
        answer.raise_for_status()
        return list(reversed(answer.json()["messages"]))

    def sent_to(self, address: str) -> list[dict[str, Any]]:
        """What somebody was sent, in order."""
        return [one for one in self.messages(To=address) if one["direction"] == "outbound-api"]

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def _post(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        answer = self._http.post(path, data=form)
        answer.raise_for_status()
        return dict(answer.json())
