"""The contract that every channel keeps when it sends: what went out, and what each failure means."""

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from channels import (
    ACCOUNT,
    ADDRESSES,
    BOT_TOKEN,
    NAMES,
    NOW,
    NUMBERS,
    PUBLIC_URL,
    SECRET,
    TOKEN,
    AnyChannel,
    make,
    outgoing,
    serving,
)

from bot.conversation.messages import Button, ChannelName, Incoming, Intrusion, Outgoing, Reply, SendFailed
from bot.demo.providers import Fault, Providers
from handlers.sms import SmsChannel
from handlers.telegram import TelegramChannel, shortened
from handlers.twilio_api import MOST_AT_ONCE
from handlers.twilio_errors import OUTCOMES
from handlers.whatsapp import WINDOW, WhatsAppChannel

CALLS = {"sms": "create", "whatsapp": "create", "telegram": "sendMessage"}


@dataclass(frozen=True)
class Given:
    """The stand-in providers, and where they are."""

    providers: Providers
    url: str

    def send(self, name: ChannelName, message: Outgoing | None = None, **more: Any) -> str:
        """Send a message through a channel of that name."""
        return send(make(name, self.url, **more), message or outgoing(name))


@pytest.fixture(scope="module")
def server() -> Iterator[Given]:
    """Providers for all tests here."""
    providers = Providers(BOT_TOKEN, ACCOUNT, TOKEN, lambda: NOW)
    with serving(providers.app()) as url:
        yield Given(providers, url)


@pytest.fixture
def given(server: Given) -> Given:
    """The providers, with nothing sent yet."""
    server.providers.ledger.clear()
    server.providers.twilio.messages.clear()
    return server


def send(channel: AnyChannel, message: Outgoing) -> str:
    """Send a message and let go of the channel."""

    async def run() -> str:
        try:
            return await channel.send(message)
        finally:
            await channel.close()

    return asyncio.run(run())


def failure(act: Callable[[], object]) -> tuple[str, str]:
    """What a failed send says: the code and the outcome."""
    with pytest.raises(SendFailed) as raised:
        act()
    return raised.value.code, raised.value.outcome


@pytest.mark.parametrize("name", NAMES)
def test_a_message_goes_out(given: Given, name: ChannelName) -> None:
    """The words arrive, and the provider's id comes back."""
    number = given.send(name)
    (sent,) = given.providers.sent_to(name, ADDRESSES[name])
    assert (sent.text, sent.provider_id) == ("Thank you.", number)


@pytest.mark.parametrize("name", ["sms", "whatsapp"])
@pytest.mark.parametrize(("valid_for", "asked"), [(None, None), (900, 900), (0, 1), (10**6, 36_000)])
def test_twilio_is_told_where_to_report_and_how_long_to_try(
    given: Given, name: ChannelName, valid_for: int | None, asked: int | None
) -> None:
    """Our own id is in the address of the report; the validity stays within Twilio's bounds."""
    given.send(name, outgoing(name, id=41, valid_for=valid_for))
    (sent,) = given.providers.ledger
    assert sent.callback == f"{PUBLIC_URL}/webhooks/twilio/status?message=41"
    assert sent.valid_for == asked


@pytest.mark.parametrize("code", [code for code in OUTCOMES if code > 1000])
@pytest.mark.parametrize("name", ["sms", "whatsapp"])
def test_twilio_codes_mean_what_the_table_says(given: Given, name: ChannelName, code: int) -> None:
    """Each code of the table, as the answer to a send."""
    given.providers.faults.script("create", Fault(status=400, code=code))
    assert failure(lambda: given.send(name)) == (str(code), OUTCOMES[code])
    assert given.providers.ledger == []


