"""kill -9: what was acknowledged is there afterwards, once."""

from collections import Counter

import pytest
from rig import Rig, wait_for
from sqlalchemy import func, select

from bot.conversation.messages import ChannelName
from bot.stories import StoryBook
from models.inbound import Inbound
from models.outbound import Outbound
from models.sending import UNFINISHED, UNKNOWN
from models.stories import Story

CHANNELS: tuple[ChannelName, ...] = ("sms", "whatsapp", "telegram")
ROUNDS = 4


def words_stored(made: Rig) -> list[str]:
    """The words of every story in the database."""
    store = made.store()
    with store.read() as session:
        words = StoryBook(session, made.keys).words(session.scalars(select(Story.id)).all())
    store.close()
    return sorted(words.values())


def count(made: Rig, table: type[Inbound | Outbound], **columns: str) -> int:
    """How many rows there are, of those columns."""
    store = made.store()
    with store.read() as session:
        number = session.scalar(select(func.count()).select_from(table).filter_by(**columns))
    store.close()
    return number or 0


def test_killed_before_anything_was_sent(fresh_rig: Rig) -> None:
    """Received by a process that is killed right after its 200: the next one answers, once."""
    receiving = fresh_rig.serve("--no-work")
    told = {}
    for number, channel in enumerate(CHANNELS):
        address = f"6005{number}" if channel == "telegram" else f"+4477009005{number}0"
        told[channel, address] = f"made up story number {number} about a tap"
        assert fresh_rig.post(fresh_rig.webhook(channel, address, told[channel, address])).status_code == 200
    fresh_rig.kill(receiving)
    assert fresh_rig.providers.ledger == []
    fresh_rig.serve()
    assert wait_for(lambda: len(fresh_rig.providers.ledger) == 2 * len(told))
    assert sorted(told.values()) == words_stored(fresh_rig)
    assert dict.fromkeys(told, 2) == Counter((sent.channel, sent.to) for sent in fresh_rig.providers.ledger)


@pytest.mark.parametrize("patience", [0.0, 0.01], ids=["at once", "a moment later"])
def test_killed_while_it_answers(fresh_rig: Rig, patience: float) -> None:
    """Killed at any moment after the 200, time and again: no story lost or doubled, no reply doubled.

    A reply that was being sent at that moment is recorded as `unknown`: it may have arrived.
    """
    told = []
    for round_number in range(ROUNDS):
        process = fresh_rig.serve()
        address = f"+44770090060{round_number}"
        told.append(f"made up story of round {round_number} about a gate")
        webhook = fresh_rig.webhook("sms", address, told[-1])
        assert fresh_rig.post(webhook).status_code == 200
        wait_for(lambda: False, patience)
        fresh_rig.kill(process)
    fresh_rig.serve()
    assert wait_for(lambda: sum(count(fresh_rig, Outbound, state=state) for state in UNFINISHED) == 0)
    assert sorted(told) == words_stored(fresh_rig)
    assert len(told) == count(fresh_rig, Inbound)
    ledger = Counter((sent.to, sent.text) for sent in fresh_rig.providers.ledger)
    assert set(ledger.values()) == {1}
    assert 2 * len(told) - count(fresh_rig, Outbound, state=UNKNOWN) <= len(ledger) <= 2 * len(told)
