"""Hand-overs and the alerts of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.alerts import Bellman
from bot.app.ground import Ground
from bot.conversation.hand_overs import Rule
from bot.hand_over_by_link import ByLink
from bot.hand_over_links import Links
from bot.handover import Desk


@dataclass(frozen=True, kw_only=True)
class HandingOver:
    """What passes dangers and complaints on to those who must act."""

    hand_overs: Desk
    by_link: ByLink
    bellman: Bellman


def handing_over(ground: Ground, rules: Mapping[str, Rule]) -> HandingOver:
    """Put together what hands over.

    Args:
        ground: what it stands on.
        rules: the kinds of hand-over.
    """
    store, keys, clock, alerts_to = ground.store, ground.keys, ground.clock, ground.settings.alerts_to
    links = Links(keys, ground.settings.public_base_url)
    desk = Desk(store, keys, rules, ground.staff_wording, clock, links, alerts_to)
    return HandingOver(
        hand_overs=desk,
        by_link=ByLink(store, keys, desk, links, clock, alerts_to),
        bellman=Bellman(store, keys, ground.mail_server, ground.channels.get("sms"), clock, ground.threads),
    )
