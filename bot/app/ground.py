"""What everything else of the product stands on: settings, database, keys, channels, threads and the clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.app.channels import channels_of
from bot.conversation.messages import Channel, ChannelName
from bot.delivery.hours import Hours, load_hours
from bot.delivery.people import People
from bot.delivery.threads import Bell, Threads
from bot.key_chain import join_chain
from bot.mail import MailServer
from bot.mail_tokens import mail_server_of
from bot.ner import ModelNames, missing
from bot.privacy.keys import Keyring
from bot.privacy.redact import look_also_with
from bot.settings import Settings, SettingsProblem
from bot.wording import Wording, load_wording
from models import Store

Clock = Callable[[], datetime]
WRITERS_ON_POSTGRESQL: Final = 4
THREADS_BESIDE: Final = 4
"""Apart from those that take messages in: no page keeps a tenant waiting."""


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What everything else stands on."""

    settings: Settings
    store: Store
    keys: Keyring
    clock: Clock
    hours: Hours
    """When somebody may be written to who has not written to us."""
    threads: Threads
    """For what comes in and goes out."""
    beside: Threads
    """For pages, digests and whatever else may take its time: nothing that comes in waits for it."""
    bell: Bell
    people: People
    wording: Wording
    """What tenants read."""
    staff_wording: Wording
    """What staff read."""
    channels: Mapping[ChannelName, Channel]
    mail_server: MailServer | None

    @property
    def accounts(self) -> dict[ChannelName, str]:
        """The account that each channel writes from."""
        return {name: channel.account for name, channel in self.channels.items()}


def lay_ground(settings: Settings, clock: Clock, hours: Hours | None) -> Ground:
    """Open the database with the keys that are its own, and the clients of what is configured.

    Raises:
        SettingsProblem: when keys are missing or malformed, or a model is asked for that is not here.
        KeyProblem: when they are not the keys of this database.
        MailSettingsProblem: when SMTP_URL can't be read.
    """
    look_also_with(_model_of(settings))
    store = Store(settings.database_url)
    try:
        keys = join_chain(store, settings.keyring(), clock)
    except Exception:
        store.close()
        raise
    wording = load_wording("bot.conversation")
    return Ground(
        settings=settings,
        store=store,
        keys=keys,
        clock=clock,
        hours=hours or load_hours(),
        threads=Threads(1 if store.is_sqlite else WRITERS_ON_POSTGRESQL),
        beside=Threads(THREADS_BESIDE),
        bell=Bell(),
        people=People(keys, clock),
        wording=wording,
        staff_wording=load_wording("bot.console"),
        channels=channels_of(settings, clock, wording),
        mail_server=mail_server_of(settings, clock),
    )


def _model_of(settings: Settings) -> ModelNames | None:
    if not settings.ner_model:
        return None
    if problem := missing(settings.ner_model):
        raise SettingsProblem(problem)
    return ModelNames(settings.ner_model)
