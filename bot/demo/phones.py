"""Phones: what a provider does when somebody texts. Their webhooks are real ones, signed as theirs are."""

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

import httpx
from twilio.request_validator import RequestValidator

from bot.conversation.messages import ChannelName
from bot.settings import Settings

TIMEOUT_SECONDS = 15.0  # how long Twilio waits for a webhook, retries included


@dataclass(frozen=True, slots=True)
class Webhook:
    """A provider's request, ready to be posted."""

    url: str
    headers: dict[str, str]
    body: bytes


class Phones:
    """Makes and posts the webhooks of all three channels.

    Args:
        settings: our own settings: what the providers know of us.
        clock: gives the current time, aware.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._clock = clock
        self._numbers = itertools.count(1)
        self._http = httpx.AsyncClient(timeout=TIMEOUT_SECONDS)

    async def text(self, channel: ChannelName, address: str, text: str) -> httpx.Response:
        """Text from a phone; gives our answer to the provider."""
        webhook = (
            self.telegram(address, text) if channel == "telegram" else self.twilio(channel, address, text)
        )
        return await self.post(webhook)

    async def press(self, address: str, choice: str) -> httpx.Response:
        """Press a button under a Telegram message."""
        return await self.post(self.telegram_button(address, choice))

    async def post(self, webhook: Webhook) -> httpx.Response:
        """Post a webhook as it is."""
        return await self._http.post(webhook.url, content=webhook.body, headers=webhook.headers)

    def twilio(self, channel: ChannelName, address: str, text: str, **fields: str) -> Webhook:
        """Twilio's request for a text (https://www.twilio.com/docs/messaging/guides/webhook-request)."""
        settings = self._settings
        ours = settings.twilio_sms_number if channel == "sms" else settings.twilio_whatsapp_number
        prefix = "whatsapp:" if channel == "whatsapp" else ""
        sid = f"SM{next(self._numbers):032x}"
        form = {
            "ToCountry": "GB",
            "ToState": "",
            "SmsMessageSid": sid,
            "NumMedia": "0",
            "ToCity": "",
            "FromZip": "",
            "SmsSid": sid,
            "FromState": "",
            "SmsStatus": "received",
            "FromCity": "",
            "Body": text,
            "FromCountry": "GB",
            "To": f"{prefix}{ours}",
            "ToZip": "",
            "NumSegments": "1",
            "MessageSid": sid,
            "AccountSid": settings.twilio_account_sid,
            "From": f"{prefix}{address}",
            "ApiVersion": "2010-04-01",
            **fields,
        }
        url = f"{settings.public_base_url}/webhooks/twilio/{channel}"
        signature = RequestValidator(settings.twilio_tokens[0]).compute_signature(url, form)
        headers = {
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "x-twilio-signature": signature,
        }
        return Webhook(url, headers, urlencode(form).encode())

    def telegram(self, address: str, text: str) -> Webhook:
        """Telegram's update for a text (https://core.telegram.org/bots/api#update)."""
        number = next(self._numbers)
        message = {
            "message_id": number,
            "from": {"id": int(address), "is_bot": False, "first_name": "Tenant", "language_code": "en"},
            "chat": {"id": int(address), "first_name": "Tenant", "type": "private"},
            "date": int(self._clock().timestamp()),
            "text": text,
        }
        return self._update({"update_id": 700_000_000 + number, "message": message})

    def telegram_button(self, address: str, choice: str) -> Webhook:
        """Telegram's update for a pressed button (https://core.telegram.org/bots/api#callbackquery)."""
        number = next(self._numbers)
        person = {"id": int(address), "is_bot": False, "first_name": "Tenant"}
        chat = {"id": int(address), "first_name": "Tenant", "type": "private"}
        pressed = {
            "id": str(number),
            "from": person,
            "chat_instance": "1",
            "message": {"message_id": number, "date": int(self._clock().timestamp()), "chat": chat},
            "data": choice,
        }
        return self._update({"update_id": 700_000_000 + number, "callback_query": pressed})

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    def _update(self, update: dict[str, object]) -> Webhook:
        headers = {
            "content-type": "application/json",
            "x-telegram-bot-api-secret-token": self._settings.telegram_webhook_secret.get_secret_value(),
        }
        url = f"{self._settings.public_base_url}/webhooks/telegram"
        return Webhook(url, headers, json.dumps(update).encode())
