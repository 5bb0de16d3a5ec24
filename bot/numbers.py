"""Telephone numbers: which of them are mobiles of the United Kingdom, where a text stays a text.

A text to a landline is not refused: some carriers read it aloud to whoever picks up
(https://www.twilio.com/en/guidelines/gb/sms). So only mobiles are written to.
"""

import re
from typing import Final

import phonenumbers

# 070 are personal numbers and 076 pagers, but for 07624, which are mobiles of the Isle of Man. The numbers
# kept for drama (07700 900xxx) are mobiles like any others.
# https://www.ofcom.org.uk/phones-and-broadband/phone-numbers/national-telephone-numbering-plan
_UK_MOBILE: Final = re.compile(r"\+447(?:[1-57-9][0-9]{2}|624)[0-9]{6}")


def normal_number(text: str) -> str | None:
    """A telephone number as +447700900000, however it is written; British when no country is said. Else None."""
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        return None
    # Possible and not valid: the numbers kept for drama are not assigned to anybody.
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def is_uk_mobile(number: str) -> bool:
    """Whether a number, written as +447700900000, is a mobile of the United Kingdom or its islands."""
    return _UK_MOBILE.fullmatch(number) is not None


def spaced(number: str) -> str:
    """A number written as +447700900000 as people in its country read it aloud: 07700 900000."""
    parsed = phonenumbers.parse(number)
    british = parsed.country_code == 44
    form = (
        phonenumbers.PhoneNumberFormat.NATIONAL if british else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    return str(phonenumbers.format_number(parsed, form))
