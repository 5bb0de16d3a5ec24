"""The contract that every channel keeps when it reads: one table of real-shaped requests for all of them."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from channels import (
    ACCOUNT,
    NAMES,
    NEXT_TOKEN,
    NOW,
    NUMBERS,
    SECRET,
    SHARED_KEY,
    TOKEN,
    Payload,
    make_reports,
    payloads,
    proved,
    reader,
    signed,
    signed_json,
)
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.messages import (
    Channel,
    ChannelName,
    Incoming,
    Polling,
    Reconciling,
    Report,
    Unreadable,
    Unverified,
    WebRequest,
)
from handlers.numbers import is_uk_mobile
from handlers.twilio_errors import OUTCOMES

ALL = payloads()
OF_TWILIO = [payload for payload in ALL if payload.channel != "telegram"]
OF_TELEGRAM = [payload for payload in ALL if payload.channel == "telegram"]
each = pytest.mark.parametrize("payload", ALL, ids=lambda payload: payload.name)
each_of_twilio = pytest.mark.parametrize("payload", OF_TWILIO, ids=lambda payload: payload.name)
PROOF = {
    "sms": "x-twilio-signature",
    "whatsapp": "x-twilio-signature",
    "telegram": "x-telegram-bot-api-secret-token",
}
FORM = {"MessageSid": "SM" + "1" * 32, "AccountSid": ACCOUNT, "From": "+447700900123", "Body": "hello"}

# What is in the samples and must be in nothing that we read of them.
NEVER_READ = (
    "Sam",
    "sam_example",
    "Alex",
    "53.41",
    "2.98",
    "Example Street",
    "fb.example",
    "900199",
    "letter.pdf",
    "api.twilio.com",
)


def test_every_channel_is_sampled() -> None:
    """There are enough samples, of every channel, and each name says whose it is."""
    assert len(ALL) >= 30
    assert {payload.channel for payload in ALL} == set(NAMES)
    assert all(payload.name.startswith(payload.channel) for payload in ALL)


@pytest.mark.parametrize("name", NAMES)
def test_every_channel_can_do_what_the_delivery_wants(name: ChannelName) -> None:
    """The names of the contract are there, with a limit, a pace and an answer of their own."""
    channel: Channel = reader(name)
    assert (channel.name, channel.account) == (name, NUMBERS[name])
    assert channel.body_limit == (1_000_000 if name == "telegram" else 64_000)
    assert channel.pace.per_second in (10, 20, 30)
    assert channel.pace.per_chat == (1.0 if name == "telegram" else 0.0)
    assert channel.accepted[1].startswith("text/")


def test_what_only_some_channels_can_do() -> None:
    """Twilio's keep a list; Telegram's can be fetched."""
    listed: list[Reconciling] = [reader("sms"), reader("whatsapp")]  # type: ignore[list-item]
    fetched: Polling = reader("telegram")  # type: ignore[assignment]
    assert all(callable(channel.received_since) for channel in listed)
    assert callable(fetched.poll)


@each
def test_a_genuine_request_is_read(payload: Payload) -> None:
    """Each sample becomes exactly the value that stands beside it."""
    assert reader(payload.channel).read(payload.request()) == payload.expected


@each
def test_a_replay_is_read_as_the_same(payload: Payload) -> None:
    """The same request again gives an equal value with the same id, so that it can be known again."""
    channel, request = reader(payload.channel), payload.request()
    assert channel.read(request) == channel.read(request)


@each
def test_nothing_personal_shows(payload: Payload) -> None:
    """No repr shows an address, a chat or a word; no value holds what we promised not to keep."""
    arrival = reader(payload.channel).read(payload.request())
    if arrival is None:
        return
    values = [getattr(arrival, field.name) for field in fields(arrival)]
    told = " ".join(value for value in values if isinstance(value, str))
    assert not [word for word in NEVER_READ if word in told]
    shown = repr(arrival) + repr(payload.request())
    hidden = [getattr(arrival, name, "") for name in ("address", "text", "external_id", "chat", "source")]
    assert not [value for value in hidden if value and value in shown]


@each
def test_proof_is_needed(payload: Payload) -> None:
    """Without proof, with a wrong one or a very long one: nothing is read."""
    channel, request = reader(payload.channel), payload.request()
    for proof in (None, "", "wrong", "x" * 257, "\xff\xfe", "ключ", TOKEN):
        headers = {k: v for k, v in request.headers.items() if k != PROOF[payload.channel]}
        headers |= {PROOF[payload.channel]: proof} if proof is not None else {}
        with pytest.raises(Unverified):
            channel.read(replace(request, headers=headers))


@each
def test_unknown_fields_change_nothing(payload: Payload) -> None:
    """Providers add fields without notice."""
    request = payload.request(brand_new_field="1", another="")
    assert reader(payload.channel).read(request) == payload.expected


@each_of_twilio
def test_a_signature_covers_every_field(payload: Payload) -> None:
    """Take a field away, change one or add one, blank ones too: the signature no longer fits."""
    channel, genuine = reader(payload.channel), payload.request()
    form = dict(payload.content)
    changed = [{k: v for k, v in form.items() if k != name} for name in form]
    changed += [form | {name: f"{value}x"} for name, value in form.items()]
    changed += [form | {"Extra": "1"}, {name: value.strip() or "x" for name, value in form.items()}]
    for other in (one for one in changed if one != form):
        with pytest.raises(Unverified):
            channel.read(replace(genuine, body=signed(payload.channel, other).body))


@each_of_twilio
@pytest.mark.parametrize(
    ("secret", "algorithm"), [(TOKEN, "sha1"), (NEXT_TOKEN, "sha1"), (SHARED_KEY, "sha256")]
)
def test_current_and_next_tokens_and_shared_keys_sign(payload: Payload, secret: str, algorithm: str) -> None:
    """While a token is being changed both are good, and a shared key is good by its own algorithm."""
    request = signed(payload.channel, payload.content, secret=secret, algorithm=algorithm)
    assert reader(payload.channel).read(request) == payload.expected


@pytest.mark.parametrize(
    ("secret", "algorithm"), [("other", "sha1"), (SHARED_KEY, "sha1"), (TOKEN, "sha256"), ("other", "sha256")]
)
def test_other_keys_do_not_sign(secret: str, algorithm: str) -> None:
    """A key is good for its own algorithm only."""
    with pytest.raises(Unverified):
        reader("sms").read(signed("sms", FORM, secret=secret, algorithm=algorithm))


@pytest.mark.parametrize("algorithm", ["HMAC_MD5", "none", "hmac_sha256 ", "\n"])
def test_unknown_algorithms_are_refused(algorithm: str) -> None:
    """Whatever a request says how it is signed, only the two ways that we know are tried."""
    request = signed("sms", FORM, secret=SHARED_KEY, algorithm="sha256")
    named = {**request.headers, "x-twilio-webhooks-signature-settings": f"key=1,algorithm={algorithm}x"}
    with pytest.raises(Unverified):
        reader("sms").read(replace(request, headers=named))


def test_without_keys_nothing_is_read() -> None:
    """A bot without a secret, or an account without shared keys, takes nothing on trust."""
    from handlers.telegram import TelegramChannel  # noqa: PLC0415 - made unlike the others

    with pytest.raises(Unverified):
        TelegramChannel("900900:x", "", "http://127.0.0.1:9", lambda: NOW).read(proved({"update_id": 1}, ""))


@pytest.mark.parametrize("change", [{"AccountSid": "AC" + "1" * 32}, {"AccountSid": ""}])
def test_other_accounts_are_refused(change: dict[str, str]) -> None:
    """Signed with our token, but not of our account."""
    with pytest.raises(Unverified):
        reader("sms").read(signed("sms", FORM | change))
    with pytest.raises(Unverified):
        make_reports().read(signed("status", FORM | change))


def test_the_address_is_part_of_the_signature() -> None:
    """Signed for one path or query, it is good for no other; the fragment of an override is not signed."""
    request = signed("sms", FORM)
    for channel in (reader("whatsapp"), make_reports()):
        with pytest.raises(Unverified):
            channel.read(request)
    with pytest.raises(Unverified):
        reader("sms").read(replace(request, query="x=1"))
    assert isinstance(reader("sms").read(signed("sms", FORM, query="a=%20b&c")), Incoming)


@pytest.mark.parametrize(
    ("body", "query", "problem"),
    [
        (json.dumps(FORM).encode(), None, None),
        (json.dumps(FORM).encode(), "", Unverified),
        (json.dumps(FORM).encode(), "bodySHA256=" + "0" * 64, Unverified),
        (json.dumps(FORM).encode(), "bodySHA256=", Unverified),
        (b"[1]", None, Unreadable),
        (b"{", None, Unreadable),
        (b"[" * 30_000, None, Unreadable),
        (b'{"AccountSid": 7}', None, Unverified),
        (b"\xff", None, Unverified),
    ],
    ids=["good", "no hash", "wrong hash", "empty hash", "list", "half", "deep", "numbers", "not utf8"],
)
def test_json_needs_its_hash_in_the_address(
    body: bytes, query: str | None, problem: type[Exception] | None
) -> None:
    """Nothing but that hash would vouch for a JSON body."""
    request = signed_json("sms", body, query)
    if problem is None:
        read = reader("sms").read(request)
        assert isinstance(read, Incoming)
        assert read.text == "hello"
    else:
        with pytest.raises(problem):
            reader("sms").read(request)


@pytest.mark.parametrize("name", ["sms", "whatsapp"])
@pytest.mark.parametrize("change", [{"MessageSid": ""}, {"From": ""}, {"From": "whatsapp:"}])
def test_messages_of_nobody_are_unreadable(name: ChannelName, change: dict[str, str]) -> None:
    """Genuine, but without an id or a sender."""
    if name == "sms" and change.get("From"):
        return
    with pytest.raises(Unreadable):
        reader(name).read(signed(name, FORM | change))


@pytest.mark.parametrize(
    "body", [b"", b"a=%ff%fe", b"\xff", b"&".join(b"a=1" for _ in range(300)), b"\x00" * 60_000]
)
def test_bodies_that_are_no_form_are_refused(body: bytes) -> None:
    """Whatever the body, an unsigned one is refused and never a crash."""
    with pytest.raises(Unverified):
        reader("sms").read(replace(signed("sms", FORM), body=body))


@pytest.mark.parametrize(
    ("text", "carrier"),
    [
        *((word, "stop") for word in ("STOP", "stop", " Stop\n", "UNSUBSCRIBE", "End", "quit", "STOPALL")),
        *((word, "stop") for word in ("REVOKE", "OPTOUT", "cancel")),
        *((word, "start") for word in ("START", "yes", "UNSTOP")),
        *((word, None) for word in ("HELP", "INFO", "stop it", "STOP.", "no", "", "yes please", "ſtop")),
    ],
)
def test_what_the_carrier_does_by_itself(text: str, carrier: str | None) -> None:
    """On SMS Twilio acts on single default words; on WhatsApp on none."""
    by_text = reader("sms").read(signed("sms", FORM | {"Body": text}))
    assert isinstance(by_text, Incoming)
    assert by_text.carrier == carrier
    on_whatsapp = reader("whatsapp").read(
        signed("whatsapp", FORM | {"Body": text, "From": "whatsapp:+447700900124"})
    )
    assert isinstance(on_whatsapp, Incoming)
    assert on_whatsapp.carrier is None


def test_edits_name_the_message_that_they_change() -> None:
    """An edit has an id of its own, and the first message's id beside it."""
    payload = next(one for one in OF_TELEGRAM if one.name == "telegram_text")
    first = reader("telegram").read(payload.request())
    edited = reader("telegram").read(
        proved({"update_id": 9, "edited_message": payload.content["message"] | {"text": "else"}})
    )
    assert isinstance(first, Incoming)
    assert isinstance(edited, Incoming)
    assert (first.edited, edited.edited) == (False, True)
    assert first.message_id == edited.message_id
    assert first.external_id != edited.external_id


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(whole=JSON)
def test_any_json_is_read_or_refused(whole: object) -> None:
    """Whatever Telegram might post: a value, nothing, or Unreadable."""
    channel = reader("telegram")
    try:
        channel.read(proved(whole))
    except Unreadable:
        assert not (isinstance(whole, dict) and isinstance(whole.get("update_id"), int))