@pytest.mark.parametrize(
    ("fault", "outcome", "after"),
    [
        (Fault(status=429, code=20429, retry_after=120), "retry", 120.0),
        (Fault(status=429, code=20429), "retry", None),
        (Fault(status=429), "retry", None),
        (Fault(status=429, code=99999, retry_after=3), "retry", 3.0),
        (Fault(status=401, code=20003), "down", None),
        (Fault(status=401, code=99999), "down", None),
        (Fault(status=403), "down", None),
        (Fault(status=404), "down", None),
        (Fault(status=302), "down", None),
        (Fault(status=500, code=20500), "unknown", None),
        (Fault(status=503, retry_after=9), "unknown", None),
        (Fault(status=502, code=99999), "unknown", None),
        (Fault(status=400, code=99999), "failed", None),
        (Fault(status=400, retry_after=9), "failed", None),
        (Fault(status=404, code=20404), "failed", None),
    ],
)
def test_twilio_statuses(given: Given, fault: Fault, outcome: str, after: float | None) -> None:
    """Unknown codes fall to what the status says; Retry-After comes through."""
    given.providers.faults.script("create", fault)
    with pytest.raises(SendFailed) as raised:
        given.send("sms")
    assert (raised.value.outcome, raised.value.after) == (outcome, after)


@pytest.mark.parametrize(
    ("fault", "code", "outcome", "after"),
    [
        (Fault(status=429, retry_after=7), "429", "retry", 7.0),
        (Fault(status=429, description="Too Many Requests"), "429", "retry", None),
        (Fault(status=403, description="Forbidden: bot was blocked by the user"), "403", "stopped", None),
        (Fault(status=403, description="Forbidden: user is deactivated"), "403", "stopped", None),
        (Fault(status=401, description="Unauthorized"), "401", "down", None),
        (Fault(status=404, description="Not Found"), "401", "down", None),
        (Fault(status=400, description="Bad Request: chat not found"), "400", "unreachable", None),
        (Fault(status=400, description="Bad Request: PEER_ID_INVALID"), "400", "unreachable", None),
        (Fault(status=400, description="Bad Request: can't parse entities"), "400", "failed", None),
        (Fault(status=500, description="Internal Server Error"), "5xx", "unknown", None),
        (Fault(status=502, description="Bad Gateway"), "5xx", "unknown", None),
        (Fault(status=409, description="Conflict"), "not_understood", "unknown", None),
    ],
)
def test_telegram_answers(given: Given, fault: Fault, code: str, outcome: str, after: float | None) -> None:
    """What Telegram may answer, and what it means."""
    given.providers.faults.script("sendMessage", fault)
    with pytest.raises(SendFailed) as raised:
        given.send("telegram")
    assert (raised.value.code, raised.value.outcome, raised.value.after) == (code, outcome, after)


@pytest.mark.parametrize("name", NAMES)
def test_wrong_credentials_take_the_channel_down(name: ChannelName) -> None:
    """Nothing of ours can be sent, and no message is given up for it."""
    others = Providers("1:other", ACCOUNT, "other", lambda: NOW)
    with serving(others.app()) as url:
        code, outcome = failure(lambda: send(make(name, url), outgoing(name)))
    assert (code, outcome) == ("401" if name == "telegram" else "20003", "down")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("fault", "taken", "outcome"),
    [
        (Fault(accepted=True, cut=True), 1, "unknown"),
        (Fault(accepted=True, status=500), 1, "unknown"),
        (Fault(accepted=True, delay=0.6), 1, "unknown"),
        (Fault(delay=0.6, status=503), 0, "unknown"),
        (Fault(cut=True), 0, "unknown"),
    ],
    ids=["cut after", "500 after", "late", "hung", "cut before"],
)
def test_lost_answers_are_unknown(
    given: Given, name: ChannelName, fault: Fault, taken: int, outcome: str
) -> None:
    """Once the request was on its way, nobody can tell whether it was sent."""
    given.providers.faults.script(CALLS[name], fault)
    assert failure(lambda: given.send(name, timeout=0.3))[1] == outcome
    assert len(given.providers.ledger) == taken


Serve = Callable[[socket.socket], None]


