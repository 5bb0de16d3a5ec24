"""What a webhook does with requests that are forged, replayed, broken, huge or merely odd."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from rig import Rig, rig, wait_for
from sqlalchemy import func, select

from bot.conversation.messages import ChannelName
from bot.demo.phones import Phones, Webhook
from models.inbound import Inbound

CHANNELS: tuple[ChannelName, ...] = ("sms", "whatsapp", "telegram")
ADDRESS = {"sms": "+447700900301", "whatsapp": "+447700900302", "telegram": "600301"}
PROOF = {
    "sms": "x-twilio-signature",
    "whatsapp": "x-twilio-signature",
    "telegram": "x-telegram-bot-api-secret-token",
}


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A server that all these requests go to."""
    with rig(tmp_path_factory.mktemp("webhooks")) as made:
        made.set_up_quickly()
        # What is forged from a genuine request must not be fetched from the provider's own list meanwhile.
        made.phones = Phones(made.settings, lambda: datetime.now(UTC))
        made.serve()
        yield made
        assert "Traceback" not in made.output


def stored(made: Rig) -> int:
    """How many messages are in the inbox."""
    store = made.store()
    with store.read() as session:
        count = session.scalar(select(func.count()).select_from(Inbound))
    store.close()
    return count or 0


def refused(made: Rig, webhook: Webhook) -> int:
    """Post something that must leave no trace; gives the status."""
    before, sent = stored(made), len(made.providers.ledger)
    answer = made.post(webhook)
    assert "Traceback" not in answer.text
    assert (before, sent) == (stored(made), len(made.providers.ledger))
    return answer.status_code


def without_proof(webhook: Webhook, name: str) -> Webhook:
    """The same request without its signature or secret."""
    return replace(webhook, headers={k: v for k, v in webhook.headers.items() if k != name})


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    "proof", ["", "wrong", "x" * 257, "\xff\xfe"], ids=["empty", "wrong", "long", "not ascii"]
)
def test_wrong_proof_is_refused(serving: Rig, channel: ChannelName, proof: str) -> None:
    """A wrong signature or secret: 403, nothing stored, nothing sent."""
    genuine = serving.webhook(channel, ADDRESS[channel], "it was fine in the end")
    raw = proof.encode("latin-1")
    forged = replace(genuine, headers={**genuine.headers, PROOF[channel]: raw})  # type: ignore[dict-item]
    assert refused(serving, forged) == 403


@pytest.mark.parametrize("channel", CHANNELS)
def test_missing_proof_is_refused(serving: Rig, channel: ChannelName) -> None:
    """No signature or secret at all: 403, nothing stored, nothing sent."""
    genuine = serving.webhook(channel, ADDRESS[channel], "it was fine in the end")
    assert refused(serving, without_proof(genuine, PROOF[channel])) == 403


def test_every_signed_field_counts(serving: Rig) -> None:
    """Changing, dropping or adding any field of a signed form is a forgery, blank fields included."""
    genuine = serving.webhook("sms", ADDRESS["sms"], "it was fine in the end")
    fields = parse_qsl(genuine.body.decode(), keep_blank_values=True)
    forms = [
        *([pair for pair in fields if pair[0] != name] for name, _ in fields),
        *([(k, f"{v}x" if k == name else v) for k, v in fields] for name, _ in fields),
        [*fields, ("Extra", "1")],
    ]
    statuses = {refused(serving, replace(genuine, body=urlencode(form).encode())) for form in forms}
    assert statuses == {403}


def test_another_account_is_refused(serving: Rig) -> None:
    """A message signed with our token but for another account is not ours."""
    foreign = serving.phones.twilio("sms", ADDRESS["sms"], "hello there", AccountSid="AC" + "1" * 32)
    assert refused(serving, foreign) == 403


