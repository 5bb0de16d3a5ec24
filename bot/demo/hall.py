"""The demo's workshop: it is going on, its code is on the page, and a question is open in the room."""

from datetime import timedelta
from typing import Final

from bot.demo.stage import Stage
from bot.workshops.moderating import WordsDesk
from bot.workshops.planning import Plan
from models.landlords import all_landlords
from models.workshops import Workshop, workshop_of

CODE: Final = "HAT347"
LIVE_KEY: Final = "demo"
ASKS: Final = "What made the difference when somebody listened to you?"
ORGANISER: Final = "workshops@respect.example"


def open_hall(stage: Stage) -> None:
    """Set the workshop up as one that began a while ago, so that a newcomer joins at the door."""
    product, now = stage.product, stage.clock()
    with product.store.read() as session:
        landlord = all_landlords(session)[0]
    plan = Plan(
        title="Respect for All",
        place="Saltmarsh Hall",
        starts_at=now + timedelta(minutes=1),
        length=timedelta(hours=2),
        timezone=landlord.timezone,
        capacity=100,
        languages=("en",),
        organisers=(ORGANISER,),
        prompts=(),
    )
    made = product.workshops.add(plan, [landlord], ORGANISER)
    with product.store.write() as session:
        row = session.get_one(Workshop, made.id)
        row.code, row.live_key, row.starts_at = CODE, LIVE_KEY, now - timedelta(minutes=10)
        row.ends_at = now + timedelta(
            days=30
        )  # longer than any workshop may last, so that no visitor comes too late
    product.room.ask(made, "word", ASKS)


def words_desk(stage: Stage, moderator: str) -> WordsDesk | None:
    """The desk where words for the screen are let through; None where no workshop was set up."""
    product = stage.product
    with product.store.read() as session:
        workshop = workshop_of(session, CODE)
    return WordsDesk(product.store, product.keys, product.clock, workshop, moderator) if workshop else None
