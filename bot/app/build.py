"""The product, and how it is put together."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.app.ground import Clock, Ground, lay_ground
from bot.app.hand_overs import HandingOver, handing_over
from bot.app.operating import Operating, operating
from bot.app.talking import Talking, talking
from bot.app.workshops import Workshops, workshops
from bot.conversation.hand_overs import load_rules
from bot.delivery.hours import Hours
from bot.failpoints import failpoint
from bot.log import log_error
from bot.memory import keep_together
from bot.schedule import queue_due
from bot.settings import Settings

PREPARE_SECONDS: Final = 15.0
"""How long a provider may take to hear where to call before we begin without."""


def utc_now() -> datetime:
    """The current time, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Product(Ground, HandingOver, Talking, Workshops, Operating):
    """Everything, put together."""

    async def run_due(self, moment: datetime | None = None, only: str | None = None) -> dict[str, int]:
        """Do what the schedule does: freeze what is due at a moment, then send what is queued.

        Args:
            moment: the moment to act for; now by default.
            only: the one landlord to act for.

        Returns:
            How many mails ended in which state.
        """

        def queue() -> None:
            now = self.clock()
            at = self.settings.digest_time
            # As of one moment: a story that comes in meanwhile must not be marked as counted.
            with self.store.write(steady=True) as session:
                queue_due(session, self.keys, moment=moment or now, now=now, at=at, only=only)

        await self.beside.run(queue)
        failpoint("digest_queued")
        return await self.post_room.deliver()

    async def prepare(self) -> None:
        """Tell each provider what it must know. What comes in meanwhile it keeps, so a failure loses nothing."""
        for channel in self.channels.values():
            try:
                async with asyncio.timeout(PREPARE_SECONDS):
                    await channel.prepare()
            except Exception as error:  # noqa: BLE001 - the other channels work all the same
                log_error("channel_not_prepared", error, channel=channel.name)

    async def close_channels(self) -> None:
        """Let go of connections to providers."""
        for channel in self.channels.values():
            await channel.close()

    def close_database(self) -> None:
        """Let what is under way end, and let go of the database."""
        self.threads.close()
        self.beside.close()
        self.store.close()

    async def close(self) -> None:
        """Let go of everything."""
        await self.close_channels()
        self.close_database()


def build(settings: Settings, clock: Clock = utc_now, hours: Hours | None = None) -> Product:
    """Put the product together.

    Args:
        settings: what is configured; channels and mail that are not are left out.
        clock: gives the current time, aware.
        hours: when somebody may be written to who has not written to us; those of quiet.toml by default.

    Raises:
        SettingsProblem: when keys are missing or malformed, or a model is asked for that is not here.
        KeyProblem: when they are not the keys of this database.
        MailSettingsProblem: when SMTP_URL can't be read.
    """
    keep_together()
    ground, rules = lay_ground(settings, clock, hours), load_rules()
    hands = handing_over(ground, rules)
    talks = talking(ground, rules, hands.hand_overs.make)
    parts = ground, hands, talks, workshops(ground, talks), operating(ground)
    return Product(**{name: one for part in parts for name, one in vars(part).items()})
