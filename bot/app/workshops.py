"""Workshops: setting them up, asking whoever takes part, the room, and the mail around them."""

from dataclasses import dataclass

from bot.app.ground import Ground
from bot.app.talking import Talking
from bot.wording import load_wording
from bot.workshops.inviting import Invitations
from bot.workshops.post import Workroom
from bot.workshops.prompts import Prompts
from bot.workshops.room import RoomDesk
from bot.workshops.sessions import Sessions


@dataclass(frozen=True, kw_only=True)
class Workshops:
    """What workshops are made with."""

    workshops: Sessions
    invitations: Invitations
    prompts: Prompts
    workroom: Workroom
    room: RoomDesk


def workshops(ground: Ground, talks: Talking) -> Workshops:
    """Put together what workshops are made with.

    Args:
        ground: what it stands on.
        talks: what asks whoever takes part.
    """
    store, keys, people, clock = ground.store, ground.keys, ground.people, ground.clock
    operator, lines, accounts = ground.settings.operator_name, ground.settings.lines, ground.accounts
    initiative, scripts = talks.initiative, talks.scripts
    return Workshops(
        workshops=Sessions(store, keys, ground.hours, operator, lines, clock),
        invitations=Invitations(store, people, initiative, scripts["workshop_invite"], accounts),
        prompts=Prompts(store, people, initiative, ground.hours, scripts, accounts, clock),
        workroom=Workroom(store, keys, ground.mail_server, operator, clock, ground.beside),
        room=RoomDesk(store, keys, clock, load_wording("bot.workshops")),
    )
