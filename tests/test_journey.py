"""From 54 texts to two mails and to people on duty: signed webhooks, the database, a moderator and real SMTP."""

import html
import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rig import READERS, Rig, rig
from sqlalchemy import select

from bot.conversation.messages import ChannelName
from bot.moderation import Desk
from bot.stories import StoryBook
from models.landlords import all_landlords
from models.stories import Consent, Story

MESSAGES = Path(__file__).parent / "data" / "messages.jsonl"
CHANNELS: tuple[ChannelName, ...] = ("sms", "whatsapp", "telegram")
LABELLED = [json.loads(line) for line in MESSAGES.read_text(encoding="utf-8").splitlines()]
STORIES = [message for message in LABELLED if message["kind"] == "story"]
# Who is in danger is answered in another way, and so are a few that a computer takes for something else.
IN_DANGER = [number for number, story in enumerate(STORIES) if story["urgent"]]
ORDINARY = [number for number, story in enumerate(STORIES) if not story["urgent"]]
TAKEN_FOR_SOMETHING_ELSE = 2
AND_THE_OTHERS = ["n"] * len(STORIES)  # "next", for what stays private and is read all the same
SPANS = {m["text"][pii["start"] : pii["end"]] for m in LABELLED for pii in m["pii"]}


def person(number: int) -> tuple[ChannelName, str]:
    """The channel and address of the nth teller."""
    channel = CHANNELS[number % 3]
    return channel, f"{600_000 + number}" if channel == "telegram" else f"+447700900{number:03d}"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """All stories told and agreed to, and every reply received."""
    with rig(tmp_path_factory.mktemp("journey"), afresh=True) as made:
        made.set_up()
        made.serve()
        for number, story in enumerate(STORIES):
            made.text(*person(number), story["text"], replies=1 if story["urgent"] else 2)
        for number in ORDINARY:
            made.text(*person(number), "1", replies=3)
        yield made


def words_stored(made: Rig) -> list[str]:
    """The words of every story in the database."""
    store = made.store()
    with store.read() as session:
        stories = session.scalars(select(Story.id)).all()
        words = StoryBook(session, made.keys).words(stories)
    store.close()
    return sorted(words.values())


def test_there_are_54_stories() -> None:
    """The labelled sample is what this journey was written for."""
    assert len(STORIES) == 54


def test_each_story_is_stored_once_and_whole(told: Rig) -> None:
    """What was texted is what is kept: every story, once, word for word."""
    expected = sorted(story["text"] for story in STORIES)
    assert expected == words_stored(told)


def test_each_person_is_answered_once_a_step(told: Rig) -> None:
    """First contact and the consent question for the story; one thank-you for the yes; nothing more."""
    counts = [len(told.providers.sent_to(*person(number))) for number in ORDINARY]
    assert counts.count(3) >= len(ORDINARY) - TAKEN_FOR_SOMETHING_ELSE
    assert max(counts) <= 4


def test_each_yes_is_a_consent(told: Rig) -> None:
    """All of them agreed, and that is what is kept; nobody in danger was asked."""
    store = told.store()
    with store.read() as session:
        given = [consent.given for consent in session.scalars(select(Consent))]
    store.close()
    assert set(given) == {True}
    assert len(ORDINARY) - TAKEN_FOR_SOMETHING_ELSE <= len(given) <= len(ORDINARY)


def test_danger_is_answered_with_a_number_to_call(told: Rig) -> None:
    """The first thing that somebody in danger hears is where to turn."""
    first = [told.providers.sent_to(*person(number))[0].text for number in IN_DANGER]
    assert len(IN_DANGER) >= 6
    assert all(re.search(r"\b(999|01632 960999|116 123)\b", text) for text in first), first


@pytest.fixture(scope="module")
def approved(told: Rig) -> list[str]:
    """A moderator has been through all of them in the terminal; gives the words that were approved."""
    store = told.store()
    with store.read() as session:
        landlord = all_landlords(session)[0]
    waiting = Desk(store, told.keys, lambda: pytest.fail("only reads"), landlord, "moderator").waiting()
    store.close()
    # The moderator knows a name when it is there, which is what a moderator is for.
    choices = ["s" if any(_stands_in(span, one.words) for span in SPANS) else "a" for one in waiting]
    done = told.run(
        "moderate", "--moderator", "mo@operator.example", typed="\n".join([*choices, *AND_THE_OTHERS]) + "\n"
    )
    assert done.returncode == 0, done.stderr
    return [one.words for one, choice in zip(waiting, choices, strict=True) if choice == "a"]


def send_digests(made: Rig, monday: date) -> list[Any]:
    """A Monday's digests are sent, and then asked for once more; alerts to people on duty are not among them."""
    before = len(made.mailbox.mails)
    done = made.run("digest", "run", "--at", f"{monday}T09:00")
    assert done.returncode == 0, done.stderr
    assert "2 sent" in done.stdout
    again = made.run("digest", "run", "--at", f"{monday}T09:00")
    assert "Nothing was due" in again.stdout
    return [mail for mail in made.mailbox.mails[before:] if "waits for you" not in mail.message["subject"]]


@pytest.fixture(scope="module")
def mailed(told: Rig, approved: list[str]) -> list[Any]:
    """The first Monday's digests, with the figures."""
    assert len(approved) >= 6
    today = datetime.now(ZoneInfo("Europe/London")).date()
    mails = send_digests(told, today + timedelta(days=7 - today.weekday()))
    assert any("waits for you" in mail.message["subject"] for mail in told.mailbox.mails)
    return mails


@pytest.fixture(scope="module")
def mailed_next(told: Rig, mailed: list[Any]) -> list[Any]:
    """The next Monday's digests: nobody told anything since, and the words of the batch before may leave."""
    assert mailed
    today = datetime.now(ZoneInfo("Europe/London")).date()
    return send_digests(told, today + timedelta(days=14 - today.weekday()))


def test_exactly_two_mails_arrive(mailed: list[Any]) -> None:
    """One for the landlord, one for the organisers, each in an envelope of its own."""
    assert sorted(mail.to for mail in mailed) == sorted((address,) for address, _ in READERS)


def test_the_digests_hold_excerpts(mailed: list[Any], mailed_next: list[Any], approved: list[str]) -> None:
    """Three approved excerpts stand in each mail after the batch was counted, and none before."""
    for mail in mailed:
        assert [words for words in approved if _squeeze(words) in _squeeze(mail.text)] == []
    assert len(mailed_next) == 2
    for mail in mailed_next:
        for part in (mail.text, _visible(mail.html)):
            assert sum(_squeeze(words) in _squeeze(part) for words in approved) == 3


def test_nothing_identifying_reaches_a_mail(told: Rig, mailed_next: list[Any]) -> None:
    """None of the labelled spans stands anywhere in a mail, headers included; nor in an alert."""
    assert mailed_next
    for mail in told.mailbox.mails:
        everything = "\n".join([str(mail.message.items()), mail.text, _visible(mail.html), mail.html])
        assert [span for span in SPANS if _stands_in(span, everything)] == []


def test_the_digests_count_and_round(mailed: list[Any]) -> None:
    """Some 48 people are "about 50", whoever was handed over is not among them, and no other count is given."""
    for mail in mailed:
        assert re.search(r"About (45|50) tenants", mail.text)
        assert not re.search(r"\b4[678]\b", mail.text + _visible(mail.html))


def _stands_in(span: str, text: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(span)}(?!\w)", text, re.IGNORECASE))


def _visible(markup: str) -> str:
    return html.unescape(re.sub(r"<style.*?</style>|<[^>]*>", " ", markup, flags=re.DOTALL))


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", " ", text)
