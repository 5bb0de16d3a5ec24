"""Stand-ins for Telegram's Bot API and Twilio's REST API, on loopback, for the real client libraries to call.

They keep a ledger of what they were asked to send: the truth about what a person's phone would show.
"""

import base64
import hmac
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.conversation.messages import ChannelName


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that a provider accepted, and so would have shown on a phone."""

    id: str
    channel: ChannelName
    to: str
    text: str
    buttons: tuple[tuple[str, str], ...]
    """(label, what comes back when it is pressed)."""
    at: datetime


class Providers:
    """Both providers and their ledger.

    Args:
        telegram_token: the token that Telegram's side accepts.
        twilio_sid: the account that Twilio's side knows.
        twilio_token: its auth token.
        clock: gives the current time, aware.
    """

    def __init__(
        self, telegram_token: str, twilio_sid: str, twilio_token: str, clock: Callable[[], datetime]
    ) -> None:
        self.ledger: list[Sent] = []
        self._telegram_token = telegram_token
        self._twilio_sid = twilio_sid
        self._basic = "Basic " + base64.b64encode(f"{twilio_sid}:{twilio_token}".encode()).decode()
        self._clock = clock
        self._numbers = itertools.count(1)

    def sent_to(self, channel: ChannelName, to: str) -> list[Sent]:
        """What one phone was sent, in order."""
        return [sent for sent in self.ledger if (sent.channel, sent.to) == (channel, to)]

    def app(self) -> Starlette:
        """The web application that stands for both."""
        return Starlette(
            routes=[
                Route("/bot{token}/{method}", self._telegram, methods=["GET", "POST"]),
                Route("/2010-04-01/Accounts/{sid}/Messages.json", self._twilio, methods=["POST"]),
            ]
        )

    async def _telegram(self, request: Request) -> Response:
        if not hmac.compare_digest(request.path_params["token"], self._telegram_token):
            return _telegram_error(401, "Unauthorized")
        form = {name: str(value) for name, value in (await request.form()).items()}
        match request.path_params["method"]:
            case "getMe":
                number = int(self._telegram_token.partition(":")[0])
                return _telegram_ok(
                    {"id": number, "is_bot": True, "first_name": "Listened", "username": "listened_bot"}
                )
            case "sendMessage":
                return self._telegram_send(form)
            case "answerCallbackQuery" | "setWebhook" | "deleteWebhook" | "setMyCommands":
                return _telegram_ok(True)
            case _:
                return _telegram_error(404, "Not Found")

    def _telegram_send(self, form: Mapping[str, str]) -> Response:
        if not form.get("text"):
            return _telegram_error(400, "Bad Request: message text is empty")
        markup = json.loads(form.get("reply_markup", "{}"))
        rows = markup.get("inline_keyboard", [])
        buttons = tuple((button["text"], button["callback_data"]) for row in rows for button in row)
        sent = self._keep("telegram", form["chat_id"], form["text"], buttons)
        chat = {"id": int(form["chat_id"]), "type": "private"}
        when = int(sent.at.timestamp())
        return _telegram_ok({"message_id": int(sent.id), "date": when, "chat": chat, "text": form["text"]})

    async def _twilio(self, request: Request) -> Response:
        if request.headers.get("authorization") != self._basic:
            return _twilio_error(401, 20003, "Authentication Error")
        form = {name: str(value) for name, value in (await request.form()).items()}
        if not form.get("To") or not form.get("Body"):
            return _twilio_error(400, 21602, "Message body is required.")
        whatsapp = form["To"].startswith("whatsapp:")
        channel: ChannelName = "whatsapp" if whatsapp else "sms"
        sent = self._keep(channel, form["To"].removeprefix("whatsapp:"), form["Body"], ())
        resource = {
            "sid": f"SM{int(sent.id):032x}",
            "account_sid": self._twilio_sid,
            "to": form["To"],
            "from": form.get("From"),
            "body": form["Body"],
            "status": "queued",
            "direction": "outbound-api",
            "date_created": format_datetime(sent.at),
        }
        return JSONResponse(resource, status_code=201)

    def _keep(self, channel: ChannelName, to: str, text: str, buttons: tuple[tuple[str, str], ...]) -> Sent:
        sent = Sent(str(next(self._numbers)), channel, to, text, buttons, self._clock())
        self.ledger.append(sent)
        return sent


def _telegram_ok(result: Any) -> Response:
    return JSONResponse({"ok": True, "result": result})


def _telegram_error(code: int, description: str) -> Response:
    return JSONResponse({"ok": False, "error_code": code, "description": description}, status_code=code)


def _twilio_error(status: int, code: int, message: str) -> Response:
    return JSONResponse({"code": code, "message": message, "status": status}, status_code=status)
