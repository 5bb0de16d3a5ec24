"""A stand-in for Twilio's REST API.

https://www.twilio.com/docs/messaging/api/message-resource
"""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.conversation.messages import ChannelName
from bot.demo.faults import Fault, Faults
from bot.demo.ledger import Ledger

PATH = "/2010-04-01/Accounts/{account}/Messages"
ADDRESS = re.compile(r"\+[1-9][0-9]{6,14}|whatsapp:(?:\+[1-9][0-9]{6,14}|[A-Z]{2}\.[A-Za-z0-9]{1,128})")
LARGEST_PAGE = 1000
# What Twilio acts on by itself on a long code: https://support.twilio.com/hc/en-us/articles/223134027
STOPPING = {"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"}
STARTING = {"START", "YES", "UNSTOP"}

Resource = dict[str, Any]


class TwilioStandIn:
    """Twilio's side of one account.

    Args:
        account: the account that it knows.
        token: its auth token.
        ledger: where accepted messages go.
        faults: what goes wrong.
    """

    def __init__(self, account: str, token: str, ledger: Ledger, faults: Faults) -> None:
        self._account = account
        self._basic = "Basic " + base64.b64encode(f"{account}:{token}".encode()).decode()
        self._ledger = ledger
        self._faults = faults
        self.messages: dict[str, Resource] = {}
        """All that came and went, by SID, oldest first."""
        self.opted_out: set[str] = set()

    def receive(self, form: Mapping[str, str]) -> None:
        """Keep a message that came for us, as the webhook tells of it, and do what a carrier does by itself."""
        direction = {"status": "received", "direction": "inbound", "num_media": form.get("NumMedia", "0")}
        self._keep(form["MessageSid"], form["From"], form["To"], form["Body"], **direction)
        word = form["Body"].strip().upper()
        if form["From"].startswith("whatsapp:"):
            return
        if word in STOPPING:
            self.opted_out.add(form["From"])
        elif word in STARTING:
            self.opted_out.discard(form["From"])

    def routes(self) -> list[Route]:
        """Its addresses."""
        return [
            Route(f"{PATH}.json", self._list_called, methods=["GET", "POST"]),
            Route(f"{PATH}/{{sid}}.json", self._message_called, methods=["GET", "POST", "DELETE"]),
        ]

    async def _list_called(self, request: Request) -> Response:
        if request.headers.get("authorization") != self._basic:
            return _error(Fault(status=401, code=20003, description="Authenticate"))
        if request.method == "GET":
            query = dict(request.query_params)
            return await self._faults.meet("list", lambda: self._list(query), _error)
        form = {name: str(value) for name, value in (await request.form()).items()}
        return await self._faults.meet("create", lambda: self._create(form), _error)

    async def _message_called(self, request: Request) -> Response:
        if request.headers.get("authorization") != self._basic:
            return _error(Fault(status=401, code=20003, description="Authenticate"))
        sid = request.path_params["sid"]
        if sid not in self.messages:
            return _error(Fault(status=404, code=20404, description="The requested resource was not found"))
        if request.method == "DELETE":
            return await self._faults.meet("delete", lambda: self._delete(sid), _error)
        form = {name: str(value) for name, value in (await request.form()).items()}
        call = "update" if request.method == "POST" else "fetch"
        return await self._faults.meet(call, lambda: self._update(sid, form), _error)

    async def _create(self, form: Mapping[str, str]) -> Response:
        to, sender, template = form.get("To", ""), form.get("From", ""), form.get("ContentSid", "")
        text = form.get("ContentVariables", "") if template else form.get("Body", "")
        if not ADDRESS.fullmatch(to):
            return _error(Fault(status=400, code=21211, description="Invalid 'To' Phone Number"))
        if not text and not template:
            return _error(Fault(status=400, code=21602, description="Message body is required."))
        if to in self.opted_out:
            return _error(
                Fault(status=400, code=21610, description="Attempt to send to unsubscribed recipient")
            )
        channel: ChannelName = "whatsapp" if to.startswith("whatsapp:") else "sms"
        valid_for = int(form["ValidityPeriod"]) if "ValidityPeriod" in form else None
        callback, address = form.get("StatusCallback", ""), to.removeprefix("whatsapp:")
        sent = self._ledger.keep(channel, address, text, (), callback, valid_for, template)
        direction = {"status": "queued", "direction": "outbound-api", "num_media": "0"}
        return JSONResponse(self._keep(sent.provider_id, sender, to, text, **direction), status_code=201)

    def _keep(self, sid: str, sender: str, to: str, text: str, **more: str) -> Resource:
        now = format_datetime(self._ledger.clock())
        own = {"sid": sid, "account_sid": self._account, "from": sender, "to": to, "body": text}
        times = {"date_created": now, "date_sent": now, "date_updated": now}
        self.messages[sid] = {**own, **times, **more, "error_code": None, "error_message": None}
        return self.messages[sid]

    async def _list(self, query: Mapping[str, str]) -> Response:
        """Newest first, a page at a time."""
        found = [one for one in reversed(self.messages.values()) if _matches(one, query)]
        size, page = min(int(query.get("PageSize", 50)), LARGEST_PAGE), int(query.get("Page", 0))
        shown, more = found[size * page : size * (page + 1)], len(found) > size * (page + 1)
        onward = urlencode({**query, "PageSize": size, "Page": page + 1})
        uri = f"{PATH.format(account=self._account)}.json?{onward}"
        return JSONResponse(
            {"messages": shown, "page": page, "page_size": size, "next_page_uri": uri if more else None}
        )

    async def _update(self, sid: str, form: Mapping[str, str]) -> Response:
        self.messages[sid]["body"] = form.get("Body", self.messages[sid]["body"])
        return JSONResponse(self.messages[sid])

    async def _delete(self, sid: str) -> Response:
        del self.messages[sid]
        return Response(status_code=204)


def _matches(message: Resource, query: Mapping[str, str]) -> bool:
    sent = parsedate_to_datetime(message["date_sent"])
    return (
        query.get("To", message["to"]) == message["to"]
        and query.get("From", message["from"]) == message["from"]
        and ("DateSent>" not in query or sent >= _moment(query["DateSent>"]))
        and ("DateSent<" not in query or sent <= _moment(query["DateSent<"]))
    )


def _moment(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _error(fault: Fault) -> Response:
    headers = {"Retry-After": str(fault.retry_after)} if fault.retry_after is not None else None
    body: Resource = {"message": fault.description, "status": fault.status}
    if fault.code:
        body["code"] = fault.code
    return JSONResponse(body, status_code=fault.status or 500, headers=headers)