@contextlib.contextmanager
def odd_server(serve: Serve) -> Iterator[str]:
    """A server that does something odd with each connection; gives its address without a scheme."""
    with socket.create_server(("127.0.0.1", 0)) as opened:
        ended = threading.Event()

        def listen() -> None:
            opened.settimeout(0.05)
            while not ended.is_set():
                with contextlib.suppress(TimeoutError), opened.accept()[0] as taken:
                    taken.settimeout(5)
                    with contextlib.suppress(OSError):
                        serve(taken)

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield f"127.0.0.1:{opened.getsockname()[1]}"
        finally:
            ended.set()
            thread.join(10)


def _reset(taken: socket.socket) -> None:
    taken.recv(100)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def _hang_up(taken: socket.socket) -> None:
    while b"\r\n\r\n" not in taken.recv(65_536):
        pass


def _drip(taken: socket.socket) -> None:
    taken.recv(65_536)
    taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(20):
        taken.sendall(b"{")
        time.sleep(0.1)


def _answer(body: bytes, status: str = "200 OK") -> Serve:
    def serve(taken: socket.socket) -> None:
        taken.recv(65_536)
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        taken.sendall(head.encode() + body)

    return serve


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("serve", "scheme", "outcome"),
    [
        (_reset, "http", "unknown"),
        (_hang_up, "http", "unknown"),
        (_drip, "http", "unknown"),
        (_answer(b"<html>Welcome</html>"), "http", "unknown"),
        (_answer(b"[]"), "http", "unknown"),
        (_answer(b"{}"), "http", "unknown"),
        (_answer(b"no", "503 Service Unavailable"), "http", "unknown"),
        (_answer(b"x" * 50), "https", "down"),
    ],
    ids=["reset", "hang up", "drip", "page", "list", "nothing", "503", "tls"],
)
def test_odd_servers(name: ChannelName, serve: Serve, scheme: str, outcome: str) -> None:
    """Resets, drips and nonsense: nobody can tell. A failure of TLS: nothing was said, and somebody must look."""
    with odd_server(serve) as host:
        patience = 1.0 if serve is _drip else 5.0
        channel = make(name, f"{scheme}://{host}", timeout=patience)
        assert failure(lambda: send(channel, outgoing(name)))[1] == outcome


@pytest.mark.parametrize("name", NAMES)
def test_nobody_there_is_safe_to_try_again(name: ChannelName) -> None:
    """Refused, or no such host: certainly not sent."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for host in (f"127.0.0.1:{port}", "no-such-host.invalid"):
        assert failure(lambda at=host: send(make(name, f"http://{at}"), outgoing(name))) == (  # type: ignore[misc]
            "no_connection",
            "retry",
        )


@pytest.mark.parametrize("name", NAMES)
def test_a_connection_that_is_never_made_is_safe_to_try_again(name: ChannelName) -> None:
    """A host that lets nobody in: the connection times out, so nothing was sent."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):  # those who wait at the door already
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        channel = make(name, f"http://127.0.0.1:{full.getsockname()[1]}", timeout=0.3)
        assert failure(lambda: send(channel, outgoing(name))) == ("no_connection", "retry")


@pytest.mark.alone
def test_a_hung_twilio_starves_nobody(given: Given) -> None:
    """More messages than connections: those that hang are unknown, those that waited are safe, others go on."""
    given.providers.faults.always("create", Fault(status=503, delay=1.5))
    channel = make("sms", given.url, timeout=0.4)

    async def run() -> list[str]:
        messages = [channel.send(outgoing("sms", id=number)) for number in range(MOST_AT_ONCE * 4)]
        sending = asyncio.gather(*messages, return_exceptions=True)
        started = time.monotonic()
        await asyncio.sleep(0.1)
        assert await asyncio.to_thread(lambda: 7) == 7  # asyncio's own threads are free
        assert time.monotonic() - started < 1.4  # before anything that hangs has ended
        ended = await sending
        assert time.monotonic() - started < 6
        given.providers.faults.always("create", None)
        await asyncio.sleep(1.5)
        assert await channel.send(outgoing("sms"))
        await channel.close()
        return [error.outcome for error in ended if isinstance(error, SendFailed)]

    try:
        outcomes = asyncio.run(run())
    finally:
        given.providers.faults.always("create", None)
    assert len(outcomes) == MOST_AT_ONCE * 4
    assert set(outcomes) == {"unknown", "retry"}  # what got a connection, and what never did
    assert outcomes[:MOST_AT_ONCE] == ["unknown"] * MOST_AT_ONCE


