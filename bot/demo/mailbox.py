"""The post room's mailbox: a real SMTP server on loopback that keeps what it is given."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail that arrived."""

    id: str
    to: tuple[str, ...]
    message: EmailMessage

    @property
    def html(self) -> str:
        """Its HTML part."""
        return self._part("html")

    @property
    def text(self) -> str:
        """Its text part."""
        return self._part("plain")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part else ""


class Mailbox:
    """Every mail that arrived, oldest first."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self._numbers = itertools.count(1)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a mail."""
        message = message_from_bytes(cast("bytes", envelope.content), policy=policy.default)
        self.mails.append(Mail(str(next(self._numbers)), tuple(envelope.rcpt_tos), message))
        return "250 OK"


@contextlib.asynccontextmanager
async def smtp_server(handler: Any) -> AsyncIterator[int]:
    """Run an SMTP server on 127.0.0.1 while it lasts; gives its port."""

    def connected() -> SMTP:
        return SMTP(handler, hostname="localhost", enable_SMTPUTF8=True)

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])
