"""Delivery and rights: retries, stops and erasure, seen from the phone and from the tables."""

import re
from datetime import time, timedelta
from pathlib import Path

import pytest
from desk import NUMBER, SCRIPTS, Desk, Wire
from rig import Rig, wait_for
from sqlalchemy import func, select

from bot.conversation.messages import Pace, SendFailed
from bot.delivery.hours import Hours
from bot.delivery.settling import MOST_ATTEMPTS
from models.conversations import Conversation
from models.inbound import Inbound
from models.outbound import Outbound
from models.people import Contact, Suppression
from models.stories import Answer, Consent, Excerpt, Story, StoryPart


@pytest.mark.parametrize("asked", [None, 120.0])
def test_what_was_certainly_not_sent_is_tried_again(tmp_path: Path, asked: float | None) -> None:
    """After a refusal the message waits at least as long as the provider asked, and order is kept."""
    desk = Desk(tmp_path, Wire(SendFailed("429", "retry", after=asked)))
    desk.text("the tap drips still", "1")
    desk.drain()
    assert desk.wire.got == []
    desk.drain(timedelta(seconds=10))
    assert desk.wire.got == []  # the second message waits for the first
    desk.drain(timedelta(seconds=1.2 * (asked or 20)))
    assert ["Hello" in desk.wire.got[0], "share your words" in desk.wire.got[1]] == [True, True]
    assert desk.states() == ["sent", "sent"]


def test_a_lost_answer_is_not_sent_again(tmp_path: Path) -> None:
    """It may have arrived: recorded as unknown, and the next message goes."""
    desk = Desk(tmp_path, Wire(SendFailed("no_answer", "unknown")))
    desk.text("the tap drips still", "1")
    desk.drain()
    desk.drain(timedelta(days=1))
    assert desk.states() == ["unknown", "sent"]
    assert len(desk.wire.got) == 1


def test_a_provider_that_never_works_is_given_up(tmp_path: Path) -> None:
    """After a number of tries the message is failed, and nothing is tried for ever."""
    desk = Desk(tmp_path, Wire(*[SendFailed("no_connection", "retry")] * 50))
    desk.text("the tap drips still", "1")
    for _ in range(20):
        desk.drain(timedelta(hours=2))
    assert desk.states() == ["failed", "failed"]
    # The second one waited for the first, and then until it was too late to be worth sending.
    assert MOST_ATTEMPTS < 50 - len(desk.wire.failures) < 2 * MOST_ATTEMPTS


def test_a_carriers_stop_is_a_stop(tmp_path: Path) -> None:
    """When the provider says that the person has opted out, nothing more is sent, not even a prompt."""
    desk = Desk(tmp_path, Wire(SendFailed("21610", "stopped")))
    desk.text("the tap drips still", "1")
    desk.drain()
    assert desk.states() == ["suppressed", "suppressed"]
    assert not desk.initiative.ask("sms", desk.wire.account, NUMBER, SCRIPTS["after_visit"])
    desk.text("are you there", "2")
    desk.drain(timedelta(days=1))
    assert desk.wire.got == []


def test_stop_overtakes_what_waits(tmp_path: Path) -> None:
    """Replies that were queued before STOP came are not sent after it."""
    desk = Desk(tmp_path, Wire())
    desk.text("the tap drips still", "1")
    desk.text("STOP", "2")
    desk.drain()
    assert desk.wire.got == []
    assert set(desk.states()) == {"suppressed"}
    desk.text("START", "3")
    desk.drain()
    assert ["Welcome back" in text for text in desk.wire.got] == [True]


def test_delete_leaves_nothing_that_was_told(fresh_rig: Rig) -> None:
    """After DELETE and its number: no story, no words, no address; a replay brings nothing back."""
    fresh_rig.serve()
    story = fresh_rig.webhook("sms", NUMBER, "the heron on the sill saw it all")
    assert fresh_rig.post(story).status_code == 200
    assert wait_for(lambda: len(fresh_rig.providers.ledger) == 2)
    fresh_rig.text("sms", NUMBER, "1", replies=3)
    asked = fresh_rig.text("sms", NUMBER, "please delete everything", replies=4)[-1].text
    code = re.search(r"\b\d{4}\b", asked)
    assert code
    assert "removed all" in fresh_rig.text("sms", NUMBER, code.group(), replies=5)[-1].text
    assert fresh_rig.post(story).status_code == 200
    store = fresh_rig.store()

    def left() -> dict[str, int]:
        tables = (Story, StoryPart, Answer, Consent, Excerpt, Contact, Conversation, Outbound, Suppression)
        with store.read() as session:
            return {
                table.__tablename__: number
                for table in tables
                if (number := session.scalar(select(func.count()).select_from(table)))
            }

    # A keyed hash of the person stays, so that no list of visits has them texted again.
    assert wait_for(lambda: left() == {"suppression": 1}), left()
    with store.read() as session:
        assert list(session.scalars(select(Inbound.body))) == [None] * 4
    store.close()
    assert len(fresh_rig.providers.ledger) == 5


def test_whoever_waits_goes_before_whoever_was_asked(tmp_path: Path) -> None:
    """On a morning of many prompts, help in danger goes first and answers next; each person's messages stay in order."""
    desk = Desk(tmp_path, Wire(pace=Pace(per_second=1)))
    people = [f"+4477009001{number:02}" for number in range(20)]
    for one in people:
        assert desk.initiative.ask("sms", desk.wire.account, one, SCRIPTS["after_visit"])
    answers, in_danger, unasked = people[15], people[17], "+447700900199"
    desk.text("No", "1", sender=answers)
    desk.text("the tap drips still and they laughed", "2", sender=unasked)
    desk.text("I can smell gas in the hall", "3", sender=in_danger)
    for _ in range(80):
        desk.drain(timedelta(seconds=1))
    order = [outgoing.address for outgoing in desk.wire.sent]
    first = list(dict.fromkeys(order))
    assert first[:3] == [in_danger, *sorted((answers, unasked), key=first.index)]
    assert first[3:] == [one for one in people if one not in (answers, in_danger)]
    told = [outgoing.reply.key for outgoing in desk.wire.sent if outgoing.address == in_danger]
    assert (told[0], told[-1]) == ("first_contact", "passed_on")
    assert order[: len(told)] == [in_danger] * len(told)


def test_an_answer_in_the_evening_does_not_wait_for_a_prompt_of_the_morning(tmp_path: Path) -> None:
    """A prompt that was to go by day goes with the answer to whoever writes before it."""
    desk = Desk(tmp_path, Wire(), hours=Hours(time(9), time(20)))
    desk.now = desk.now.replace(hour=21)
    assert desk.initiative.ask("sms", desk.wire.account, NUMBER, SCRIPTS["after_visit"])
    desk.drain()
    assert desk.wire.got == []
    desk.text("the tap drips still", "1")
    desk.drain()
    assert len(desk.wire.got) > 1
    assert set(desk.states()) == {"sent"}
