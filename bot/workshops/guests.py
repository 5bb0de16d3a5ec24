"""Guests: lists of people to invite. Only who agreed to be asked may be: an invitation is promotion in law. Pure.

Electronic mail for direct marketing, which covers the promotion of aims and ideals, wants the person's own
yes beforehand: the Privacy and Electronic Communications Regulations 2003, regulation 22.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from bot.numbers import is_uk_mobile, normal_number

GuestChannel = Literal["sms", "whatsapp"]
COLUMNS: Final = ("contact", "channel", "agreed")
AGREED: Final = ("yes", "y", "true", "1")


class NotAList(ValueError):
    """The whole file can't be read. Says why in a sentence."""


@dataclass(frozen=True, slots=True, repr=False)
class Guest:
    """Somebody to invite."""

    contact: str
    channel: GuestChannel


@dataclass(frozen=True, slots=True)
class BadGuest:
    """A row that can't be used: its line, and what is wrong with it. Never shows the contact."""

    line: int
    problem: str


def read_guests(lines: Iterable[str]) -> tuple[list[Guest], list[BadGuest]]:
    """Read an invitation list.

    Args:
        lines: the lines of a CSV file with the columns contact, channel, agreed, in any order.

    Returns:
        The people to invite, each once, and the rows that can't be used.

    Raises:
        NotAList: when the header is missing or lacks a column.
    """
    reader = csv.DictReader(lines)
    try:
        names = [(name or "").strip().lower().removeprefix("\ufeff") for name in reader.fieldnames or ()]
        missing = [name for name in COLUMNS if name not in names]
        if missing:
            raise NotAList(
                f"The first line must name the columns {', '.join(COLUMNS)}. Missing: {', '.join(missing)}."
            )
        reader.fieldnames = names
        read = [(reader.line_num, _read(row)) for row in reader]
    except csv.Error as error:
        raise NotAList(f"Line {reader.line_num} is not CSV: {error}.") from None
    good = {(one.channel, one.contact): one for _, one in read if isinstance(one, Guest)}
    return list(good.values()), [BadGuest(line, one) for line, one in read if isinstance(one, str)]


def _read(plain: Mapping[str, str | None]) -> Guest | str:
    cells = {name: " ".join(str(plain.get(name) or "").split()) for name in COLUMNS}
    channel, number = cells["channel"].lower(), normal_number(cells["contact"])
    if channel not in get_args(GuestChannel):
        return "channel must be sms or whatsapp; on Telegram people join by the link or the QR code"
    if number is None:
        return "contact is no phone number: write it as 07700 900123 or +447700900123"
    if channel == "sms" and not is_uk_mobile(number):
        return "contact is no UK mobile"
    if cells["agreed"].casefold() not in AGREED:
        return "agreed must be yes: only people who agreed to be asked to workshops may be invited"
    return Guest(number, cast("GuestChannel", channel))