@pytest.mark.parametrize("name", NAMES)
def test_each_message_gets_its_own_answer(given: Given, name: ChannelName) -> None:
    """Many at once: the id that comes back is that of the message that went out."""
    channel = make(name, given.url)

    async def run() -> list[str]:
        texts = [outgoing(name, f"number {number}", id=number) for number in range(200)]
        ids = await asyncio.gather(*(channel.send(text) for text in texts))
        await channel.close()
        return ids

    ids = asyncio.run(run())
    by_id = {sent.provider_id: sent.text for sent in given.providers.ledger}
    assert [by_id[number] for number in ids] == [f"number {number}" for number in range(200)]


@pytest.mark.parametrize(
    "address", ["+441632960123", "+447012345678", "+447640123456", "PARCELS", "+14155550100"]
)
def test_only_uk_mobiles_are_texted(given: Given, address: str) -> None:
    """A landline would have it read aloud: Twilio is not even called."""
    assert failure(lambda: given.send("sms", outgoing("sms", address=address))) == (
        "not_a_uk_mobile",
        "unreachable",
    )
    assert given.providers.ledger == []


ASK = Reply("Were you listened to?", (Button("Yes", "heard:1"),), "ask_heard", ("the tap", "Monday"))


@pytest.mark.parametrize(
    ("templates", "heard", "template"),
    [
        ({}, timedelta(0), ""),
        ({}, WINDOW - timedelta(seconds=1), ""),
        ({}, WINDOW, "held"),
        ({}, None, "held"),
        ({"ask_other": "HX1"}, None, "held"),
        ({"ask_heard": "HX1"}, None, "HX1"),
        ({"ask_heard": "HX1"}, timedelta(days=90), "HX1"),
        ({"ask_heard": "HX1"}, timedelta(0), "HX1"),
        ({"ask_heard": "HX1", "ask_heard.pl": "HX2"}, None, "HX2"),
        ({"ask_heard.de": "HX3"}, None, "held"),
    ],
)
def test_whatsapp_needs_a_template_after_a_day(
    given: Given, templates: dict[str, str], heard: timedelta | None, template: str
) -> None:
    """Free words within a day of theirs; then a template of that language, or of any; or it is held."""
    last_heard = None if heard is None else NOW - heard
    message = outgoing("whatsapp", reply=ASK, language="pl", last_heard=last_heard)
    if template == "held":
        assert failure(lambda: given.send("whatsapp", message, templates=templates)) == (
            "outside_window",
            "held",
        )
        assert given.providers.ledger == []
        return
    given.send("whatsapp", message, templates=templates)
    (sent,) = given.providers.ledger
    assert sent.template == template
    if template:
        assert json.loads(sent.text) == {"1": "the tap", "2": "Monday"}
    else:
        assert sent.text == ASK.text


def test_somebody_without_a_number_can_be_answered(given: Given) -> None:
    """The opaque id goes back as it came."""
    given.send("whatsapp", outgoing("whatsapp", address="GB.7Qm3xExampleOnly9Zt"))
    assert len(given.providers.sent_to("whatsapp", "GB.7Qm3xExampleOnly9Zt")) == 1


