"""What Twilio reports of our messages: its status callbacks.

https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
Their order is not promised and they may come twice, so whoever keeps them must let a final state stand.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs

from bot.conversation.messages import Arrival, DeliveryState, Report, Unreadable, WebRequest
from handlers.twilio_errors import meaning
from handlers.twilio_signature import BODY_LIMIT, TwilioSignature

STATES: Final[Mapping[str, DeliveryState]] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
}
"""The statuses that tell something new; the others say only that it is on its way."""


def status_url(public_base_url: str) -> str:
    """Where Twilio reports to."""
    return f"{public_base_url}/webhooks/twilio/status"


def callback_url(public_base_url: str, outbound_id: int) -> str:
    """Where Twilio reports on one message: it repeats our own id, and signs it with the rest."""
    return f"{status_url(public_base_url)}?message={outbound_id}"


class TwilioReports:
    """The status callbacks of one account, whichever of its channels a message went out on.

    Args:
        account_sid: the account that they must come from.
        tokens: auth tokens whose signatures are accepted.
        shared_keys: shared keys whose signatures are accepted.
        public_base_url: the address that Twilio calls.
    """

    name = "status"
    body_limit = BODY_LIMIT
    accepted = (b"", "text/plain")

    def __init__(
        self, account_sid: str, tokens: Sequence[str], shared_keys: Sequence[str], public_base_url: str
    ) -> None:
        self._signature = TwilioSignature(account_sid, tokens, shared_keys, status_url(public_base_url))

    def read(self, request: WebRequest) -> Report | None:
        """Check where a callback comes from, then read it. None when it says nothing new.

        Raises:
            Unverified: before anything of the body is believed.
            Unreadable: when it is not what Twilio sends.
        """
        fields = self._signature.fields(request)
        sid = fields.get("MessageSid", "")
        if not sid:
            raise Unreadable("a report on no message")
        state = STATES.get(fields.get("MessageStatus", ""))
        if state is None:
            return None
        code = fields.get("ErrorCode", "")
        failure = meaning(int(code) if _is_number(code) else 0) if state == "failed" else None
        return Report(_our_id(request.query), sid, state, failure)

    async def acknowledge(self, arrival: Arrival) -> None:
        """Twilio wants nothing beyond the 200."""


def _our_id(query: str) -> int | None:
    named = parse_qs(query).get("message", [""])[0]
    return int(named) if _is_number(named) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19  # what fits a database's integer
