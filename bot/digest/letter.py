"""A digest as a mail: its parts, its attachments, and the headers that let a reader end it."""

from dataclasses import dataclass
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from bot.digest.render import Rendered

SAFE_LINES: Final = "quoted-printable"
"""No line of a mail may be longer than 998 bytes (RFC 5322 §2.1.1), and an inlined HTML line is."""


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """One digest, addressed.

    Args:
        delivery_id: the row that it is.
        address: where it goes.
        rendered: its words.
        on_date: the date of its release.
        sheet: the release as CSV; "" for none.
        unsubscribe: the address at which its reader ends it; "" where we have no address of our own.
        pdf: whether it comes as a PDF too.
        attempts: how often it has been tried, this time included.
    """

    delivery_id: int
    address: str
    rendered: Rendered
    on_date: date
    sheet: str
    unsubscribe: str
    pdf: bool
    attempts: int


def to_mail(letter: Letter, sender: str, now: datetime, pdf: bytes | None) -> EmailMessage:
    """The mail of a letter, for its one recipient.

    Args:
        letter: what it says and to whom.
        sender: MAIL_FROM.
        now: the current time, for its Date.
        pdf: the digest as a PDF; None for none.
    """
    mail = EmailMessage()
    mail["Subject"] = letter.rendered.subject
    # "Listened" and not the operator's name: a name may hold what a header must not.
    mail["From"] = Address("Listened", addr_spec=sender)
    mail["To"] = Address(addr_spec=letter.address)
    mail["Date"] = format_datetime(now)
    # The same digest always has the same id, so that a receiver can tell a copy.
    mail["Message-ID"] = f"<digest-{letter.delivery_id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies, please
    if letter.unsubscribe:
        mail["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    mail.set_content(letter.rendered.text, cte=SAFE_LINES)
    mail.add_alternative(letter.rendered.html, subtype="html", cte=SAFE_LINES)
    name = f"listened-{letter.on_date:%Y-%m-%d}"
    if letter.sheet:
        mail.add_attachment(
            letter.sheet, subtype="csv", cte="base64", filename=f"{name}.csv", params={"header": "present"}
        )
    if pdf:
        mail.add_attachment(pdf, maintype="application", subtype="pdf", filename=f"{name}.pdf")
    return mail
