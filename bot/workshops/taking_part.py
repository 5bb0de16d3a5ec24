"""Who takes part in a workshop: its landlords, with what was released of them and what they answered."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.digest.across import TakesPart
from bot.privacy.keys import Keyring
from bot.releases import thaw
from bot.responses import answers_of_landlord
from models.releases import latest_release, releases_between
from models.scopes import scope_of
from models.workshops import Workshop, landlords_of

WEEKS_TOLD: Final = timedelta(weeks=12)


def taking_part(session: Session, keys: Keyring, workshop: Workshop, now: datetime) -> list[TakesPart]:
    """What organisers may be told of each landlord: frozen releases of twelve weeks; landlords of one pool once."""
    today = now.astimezone(ZoneInfo(workshop.timezone)).date()
    found: dict[int, TakesPart] = {}
    for landlord in landlords_of(session, workshop.id):
        scope = scope_of(session, landlord)
        newest = latest_release(session, scope.id)
        frozen = releases_between(session, newest, today - WEEKS_TOLD) if newest else ()
        releases = [thaw(keys, one) for one in frozen]
        answers = answers_of_landlord(session, landlord.id, today, now)
        earlier = found.get(scope.id)
        both = [*(earlier.answers if earlier else ()), *answers]
        found[scope.id] = TakesPart(scope.name, releases, both)
    return list(found.values())
