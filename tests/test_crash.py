"""kill -9: what was acknowledged is there afterwards, once."""

from collections import Counter

import pytest
from faults import kill_at, race_stop
from rig import Rig, wait_for
from sqlalchemy import select

from bot.conversation.messages import ChannelName
from bot.stories import StoryBook
from models.stories import Story

CHANNELS: tuple[ChannelName, ...] = ("sms", "whatsapp", "telegram")


def words_stored(made: Rig) -> list[str]:
    """The words of every story in the database."""
    store = made.store()
    with store.read() as session:
        words = StoryBook(session, made.keys).words(session.scalars(select(Story.id)).all())
    store.close()
    return sorted(words.values())


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


def test_killed_at_one_failpoint_after_the_other() -> None:
    """Killed there and started again: nothing lost, nothing doubled. `make faults` does all, twenty times."""
    tally = kill_at("turned", "committed", "claimed", "sent", rounds=1)
    assert tally.kills == 4
    assert tally.good, tally


@pytest.mark.parametrize("name", ["claimed", "sent"])
def test_stop_meets_a_reply_on_its_way(name: str) -> None:
    """A reply that was claimed but not sent when STOP is stored is not sent."""
    tally = race_stop(name, rounds=1)
    assert (tally.stops, tally.after_stop) == (1, 0)
