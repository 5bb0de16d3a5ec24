"""Phones: what a provider does when somebody texts. Their webhooks are real ones, signed as theirs are."""

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx
from twilio.request_validator import RequestValidator

from bot.conversation.messages import ChannelName
from bot.demo.providers import Providers, Sent
from bot.settings import Settings

TIMEOUT_SECONDS = 15.0  # how long Twilio waits for a webhook, retries included
MEDIA = {"photo": "image/jpeg", "voice": "audio/ogg", "video": "video/mp4", "document": "application/pdf"}
FILE = {"file_id": "AgADBAAD", "file_unique_id": "AQADr6cxG", "file_size": 4321}


@dataclass(frozen=True, slots=True)
class Webhook:
    """A provider's request, ready to be posted."""

    url: str
    headers: dict[str, str]
    body: bytes
    message: str = ""
    """What the provider calls the message that it tells of."""


class Phones:
    """Makes and posts the webhooks of all three channels.

    Args:
        settings: our own settings: what the providers know of us.
        clock: gives the current time, aware.
        providers: the stand-ins, which then know what the phones did.
    """

    def __init__(
        self, settings: Settings, clock: Callable[[], datetime], providers: Providers | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._providers = providers
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

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    def twilio(self, channel: ChannelName, address: str, text: str, **fields: str) -> Webhook:
        """Twilio's request for a text (https://www.twilio.com/docs/messaging/guides/webhook-request)."""
        ours = self._settings.twilio_sms_number if channel == "sms" else self._settings.twilio_whatsapp_number
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
            "AccountSid": self._settings.twilio_account_sid,
            "From": f"{prefix}{address}",
            "ApiVersion": "2010-04-01",
            **fields,
        }
        if self._providers:
            self._providers.twilio.receive(form)
        url = f"{self._settings.public_base_url}/webhooks/twilio/{channel}"
        return self._signed(url, form, form["MessageSid"])

    def twilio_media(self, channel: ChannelName, address: str, kind: str, caption: str = "") -> Webhook:
        """Twilio's request for a photo, a voice note, a video or a document."""
        media = {"NumMedia": "1", "MediaContentType0": MEDIA[kind], "MediaUrl0": "https://api.twilio.com/x"}
        return self.twilio(channel, address, caption, **media)

    def whatsapp_button(self, address: str, choice: str, label: str = "Yes") -> Webhook:
        """Twilio's request for a pressed quick reply."""
        return self.twilio("whatsapp", address, label, ButtonText=label, ButtonPayload=choice)

    def status(self, sent: Sent, status: str, code: str = "") -> Webhook:
        """Twilio's report on a message of ours.

        https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
        """
        prefix = "whatsapp:" if sent.channel == "whatsapp" else ""
        form = {
            "ApiVersion": "2010-04-01",
            "MessageStatus": status,
            "SmsSid": sent.provider_id,
            "SmsStatus": status,
            "To": f"{prefix}{sent.to}",
            "MessageSid": sent.provider_id,
            "AccountSid": self._settings.twilio_account_sid,
            **({"ErrorCode": code} if code else {}),
        }
        return self._signed(sent.callback, form, sent.provider_id)

    def telegram(self, address: str, text: str, **content: Any) -> Webhook:
        """Telegram's update for a text (https://core.telegram.org/bots/api#update), or for other content."""
        number = next(self._numbers)
        said = {"text": text} if not content else ({"caption": text} if text else {})
        message = self._message(address, number) | said | content
        return self._update(number, {"message": message}, message)

    def telegram_media(self, address: str, kind: str, caption: str = "") -> Webhook:
        """Telegram's update for a photo, a voice note, a video or a document."""
        content = [{**FILE, "width": 90, "height": 60}] if kind == "photo" else {**FILE, "duration": 4}
        return self.telegram(address, caption, **{kind: content})

    def telegram_edit(self, address: str, message: str, text: str) -> Webhook:
        """Telegram's update for an edit of an earlier message, named as its webhook named it."""
        edited = self._message(address, int(message)) | {"edit_date": self._now(), "text": text}
        return self._update(next(self._numbers), {"edited_message": edited}, edited)

    def telegram_block(self, address: str, *, blocked: bool = True) -> Webhook:
        """Telegram's update for somebody who blocks us, or lets us back in."""
        number = next(self._numbers)
        if self._providers:
            known = self._providers.telegram.blocked_by
            known.add(address) if blocked else known.discard(address)
        bot = {"id": 900900, "is_bot": True, "first_name": "Listened", "username": "listened_bot"}
        ways = [{"user": bot, "status": "member"}, {"user": bot, "status": "kicked", "until_date": 0}]
        old, new = ways if blocked else reversed(ways)
        change = self._message(address, 0) | {"old_chat_member": old, "new_chat_member": new}
        del change["message_id"]
        return self._update(number, {"my_chat_member": change}, {})

    def telegram_button(self, address: str, choice: str) -> Webhook:
        """Telegram's update for a pressed button (https://core.telegram.org/bots/api#callbackquery)."""
        number = next(self._numbers)
        message = self._message(address, number)
        pressed = {
            "id": str(number),
            "from": message.pop("from"),
            "chat_instance": "1",
            "message": message,
            "data": choice,
        }
        return self._update(number, {"callback_query": pressed}, message)

    def _message(self, address: str, number: int) -> dict[str, Any]:
        person = {"id": int(address), "first_name": "Tenant"}
        return {
            "message_id": number,
            "from": {**person, "is_bot": False, "language_code": "en"},
            "chat": {**person, "type": "private"},
            "date": self._now(),
        }

    def _now(self) -> int:
        return int(self._clock().timestamp())

    def _signed(self, url: str, form: Mapping[str, str], message: str) -> Webhook:
        signature = RequestValidator(self._settings.twilio_tokens[0]).compute_signature(url, form)
        headers = {
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
            "x-twilio-signature": signature,
        }
        return Webhook(url, headers, urlencode(form).encode(), message)

    def _update(self, number: int, update: Mapping[str, Any], message: Mapping[str, Any]) -> Webhook:
        headers = {
            "content-type": "application/json",
            "x-telegram-bot-api-secret-token": self._settings.telegram_webhook_secret.get_secret_value(),
        }
        url = f"{self._settings.public_base_url}/webhooks/telegram"
        body = json.dumps({"update_id": 700_000_000 + number, **update}).encode()
        return Webhook(url, headers, body, str(message.get("message_id", "")))
