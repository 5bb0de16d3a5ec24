"""The channels that are configured, and what reads the requests at each one's address.

Each is imported only where it is configured: python-telegram-bot and Twilio's client take 10 MB and a fifth of a second.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from bot.conversation.messages import Channel, ChannelName, Reader
from bot.settings import Settings
from bot.wording import Wording
from handlers.web import PATHS, STATUS_PATH

if TYPE_CHECKING:
    from handlers.telegram import TelegramChannel
    from handlers.twilio import TwilioChannel

MENU: Final = ("help", "stop", "delete", "privacy", "language")
"""What the bot's menu on Telegram holds; each one's words are in the catalogues as menu.…"""


def channels_of(
    settings: Settings, clock: Callable[[], datetime], wording: Wording
) -> dict[ChannelName, Channel]:
    """The channels that are configured."""
    channels: dict[ChannelName, Channel] = {}
    if settings.has_telegram:
        channels["telegram"] = _telegram(settings, clock, wording)
    account: dict[str, Any] = {
        "account_sid": settings.twilio_account_sid,
        "tokens": settings.twilio_tokens,
        "shared_keys": settings.twilio_keys,
        "public_base_url": settings.public_base_url,
        "api_url": settings.twilio_api_url,
        "clock": clock,
    }
    if settings.twilio_account_sid and settings.twilio_tokens:
        from handlers.sms import SmsChannel  # noqa: PLC0415 - see above
        from handlers.whatsapp import WhatsAppChannel  # noqa: PLC0415 - see above

        if settings.twilio_sms_number:
            channels["sms"] = SmsChannel(number=settings.twilio_sms_number, **account)
        if settings.twilio_whatsapp_number:
            templates = settings.whatsapp_templates
            channels["whatsapp"] = WhatsAppChannel(
                templates=templates, number=settings.twilio_whatsapp_number, **account
            )
    return channels


def _telegram(settings: Settings, clock: Callable[[], datetime], wording: Wording) -> "TelegramChannel":
    from handlers.telegram import TelegramChannel  # noqa: PLC0415 - see above

    polls = settings.telegram_mode == "polling"
    return TelegramChannel(
        settings.telegram_bot_token.get_secret_value(),
        settings.telegram_webhook_secret.get_secret_value(),
        settings.telegram_api_url,
        clock,
        webhook_url=None if polls else f"{settings.public_base_url}{PATHS['telegram']}",
        commands={
            code: [(name, wording.text(code, f"menu.{name}")) for name in MENU] for code in wording.languages
        },
    )


def readers_of(settings: Settings, channels: Mapping[ChannelName, Channel]) -> list[tuple[str, Reader]]:
    """What reads the requests at each webhook's address."""
    readers: list[tuple[str, Reader]] = [(PATHS[name], channel) for name, channel in channels.items()]
    if settings.twilio_account_sid and settings.twilio_tokens:
        from handlers.twilio_reports import TwilioReports  # noqa: PLC0415 - see above

        reports = TwilioReports(
            settings.twilio_account_sid,
            settings.twilio_tokens,
            settings.twilio_keys,
            settings.public_base_url,
        )
        readers.append((STATUS_PATH, reports))
    return readers


def pollers_of(settings: Settings, channels: Mapping[ChannelName, Channel]) -> list["TelegramChannel"]:
    """The channels that ask their provider for what came in."""
    if settings.telegram_mode != "polling" or "telegram" not in channels:
        return []
    from handlers.telegram import TelegramChannel  # noqa: PLC0415 - see above

    return [channel for channel in channels.values() if isinstance(channel, TelegramChannel)]


def listed_of(channels: Mapping[ChannelName, Channel]) -> list["TwilioChannel"]:
    """The channels whose provider can list what came in and went out."""
    if channels.keys().isdisjoint(("sms", "whatsapp")):
        return []
    from handlers.twilio import TwilioChannel  # noqa: PLC0415 - see above

    return [channel for channel in channels.values() if isinstance(channel, TwilioChannel)]
