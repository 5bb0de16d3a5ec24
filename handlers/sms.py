"""SMS: Twilio's channel of plain numbers."""

from functools import partial

from handlers.twilio import TwilioChannel

sms_channel = partial(TwilioChannel, name="sms", prefix="")
"""The channel of one SMS number; takes the other arguments of `TwilioChannel`."""
