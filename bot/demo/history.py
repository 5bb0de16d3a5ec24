"""Twelve weeks of made-up stories, told through the real inbox on a moved clock."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib import resources
from itertools import count, islice
from typing import Final
from zoneinfo import ZoneInfo

import typer
from sqlalchemy import update

from bot.conversation.messages import ChannelName, Incoming
from bot.conversation.script import load_scripts
from bot.demo.stage import SMS_NUMBER, TELEGRAM_TOKEN, WHATSAPP_NUMBER, Stage
from bot.moderation import Desk
from bot.privacy.redact import redact
from bot.schedule import latest_occurrence
from models.landlords import all_landlords
from models.outbound import Outbound
from models.sending import QUEUED, SENT

WEEKS: Final = 12
# How many tell something in each week: life is uneven, and quiet weeks must wait.
PER_WEEK: Final = (24, 28, 9, 14, 26, 22, 12, 25, 30, 11, 15, 24)
PROMISED_IN: Final = 8
KEPT_IN: Final = 11
"""Weeks that end in a release: the landlord answers the one, and has done what it promised by the other."""
PROMISE: Final = "We will ring before every visit, and again if we are late."
KEPT: Final = "The contractors ring the evening before, since last week."
CANNOT: Final = "We can't offer visits on Sundays: no contractor works then. Saturdays are open."
LEFT_FOR_THE_DESK: Final = 4
SETTLED: Final = timedelta(minutes=1)
FIRST_NUMBER: Final = 500  # 07700 900500 and on: the visitor's own phones have lower ones
CHANNELS: Final[tuple[ChannelName, ...]] = ("sms", "whatsapp", "telegram")
ACCOUNTS: Final = {
    "sms": SMS_NUMBER,
    "whatsapp": WHATSAPP_NUMBER,
    "telegram": TELEGRAM_TOKEN.partition(":")[0],
}
CONSENT: Final = {"yes": "1", "no": "3"}


@dataclass(frozen=True, slots=True)
class MadeUp:
    """One made-up teller: what they answer, tell and agree to."""

    text: str
    answer: str
    consent: str
    excerpt: bool


def made_up_stories() -> list[MadeUp]:
    """The stories of stories.toml."""
    file = resources.files("bot.demo") / "stories.toml"
    plain = tomllib.loads(file.read_text(encoding="utf-8"))["story"]
    return [MadeUp(one["text"], one["answer"], one["consent"], one["excerpt"]) for one in plain]


async def seed(stage: Stage) -> None:
    """Live through twelve weeks: stories, moderation and Monday's digests. Says a line a week.

    The twelfth week is the one that is still open, so that the visitor's own Monday has something to say.
    """
    now = stage.clock()
    _, last_monday = latest_occurrence(now, ZoneInfo("Europe/London"), stage.product.settings.digest_time)
    stories, numbers = iter(made_up_stories()), count(FIRST_NUMBER)
    for week, tellers in enumerate(PER_WEEK, start=1):
        typer.echo(f"Making up history: week {week} of {WEEKS}")
        begins = last_monday - timedelta(weeks=WEEKS - week)
        ends = min(begins + timedelta(weeks=1), now)
        live = partial(
            _live_through, stage, list(islice(stories, tellers)), numbers, begins, ends, week == WEEKS
        )
        await stage.product.threads.run(live)
        await stage.product.threads.run(lambda: _answered_long_ago(stage))
        if week < WEEKS:
            stage.clock.set(ends)
            await stage.product.run_due()
            await stage.product.threads.run(partial(_answer, stage, week))
    stage.clock.moved = timedelta()


def _answer(stage: Stage, week: int) -> None:
    """What the landlord says to its tenants in that week: a promise, and later what became of it."""
    product, today = stage.product, stage.clock().date()
    with product.store.read() as session:
        landlord = all_landlords(session)[0]
    who = "history"
    if week == PROMISED_IN:
        due_on = today + timedelta(weeks=3)
        product.responses.write(landlord, "release", "will", PROMISE, who, due_on=due_on, released_on=today)
    if week == KEPT_IN:
        promise = product.responses.all(landlord)[0]
        product.responses.end(landlord, promise.id, "kept", KEPT, who)
        product.responses.write(landlord, "release", "cannot", CANNOT, who, released_on=today)


def _live_through(  # noqa: PLR0913 - one week
    stage: Stage, told: list[MadeUp], numbers: Iterator[int], begins: datetime, ends: datetime, last: bool
) -> None:
    for number, story in enumerate(told, start=1):
        stage.clock.set(begins + (ends - begins) * number / (len(told) + 2))
        _tell(stage, story, next(numbers))
    stage.clock.set(begins + (ends - begins) * (len(told) + 1) / (len(told) + 2))
    _moderate(stage, told, last=last)


def _answered_long_ago(stage: Stage) -> None:
    """These people had their replies at the time; sending them now would only keep the visitor waiting."""
    with stage.product.store.write() as session:
        past = update(Outbound).where(Outbound.state == QUEUED)
        session.execute(past.values(state=SENT, settled_at=stage.clock()))


def _tell(stage: Stage, story: MadeUp, number: int) -> None:
    """One conversation, as a phone would hold it."""
    channel = CHANNELS[number % len(CHANNELS)]
    address = f"{880_000_000 + number}" if channel == "telegram" else f"+4477009{number:05d}"
    inbox, account = stage.product.inbox, ACCOUNTS[channel]
    initiative = stage.product.initiative
    if story.answer:
        initiative.ask(channel, account, address, load_scripts()["after_visit"])
    texts = [
        story.answer,
        story.text,
        "skip" if story.answer in ("partly", "no") else "",
        CONSENT.get(story.consent, ""),
    ]
    for step, text in enumerate(filter(None, texts)):
        inbox.receive(Incoming(channel, account, f"history-{number}-{step}", address, text, stage.clock()))
        stage.clock.set(stage.clock() + SETTLED)
        initiative.pass_time()  # the story has been told, and the next question is asked


def _moderate(stage: Stage, told: list[MadeUp], *, last: bool) -> None:
    """Decide as a sensible moderator would; of the last week, leave a few for the visitor."""
    product = stage.product
    with product.store.read() as session:
        landlord = all_landlords(session)[0]
    desk = Desk(product.store, product.keys, product.clock, landlord, "history")
    for one in desk.unread()[: -LEFT_FOR_THE_DESK if last else None]:
        desk.mark_read(one.story_id)
    worth_it = {redact(story.text).words for story in told if story.excerpt}
    for one in desk.waiting()[: -LEFT_FOR_THE_DESK if last else None]:
        if one.words in worth_it:
            desk.approve(one.story_id)
        else:
            desk.set_aside(one.story_id)
