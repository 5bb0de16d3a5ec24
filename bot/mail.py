"""Mail: handing a message over to the operator's own mail server, and what its answer means."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from bot.log import log_error
from models.sending import FAILED, SENT, UNKNOWN

TIMEOUT_SECONDS: Final = 30.0
GOODBYE_SECONDS: Final = 2.0
NO_SUCH_MAILBOX: Final = re.compile(rb"\b5\.1\.(?:1|2|3|6|10)\b|\b5\.2\.1\b")
"""Enhanced codes that speak of the mailbox itself: none there, no such domain, bad, moved, takes no mail at all
(RFC 3463 §3.2 and §3.3, RFC 7505 §4.2 for 5.1.10), or switched off."""
GONE: Final = "mailbox_gone"
"""Our own word, in front of the server's code, for an address that no mail will ever reach."""

Token = Callable[[], Awaitable[str]]


class TokenProblem(Exception):
    """No access token was to be had."""


class MailSettingsProblem(ValueError):
    """SMTP_URL can't be read, or asks for what must not be done."""


@dataclass(frozen=True, slots=True, repr=False)
class MailServer:
    """Where mail goes, and from whom.

    Args:
        host: its name.
        port: its port.
        username: who signs in; None for nobody.
        password: with what; None where a token is used.
        tls: whether TLS begins with the first byte.
        start_tls: whether the connection must (True) or must not (False) be turned to TLS by STARTTLS; None
            where it is when the server offers it.
        sender: MAIL_FROM.
        token: gives an OAuth access token instead of a password.
    """

    host: str
    port: int
    username: str | None
    password: str | None
    tls: bool
    start_tls: bool | None
    sender: str
    token: Token | None = None


def mail_server(smtp_url: str, sender: str, token: Token | None = None) -> MailServer:
    """Read SMTP_URL.

    With smtp://, the connection must be turned to TLS before anything is said, unless the server is on this
    machine, or the address ends with ?tls=off; and then no password may stand in it.

    Args:
        smtp_url: smtp://user:password@host:587, or smtps:// for TLS from the first byte.
        sender: MAIL_FROM.
        token: gives an OAuth access token, for servers that take no password.

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
    tls = parts.scheme == "smtps"
    if token and not parts.username:
        raise MailSettingsProblem(
            "SMTP_URL must name the mailbox that the token is for: smtp://user@host:587"
        )
    return MailServer(
        host=parts.hostname,
        port=port or (465 if tls else 587),
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password and not token else None,
        tls=tls,
        start_tls=False if tls else _start_tls(parts.hostname, parts.query, parts.password),
        sender=sender,
        token=token,
    )


def _start_tls(host: str, query: str, password: str | None) -> bool | None:
    if query and parse_qs(query) != {"tls": ["off"]}:
        raise MailSettingsProblem("SMTP_URL may end with ?tls=off and with nothing else")
    if _is_here(host):
        return False if query else None
    if query and password:
        raise MailSettingsProblem(
            "SMTP_URL has a password, which must not be sent without TLS: take ?tls=off away"
        )
    return not query


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def tidy_address(text: str) -> str | None:
    """An e-mail address without spaces around it; None when it is none."""
    try:
        address = Address(addr_spec=text.strip()).addr_spec
    except (ValueError, IndexError, AttributeError, MessageError):  # each a way in which the parser stumbles
        return None
    return address if "." in address.rpartition("@")[2] else None


async def send_mail(mail: EmailMessage, server: MailServer) -> tuple[str, str | None]:
    """Hand a mail over, to the one address in its To.

    What goes wrong before the recipient is named says nothing about the recipient, whatever the code: it is
    tried again. Once the words are on their way and the answer is lost, they may have arrived.

    Args:
        mail: the whole message, addressed.
        server: where it goes.

    Returns:
        A state of `models.sending`, or "retry", and the server's code or our own word. The code begins with
        `GONE` where there is no such mailbox.
    """
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        oauth_token_generator=server.token,
        use_tls=server.tls,
        start_tls=server.start_tls,
        timeout=TIMEOUT_SECONDS,
    )
    try:
        state, code = await _open(client, server.sender)
        if state == SENT:
            state, code = await _name(client, str(mail["To"].addresses[0].addr_spec))
        if state == SENT:
            state, code = await _hand_over(client, mail.as_bytes(policy=SMTP))
        await _leave(client)
    finally:
        client.close()
    return state, code


async def _open(client: aiosmtplib.SMTP, sender: str) -> tuple[str, str | None]:
    """Connect, turn to TLS, sign in and name the sender."""
    try:
        await client.connect()
        await client.mail(sender)
    except aiosmtplib.SMTPResponseException as error:
        return "retry", str(error.code)
    except (aiosmtplib.SMTPException, OSError, TokenProblem) as error:
        log_error("mail_server_not_reached", error)
        return "retry", "no_connection"
    return SENT, None


async def _name(client: aiosmtplib.SMTP, address: str) -> tuple[str, str | None]:
    """Name the recipient: here the server says whether there is such a mailbox."""
    try:
        await client.rcpt(address)
    except aiosmtplib.SMTPResponseException as error:
        return _by_code(error)
    except (aiosmtplib.SMTPException, OSError):
        return "retry", "no_connection"
    return SENT, None


async def _hand_over(client: aiosmtplib.SMTP, words: bytes) -> tuple[str, str | None]:
    try:
        await client.data(words)
    except aiosmtplib.SMTPResponseException as error:
        return _by_code(error)
    except (aiosmtplib.SMTPException, OSError) as error:
        # Cut off after the words had gone: the server may have taken them.
        log_error("mail_unknown", error)
        return UNKNOWN, "no_answer"
    return SENT, None


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye. Whatever comes back changes nothing."""
    try:
        if client.is_connected:
            await client.quit(timeout=GOODBYE_SECONDS)
    except (aiosmtplib.SMTPException, OSError):
        return


def _by_code(error: aiosmtplib.SMTPResponseException) -> tuple[str, str]:
    # RFC 5321 §4.2.1: 4yz is for now, 5yz for good.
    if 400 <= error.code < 500:
        return "retry", str(error.code)
    gone = isinstance(error, aiosmtplib.SMTPRecipientRefused) and NO_SUCH_MAILBOX.search(
        error.message.encode()
    )
    return FAILED, f"{GONE} {error.code}" if gone else str(error.code)
