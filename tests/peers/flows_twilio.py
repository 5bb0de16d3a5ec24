"""Flows over emulate's Twilio, which we did not write, with Prism in front where Twilio's description is.

Emulate can't express media, buttons, templates, opt-outs, WhatsApp's 24 hours, addresses without a number, or
codes in its reports; those are tested against our own stand-in.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from peers import servers
from rig import Rig, rig, wait_for
from sqlalchemy import select

from bot.conversation.messages import ChannelName, Outgoing, Reply, SendFailed
from bot.demo.stage import SMS_NUMBER, TWILIO_SID, TWILIO_TOKEN, WHATSAPP_NUMBER
from handlers.sms import SmsChannel
from handlers.whatsapp import WhatsAppChannel
from models.inbound import Inbound
from models.outbound import Outbound

OURS: dict[ChannelName, str] = {"sms": SMS_NUMBER, "whatsapp": f"whatsapp:{WHATSAPP_NUMBER}"}
PERSON: dict[ChannelName, str] = {"sms": "+447700900123", "whatsapp": "whatsapp:+447700900124"}
STORY = "The lift was out for nine days and somebody rang me each morning"
CHANNELS: tuple[ChannelName, ...] = ("sms", "whatsapp")


@dataclass
class Given:
    """The product, Twilio, and the checker between them where there is one."""

    product: Rig
    twilio: servers.Emulated
    url: str
    checker: servers.Server | None

    def outbound(self) -> list[tuple[str, str | None]]:
        """The state and error of each message of ours, in order."""
        store = self.product.store()
        with store.read() as session:
            rows = session.scalars(select(Outbound).order_by(Outbound.id)).all()
        store.close()
        return [(row.state, row.error) for row in rows]

    def inbound(self) -> int:
        """How many messages came in."""
        store = self.product.store()
        with store.read() as session:
            count = len(session.scalars(select(Inbound.id)).all())
        store.close()
        return count

    def broken_rules(self) -> list[str]:
        """Where our requests broke Twilio's description, as Prism prints it."""
        if self.checker is None:
            return []
        assert wait_for(lambda: self._printed("Request received") == self._printed("Received forward"))
        time.sleep(0.2)  # what it thinks of the last one, it prints after that
        return [line for line in self.checker.lines if "Violation: request" in line]

    def _printed(self, words: str) -> int:
        return sum(words in line for line in self.checker.lines) if self.checker else 0


@pytest.fixture
def given(tmp_path: Path) -> Iterator[Given]:
    """Twilio with our two numbers; the product is not running yet."""
    with contextlib.ExitStack() as stack:
        made = stack.enter_context(rig(tmp_path))
        made.set_up_quickly()
        hooks = {number: f"{made.settings.public_base_url}/webhooks/twilio/{n}" for n, number in OURS.items()}
        twilio = stack.enter_context(servers.twilio(tmp_path, TWILIO_SID, TWILIO_TOKEN, hooks))
        checker = None
        if servers.SPECIFICATION.exists():
            checker = stack.enter_context(servers.checked(twilio, tmp_path))
        url = (checker or twilio).url
        made.env["TWILIO_API_URL"] = url
        people = servers.Emulated(twilio, TWILIO_SID, TWILIO_TOKEN)
        stack.callback(people.close)
        yield Given(made, people, url, checker)


def test_a_story_is_told_answered_and_delivered(given: Given) -> None:
    """A text that emulate signs, our answers through its REST API, and its signed reports on them."""
    given.product.serve()
    for channel in CHANNELS:
        given.twilio.text(PERSON[channel], OURS[channel], STORY)
        assert wait_for(lambda at=PERSON[channel]: len(given.twilio.sent_to(at)) == 2)  # type: ignore[misc]
        sent = given.twilio.sent_to(PERSON[channel])
        assert sent[1]["from"] == OURS[channel]
        assert "Reply 1 for yes" in sent[1]["body"]
        given.twilio.text(PERSON[channel], OURS[channel], "1")
        assert wait_for(lambda at=PERSON[channel]: len(given.twilio.sent_to(at)) == 3)  # type: ignore[misc]
    assert wait_for(lambda: [state for state, _ in given.outbound()] == ["sent"] * 6)

    for one, status in zip(
        given.twilio.sent_to(PERSON["sms"]), ("delivered", "undelivered", "sent"), strict=True
    ):
        given.twilio.report(one["sid"], status)
    assert wait_for(lambda: [state for state, _ in given.outbound()].count("delivered") == 1)
    assert wait_for(lambda: [state for state, _ in given.outbound()].count("failed") == 1)
    given.twilio.report(given.twilio.sent_to(PERSON["sms"])[0]["sid"], "sent")  # late: delivered stays
    assert [state for state, _ in given.outbound()].count("delivered") == 1
    assert given.inbound() == 4
    assert given.broken_rules() == []


