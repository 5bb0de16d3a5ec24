"""WhatsApp: Twilio's channel whose addresses need not be numbers, and whose words need leave after a day.

An address is opaque: `+447700900000`, or `GB.` and up to 128 letters and digits for somebody who shows no
number (https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids/).
"""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from bot.conversation.messages import Outgoing, Pace, SendFailed
from handlers.twilio import TwilioChannel

# Free words may go out within 24 hours of the person's last message; five minutes are kept for the queue.
# https://www.twilio.com/docs/api/errors/63016
WINDOW: Final = timedelta(hours=24) - timedelta(minutes=5)
CHOICE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{1,64}")


class WhatsAppChannel(TwilioChannel):
    """One WhatsApp sender; takes the arguments of `TwilioChannel` and one more.

    Args:
        templates: the ContentSid of each approved template, by the key of its sentence and a language
            ("ask_listened.pl") or by the key alone.
        **account: the arguments of `TwilioChannel`.
    """

    name = "whatsapp"
    prefix = "whatsapp:"
    pace = Pace(per_second=20)

    def __init__(self, *, templates: Mapping[str, str] | None = None, **account: Any) -> None:
        super().__init__(**account)
        self._templates = dict(templates or {})

    def _content(self, outgoing: Outgoing) -> dict[str, Any]:
        reply = outgoing.reply
        template = self._templates.get(f"{reply.key}.{outgoing.language}") or self._templates.get(reply.key)
        if template:  # within the day too, because only a template carries buttons
            values = {str(place): value for place, value in enumerate(reply.values, 1)}
            return {"content_sid": template, "content_variables": json.dumps(values)}
        if outgoing.last_heard is None or outgoing.now - outgoing.last_heard >= WINDOW:
            raise SendFailed("outside_window", "held")
        return super()._content(outgoing)

    def _choice(self, fields: Mapping[str, str]) -> str | None:
        pressed = fields.get("ButtonPayload", "")
        return pressed if CHOICE.fullmatch(pressed) else None