@given(payload=st.sampled_from(OF_TELEGRAM), junk=JSON, data=st.data())
def test_any_part_may_be_junk(payload: Payload, junk: object, data: st.DataObject) -> None:
    """Put junk in any place of a real update: it is still read, or left."""
    places = list(_places(payload.content))
    spot = data.draw(st.sampled_from(places))
    broken = _with(payload.content, spot, junk)
    try:
        reader("telegram").read(proved(broken))
    except Unreadable:
        assert spot == ("update_id",)


def _places(value: Any, here: tuple[Any, ...] = ()) -> Any:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inside:
        yield (*here, name)
        yield from _places(part, (*here, name))


def _with(value: Any, place: tuple[Any, ...], junk: object) -> Any:
    if not place:
        return junk
    name, *rest = place
    if isinstance(value, list):
        return [_with(v, tuple(rest), junk) if i == name else v for i, v in enumerate(value)]
    return {k: _with(v, tuple(rest), junk) if k == name else v for k, v in value.items()}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        *((status, None) for status in ("queued", "accepted", "scheduled", "sending", "", "brand_new")),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("read", "delivered"),
        *((status, "failed") for status in ("failed", "undelivered", "canceled")),
    ],
)
def test_reports_tell_how_far_a_message_has_come(status: str, state: str | None) -> None:
    """Only what tells something new becomes a report; our own id comes back in the signed address."""
    form = {"AccountSid": ACCOUNT, "MessageSid": "SM1", "MessageStatus": status, "ErrorCode": "30003"}
    report = make_reports().read(signed("status", form, query="message=41"))
    assert (report and report.state) == state
    if report:
        assert (report.outbound_id, report.provider_id) == (41, "SM1")
        assert (report.failure and report.failure.outcome) == ("retry" if state == "failed" else None)


