"""Reading a message of Twilio's, in the form of a webhook or of the REST API.

The fields: https://www.twilio.com/docs/messaging/guides/webhook-request
Never read, so that it can never be stored: ProfileName, Referral…, where somebody is, whose card they sent.
"""

from collections.abc import Mapping
from typing import Final

from bot.conversation.messages import CarrierWord

OPT_OUT_TYPES: Final[Mapping[str, CarrierWord]] = {"STOP": "stop", "START": "start", "HELP": "help"}
"""What Twilio says that it has done, where Advanced Opt-Out is on
(https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out)."""

CARRIER_WORDS: Final[Mapping[str, CarrierWord]] = {
    **dict.fromkeys(("STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"), "stop"),
    **dict.fromkeys(("START", "YES", "UNSTOP"), "start"),
}
"""What Twilio acts on by itself on long codes, when it is the only word of a text
(https://support.twilio.com/hc/en-us/articles/223134027). HELP and INFO are left out: Twilio's own answer
to them says nothing of us, so we answer too."""

MEDIA_KINDS: Final[Mapping[str, str]] = {
    "audio": "voice",
    "image": "photo",
    "video": "video",
    "application": "document",
    "text": "document",
}
CARDS: Final = ("text/vcard", "text/x-vcard", "text/directory")
STICKER: Final = "image/webp"  # WhatsApp's photos are JPEG and PNG; its stickers are always WebP


def carrier_word(text: str) -> CarrierWord | None:
    """What Twilio does by itself on an SMS of these words."""
    word = text.strip()
    return CARRIER_WORDS.get(word.upper()) if word.isascii() else None


def unreadable_kind(fields: Mapping[str, str]) -> str | None:
    """What kind of thing came that is no text; None when only text came."""
    if fields.get("NumMedia", "0") not in ("", "0"):
        return media_kind(fields.get("MediaContentType0", ""))
    if fields.get("Latitude"):
        return "location"
    return "contact" if fields.get("Contacts") else None


def media_kind(content_type: str) -> str:
    """What a content type is to a person; "media" when it can't be told."""
    essence = content_type.partition(";")[0].strip().lower()
    if essence in CARDS:
        return "contact"
    if essence == STICKER:
        return "sticker"
    return MEDIA_KINDS.get(essence.partition("/")[0], "media")
