"""Operating the service: landlords and who reads their digests, sending those, keeping watch, and forgetting."""

from dataclasses import dataclass

from bot.api_keys import ApiKeys
from bot.app.ground import Ground
from bot.digest.post import PostRoom
from bot.landlords import Landlords
from bot.recipients import Recipients
from bot.retention import Retention, keep_of
from bot.translation import Translator
from bot.vitals import Pulse
from bot.watch import Watch


@dataclass(frozen=True, kw_only=True)
class Operating:
    """What the service is operated with."""

    landlords: Landlords
    recipients: Recipients
    api_keys: ApiKeys
    post_room: PostRoom
    translator: Translator | None
    watch: Watch
    pulse: Pulse
    retention: Retention


def operating(ground: Ground) -> Operating:
    """Put together what the service is operated with."""
    settings, store, keys, clock = ground.settings, ground.store, ground.keys, ground.clock
    operator, base, alerts_to = settings.operator_name, settings.public_base_url, settings.alerts_to
    server, at = ground.mail_server, settings.digest_time
    return Operating(
        landlords=Landlords(store, keys, operator, settings.lines, clock),
        recipients=Recipients(store, keys, clock),
        api_keys=ApiKeys(store, keys, clock),
        post_room=PostRoom(store, keys, server, operator, base, alerts_to, clock, ground.beside),
        translator=_translator(ground),
        watch=Watch(store, keys, ground.staff_wording, ground.hours, at, alerts_to, clock, base),
        pulse=Pulse(store, at, clock),
        retention=Retention(store, keys, keep_of(settings), clock),
    )


def _translator(ground: Ground) -> Translator | None:
    settings = ground.settings
    if not settings.translate_url:
        return None
    key = settings.translate_key.get_secret_value()
    return Translator(ground.store, ground.keys, settings.translate_url, key, ground.clock, ground.beside)
