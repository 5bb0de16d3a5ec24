"""Mail: handing a message over to the operator's own mail server, and what its answer means."""

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from bot.log import log_error
from models.sending import FAILED, SENT, UNKNOWN

TIMEOUT_SECONDS: Final = 30.0


class MailSettingsProblem(ValueError):
    """SMTP_URL can't be read."""


@dataclass(frozen=True, slots=True, repr=False)
class MailServer:
    """Where mail goes, and from whom."""

    host: str
    port: int
    username: str | None
    password: str | None
    tls: bool
    sender: str


def mail_server(smtp_url: str, sender: str) -> MailServer:
    """Read SMTP_URL.

    Args:
        smtp_url: smtp://user:password@host:587, or smtps:// for TLS from the first byte.
        sender: MAIL_FROM.

    Raises:
        MailSettingsProblem: when it is not of that form.
    """
    try:
        parts = urlsplit(smtp_url)
        port = parts.port
    except ValueError:
        raise MailSettingsProblem("SMTP_URL has a port that is no number") from None
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise MailSettingsProblem("SMTP_URL must look like smtp://user:password@host:587")
    return MailServer(
        host=parts.hostname,
        port=port or (465 if parts.scheme == "smtps" else 587),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=parts.scheme == "smtps",
        sender=sender,
    )


def tidy_address(text: str) -> str | None:
    """An e-mail address without spaces around it; None when it is none."""
    try:
        address = Address(addr_spec=text.strip()).addr_spec
    except (ValueError, IndexError):
        return None
    return address if "." in address.rpartition("@")[2] else None


async def send_mail(mail: EmailMessage, server: MailServer) -> tuple[str, str | None]:
    """Hand a mail over.

    Args:
        mail: the whole message, addressed.
        server: where it goes.

    Returns:
        A state of `models.sending`, or "retry", and the server's code or our own word.
    """
    try:
        await aiosmtplib.send(
            mail,
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls,
            timeout=TIMEOUT_SECONDS,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        codes = [refused.code for refused in error.recipients]
        return _by_code(max(codes))
    except aiosmtplib.SMTPResponseException as error:
        return _by_code(error.code)
    except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPConnectTimeoutError, ConnectionRefusedError):
        return "retry", "no_connection"
    except (aiosmtplib.SMTPException, OSError) as error:
        # Cut off after the words had gone: the server may have taken them.
        log_error("mail_unknown", error)
        return UNKNOWN, "no_answer"
    return SENT, None


def _by_code(code: int) -> tuple[str, str]:
    # RFC 5321 §4.2.1: 4yz is for now, 5yz for good.
    return ("retry" if 400 <= code < 500 else FAILED), str(code)
