"""The three channels as the tests make them, requests proved as the providers prove them, and the payloads."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import uvicorn
from starlette.applications import Starlette

from bot.conversation.messages import (
    Arrival,
    ChannelName,
    Departure,
    Incoming,
    Intrusion,
    Outgoing,
    Reply,
    WebRequest,
)
from handlers.sms import SmsChannel
from handlers.telegram import TelegramChannel
from handlers.twilio_reports import TwilioReports
from handlers.whatsapp import WhatsAppChannel

PAYLOADS = Path(__file__).parent / "payloads"
NOW = datetime(2026, 11, 9, 10, 30, tzinfo=UTC)
PUBLIC_URL = "https://listened.example"
NOWHERE = "http://127.0.0.1:9"
ACCOUNT = "AC" + "0" * 32
TOKEN, NEXT_TOKEN, SHARED_KEY = "the-token", "the-next-token", "the-shared-key"
BOT_TOKEN, SECRET = "900900:the-bots-token", "the-secret"
NUMBERS = {"sms": "+447700900000", "whatsapp": "+447700900001", "telegram": "900900"}
NAMES: tuple[ChannelName, ...] = ("sms", "whatsapp", "telegram")
ADDRESSES = {"sms": "+447700900123", "whatsapp": "+447700900124", "telegram": "600123"}

AnyChannel = SmsChannel | WhatsAppChannel | TelegramChannel


def make(name: ChannelName, api_url: str = NOWHERE, **more: Any) -> AnyChannel:
    """A channel whose provider is at that address."""
    if name == "telegram":
        return TelegramChannel(BOT_TOKEN, SECRET, api_url, lambda: NOW, **more)
    account: dict[str, Any] = {
        "number": NUMBERS[name],
        "account_sid": ACCOUNT,
        "tokens": (TOKEN, NEXT_TOKEN),
        "shared_keys": (SHARED_KEY,),
        "public_base_url": PUBLIC_URL,
        "api_url": api_url,
        "clock": lambda: NOW,
    }
    return SmsChannel(**account) if name == "sms" else WhatsAppChannel(**account, **more)


reader = cache(make)
"""A channel that only reads, made once: a client takes a while to make."""


def make_reports() -> TwilioReports:
    """What reads status callbacks."""
    return TwilioReports(ACCOUNT, (TOKEN, NEXT_TOKEN), (SHARED_KEY,), PUBLIC_URL)


def outgoing(name: ChannelName, text: str = "Thank you.", **more: Any) -> Outgoing:
    """A message to somebody who wrote just now."""
    reply = more.pop("reply", None) or Reply(text)
    given: dict[str, Any] = {
        "id": 7,
        "address": ADDRESSES[name],
        "language": "en",
        "valid_for": None,
        "last_heard": NOW,
    }
    return Outgoing(reply=reply, now=NOW, **(given | more))


def signed(
    path: str, form: Mapping[str, str], query: str = "", secret: str = TOKEN, algorithm: str = "sha1"
) -> WebRequest:
    """A form as Twilio signs it, by its documentation and without its library."""
    url = f"{PUBLIC_URL}/webhooks/twilio/{path}" + (f"?{query}" if query else "")
    said = url + "".join(name + value for name, value in sorted(form.items()))
    signature = base64.b64encode(hmac.digest(secret.encode(), said.encode(), algorithm)).decode()
    headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}
    if algorithm == "sha256":
        headers["x-twilio-webhooks-signature-settings"] = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    return WebRequest(headers, urlencode(form).encode(), query)


def signed_json(path: str, body: bytes, query: str | None = None) -> WebRequest:
    """A JSON body as Twilio signs it: its hash in the address."""
    query = f"bodySHA256={hashlib.sha256(body).hexdigest()}" if query is None else query
    said = f"{PUBLIC_URL}/webhooks/twilio/{path}" + (f"?{query}" if query else "")
    signature = base64.b64encode(hmac.digest(TOKEN.encode(), said.encode(), "sha1")).decode()
    headers = {"content-type": "application/json", "x-twilio-signature": signature}
    return WebRequest(headers, body, query)


def proved(update: object, secret: str = SECRET) -> WebRequest:
    """An update as Telegram posts it."""
    headers = {"content-type": "application/json", "x-telegram-bot-api-secret-token": secret}
    return WebRequest(headers, json.dumps(update).encode())


@dataclass(frozen=True)
class Payload:
    """One request of a provider's, and what it must be read as."""

    name: str
    channel: ChannelName
    content: Mapping[str, Any]
    reads_as: Mapping[str, Any] | None

    def request(self, **changed: Any) -> WebRequest:
        """The request, genuine; with other content where wanted."""
        content = {**self.content, **changed}
        return proved(content) if self.channel == "telegram" else signed(self.channel, content)

    @property
    def expected(self) -> Arrival | None:
        """What it must be read as."""
        if self.reads_as is None:
            return None
        wanted = dict(self.reads_as)
        kind = wanted.pop("is")
        if kind == "Intrusion":
            return Intrusion(**wanted)
        when = wanted.pop("received_at", None)
        wanted["received_at"] = datetime.fromtimestamp(when, UTC) if when else NOW
        wanted |= {"channel": self.channel, "account": NUMBERS[self.channel]}
        return Incoming(**wanted) if kind == "Incoming" else Departure(**wanted)


def payloads() -> list[Payload]:
    """Every sample."""
    found = []
    for path in sorted(PAYLOADS.glob("*.json")):
        read = json.loads(path.read_text(encoding="utf-8"))
        content = read.get("form") or read["update"]
        found.append(Payload(path.stem, read["channel"], content, read["reads_as"]))
    return found


@contextlib.contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Serve an application on loopback, in a thread of its own; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        server.config.load()
        thread = threading.Thread(target=lambda: asyncio.run(server._serve([opened])))  # noqa: SLF001 - serve() wants the main thread's signals
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield f"http://127.0.0.1:{opened.getsockname()[1]}"
        finally:
            server.force_exit = server.should_exit = True
            thread.join(10)
