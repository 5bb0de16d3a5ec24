"""Telephone numbers: which of them are mobiles of the United Kingdom, where a text stays a text.

A text to a landline is not refused: some carriers read it aloud to whoever picks up
(https://www.twilio.com/en/guidelines/gb/sms). So only mobiles are written to.
"""

import re
from typing import Final

# 070 are personal numbers and 076 pagers, but for 07624, which are mobiles of the Isle of Man. The numbers
# kept for drama (07700 900xxx) are mobiles like any others.
# https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/national-telephone-numbering-plan
_UK_MOBILE: Final = re.compile(r"\+447(?:[1-57-9][0-9]{2}|624)[0-9]{6}")


def is_uk_mobile(number: str) -> bool:
    """Whether a number, written as +447700900000, is a mobile of the United Kingdom or its islands."""
    return _UK_MOBILE.fullmatch(number) is not None
