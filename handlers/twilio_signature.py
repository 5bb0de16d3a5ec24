"""Whether a request comes from Twilio, decided before anything that it says is believed.

https://www.twilio.com/docs/usage/webhooks/webhooks-security says how requests are signed with the auth
token, https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys how with a shared key. Neither
signature has a time in it: a captured request stays valid, and only its MessageSid tells that it is old.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import parse_qs, parse_qsl

from starlette.datastructures import MultiDict
from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator, get_signature_algorithm

from bot.conversation.messages import Unreadable, Unverified, WebRequest

SIGNATURE_HEADER: Final = "x-twilio-signature"
SETTINGS_HEADER: Final = "x-twilio-webhooks-signature-settings"
BODY_LIMIT: Final = 64_000
MOST_FIELDS: Final = 200


class TwilioSignature:
    """Checks the signatures of one account on one path.

    Args:
        account_sid: the account that requests must come from.
        tokens: auth tokens whose signatures are accepted: the current one and, while it changes, the next.
        shared_keys: shared keys whose signatures are accepted.
        url: the address that Twilio was told to call. The signature covers it, so it is the configured one
            and never the request's own: a proxy, or whoever forges a request, chooses that.
    """

    def __init__(self, account_sid: str, tokens: Sequence[str], shared_keys: Sequence[str], url: str) -> None:
        self._account_sid = account_sid
        self._url = url
        self._validators = {
            HMAC_SHA1: [RequestValidator(token) for token in tokens],
            HMAC_SHA256: [RequestValidator(key) for key in shared_keys],
        }

    def fields(self, request: WebRequest) -> Mapping[str, str]:
        """The fields of a genuine request.

        Raises:
            Unverified: when it does not prove that it comes from our account at Twilio.
            Unreadable: when it does, but holds no fields.
        """
        is_json = request.headers.get("content-type", "").startswith("application/json")
        fields = self._json(request) if is_json else self._form(request)
        if fields.get("AccountSid") != self._account_sid:
            raise Unverified("the request is for another account")
        return fields

    def _form(self, request: WebRequest) -> Mapping[str, str]:
        try:
            # Blank fields are kept: they are signed too.
            pairs = parse_qsl(
                request.body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS
            )
        except ValueError:
            raise Unverified("the body is not a form") from None
        form = MultiDict(pairs)
        self._check(request, form)
        return form

    def _json(self, request: WebRequest) -> Mapping[str, str]:
        # The library checks the body only when the address carries its hash, so without one nothing
        # would vouch for the body at all.
        if "bodySHA256" not in parse_qs(request.query):
            raise Unverified("a JSON body without its hash in the address")
        try:
            text = request.body.decode("utf-8")
            self._check(request, text)
            read = json.loads(text)
        except UnicodeDecodeError:
            raise Unverified("the body is not text") from None
        except (ValueError, RecursionError):
            raise Unreadable("the body is not JSON") from None
        if not isinstance(read, dict):
            raise Unreadable("the body holds no fields")
        return {name: value for name, value in read.items() if isinstance(value, str)}

    def _check(self, request: WebRequest, body: MultiDict | str) -> None:
        algorithm = get_signature_algorithm(request.headers.get(SETTINGS_HEADER, ""))
        signature = request.headers.get(SIGNATURE_HEADER, "")  # None would make the library raise TypeError
        url = f"{self._url}?{request.query}" if request.query else self._url
        if not any(
            validator.validate(url, body, signature, algorithm)
            for validator in self._validators.get(algorithm, ())
        ):
            raise Unverified("the signature is missing or wrong")