def test_telegram_shows_buttons(given: Given) -> None:
    """Each button on a row of its own, with what it brings back."""
    given.send("telegram", outgoing("telegram", reply=ASK))
    (sent,) = given.providers.ledger
    assert sent.buttons == (("Yes", "heard:1"),)


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a" * 5000, 4096), ("😀" * 3000, 4096), ("a" + "😀" * 3000, 4095), ("ok", 2)],
)
def test_telegram_texts_fit(given: Given, text: str, kept: int) -> None:
    """Telegram counts in UTF-16 units, and half a smile is none."""
    short = shortened(text, 4096)
    assert text.startswith(short)
    assert len(short.encode("utf-16-le")) == 2 * kept
    given.send("telegram", outgoing("telegram", text))
    assert given.providers.ledger[0].text == short


@pytest.mark.parametrize("address", ["", "sam", "+447700900123x"])
def test_telegram_addresses_are_numbers(given: Given, address: str) -> None:
    """What is no chat can't be reached."""
    assert failure(lambda: given.send("telegram", outgoing("telegram", address=address)))[1] == "unreachable"


def run_telegram(given: Given, act: Callable[[TelegramChannel], Any], **more: Any) -> None:
    """Do something with a Telegram channel."""
    channel = TelegramChannel(BOT_TOKEN, SECRET, given.url, lambda: NOW, **more)

    async def run() -> None:
        await act(channel)
        await channel.close()

    asyncio.run(run())


def test_telegram_is_prepared(given: Given) -> None:
    """Where to call, with the secret and exactly four kinds of update; a menu for each language, and for others."""
    commands = {"en": [("help", "What I can do")], "pl": [("help", "Co umiem")]}
    url = f"{PUBLIC_URL}/webhooks/telegram"
    run_telegram(given, lambda channel: channel.prepare(), webhook_url=url, commands=commands)
    told = given.providers.telegram.webhook
    assert (told["url"], told["secret_token"]) == (url, SECRET)
    wanted = ["message", "edited_message", "callback_query", "my_chat_member"]
    assert json.loads(told["allowed_updates"]) == wanted
    assert told.get("drop_pending_updates", "False").lower() == "false"
    menus = given.providers.telegram.commands
    assert {language: menu[0]["description"] for language, menu in menus.items()} == {
        "": "What I can do",
        "en": "What I can do",
        "pl": "Co umiem",
    }


def test_telegram_is_acknowledged(given: Given) -> None:
    """Buttons stop spinning, groups are left, and of a text Telegram wants nothing."""
    text = Incoming("telegram", "900900", "1", "600123", "hello", NOW)

    async def act(channel: TelegramChannel) -> None:
        await channel.acknowledge(replace(text, choice="heard:1", callback="77"))
        await channel.acknowledge(Intrusion("-1001600700800"))
        await channel.acknowledge(text)

    run_telegram(given, act)
    assert given.providers.telegram.answered == ["77"]
    assert given.providers.telegram.left == ["-1001600700800"]


def received(given: Given, count: int, channel: ChannelName = "sms") -> None:
    """Have that many messages lie at Twilio, one a minute."""
    prefix = "whatsapp:" if channel == "whatsapp" else ""
    clock = given.providers.twilio._ledger  # noqa: SLF001 - time passes at the provider too
    before = clock.clock
    for number in range(count):
        moment = NOW + timedelta(minutes=number)
        clock.clock = lambda at=moment: at  # type: ignore[misc]
        form = {
            "MessageSid": f"SM{number:032x}",
            "From": f"{prefix}+4477009{number % 100_000:05d}",
            "To": f"{prefix}{NUMBERS[channel]}",
            "Body": f"text {number}",
        }
        given.providers.twilio.receive(form)
    clock.clock = before


def listed(given: Given, name: ChannelName, minutes: float) -> list[Incoming]:
    """What a channel says was received since so many minutes after the start."""
    channel = make(name, given.url)
    assert not isinstance(channel, TelegramChannel)

    async def run() -> list[Incoming]:
        try:
            return list(await channel.received_since(NOW + timedelta(minutes=minutes)))
        finally:
            await channel.close()

    return asyncio.run(run())


