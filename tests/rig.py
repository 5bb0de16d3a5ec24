"""The rig: `listened` in processes of its own, with providers and a mail server on loopback around it."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import databases
import httpx
import leaks
import processes
import uvicorn
from processes import Process
from pydantic import SecretStr

from bot.conversation.messages import ChannelName
from bot.demo.mailbox import Mailbox, smtp_server
from bot.demo.phones import Phones, Webhook
from bot.demo.providers import Providers, Sent
from bot.demo.stage import TELEGRAM_TOKEN, TWILIO_SID, TWILIO_TOKEN, demo_settings, furnish, wait_until
from bot.privacy.keys import Keyring
from bot.settings import Settings
from models import Store

ROOT = Path(__file__).resolve().parents[1]
LANDLORD = "Harbour Homes"
DATABASE = "listened.db"
READERS = (("repairs@harbour.example", "landlord"), ("workshops@respect.example", "organiser"))


@dataclass
class Rig:
    """Everything a test needs to be a tenant, a provider, a moderator or an operator.

    Where `afresh` is true, its processes are not forked from one that has imported the product already.
    """

    folder: Path
    settings: Settings
    providers: Providers
    mailbox: Mailbox
    phones: Phones
    env: dict[str, str]
    afresh: bool = False
    processes: list[Process] = field(default_factory=list)
    opened: Store | None = None

    @property
    def output(self) -> str:
        """All that the server processes printed so far."""
        return (self.folder / "output.txt").read_text(errors="replace")

    @property
    def port(self) -> str:
        """Where the server listens."""
        return self.settings.public_base_url.rpartition(":")[2]

    @property
    def keys(self) -> Keyring:
        """The keys, to see what was stored."""
        return self.settings.keyring()

    def store(self) -> Store:
        """The database, to see what was stored. Closed, it opens again when it is next used."""
        self.opened = self.opened or Store(self.settings.database_url)
        return self.opened

    def run(self, *arguments: str, typed: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        """Run a `listened` command to its end."""
        done = processes.run(
            ("-m", "bot", *arguments),
            folder=self.folder,
            env={**self.env, **env},
            typed=typed,
            afresh=self.afresh,
        )
        leaks.hear(f"what {arguments[:2]} said", done.stderr)
        return done

    def set_up_quickly(self) -> None:
        """The same without the commands."""
        if self.settings.database_url == databases.address(self.folder / DATABASE):
            databases.migrated(self.folder / DATABASE)
        store = self.store()
        furnish(store, self.keys, since=datetime.now(UTC))
        store.close()

    def set_up(self) -> None:
        """What an operator does first."""
        databases.empty(self.folder / DATABASE)
        for arguments in (
            ("migrate",),
            ("landlord", "add", LANDLORD, "--complaints", "call 01632 960100", "--emergency", "01632 960999"),
            *(("recipient", "add", address, "--as", audience) for address, audience in READERS),
        ):
            done = self.run(*arguments)
            assert done.returncode == 0, done.stderr

    def serve(self, *arguments: str, **env: str) -> Process:
        """Start `listened serve` and wait until it is ready."""
        process = self.start("serve", "--port", self.port, *arguments, **env)
        assert self.wait_ready(process), self.output
        return process

    def start(self, *arguments: str, **env: str) -> Process:
        """Start a `listened` command that goes on until it is stopped."""
        output = self.folder / "output.txt"
        process = processes.start(
            ("-m", "bot", *arguments),
            folder=self.folder,
            env={**self.env, **env},
            streams=(os.devnull, output, output),
            afresh=self.afresh,
        )
        self.processes.append(process)
        return process

    def wait_ready(self, process: Process) -> bool:
        """Wait until a server answers; False when it has died instead."""
        ready = wait_for(lambda: process.poll() is not None or self._ready(), 120)
        assert ready, "it did not get ready"
        return process.poll() is None

    def post(self, webhook: Webhook) -> httpx.Response:
        """Post a webhook."""
        return httpx.post(webhook.url, content=webhook.body, headers=webhook.headers, timeout=15)

    def webhook(self, channel: ChannelName, address: str, text: str) -> Webhook:
        """The provider's request for a text."""
        if channel == "telegram":
            return self.phones.telegram(address, text)
        return self.phones.twilio(channel, address, text)

    def text(self, channel: ChannelName, address: str, text: str, replies: int) -> list[Sent]:
        """Text, and wait until the phone has had that many messages in all; gives them."""
        answer = self.post(self.webhook(channel, address, text))
        assert answer.status_code == 200
        wait_for(lambda: len(self.providers.sent_to(channel, address)) >= replies)
        return self.providers.sent_to(channel, address)

    def kill(self, process: Process) -> None:
        """Kill -9, as a power cut would."""
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def stop(self) -> None:
        """End the server processes that are left."""
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
                process.wait(60)  # what is being sent may take its time-out to end
        if self.opened is not None:
            self.opened.close()

    def _ready(self) -> bool:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.settings.public_base_url}/readyz").status_code == 200
        return False


def wait_for(happened: Callable[[], object], seconds: float = 15) -> bool:
    """Wait until something has happened; False when it has not within that time."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@contextlib.contextmanager
def rig(folder: Path, url: str = "", *, afresh: bool = False) -> Iterator[Rig]:
    """A rig in a folder; its servers end with it.

    Args:
        folder: an empty folder.
        url: its database, where that is not one of the tests' own.
        afresh: whether its processes import the product each for itself.
    """
    providers = Providers(TELEGRAM_TOKEN, TWILIO_SID, TWILIO_TOKEN, lambda: datetime.now(UTC))
    mailbox = Mailbox()
    with leaks.watched(), _servers(providers, mailbox) as (provider_port, smtp_port):
        url = url or databases.address(folder / DATABASE)
        settings = demo_settings(
            folder, free_port(), provider_port, smtp_port, log_level="DEBUG", database_url=url
        )
        made = Rig(
            folder,
            settings,
            providers,
            mailbox,
            Phones(settings, lambda: datetime.now(UTC), providers),
            environment(settings),
            afresh,
        )
        try:
            yield made
        finally:
            made.stop()
            if made.processes:
                leaks.hear("what a process printed", made.output)
            databases.drop(folder / DATABASE)


def environment(settings: Settings) -> dict[str, str]:
    """Settings as a process's environment, with nothing else that we have set here."""
    names = {name.upper() for name in Settings.model_fields}
    inherited = {name: value for name, value in os.environ.items() if name not in names}
    chosen = {name.upper(): _plain(getattr(settings, name)) for name in Settings.model_fields}
    return {**inherited, **chosen, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "default"}


def _plain(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        return int(opened.getsockname()[1])


@contextlib.contextmanager
def _servers(providers: Providers, mailbox: Mailbox) -> Iterator[Sequence[int]]:
    """The providers and the mail server, in a thread with a loop of its own."""
    started: list[int] = []
    loop = asyncio.new_event_loop()
    ended = asyncio.Event()

    async def live() -> None:
        opened = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(providers.app(), log_config=None, access_log=False, timeout_graceful_shutdown=1)
        )
        task = asyncio.create_task(server._serve([opened]))  # noqa: SLF001 - serve() wants the main thread's signals
        async with smtp_server(mailbox) as smtp_port:
            assert await wait_until(lambda: server.started)
            started.extend((opened.getsockname()[1], smtp_port))
            await ended.wait()
        server.should_exit = True
        await task
        opened.close()

    thread = threading.Thread(target=lambda: loop.run_until_complete(live()), daemon=True)
    thread.start()
    assert wait_for(lambda: len(started) == 2)
    try:
        yield started
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)
        loop.close()
