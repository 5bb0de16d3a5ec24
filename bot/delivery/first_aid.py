"""First aid: whoever is in danger hears where to turn within a second, with the database locked and mail down.

The one exception to "a reply is a row before it is sent": when storing takes longer than a moment, or fails,
the signpost is sent straight away. It may come twice; that is better than late.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any, Final

from bot.conversation.dialogue import signposts
from bot.conversation.messages import Arrival, Channel, ChannelName, Incoming, Outgoing
from bot.conversation.speech import Facts, reply_for
from bot.log import get_logger, log_error
from bot.understanding.language import tell, warm
from bot.wording import DEFAULT, Wording

PATIENCE_SECONDS: Final = 0.25
"""How long storing may take before the signpost goes out beside it."""
REMEMBERED: Final = 10_000
"""Messages whose signpost went out this way, so that the provider's next try does not send it again."""
NO_ID: Final = 0


class FirstAid:
    """Sends signposts beside the database.

    Args:
        channels: how to send, by channel name.
        wording: every sentence.
        operator: who asks and reads.
        lines: numbers for people in danger.
        clock: gives the current time, aware.
    """

    def __init__(
        self,
        channels: Mapping[ChannelName, Channel],
        wording: Wording,
        operator: str,
        lines: Mapping[str, str],
        clock: Callable[[], datetime],
    ) -> None:
        self._channels = channels
        self._wording = wording
        self._operator = operator
        self._lines = lines
        self._clock = clock
        self._helped: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._helping: set[asyncio.Task[None]] = set()

    async def beside(self, arrival: Arrival, storing: Coroutine[Any, Any, object]) -> object:
        """Store something; if that takes too long and it speaks of danger, say where to turn meanwhile.

        Args:
            arrival: what came in.
            storing: stores it.

        Returns:
            What storing gives; whatever it raises is raised.
        """
        if not isinstance(arrival, Incoming) or arrival.choice:
            return await storing
        # Only when it is late is the message read here: storing it reads it too, and nearly always in time.
        late = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._begin, arrival)
        try:
            return await storing
        except Exception:
            await self._help(arrival)
            raise
        finally:
            late.cancel()

    def _begin(self, incoming: Incoming) -> None:
        task = asyncio.create_task(self._help(incoming))
        self._helping.add(task)
        task.add_done_callback(self._helping.discard)

    def warm(self) -> None:
        """Have all that is needed in memory before the first message comes."""
        warm(self._wording.languages)  # first, because it takes most memory while it is loaded
        signposts("is anybody there who can tell me what to do")

    async def _help(self, incoming: Incoming) -> None:
        says = signposts(incoming.text)
        key = (incoming.channel, incoming.external_id)
        channel = self._channels.get(incoming.channel)
        if not says or key in self._helped or channel is None:
            return
        self._helped[key] = None
        if len(self._helped) > REMEMBERED:
            self._helped.popitem(last=False)
        # Which landlord it is about stands in the database, so its line is named in general words.
        told = tell(incoming.text, self._wording.languages, DEFAULT)
        language = told.language if told.how == "sure" else DEFAULT
        your_landlord = self._wording.text(language, "your_landlord")
        facts = Facts(self._operator, your_landlord, your_landlord, your_landlord, self._lines)
        now = self._clock()
        get_logger().warning("first_aid", channel=incoming.channel)
        for say in says:
            reply = reply_for(self._wording, language, say, facts)
            outgoing = Outgoing(NO_ID, incoming.address, reply, language, None, now, now)
            try:
                await channel.send(outgoing)
            except Exception as error:  # noqa: BLE001 - once the message is stored, the outbox tries again
                log_error("first_aid_not_sent", error, channel=incoming.channel)
