"""Flows over telegram-test-api, which we did not write, by webhook and by fetching.

It can't express a person who blocks a bot (it has texts, commands and buttons only) nor answer 403 to a send;
both are tested against our own stand-in. Edits it knows of through our adapter alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from peers import servers
from rig import Rig, rig, wait_for
from sqlalchemy import select

from bot.demo.stage import TELEGRAM_TOKEN
from bot.stories import StoryBook
from models.inbound import Inbound
from models.stories import Story

PERSON = 600123
STORY = "The lift was out for nine days and somebody rang me each morning to say where things stood"
EDITED = "The lift was out for ten days and somebody rang me each morning to say where things stood"


@dataclass
class Phone:
    """Somebody's Telegram, and the product at the other end."""

    product: Rig
    server: servers.Server
    mode: str

    def post(self, path: str, **content: Any) -> None:
        """Do something as the person."""
        person = {"id": PERSON, "first_name": "Sam", "is_bot": False}
        chat = {"id": PERSON, "first_name": "Sam", "type": "private"}
        body = {"botToken": TELEGRAM_TOKEN, "from": person, "chat": chat, "date": 1_793_880_000, **content}
        httpx.post(f"{self.server.url}/{path}", json=body, timeout=15).raise_for_status()

    def text(self, words: str, **more: Any) -> int:
        """Send a text; gives the number of its message."""
        self.post("sendMessage", text=words, **more)
        return [int(line["message"]) for line in self.server.printed() if "message" in line][-1]

    @property
    def question(self) -> dict[str, Any]:
        """The newest message with buttons; an empty one while there is none."""
        return next((one for one in reversed(self.shown) if one.get("reply_markup")), {})

    @property
    def shown(self) -> list[dict[str, Any]]:
        """What the bot has sent, in order."""
        answer = httpx.post(
            f"{self.server.url}/getUpdatesHistory", json={"token": TELEGRAM_TOKEN}, timeout=15
        )
        held = [one for one in answer.json()["result"] if "chat_id" in one.get("message", {})]
        return [{**one["message"], "message_id": one["messageId"]} for one in held]

    def waits_for(self, count: int) -> list[dict[str, Any]]:
        """The bot's messages, as soon as there are that many."""
        assert wait_for(lambda: len(self.shown) >= count), (
            self.server.lines[-5:],
            self.product.output[-2000:],
        )
        return self.shown

    def calls(self, method: str) -> list[dict[str, Any]]:
        """What the bot asked of the server by one method."""
        return [line["asked"] for line in self.server.printed() if line.get("method") == method]


@pytest.fixture(params=["webhook", "polling"])
def phone(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Phone]:
    """A phone, in both ways that updates travel."""
    mode = str(request.param)
    with rig(tmp_path) as made, servers.telegram(tmp_path) as server:
        made.set_up_quickly()
        made.env |= {"TELEGRAM_API_URL": server.url, "TELEGRAM_MODE": mode}
        made.serve()
        phone = Phone(made, server, mode)
        ready = "setWebhook" if mode == "webhook" else "deleteWebhook"
        assert wait_for(lambda: phone.calls(ready)), server.lines
        yield phone


def words(product: Rig) -> list[str]:
    """The words of every story."""
    store = product.store()
    with store.read() as session:
        told = StoryBook(session, product.keys).words(session.scalars(select(Story.id)).all())
    store.close()
    return list(told.values())


def events(product: Rig) -> int:
    """How many events are in the inbox."""
    store = product.store()
    with store.read() as session:
        count = len(session.scalars(select(Inbound.id)).all())
    store.close()
    return count


def test_start_story_button_and_edit(phone: Phone) -> None:
    """Somebody opens the chat, tells a story, presses a button under the question, and edits the story."""
    phone.post("sendCommand", text="/start", entities=[{"offset": 0, "length": 6, "type": "bot_command"}])
    phone.waits_for(1)

    told = phone.text(STORY)
    assert wait_for(lambda: phone.question), phone.product.output[-2000:]
    assert words(phone.product) == [STORY]
    asked = phone.question
    choices = [button["callback_data"] for row in asked["reply_markup"]["inline_keyboard"] for button in row]
    assert len(choices) == 3

    before = len(phone.shown)
    chat = {"id": PERSON, "type": "private"}
    under = {"message_id": asked["message_id"], "chat": chat, "date": 1_793_880_000, "text": asked["text"]}
    phone.post("sendCallback", message=under, data=choices[0])
    phone.waits_for(before + 1)
    assert wait_for(lambda: phone.calls("answerCallbackQuery")), "the button goes on spinning"

    taken_in = events(phone.product)
    phone.text(EDITED, edits=told, edit_date=1_793_880_060)
    assert wait_for(lambda: words(phone.product) == [EDITED]), phone.product.output[-2000:]
    assert events(phone.product) == taken_in + 1


def test_the_menu_and_the_webhook_are_told(phone: Phone) -> None:
    """Where to call, with a secret and four kinds of update; or to call no more. And a menu in each language."""
    assert wait_for(lambda: len({one.get("language_code") for one in phone.calls("setMyCommands")}) >= 3)
    if phone.mode == "webhook":
        (told,) = phone.calls("setWebhook")
        assert told["url"] == f"{phone.product.settings.public_base_url}/webhooks/telegram"
        assert told["secret_token"] == phone.product.settings.telegram_webhook_secret.get_secret_value()
        return
    assert phone.calls("setWebhook") == []


# Only fetched: telegram-test-api does not try a webhook again.
@pytest.mark.parametrize("phone", ["polling"], indirect=True)
def test_nothing_is_lost_when_the_product_dies(phone: Phone) -> None:
    """Texts that come while nobody is there are fetched after the next start."""
    phone.product.kill(phone.product.processes[-1])
    phone.text("They never came")
    phone.text("and nobody rang")
    phone.product.serve()
    assert wait_for(lambda: events(phone.product) == 2), phone.product.output[-2000:]
    phone.waits_for(1)
