"""What SMS and WhatsApp have in common: Twilio's signed webhooks in, its REST API out.

Facts about webhooks: https://www.twilio.com/docs/messaging/guides/webhook-request; about sending and
listing: https://www.twilio.com/docs/messaging/api/message-resource
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from bot.conversation.messages import (
    Arrival,
    CarrierWord,
    ChannelName,
    Incoming,
    Outgoing,
    Pace,
    SendFailed,
    Unreadable,
    WebRequest,
)
from bot.log import get_logger
from handlers.twilio_api import TIMEOUT_SECONDS, TwilioApi
from handlers.twilio_reading import OPT_OUT_TYPES, unreadable_kind
from handlers.twilio_reports import callback_url
from handlers.twilio_signature import BODY_LIMIT, TwilioSignature

LONGEST_VALIDITY: Final = 36_000  # seconds: https://www.twilio.com/docs/api/errors/90007
PAGE: Final = 1000  # the most that one page of a list may hold
MOST_LISTED: Final = 10_000
NOT_FOUND: Final = "20404"  # https://www.twilio.com/docs/api/errors/20404


class TwilioChannel:
    """One number on one of Twilio's channels.

    Args:
        number: our number, as +447700900000.
        account_sid: the account that webhooks must come from.
        tokens: auth tokens whose signatures are accepted; the first one sends.
        public_base_url: the address that Twilio calls, which is part of what it signs.
        api_url: where the REST API is.
        clock: gives the current time, aware.
        shared_keys: shared keys whose signatures are accepted.
        timeout: seconds for each step of a call.
    """

    name: ChannelName
    prefix: str
    """What Twilio puts before an address of this channel."""
    pace: Pace
    body_limit = BODY_LIMIT
    accepted = (b"<Response/>", "text/xml")

    def __init__(  # noqa: PLR0913 - one number's settings
        self,
        *,
        number: str,
        account_sid: str,
        tokens: Sequence[str],
        public_base_url: str,
        api_url: str,
        clock: Callable[[], datetime],
        shared_keys: Sequence[str] = (),
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self.account = number
        webhook_url = f"{public_base_url}/webhooks/twilio/{self.name}"
        self._signature = TwilioSignature(account_sid, tokens, shared_keys, webhook_url)
        self._public_base_url = public_base_url
        self._clock = clock
        self._api = TwilioApi(account_sid, tokens[0], api_url, timeout)

    def read(self, request: WebRequest) -> Arrival | None:
        """See `Channel.read`."""
        fields = self._signature.fields(request)
        sid, sender, text = fields.get("MessageSid", ""), fields.get("From", ""), fields.get("Body", "")
        if not sid or not sender.removeprefix(self.prefix):
            raise Unreadable("a message without an id or a sender")
        choice = self._choice(fields)
        opt_out = OPT_OUT_TYPES.get(fields.get("OptOutType", "").upper())
        return Incoming(
            channel=self.name,
            account=self.account,
            external_id=sid,
            address=sender.removeprefix(self.prefix),
            text="" if choice else text,  # of a button the body is only its label
            received_at=self._clock(),
            choice=choice,
            unreadable=unreadable_kind(fields),
            message_id=sid,
            carrier=opt_out or self._carrier(text),
        )

    async def acknowledge(self, arrival: Arrival) -> None:
        """Twilio wants nothing beyond the 200."""

    async def prepare(self) -> None:
        """Twilio is told in its console where to call."""

    async def send(self, outgoing: Outgoing) -> str:
        """See `Channel.send`."""
        content = self._content(outgoing)
        if outgoing.valid_for is not None:
            content["validity_period"] = min(max(outgoing.valid_for, 1), LONGEST_VALIDITY)
        message = await self._api.call(
            lambda messages: messages.create_async(
                to=f"{self.prefix}{outgoing.address}",
                from_=f"{self.prefix}{self.account}",
                status_callback=callback_url(self._public_base_url, outgoing.id),
                **content,
            )
        )
        if not message.sid:
            raise SendFailed("no_id", "unknown")
        return str(message.sid)

    async def received_since(self, moment: datetime) -> Sequence[Incoming]:
        """See `Reconciling.received_since`."""
        ours, after = f"{self.prefix}{self.account}", moment.astimezone(UTC)
        listed = await self._api.call(
            lambda messages: messages.list_async(
                to=ours, date_sent_after=after, page_size=PAGE, limit=MOST_LISTED
            ),
            calls=MOST_LISTED // PAGE,
        )
        if len(listed) == MOST_LISTED:
            get_logger().error("more_messages_than_listed", channel=self.name, listed=len(listed))
        # Newest first, as Twilio lists them; turned round before the sorting, because of several in one second
        # only the list knows the order.
        came = [m for m in reversed(listed) if m.direction == "inbound" and m.to == ours]
        found = [self._listed(message) for message in came]
        return sorted(found, key=lambda incoming: incoming.received_at)

    async def clear(self, external_id: str, *, entirely: bool) -> None:
        """See `Reconciling.clear`."""
        try:
            await self._api.call(
                lambda messages: (
                    messages(external_id).delete_async()
                    if entirely
                    else messages(external_id).update_async(body="")
                )
            )
        except SendFailed as failure:
            if failure.code != NOT_FOUND:
                raise

    async def close(self) -> None:
        """Let go of connections."""
        await self._api.close()

    def _content(self, outgoing: Outgoing) -> dict[str, Any]:
        """What the message says, as arguments of the client. The words hold the typed equivalents of buttons.

        Raises:
            SendFailed: when it may not be sent.
        """
        return {"body": outgoing.reply.text}

    def _choice(self, _fields: Mapping[str, str]) -> str | None:
        """The button that was pressed."""
        return None

    def _carrier(self, _text: str) -> CarrierWord | None:
        """What Twilio does by itself on these words."""
        return None

    def _listed(self, message: Any) -> Incoming:
        """A message of the REST API, which tells how many media there were, but not of what kind."""
        text = message.body or ""
        return Incoming(
            channel=self.name,
            account=self.account,
            external_id=message.sid,
            address=(message.from_ or "").removeprefix(self.prefix),
            text=text,
            received_at=message.date_sent or message.date_created or self._clock(),
            unreadable="media" if message.num_media not in (None, "", "0") else None,
            message_id=message.sid,
            carrier=self._carrier(text),
        )
