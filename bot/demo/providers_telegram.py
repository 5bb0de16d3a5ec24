"""A stand-in for Telegram's Bot API.

https://core.telegram.org/bots/api
"""

import asyncio
import hmac
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.demo.faults import Fault, Faults
from bot.demo.ledger import Ledger

LONGEST_TEXT = 4096
LONGEST_DATA = 64
LOOK_EVERY_SECONDS = 0.01
WEBHOOK_ACTIVE = "Conflict: can't use getUpdates method while webhook is active"
OTHER_POLLER = "Conflict: terminated by other getUpdates request"


class TelegramStandIn:
    """Telegram's side of one bot.

    Args:
        token: the token that it accepts.
        ledger: where accepted messages go.
        faults: what goes wrong.
    """

    def __init__(self, token: str, ledger: Ledger, faults: Faults) -> None:
        self._token = token
        self._ledger = ledger
        self._faults = faults
        self._fetches = 0
        self.webhook: dict[str, Any] = {}
        self.commands: dict[str, list[dict[str, str]]] = {}
        """The bot's menus, by language; "" for the menu of everybody else."""
        self.left: list[str] = []
        """The chats that the bot has left."""
        self.answered: list[str] = []
        """The pressed buttons that were stopped from spinning."""
        self.waiting: list[Mapping[str, Any]] = []
        """Updates that nobody has confirmed yet."""
        self.blocked_by: set[str] = set()
        self.unknown: set[str] = set()
        """Chats that there are not."""

    def offer(self, *updates: Mapping[str, Any]) -> None:
        """Have updates waiting to be fetched."""
        self.waiting.extend(updates)

    def routes(self) -> list[Route]:
        """Its address."""
        return [Route("/bot{token}/{method}", self._called, methods=["GET", "POST"])]

    async def _called(self, request: Request) -> Response:
        if not hmac.compare_digest(request.path_params["token"], self._token):
            return _error(Fault(status=401, description="Unauthorized"))
        method = request.path_params["method"]
        form = {name: str(value) for name, value in (await request.form()).items()}
        form |= dict(request.query_params)
        return await self._faults.meet(method, lambda: self._answer(method, form), _error)

    async def _answer(self, method: str, form: Mapping[str, str]) -> Response:
        match method:
            case "getMe":
                number = int(self._token.partition(":")[0])
                return _ok(
                    {"id": number, "is_bot": True, "first_name": "Listened", "username": "listened_bot"}
                )
            case "sendMessage":
                return self._send(form)
            case "getUpdates":
                return await self._get_updates(form)
            case "setWebhook":
                self.webhook = dict(form)
            case "deleteWebhook":
                self.webhook = {}
            case "getWebhookInfo":
                url, pending = self.webhook.get("url", ""), len(self.waiting)
                return _ok({"url": url, "has_custom_certificate": False, "pending_update_count": pending})
            case "setMyCommands":
                self.commands[form.get("language_code", "")] = json.loads(form["commands"])
            case "leaveChat":
                self.left.append(form["chat_id"])
            case "answerCallbackQuery":
                self.answered.append(form["callback_query_id"])
            case _:
                return _error(Fault(status=404, description="Not Found"))
        return _ok(True)

    def _send(self, form: Mapping[str, str]) -> Response:
        chat, text = form.get("chat_id", ""), form.get("text", "")
        rows = json.loads(form.get("reply_markup", "{}")).get("inline_keyboard", [])
        buttons = tuple((button["text"], button["callback_data"]) for row in rows for button in row)
        refusal = self._refusal(chat, text, [data for _, data in buttons])
        if refusal:
            return _error(refusal)
        sent = self._ledger.keep("telegram", chat, text, buttons)
        shown = {"id": int(chat), "type": "private"}
        return _ok(
            {"message_id": int(sent.id), "date": int(sent.at.timestamp()), "chat": shown, "text": text}
        )

    def _refusal(self, chat: str, text: str, data: list[str]) -> Fault | None:
        if chat in self.blocked_by:
            return Fault(status=403, description="Forbidden: bot was blocked by the user")
        if chat in self.unknown:
            return Fault(status=400, description="Bad Request: chat not found")
        if not text.strip():
            return Fault(status=400, description="Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) > 2 * LONGEST_TEXT:
            return Fault(status=400, description="Bad Request: message is too long")
        if any(not 1 <= len(one.encode()) <= LONGEST_DATA for one in data):
            return Fault(status=400, description="Bad Request: BUTTON_DATA_INVALID")
        return None

    async def _get_updates(self, form: Mapping[str, str]) -> Response:
        """What waits, from the offset on; an offset confirms all before it. The newest question wins."""
        if self.webhook.get("url"):
            return _error(Fault(status=409, description=WEBHOOK_ACTIVE))
        self._fetches += 1
        mine, offset = self._fetches, int(form.get("offset", 0))
        self.waiting = [update for update in self.waiting if update["update_id"] >= offset]
        deadline = asyncio.get_running_loop().time() + int(form.get("timeout", 0))
        while not self.waiting and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(LOOK_EVERY_SECONDS)  # updates are offered from other threads
            if mine != self._fetches:
                return _error(Fault(status=409, description=OTHER_POLLER))
        return _ok(self.waiting[: int(form.get("limit", 100))])


def _ok(result: Any) -> Response:
    return JSONResponse({"ok": True, "result": result})


def _error(fault: Fault) -> Response:
    body: dict[str, Any] = {"ok": False, "error_code": fault.status, "description": fault.description}
    if fault.retry_after is not None:
        body["parameters"] = {"retry_after": fault.retry_after}
    return JSONResponse(body, status_code=fault.status or 500)