def test_what_came_while_nobody_was_there_is_fetched(given: Given) -> None:
    """Twilio gives a webhook up after seconds; the list has the messages, and each is taken in once."""
    for channel in CHANNELS:
        given.twilio.text(PERSON[channel], OURS[channel], STORY)
        given.twilio.text(PERSON[channel], OURS[channel], "and it is fixed now")
    given.product.serve()
    assert wait_for(lambda: given.inbound() == 4, 30), given.product.output[-2000:]
    for channel in CHANNELS:
        assert wait_for(lambda at=PERSON[channel]: len(given.twilio.sent_to(at)) >= 2)  # type: ignore[misc]
    assert given.broken_rules() == []


def test_errors_are_told_apart(given: Given) -> None:
    """A number that is not ours, and a wrong token: what emulate answers, and what we make of it."""
    assert failed(given, number="+447700900999") == ("21606", "failed")
    assert failed(given, token="wrong") == ("20003", "down")
    assert given.broken_rules() == []


def test_every_kind_of_message_is_allowed(given: Given) -> None:
    """One that lapses, and one by an approved template: Twilio's description knows all that we ask for."""
    now = datetime.now(UTC)
    lapsing = Outgoing(1, PERSON["sms"], Reply("Thank you."), "en", 900, now, now)
    ask = Reply("Were you listened to?", key="ask", values=("the tap", "Monday"))
    asking = Outgoing(2, PERSON["whatsapp"].removeprefix("whatsapp:"), ask, "en", 36_000, None, now)

    async def send() -> None:
        for channel, message in ((sms(given), lapsing), (whatsapp(given), asking)):
            await channel.send(message)
            await channel.close()

    asyncio.run(send())
    assert [one["to"] for one in given.twilio.messages()] == [PERSON["sms"], PERSON["whatsapp"]]
    assert given.broken_rules() == []


def test_twilio_forgets(given: Given) -> None:
    """The words of a message, then all of it; once more is no error."""
    sid = given.twilio.text(PERSON["sms"], OURS["sms"], STORY)
    channel = sms(given)

    async def clear() -> None:
        await channel.clear(sid, entirely=False)
        assert [one["body"] for one in given.twilio.messages()] == [""]
        await channel.clear(sid, entirely=True)
        await channel.clear(sid, entirely=True)
        await channel.close()

    asyncio.run(clear())
    assert given.twilio.messages() == []
    assert given.broken_rules() == []


def test_the_checker_bites(given: Given) -> None:
    """A request that Twilio's description does not allow is noticed, so that silence means something."""
    if given.checker is None:
        pytest.skip(f"Twilio's description is not at {servers.SPECIFICATION}: requests were not checked")
    form = {"To": PERSON["sms"], "From": OURS["sms"], "ContentSid": "nope", "RiskCheck": "bogus"}
    url = f"{given.url}/2010-04-01/Accounts/{TWILIO_SID}/Messages.json"
    httpx.post(url, data=form, auth=(TWILIO_SID, TWILIO_TOKEN), timeout=15)
    assert len(given.broken_rules()) >= 2


def test_lists_reach_back_as_far_as_asked(given: Given) -> None:
    """What emulate holds is read as the webhook was; it lists all there is, whenever it came."""
    given.twilio.text(PERSON["sms"], OURS["sms"], STORY)
    given.twilio.text(PERSON["whatsapp"], OURS["whatsapp"], "not this one")
    channel = sms(given)

    async def ask() -> list[str]:
        found = await channel.received_since(datetime.now(UTC) - timedelta(hours=1))
        await channel.close()
        return [one.text for one in found]

    assert asyncio.run(ask()) == [STORY]
    assert given.broken_rules() == []


def sms(given: Given, number: str = SMS_NUMBER, token: str = TWILIO_TOKEN) -> SmsChannel:
    """An SMS channel of ours, by itself."""
    return SmsChannel(
        number=number,
        account_sid=TWILIO_SID,
        tokens=(token,),
        public_base_url=given.product.settings.public_base_url,
        api_url=given.url,
        clock=lambda: datetime.now(UTC),
    )


def whatsapp(given: Given) -> WhatsAppChannel:
    """A WhatsApp channel of ours, by itself, with one template."""
    return WhatsAppChannel(
        templates={"ask": "HX" + "0" * 32},
        number=WHATSAPP_NUMBER,
        account_sid=TWILIO_SID,
        tokens=(TWILIO_TOKEN,),
        public_base_url=given.product.settings.public_base_url,
        api_url=given.url,
        clock=lambda: datetime.now(UTC),
    )


def failed(given: Given, number: str = SMS_NUMBER, token: str = TWILIO_TOKEN) -> tuple[str, str]:
    """Send a message that can't be sent; gives the code and what it means."""
    channel = sms(given, number, token)
    message = Outgoing(1, PERSON["sms"], Reply("Thank you."), "en", None, None, datetime.now(UTC))

    async def send() -> tuple[str, str]:
        try:
            await channel.send(message)
        except SendFailed as failure:
            return failure.code, failure.outcome
        finally:
            await channel.close()
        return "", "sent"

    return asyncio.run(send())
