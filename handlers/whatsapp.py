"""WhatsApp: Twilio's channel whose addresses carry a prefix, and need not be numbers."""

from functools import partial

from handlers.twilio import TwilioChannel

whatsapp_channel = partial(TwilioChannel, name="whatsapp", prefix="whatsapp:")
"""The channel of one WhatsApp sender; takes the other arguments of `TwilioChannel`."""
