"""SMS: Twilio's channel of plain numbers."""

from typing import Any

from bot.conversation.messages import CarrierWord, Outgoing, Pace, SendFailed
from handlers.numbers import is_uk_mobile
from handlers.twilio import TwilioChannel
from handlers.twilio_reading import carrier_word


class SmsChannel(TwilioChannel):
    """One SMS number; takes the arguments of `TwilioChannel`."""

    name = "sms"
    prefix = ""
    pace = Pace(per_second=10)

    def _content(self, outgoing: Outgoing) -> dict[str, Any]:
        if not is_uk_mobile(outgoing.address):
            raise SendFailed("not_a_uk_mobile", "unreachable")
        return super()._content(outgoing)

    def _carrier(self, text: str) -> CarrierWord | None:
        return carrier_word(text)
