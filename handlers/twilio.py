"""What SMS and WhatsApp have in common: Twilio's signed webhooks in, its REST API out.

Facts about webhooks: https://www.twilio.com/docs/messaging/guides/webhook-request and
https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import requests
from starlette.datastructures import MultiDict
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from bot.conversation.messages import (
    ChannelName,
    Incoming,
    Reply,
    SendFailed,
    Unreadable,
    Unverified,
    WebRequest,
)

SIGNATURE_HEADER: Final = "x-twilio-signature"
TIMEOUT_SECONDS: Final = 10.0  # the SDK has none of its own: a hung connection would hang us for ever
MOST_FIELDS: Final = 200
OPTED_OUT: Final = 21610  # https://www.twilio.com/docs/api/errors/21610
TOO_MANY: Final = (429, 20429)


class TwilioChannel:
    """One number on one of Twilio's channels.

    Args:
        name: the channel.
        prefix: what Twilio puts before a number on this channel ("whatsapp:"; nothing for SMS).
        number: our number, as +447700900000.
        account_sid: the account that webhooks must come from.
        tokens: auth tokens whose signatures are accepted; the first one sends.
        public_base_url: the address that Twilio calls, which is part of what it signs.
        api_url: where the REST API is.
        clock: gives the current time, aware.
    """

    body_limit = 64_000
    accepted = (b"<Response/>", "text/xml")

    def __init__(  # noqa: PLR0913 - one number's settings
        self,
        *,
        name: ChannelName,
        prefix: str,
        number: str,
        account_sid: str,
        tokens: Sequence[str],
        public_base_url: str,
        api_url: str,
        clock: Callable[[], datetime],
    ) -> None:
        self.name = name
        self.account = number
        self._prefix = prefix
        self._account_sid = account_sid
        self._validators = [RequestValidator(token) for token in tokens]
        self._webhook_url = f"{public_base_url}/webhooks/twilio/{name}"
        self._clock = clock
        self._client = Client(account_sid, tokens[0], http_client=_At(api_url))

    def read(self, request: WebRequest) -> Incoming | None:
        """See `Channel.read`."""
        signature = request.headers.get(SIGNATURE_HEADER, "")
        form = _form(request.body)
        url = f"{self._webhook_url}?{request.query}" if request.query else self._webhook_url
        # The URL is the configured one, never the request's own: a proxy or an attacker may change that.
        if form is None or not any(
            validator.validate(url, form, signature) for validator in self._validators
        ):
            raise Unverified("the signature is missing or wrong")
        if form.get("AccountSid") != self._account_sid:
            raise Unverified("the message is for another account")
        sid, sender = form.get("MessageSid", ""), form.get("From", "")
        if not sid or not sender:
            raise Unreadable("a message without an id or a sender")
        return Incoming(
            channel=self.name,
            account=self.account,
            external_id=sid,
            address=sender.removeprefix(self._prefix),
            text=form.get("Body", ""),
            received_at=self._clock(),
            unreadable="media" if form.get("NumMedia", "0") not in ("", "0") else None,
        )

    async def acknowledge(self, incoming: Incoming) -> None:
        """Twilio wants nothing beyond the 200."""

    async def send(self, address: str, reply: Reply) -> str:
        """See `Channel.send`. The words hold the typed equivalents of the buttons."""
        return await asyncio.to_thread(self._create, address, reply.text)

    async def close(self) -> None:
        """Let go of connections."""
        self._client.http_client.session.close()

    def _create(self, address: str, text: str) -> str:
        try:
            message = self._client.messages.create(
                to=f"{self._prefix}{address}", from_=f"{self._prefix}{self.account}", body=text
            )
        except TwilioRestException as error:
            raise _failure(error) from None
        except requests.ConnectTimeout:
            raise SendFailed("no_connection", "retry") from None
        except requests.ConnectionError as error:
            raise _connection_failure(error) from None
        except requests.RequestException:
            raise SendFailed("no_answer", "unknown") from None
        return str(message.sid)


class _At(TwilioHttpClient):  # type: ignore[misc]  # twilio has no type hints
    """The SDK's HTTP client with a time-out, calling wherever the settings say the API is."""

    def __init__(self, api_url: str) -> None:
        super().__init__(timeout=TIMEOUT_SECONDS)
        self._base = urlsplit(api_url)

    def request(self, method: str, url: str, *args: Any, **options: Any) -> Response:
        asked = urlsplit(url)
        moved = urlunsplit(
            (self._base.scheme, self._base.netloc, self._base.path + asked.path, asked.query, "")
        )
        return super().request(method, moved, *args, **options)


def _form(body: bytes) -> MultiDict | None:
    """The fields of a form, blank ones too, because they are signed; None when it is no form."""
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return None
    return MultiDict(pairs)


def _failure(error: TwilioRestException) -> SendFailed:
    """What an error of the REST API means for the message; an unknown code is not tried again.

    After a 5xx the message may have been sent (https://www.twilio.com/docs/api/errors/20500).
    """
    code = error.code or error.status
    if code == OPTED_OUT:
        return SendFailed(str(code), "stopped")
    if error.status == 429 or code in TOO_MANY or error.status in (401, 403):
        return SendFailed(str(code), "retry")
    if error.status >= 500:
        return SendFailed(str(code), "unknown")
    return SendFailed(str(code), "failed")


def _connection_failure(error: requests.ConnectionError) -> SendFailed:
    # Refused before anything was said is safe to retry; cut in the middle of a request is not.
    refused = "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)
    return SendFailed("no_connection", "retry" if refused else "unknown")
