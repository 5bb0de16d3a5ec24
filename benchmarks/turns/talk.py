"""The conversation that every bot has with everybody, as the providers' requests and answers.

/start, a story, "show me first", "yes": four turns. The requests are the providers' own: Telegram's updates
with the secret header, Twilio's forms with a signature.
"""

import base64
import hmac
import itertools
import json
from argparse import Namespace
from collections.abc import Callable, Iterator
from random import Random
from typing import Final
from urllib.parse import urlencode

TURNS: Final = ("/start", "", "2", "1")
"""What is said at each turn; the story, the second, is a different one for everybody."""

OPENINGS: Final = (
    "I rang about the leak under the sink in March and twice in April",
    "The man who came for the boiler was kind and took his boots off",
    "We asked for the back gate to be mended before Christmas",
    "I told the office that the lift makes a noise and they said to fill in the form",
    "My mum waited in all day for the electrician",
    "They painted over the damp in the small bedroom again",
)
MIDDLES: Final = (
    "nobody came and nobody wrote",
    "a lady called Denise rang me back the same afternoon",
    "then a man looked at it for a minute, said it was fine and left",
    "I was passed to four people and told the same thing each time",
    "he explained what he would do and asked whether the time was all right",
    "the letter said Tuesday and they came on Friday",
    "I am on 07700 900123 but they say they could not reach me",
)
ENDS: Final = (
    "It still drips into a bucket.",
    "I felt that they listened, for once.",
    "My little boy has been coughing since.",
    "It took three visits but it is done.",
    "I have given up asking.",
)

BOT_TOKEN: Final = "900900:bench"
SECRET: Final = "bench-secret"
SID: Final = "AC" + "0" * 32
TWILIO_TOKEN: Final = "bench-token"
NUMBERS: Final = {"sms": "+447700900000", "whatsapp": "+447700900001"}
DRAMA_NUMBERS: Final = 1000

_ids = itertools.count(1)


def addresses(channel: str, first: int) -> Iterator[str]:
    """Everybody, one after another. UK mobile numbers kept for fiction are a thousand; then they come again."""
    for number in itertools.count(first):
        if channel == "sms":
            yield f"+447700900{number % DRAMA_NUMBERS:03}"
        elif channel == "whatsapp":
            yield f"GB.BENCH{number}"
        else:
            yield str(600_000 + number)


def said(address: str, turn: int) -> str:
    """What somebody says at a turn: each their own story, the same in every run."""
    if TURNS[turn]:
        return TURNS[turn]
    chance = Random(address)
    some = chance.sample(MIDDLES, 2)
    day = chance.randrange(2, 60)
    middle = f"{some[0].capitalize()}, and on day {day} {some[1]}"
    return f"{chance.choice(OPENINGS)}. {middle}. {chance.choice(ENDS)}"


def key(address: str) -> str:
    """What an address is known by, however it was quoted on its way."""
    return address.removeprefix("whatsapp:").removeprefix("whatsapp%3A").removeprefix("%2B").removeprefix("+")


def request(channel: str, address: str, turn: int, chosen: Namespace) -> bytes:
    """The provider's request for one turn."""
    number = next(_ids)
    if channel == "telegram":
        return _post(
            chosen.path,
            "application/json",
            _update(number, int(address), said(address, turn)),
            f"X-Telegram-Bot-Api-Secret-Token: {SECRET}",
        )
    form = _form(channel, number, address, said(address, turn))
    signed = chosen.public + chosen.path + "".join(name + form[name] for name in sorted(form))
    signature = base64.b64encode(hmac.digest(TWILIO_TOKEN.encode(), signed.encode(), "sha1")).decode()
    body = urlencode(form).encode()
    return _post(
        chosen.path,
        "application/x-www-form-urlencoded; charset=utf-8",
        body,
        f"X-Twilio-Signature: {signature}",
    )


def _post(path: str, kind: str, body: bytes, proof: str) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n{proof}\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _update(number: int, chat: int, text: str) -> bytes:
    person = {"id": chat, "is_bot": False, "first_name": "Sam", "language_code": "en"}
    message = {
        "message_id": number,
        "from": person,
        "chat": {"id": chat, "first_name": "Sam", "type": "private"},
        "date": 1_795_000_000,
        "text": text,
    }
    if text.startswith("/"):
        message["entities"] = [{"offset": 0, "length": len(text), "type": "bot_command"}]
    return json.dumps({"update_id": number, "message": message}).encode()


def _form(channel: str, number: int, address: str, text: str) -> dict[str, str]:
    prefix = "whatsapp:" if channel == "whatsapp" else ""
    sid = f"SM{number:032x}"
    return {
        "ToCountry": "GB",
        "ToState": "",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "",
        "SmsSid": sid,
        "FromState": "",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": text,
        "FromCountry": "GB",
        "To": f"{prefix}{NUMBERS[channel]}",
        "ToZip": "",
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": SID,
        "From": f"{prefix}{address}",
        "ApiVersion": "2010-04-01",
    }


def api_answer(channel: str) -> Callable[[bytes, bytes], bytes]:
    """What the provider's API says to a call: that it is done."""
    return _telegram_answer if channel == "telegram" else _twilio_answer


def _answer(status: str, body: bytes) -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )


def _telegram_answer(head: bytes, _body: bytes) -> bytes:
    call = head.partition(b" HTTP/")[0].rpartition(b"/")[2].lower()
    bot = {"id": 900900, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
    results: dict[bytes, object] = {
        b"getme": {
            **bot,
            "can_join_groups": False,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        },
        b"getwebhookinfo": {"url": "", "has_custom_certificate": False, "pending_update_count": 0},
    }
    sent = {
        "message_id": next(_ids),
        "from": bot,
        "chat": {"id": 1, "first_name": "Sam", "type": "private"},
        "date": 1_795_000_000,
        "text": "Thank you.",
    }
    result = results.get(call, sent if call == b"sendmessage" else True)
    return _answer("200 OK", json.dumps({"ok": True, "result": result}).encode())


def _twilio_answer(_head: bytes, _body: bytes) -> bytes:
    sid = f"SM{next(_ids):032x}"
    made = {
        "sid": sid,
        "account_sid": SID,
        "status": "queued",
        "direction": "outbound-api",
        "to": "+447700900999",
        "from": NUMBERS["sms"],
        "body": "Thank you.",
        "num_media": "0",
        "num_segments": "1",
        "date_created": "Mon, 23 Nov 2026 10:00:00 +0000",
        "date_updated": "Mon, 23 Nov 2026 10:00:00 +0000",
        "date_sent": None,
        "price": None,
        "price_unit": "GBP",
        "error_code": None,
        "error_message": None,
        "messaging_service_sid": None,
        "api_version": "2010-04-01",
        "uri": f"/2010-04-01/Accounts/{SID}/Messages/{sid}.json",
        "subresource_uris": {},
    }
    return _answer("201 Created", json.dumps(made).encode())
