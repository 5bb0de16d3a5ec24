"""Talking with tenants: what comes in, what is answered, what is asked, and what goes out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.app.channels import listed_of
from bot.app.ground import Ground
from bot.conversation import dialogue
from bot.conversation.hand_overs import Rule
from bot.conversation.script import Script, load_scripts
from bot.delivery.first_aid import FirstAid
from bot.delivery.inbox import Inbox
from bot.delivery.initiative import Initiative
from bot.delivery.intake import Intake
from bot.delivery.outbox import Outbox
from bot.delivery.reconcile import Reconciler
from bot.delivery.turns import MakeHandOver, Turns
from bot.responses import Responses
from bot.visits import Visits


@dataclass(frozen=True, kw_only=True)
class Talking:
    """What talks with tenants."""

    scripts: Mapping[str, Script]
    inbox: Inbox
    intake: Intake
    initiative: Initiative
    outbox: Outbox
    reconciler: Reconciler
    first_aid: FirstAid
    visits: Visits
    responses: Responses


def talking(ground: Ground, rules: Mapping[str, Rule], make: MakeHandOver) -> Talking:
    """Put together what talks with tenants.

    Args:
        ground: what it stands on.
        rules: the kinds of hand-over.
        make: writes a hand-over down.
    """
    settings, store, keys, clock = ground.settings, ground.store, ground.keys, ground.clock
    people, wording, operator = ground.people, ground.wording, settings.operator_name
    scripts = load_scripts()
    limit = settings.daily_message_limit
    outbox = Outbox(store, keys, people, ground.channels, clock, ground.threads, limit)
    turns = Turns(keys, people, wording, operator, settings.lines, ground.hours, make, clock)
    world = dialogue.World(scripts, wording.languages, rules, settings.quiet, settings.vital_interests)

    def wake() -> None:
        outbox.wake()
        ground.bell.ring()

    inbox = Inbox(store, keys, people, turns, world, clock, wake)
    initiative = Initiative(store, people, turns, world, clock, wake)
    after_visit, accounts = scripts["after_visit"], ground.accounts
    told, wait = scripts["response"], settings.response_wait
    return Talking(
        scripts=scripts,
        inbox=inbox,
        intake=Intake(inbox.receive_all, ground.threads),
        initiative=initiative,
        outbox=outbox,
        reconciler=_reconciler(ground, inbox),
        first_aid=FirstAid(ground.channels, wording, operator, settings.lines, clock),
        visits=Visits(store, keys, people, initiative, ground.hours, after_visit, accounts, clock),
        responses=Responses(store, keys, people, turns, told, operator, clock, wait),
    )


def _reconciler(ground: Ground, inbox: Inbox) -> Reconciler:
    hours = ground.settings.twilio_clear_after_hours
    clear_after = timedelta(hours=hours) if hours else None
    return Reconciler(
        ground.store,
        ground.keys,
        listed_of(ground.channels),
        inbox.receive,
        ground.threads,
        ground.clock,
        clear_after,
    )
