"""The intake: what waits together is committed together, and one bad message fails nobody else's."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from desk import NOW, NUMBER, Desk, Wire
from sqlalchemy import event, select

from bot.conversation import dialogue
from bot.conversation.messages import Arrival, Incoming
from bot.conversation.state import State
from bot.conversation.turn import Turn
from bot.delivery.inbox import Receipt
from bot.delivery.intake import MOST_TOGETHER, MOST_WAITING, Intake, Overloaded
from bot.delivery.threads import Threads
from bot.stories import StoryBook
from models.inbound import DONE, WAITING, Inbound
from models.stories import Story

PEOPLE = 40


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose database counts its commits."""
    made = Desk(tmp_path, Wire())
    yield made
    made.store.close()


def message(number: int, text: str, address: str | None = None) -> Incoming:
    """A text from one of many people."""
    return Incoming("sms", Wire.account, f"e{number}", address or f"+4477009004{number:02}", text, NOW)


def take_in(desk: Desk, messages: Sequence[Incoming]) -> list[Receipt | BaseException]:
    """All of them at once, through an intake."""

    async def run() -> list[Receipt | BaseException]:
        threads = Threads()
        intake = Intake(desk.inbox.receive_all, threads)
        ended = await asyncio.gather(*(intake.receive(one) for one in messages), return_exceptions=True)
        threads.close()
        return ended

    return asyncio.run(run())


def words(desk: Desk) -> list[str]:
    """The words of every story."""
    with desk.store.read() as session:
        ids = session.scalars(select(Story.id).order_by(Story.id)).all()
        return sorted(StoryBook(session, desk.keys).words(ids).values())


def test_what_waits_together_is_one_commit(desk: Desk) -> None:
    """Forty people at once: all answered, all stored, in two commits and not in forty."""
    commits: list[object] = []
    event.listen(desk.store.engine, "commit", commits.append)
    told = [f"the tap in flat {number} drips still" for number in range(PEOPLE)]
    ended = take_in(desk, [message(number, text) for number, text in enumerate(told)])
    assert ended == [Receipt(new=True, replies=2)] * PEOPLE
    assert words(desk) == sorted(told)
    assert len(commits) <= 2


def test_a_bad_message_fails_nobody_else(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that can't be worked out is stored alone; the others of its group are answered as ever."""
    step = dialogue.step

    def stumble(state: State, incoming: Incoming, here: dialogue.Here) -> Turn:
        if "poison" in incoming.text:
            raise ValueError(incoming.text)
        return step(state, incoming, here)

    monkeypatch.setattr(dialogue, "step", stumble)
    texts = [f"the gate of block {number} is stuck" for number in range(10)]
    texts[4] = "poison in the well"
    ended = take_in(desk, [message(number, text) for number, text in enumerate(texts)])
    assert [one.replies for one in ended if isinstance(one, Receipt)] == [2] * 4 + [0] + [2] * 5
    assert words(desk) == sorted(text for text in texts if "poison" not in text)
    with desk.store.read() as session:
        states = list(session.scalars(select(Inbound.state).order_by(Inbound.id)))
    assert states.count(WAITING) == 1
    assert states.count(DONE) == 9


def test_one_persons_messages_keep_their_order(desk: Desk) -> None:
    """Each builds on what the one before has changed; the same one twice is one."""
    texts = ["/start", "the lift is broken", "and it smells of smoke no more", "1"]
    sent = [message(number, text, NUMBER) for number, text in enumerate(texts)]
    ended = take_in(desk, [*sent, sent[1]])
    assert [one.new for one in ended if isinstance(one, Receipt)] == [True] * 4 + [False]
    assert words(desk) == ["the lift is broken and it smells of smoke no more"]


def test_too_much_is_refused_and_not_kept_waiting() -> None:
    """A full queue says so at once, groups are of a size, and what waits is stored when the database is back."""
    sizes: list[int] = []

    def store_all(arrivals: Sequence[Arrival]) -> list[Receipt | Exception]:
        sizes.append(len(arrivals))
        return [Receipt(new=True)] * len(arrivals)

    async def run() -> list[Receipt | BaseException]:
        threads = Threads()
        intake = Intake(store_all, threads)
        waiting = [intake.receive(message(number, "x", str(number))) for number in range(MOST_WAITING + 3)]
        ended = await asyncio.gather(*waiting, return_exceptions=True)
        threads.close()
        return ended

    ended = asyncio.run(run())
    assert [type(one) for one in ended[-3:]] == [Overloaded] * 3
    assert ended[:-3] == [Receipt(new=True)] * MOST_WAITING
    assert max(sizes) == MOST_TOGETHER
