"""Stand-ins for Telegram's Bot API and Twilio's REST API, on loopback, for the real client libraries to call.

They keep a ledger of what they were asked to send: the truth about what a person's phone would show.
"""

from collections.abc import Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from bot.conversation.messages import ChannelName
from bot.demo.faults import Fault, Faults
from bot.demo.ledger import Ledger, Sent
from bot.demo.providers_telegram import TelegramStandIn
from bot.demo.providers_twilio import TwilioStandIn

__all__ = ["Fault", "Providers", "Sent"]


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
        kept = Ledger(clock)
        self.ledger = kept.all
        self.faults = Faults()
        self.telegram = TelegramStandIn(telegram_token, kept, self.faults)
        self.twilio = TwilioStandIn(twilio_sid, twilio_token, kept, self.faults)

    def sent_to(self, channel: ChannelName, to: str) -> list[Sent]:
        """What one phone was sent, in order."""
        return [sent for sent in self.ledger if (sent.channel, sent.to) == (channel, to)]

    def app(self) -> Starlette:
        """The web application that stands for both."""
        routes = [*self.telegram.routes(), *self.twilio.routes()]
        return Starlette(routes=routes, exception_handlers={ClientDisconnect: _gone})


async def _gone(_request: Request, _error: Exception) -> Response:
    # Whoever called was killed in the middle of its request, as faults.py does; nobody reads this.
    return Response(status_code=400)
