"""A postmaster: a real SMTP server on loopback that refuses, hangs up or takes a token when it is told to."""

import asyncio
import contextlib
import ssl
from base64 import b64decode
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Literal, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

Phase = Literal["connect", "EHLO", "MAIL", "RCPT", "DATA", "dot"]
PHASES: tuple[Phase, ...] = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "dot")
CUT = "cut"
"""Instead of an answer: the connection is closed. After the dot, the mail has been taken all the same."""


@dataclass
class Postmaster:
    """What the server does, and what it has taken.

    Args:
        troubles: answers that it gives at a phase, one a time it comes by, before it behaves again.
        token: the token that it takes; "" for no sign-in.
    """

    troubles: dict[Phase, list[str]] = field(default_factory=dict)
    token: str = ""
    taken: list[EmailMessage] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    in_tls: list[bool] = field(default_factory=list)
    came_by: Counter[Phase] = field(default_factory=Counter)

    @property
    def copies(self) -> Counter[str]:
        """How many mails each address got."""
        return Counter(str(mail["To"]) for mail in self.taken)

    def trouble(self, phase: Phase) -> str | None:
        """What goes wrong this time, if anything."""
        self.came_by[phase] += 1
        waiting = self.troubles.get(phase)
        return waiting.pop(0) if waiting else None

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name, here and below
        self, server: "Server", session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet."""
        session.host_name = hostname
        wrong = self.trouble("EHLO")
        if wrong == CUT:
            server.hang_up()
        return [wrong] if wrong else responses

    async def handle_MAIL(  # noqa: N802
        self, server: "Server", _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Hear who sends."""
        wrong = self.trouble("MAIL")
        if wrong:
            return server.answer(wrong)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: "Server", _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Hear whom it is for."""
        wrong = self.trouble("RCPT")
        if wrong:
            return server.answer(wrong)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: "Server", session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the words."""
        wrong = self.trouble("dot")
        if wrong and wrong != CUT:
            return wrong
        self.in_tls.append(session.ssl is not None)
        message = message_from_bytes(cast("bytes", envelope.content), policy=policy.default)
        assert str(message["To"]) == envelope.rcpt_tos[0]
        assert len(envelope.rcpt_tos) == 1
        self.taken.append(message)
        return server.answer(wrong) if wrong else "250 OK"

    async def auth_XOAUTH2(self, server: "Server", arguments: list[str]) -> AuthResult:  # noqa: N802
        """Look at a token (https://developers.google.com/gmail/imap/xoauth2-protocol)."""
        said = b64decode(arguments[1]).decode().split("\x01")
        user, bearer = said[0].removeprefix("user="), said[1].removeprefix("auth=Bearer ")
        if bearer != self.token:
            await server.challenge_auth("eyJzdGF0dXMiOiI0MDEifQ==", encode_to_b64=False)
            return AuthResult(success=False, handled=False)
        self.signed_in.append(user)
        return AuthResult(success=True)


class Server(SMTP):
    """aiosmtpd, which also knows trouble at the two places where it asks nobody."""

    async def _handle_client(self) -> None:
        wrong = self.event_handler.trouble("connect")
        if wrong:
            if wrong != CUT:
                await self.push(wrong)
            self.hang_up()
            return
        await super()._handle_client()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Refuse before the words, when told to."""
        wrong = self.event_handler.trouble("DATA")
        if wrong == CUT:
            self.hang_up()
        elif wrong:
            await self.push(wrong)
        else:
            await super().smtp_DATA(arg)

    def answer(self, wrong: str) -> str:
        """An answer; hanging up is one too."""
        if wrong == CUT:
            self.hang_up()
        return "421 closing" if wrong == CUT else wrong

    def hang_up(self) -> None:
        """Close the connection at once, without a word."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()


@contextlib.asynccontextmanager
async def serving(postmaster: Postmaster, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Run the server on 127.0.0.1 while this lasts; gives its port."""

    def connected() -> Any:
        return Server(
            postmaster,
            hostname="localhost",
            tls_context=tls,
            require_starttls=tls is not None,
            auth_required=bool(postmaster.token),
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
        )

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])