@pytest.mark.parametrize("name", ["sms", "whatsapp"])
def test_what_twilio_received_is_listed(given: Given, name: ChannelName) -> None:
    """All pages, oldest first, since the moment and at it; ours only, and of what came, not of what went."""
    received(given, 2300, name)
    given.send(name, outgoing(name, address="+447700900000" if name == "sms" else "+447700900001"))
    other: ChannelName = "sms" if name == "whatsapp" else "whatsapp"
    found = listed(given, name, 100)
    assert [one.text for one in found] == [f"text {number}" for number in range(100, 2300)]
    assert found[0] == Incoming(
        name,
        NUMBERS[name],
        f"SM{100:032x}",
        "+447700900100",
        "text 100",
        NOW + timedelta(minutes=100),
        message_id=f"SM{100:032x}",
    )
    assert listed(given, other, 0) == []


def test_listed_messages_are_read_as_webhooks_are(given: Given) -> None:
    """Carrier's words and media are seen; of media the list does not tell the kind."""
    for number, (text, media) in enumerate([("STOP", "0"), ("look", "2"), ("", "0")]):
        form = {"From": "+447700900123", "To": NUMBERS["sms"], "Body": text, "NumMedia": media}
        given.providers.twilio.receive({"MessageSid": f"SM{number}", **form})
    given.providers.twilio.opted_out.clear()
    found = listed(given, "sms", 0)
    assert [(one.text, one.carrier, one.unreadable) for one in found] == [
        ("STOP", "stop", None),
        ("look", None, "media"),
        ("", None, None),
    ]


def test_a_failing_list_says_so(given: Given) -> None:
    """Not an empty list: nobody must take silence for nothing."""
    given.providers.faults.script("list", Fault(status=500), Fault(cut=True), Fault(status=401, code=20003))
    outcomes = [failure(lambda: listed(given, "sms", 0))[1] for _ in range(3)]
    assert outcomes == ["unknown", "unknown", "down"]


@pytest.mark.parametrize("entirely", [False, True])
def test_twilio_forgets(given: Given, entirely: bool) -> None:
    """The words, or all of it; what is gone already is no error, and a failure is told."""
    received(given, 2)
    channel = sms_channel(given)

    async def run() -> None:
        given.providers.faults.script("delete" if entirely else "update", Fault(status=500))
        with pytest.raises(SendFailed):
            await channel.clear(f"SM{1:032x}", entirely=entirely)
        for _ in range(2):
            await channel.clear(f"SM{1:032x}", entirely=entirely)
        await channel.clear("SM" + "f" * 32, entirely=entirely)
        await channel.close()

    asyncio.run(run())
    left = given.providers.twilio.messages
    assert left[f"SM{0:032x}"]["body"] == "text 0"
    assert (f"SM{1:032x}" in left) is not entirely
    assert entirely or left[f"SM{1:032x}"]["body"] == ""


def sms_channel(given: Given) -> SmsChannel | WhatsAppChannel:
    """An SMS channel of these providers."""
    channel = make("sms", given.url)
    assert not isinstance(channel, TelegramChannel)
    return channel


def test_somebody_who_texted_stop_is_not_texted(given: Given) -> None:
    """Twilio itself refuses with 21610 after a STOP, until a START."""
    form = {"From": ADDRESSES["sms"], "To": NUMBERS["sms"]}
    given.providers.twilio.receive({"MessageSid": "SM1", "Body": "stop", **form})
    assert failure(lambda: given.send("sms")) == ("21610", "stopped")
    given.providers.twilio.receive({"MessageSid": "SM2", "Body": "START", **form})
    assert given.send("sms")


def test_somebody_who_blocked_us_is_not_written_to(given: Given) -> None:
    """Telegram refuses with 403."""
    given.providers.telegram.blocked_by.add(ADDRESSES["telegram"])
    assert failure(lambda: given.send("telegram")) == ("403", "stopped")
    given.providers.telegram.blocked_by.clear()