def test_unknown_fields_are_welcome(serving: Rig) -> None:
    """Twilio adds fields without notice: a signed one that we don't know changes nothing."""
    before = stored(serving)
    odd = serving.phones.twilio("sms", "+447700900303", "they swept up after", NewThing="1", Other="")
    assert serving.post(odd).status_code == 200
    assert stored(serving) == before + 1


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_replay_changes_nothing(serving: Rig, channel: ChannelName) -> None:
    """The same genuine request again: 200, but one message and one set of replies."""
    address = {"sms": "+447700900304", "whatsapp": "+447700900305", "telegram": "600304"}[channel]
    webhook = serving.webhook(channel, address, "they came when they said they would")
    assert serving.post(webhook).status_code == 200
    serving.text(channel, address, "1", replies=3)
    before = stored(serving)
    assert [serving.post(webhook).status_code for _ in range(5)] == [200] * 5
    assert stored(serving) == before
    assert len(serving.providers.sent_to(channel, address)) == 3


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_huge_body_is_refused(serving: Rig, channel: ChannelName) -> None:
    """3 MB: 413, whether the length is declared or not."""
    genuine = serving.webhook(channel, ADDRESS[channel], "x")
    assert refused(serving, replace(genuine, body=b"x" * 3_000_000)) == 413

    def dripping() -> Iterator[bytes]:
        yield from (b"x" * 30_000 for _ in range(100))

    assert refused(serving, replace(genuine, body=dripping())) == 413  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b'{"update_id": "1"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"update_id": 1e999}',
    ],
    ids=["nothing", "half", "null", "list", "string", "empty", "text id", "not utf8", "deep", "infinite"],
)
def test_invalid_json_is_refused(serving: Rig, body: bytes) -> None:
    """What is no update: 400 with a sentence, nothing stored."""
    genuine = serving.phones.telegram(ADDRESS["telegram"], "x")
    assert refused(serving, replace(genuine, body=body)) == 400


def update(change: Callable[[dict[str, object]], object]) -> Callable[[Webhook], Webhook]:
    """A genuine update with something changed."""

    def changed(webhook: Webhook) -> Webhook:
        whole = json.loads(webhook.body)
        change(whole)
        return replace(webhook, body=json.dumps(whole).encode())

    return changed


@pytest.mark.parametrize(
    "change",
    [
        update(lambda u: u["message"]["chat"].update(type="group")),  # type: ignore[index]
        update(lambda u: u["message"].pop("chat")),  # type: ignore[attr-defined]
        update(lambda u: u["message"].pop("text")),  # type: ignore[attr-defined]
        update(lambda u: u["message"].update(text=7)),  # type: ignore[attr-defined]
        update(lambda u: u.update(message="hello")),
        update(lambda u: u.update(poll={"id": "1"}, message=None)),
    ],
    ids=["group", "no chat", "no text", "number as text", "message as text", "unknown kind"],
)
def test_what_is_not_for_us_is_accepted_and_left(serving: Rig, change: Callable[[Webhook], Webhook]) -> None:
    """Groups and kinds of update that we don't know: 200, so that Telegram goes on, and nothing stored."""
    assert refused(serving, change(serving.phones.telegram(ADDRESS["telegram"], "x"))) == 200


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "a \x00 NUL in \x00 the middle"),
        (1, "\U0001f600\U0001f600"),
        (2, "\u202eright to left override"),
        (3, "a\u0301" * 50 + "\u200b"),
        (4, ""),
        (5, "word " * 300),
        (6, "<script>alert(1)</script> {{ 7*7 }} %s {story}"),
    ],
    ids=["nul", "emoji only", "override", "combining", "empty", "long", "markup"],
)
def test_odd_texts_get_a_clean_answer(serving: Rig, channel: ChannelName, number: int, text: str) -> None:
    """Whatever somebody texts: 200, and an answer that does not repeat it."""
    address = f"60040{number}" if channel == "telegram" else f"+4477009004{number}{CHANNELS.index(channel)}"
    webhook = serving.webhook(channel, address, text)
    if not text and channel == "telegram":
        assert refused(serving, webhook) == 200  # Telegram has no empty texts
        return
    assert serving.post(webhook).status_code == 200
    assert wait_for(lambda: len(serving.providers.sent_to(channel, address)) == 2)
    assert all(
        not text or text.strip() not in sent.text for sent in serving.providers.sent_to(channel, address)
    )


def test_a_picture_gets_a_kind_answer(serving: Rig) -> None:
    """A picture without words: first contact, then what to do instead."""
    webhook = serving.phones.twilio(
        "whatsapp", "+447700900499", "", NumMedia="1", MediaUrl0="https://example.org/x"
    )
    assert serving.post(webhook).status_code == 200
    assert wait_for(lambda: len(serving.providers.sent_to("whatsapp", "+447700900499")) == 2)
    assert "type it" in serving.providers.sent_to("whatsapp", "+447700900499")[1].text


def test_only_posts_are_webhooks(serving: Rig) -> None:
    """A browser that looks at a webhook's address gets 405 and nothing else."""
    for path in ("telegram", "twilio/sms", "twilio/whatsapp"):
        assert httpx.get(f"{serving.settings.public_base_url}/webhooks/{path}").status_code == 405