@pytest.mark.parametrize("code", ["", "x", "99999", "-1", "9" * 40])
def test_reports_with_odd_codes_fall_to_a_safe_default(code: str) -> None:
    """A code that we don't know is never sent again."""
    form = {"AccountSid": ACCOUNT, "MessageSid": "SM1", "MessageStatus": "failed", "ErrorCode": code}
    report = make_reports().read(signed("status", form, query="message=1"))
    assert report is not None
    assert report.failure is not None
    assert report.failure.outcome == "failed"


@pytest.mark.parametrize("code", [code for code in OUTCOMES if code > 1000])
def test_reports_mean_what_the_table_says(code: int) -> None:
    """The codes of status callbacks are those of the REST API."""
    form = {
        "AccountSid": ACCOUNT,
        "MessageSid": "SM1",
        "MessageStatus": "undelivered",
        "ErrorCode": str(code),
    }
    report = make_reports().read(signed("status", form))
    assert report is not None
    assert report.failure is not None
    assert (report.outbound_id, report.failure.outcome) == (None, OUTCOMES[code])


def test_reports_need_proof_too() -> None:
    """Our id in the address is signed: nobody can report on another message."""
    form = {"AccountSid": ACCOUNT, "MessageSid": "SM1", "MessageStatus": "failed"}
    genuine = signed("status", form, query="message=41")
    wrong: list[Callable[[WebRequest], WebRequest]] = [
        lambda request: replace(request, query="message=42"),
        lambda request: replace(request, query=""),
        lambda request: replace(request, headers={}),
        lambda request: replace(request, body=request.body + b"&ErrorCode=21610"),
    ]
    for change in wrong:
        with pytest.raises(Unverified):
            make_reports().read(change(genuine))
    with pytest.raises(Unreadable):
        make_reports().read(signed("status", {"AccountSid": ACCOUNT, "MessageStatus": "sent"}))
    for query in ("message=x", "message=-1", "message=" + "9" * 30, "message=²"):
        read = make_reports().read(signed("status", form, query=query))
        assert isinstance(read, Report)
        assert read.outbound_id is None


@pytest.mark.parametrize(
    ("number", "mobile"),
    [
        ("+447700900123", True),
        ("+447624900123", True),
        ("+447300123456", True),
        ("+447123456789", True),
        ("+447012345678", False),
        ("+447600123456", False),
        ("+447640123456", False),
        ("+441632960123", False),
        ("+442079460123", False),
        ("+448001234567", False),
        ("+447700900", False),
        ("+4477009001234", False),
        ("07700900123", False),
        ("+353851234567", False),
        ("+447700900123\n", False),
        ("+44770090012٣", False),
        ("PARCELS", False),
        ("", False),
    ],
)
def test_uk_mobiles(number: str, mobile: bool) -> None:
    """Mobiles of the United Kingdom and its islands; no pagers, personal numbers or landlines."""
    assert is_uk_mobile(number) is mobile


def test_the_secret_is_compared_whole() -> None:
    """Neither a beginning of the secret nor more than it will do."""
    for near in (SECRET[:-1], f"{SECRET}x", SECRET.upper(), f" {SECRET}"):
        with pytest.raises(Unverified):
            reader("telegram").read(proved({"update_id": 1}, near))
