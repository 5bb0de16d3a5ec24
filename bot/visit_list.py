"""Reading lists of visits: every bad row is named by its line, with what is wrong and how to mend it. Pure."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, cast, get_args

from bot.numbers import is_uk_mobile, normal_number

VisitChannel = Literal["sms", "whatsapp"]
COLUMNS: Final = ("contact", "channel", "visited_on", "kind", "reference")
DATE_FORMATS: Final = ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y")
LONGEST: Final = 60
OLDEST: Final = timedelta(days=14)
FURTHEST: Final = timedelta(days=60)


class NotAList(ValueError):
    """The whole file can't be read. Says why in a sentence."""


@dataclass(frozen=True, slots=True, repr=False)
class VisitRow:
    """One visit to ask about."""

    line: int
    contact: str
    channel: VisitChannel
    visited_on: date
    kind: str
    reference: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that can't be used: its line, and what is wrong with it. Never shows the contact."""

    line: int
    problem: str


def read_csv(lines: Iterable[str], today: date) -> tuple[list[VisitRow], list[BadRow]]:
    """Read a CSV file of visits.

    Args:
        lines: the file's lines, with columns contact, channel, visited_on, kind, reference in any order.
        today: the landlord's local date.

    Returns:
        The good rows, and the bad ones.

    Raises:
        NotAList: when the header is missing or lacks a column.
    """
    reader = csv.DictReader(lines)
    try:
        names = [(name or "").strip().lower().removeprefix("\ufeff") for name in reader.fieldnames or ()]
        missing = [name for name in COLUMNS[:-1] if name not in names]
        if missing:
            raise NotAList(
                f"The first line must name the columns {', '.join(COLUMNS)}. Missing: {', '.join(missing)}."
            )
        reader.fieldnames = names
        return _sort(_numbered(reader), today)
    except csv.Error as error:
        raise NotAList(f"Line {reader.line_num} is not CSV: {error}.") from None


def read_json(rows: Any, today: date) -> tuple[list[VisitRow], list[BadRow]]:
    """Read visits as the API takes them: a list of objects with the same names as the columns.

    Raises:
        NotAList: when it is no list of objects.
    """
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise NotAList("Send a list of objects.")
    return _sort(enumerate(rows, start=1), today)


def _numbered(reader: "csv.DictReader[str]") -> Iterator[tuple[int, Mapping[str, Any]]]:
    for row in reader:
        yield reader.line_num, row


def _sort(rows: Iterable[tuple[int, Mapping[str, Any]]], today: date) -> tuple[list[VisitRow], list[BadRow]]:
    good: list[VisitRow] = []
    bad: list[BadRow] = []
    seen: set[tuple[str, str, date, str, str]] = set()
    for line, plain in rows:
        row = _read_row(line, plain, today)
        if isinstance(row, BadRow):
            bad.append(row)
            continue
        same = (row.contact, row.channel, row.visited_on, row.kind, row.reference)
        if same in seen:
            bad.append(BadRow(line, "this visit stands in the list twice"))
        else:
            seen.add(same)
            good.append(row)
    return good, bad


def _read_row(line: int, plain: Mapping[str, Any], today: date) -> VisitRow | BadRow:
    cells = {name: " ".join(str(plain.get(name) or "").split()) for name in COLUMNS}
    channel = cells["channel"].lower()
    if channel == "telegram":
        return BadRow(line, "a bot can't open a Telegram chat: the person joins by link or QR code")
    if channel not in get_args(VisitChannel):
        return BadRow(line, "channel must be sms or whatsapp")
    number = normal_number(cells["contact"])
    if number is None:
        return BadRow(line, "contact is no phone number: write it as 07700 900123 or +447700900123")
    if channel == "sms" and not is_uk_mobile(number):
        return BadRow(line, "contact is no UK mobile: texts to landlines are read aloud by some carriers")
    visited_on = _read_date(cells["visited_on"])
    if visited_on is None:
        return BadRow(line, "visited_on must be a date, as 2026-11-23 or 23/11/2026")
    if not today - OLDEST <= visited_on <= today + FURTHEST:
        return BadRow(line, f"visited_on is more than {OLDEST.days} days ago, or far ahead")
    if not cells["kind"] or len(cells["kind"]) > LONGEST or len(cells["reference"]) > LONGEST:
        return BadRow(
            line, f"kind must be said, in at most {LONGEST} characters, and so must reference, if any"
        )
    return VisitRow(
        line, number, cast("VisitChannel", channel), visited_on, cells["kind"], cells["reference"]
    )


def _read_date(text: str) -> date | None:
    for form in DATE_FORMATS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day, not a moment
        except ValueError:
            continue
    return None
