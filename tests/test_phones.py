"""The demo's phones: whatever they do, our channels read it as what it was."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bot.conversation.messages import Arrival, Departure, Incoming, Report, WebRequest
from bot.demo.phones import Phones, Webhook
from bot.demo.providers import Providers, Sent
from bot.demo.stage import TELEGRAM_TOKEN, TWILIO_SID, TWILIO_TOKEN, demo_settings
from handlers.sms import SmsChannel
from handlers.telegram import TelegramChannel
from handlers.twilio_reports import TwilioReports
from handlers.whatsapp import WhatsAppChannel

NOW = datetime(2026, 11, 9, 10, 30, tzinfo=UTC)
MOBILE, CHAT = "+447700900123", "600123"


class Desk:
    """Phones, the stand-ins that know of them, and what reads their webhooks."""

    def __init__(self, folder: Path) -> None:
        settings = demo_settings(folder, 8000, 8001, 8002)
        self.providers = Providers(TELEGRAM_TOKEN, TWILIO_SID, TWILIO_TOKEN, lambda: NOW)
        self.phones = Phones(settings, lambda: NOW, self.providers)
        self.public_url = settings.public_base_url
        ours: dict[str, Any] = {
            "account_sid": TWILIO_SID,
            "tokens": settings.twilio_tokens,
            "public_base_url": self.public_url,
            "api_url": "http://127.0.0.1:9",
            "clock": lambda: NOW,
        }
        secret = settings.telegram_webhook_secret.get_secret_value()
        self.readers: dict[str, Callable[[WebRequest], Arrival | None]] = {
            "telegram": TelegramChannel(TELEGRAM_TOKEN, secret, "http://127.0.0.1:9", lambda: NOW).read,
            "sms": SmsChannel(number=settings.twilio_sms_number, **ours).read,
            "whatsapp": WhatsAppChannel(number=settings.twilio_whatsapp_number, **ours).read,
            "status": TwilioReports(TWILIO_SID, settings.twilio_tokens, (), self.public_url).read,
        }

    def read(self, webhook: Webhook) -> Arrival | None:
        """What we make of a webhook."""
        parts = urlsplit(webhook.url)
        request = WebRequest(webhook.headers, webhook.body, parts.query)
        return self.readers[parts.path.rpartition("/")[2]](request)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk with phones on it."""
    return Desk(tmp_path)


def test_media_are_seen(desk: Desk) -> None:
    """Photos, voice notes, videos and documents, with their captions, on every channel."""
    for kind in ("photo", "voice", "video", "document"):
        for webhook in (
            desk.phones.twilio_media("sms", MOBILE, kind, "look"),
            desk.phones.twilio_media("whatsapp", MOBILE, kind, "look"),
            desk.phones.telegram_media(CHAT, kind, "look"),
        ):
            read = desk.read(webhook)
            assert isinstance(read, Incoming)
            assert (read.unreadable, read.text) == (kind, "look")
    silent = desk.read(desk.phones.telegram_media(CHAT, "voice"))
    assert isinstance(silent, Incoming)
    assert (silent.unreadable, silent.text) == ("voice", "")


def test_edits_follow_their_message(desk: Desk) -> None:
    """An edit names the message that its webhook told of."""
    said = desk.phones.telegram(CHAT, "the tap")
    first, edit = desk.read(said), desk.read(desk.phones.telegram_edit(CHAT, said.message, "the taps"))
    assert isinstance(first, Incoming)
    assert isinstance(edit, Incoming)
    assert (edit.text, edit.edited, edit.message_id) == ("the taps", True, first.message_id)


def test_blocks_and_returns(desk: Desk) -> None:
    """A block is a departure, and Telegram knows of it; letting us back in says nothing."""
    left = desk.read(desk.phones.telegram_block(CHAT))
    assert isinstance(left, Departure)
    assert desk.providers.telegram.blocked_by == {CHAT}
    assert desk.read(desk.phones.telegram_block(CHAT, blocked=False)) is None
    assert desk.providers.telegram.blocked_by == set()


def test_buttons_are_choices(desk: Desk) -> None:
    """On Telegram and on WhatsApp."""
    pressed = desk.phones.telegram_button(CHAT, "heard:1"), desk.phones.whatsapp_button(MOBILE, "heard:1")
    for webhook in pressed:
        read = desk.read(webhook)
        assert isinstance(read, Incoming)
        assert (read.choice, read.text) == ("heard:1", "")


def test_reports_are_signed(desk: Desk) -> None:
    """A report goes where we asked for it, and tells of our own id."""
    asked = f"{desk.public_url}/webhooks/twilio/status?message=41"
    sent = Sent("9", "sms", MOBILE, "Thank you.", (), NOW, callback=asked)
    report = desk.read(desk.phones.status(sent, "undelivered", "30005"))
    assert isinstance(report, Report)
    assert (report.outbound_id, report.provider_id, report.state) == (41, sent.provider_id, "failed")
    assert report.failure is not None
    assert report.failure.outcome == "unreachable"


def test_texts_lie_at_twilio_when_wanted(desk: Desk) -> None:
    """A text is kept in Twilio's list whether or not its webhook gets through, and STOP does what it does."""
    webhook = desk.phones.kept(desk.phones.twilio("sms", MOBILE, "stop"))
    assert desk.providers.twilio.messages[webhook.message]["body"] == "stop"
    assert desk.providers.twilio.opted_out == {MOBILE}
    desk.phones.twilio("sms", MOBILE, "only a webhook")
    assert len(desk.providers.twilio.messages) == 1
