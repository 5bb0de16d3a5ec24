"""Mail: what each answer of a mail server means, with real servers on loopback, with TLS and with tokens."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import example, given
from hypothesis import strategies as st
from postmaster import CUT, PHASES, Phase, Postmaster, serving

from bot.mail import GONE, MailServer, MailSettingsProblem, mail_server, send_mail, tidy_address
from bot.mail_tokens import Tokens, mail_server_of
from bot.settings import load_settings

SENDER = "digest@listened.example"


def letter() -> EmailMessage:
    """A mail."""
    mail = EmailMessage()
    mail["From"] = Address("Listened", addr_spec=SENDER)
    mail["To"] = Address(addr_spec="a@harbour.example")
    mail["Subject"] = "s"
    mail.set_content("words\n.\nmore")
    return mail


async def sent(postmaster: Postmaster) -> tuple[str, str | None]:
    """What becomes of one mail there."""
    async with serving(postmaster) as port:
        return await send_mail(letter(), mail_server(f"smtp://127.0.0.1:{port}", SENDER))


def test_a_mail_is_taken_whole() -> None:
    """A line that is a dot ends nothing."""
    postmaster = Postmaster()
    assert asyncio.run(sent(postmaster)) == ("sent", None)
    assert [one.get_content().split() for one in postmaster.taken] == [["words", ".", "more"]]


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("code", ["421", "450", "451", "452", "550", "552", "554"])
def test_what_a_refusal_means(phase: Phase, code: str) -> None:
    """For now: again. For good: only where it can be about the mailbox or the mail; before that, again."""
    postmaster = Postmaster({phase: [f"{code} 0.0.0 no"]})
    state, said = asyncio.run(sent(postmaster))
    if phase == "EHLO" and state == "sent":  # an old server: HELO was tried, as RFC 5321 §3.2 has it
        assert len(postmaster.taken) == 1
        return
    about_this_mail = phase in ("RCPT", "DATA", "dot")
    assert state == ("failed" if about_this_mail and code[0] == "5" else "retry")
    assert said in (code, "no_connection")
    assert postmaster.taken == []


@pytest.mark.parametrize("phase", PHASES)
def test_what_a_cut_means(phase: Phase) -> None:
    """Once the words are on their way nobody knows; before that nothing has arrived."""
    postmaster = Postmaster({phase: [CUT]})
    state, _ = asyncio.run(sent(postmaster))
    assert state == ("unknown" if phase in ("DATA", "dot") else "retry")
    assert len(postmaster.taken) == (phase == "dot")


@pytest.mark.parametrize(
    ("answer", "gone"),
    [
        ("550 5.1.1 no such user", True),
        ("550 5.1.10 null MX", True),
        ("554 5.2.1 mailbox disabled", True),
        ("550 5.7.1 policy", False),
        ("552 5.2.2 mailbox full", False),
        ("550 no", False),
        ("451 4.1.1 not now", False),
    ],
)
def test_a_mailbox_that_is_not_there(answer: str, gone: bool) -> None:
    """Only a code that speaks of the mailbox itself means that no mail will ever reach it."""
    _, code = asyncio.run(sent(Postmaster({"RCPT": [answer]})))
    assert str(code).startswith(GONE) is gone


def test_nobody_listens() -> None:
    """A server that is down is tried again."""
    server = mail_server("smtp://127.0.0.1:1", SENDER)
    assert asyncio.run(send_mail(letter(), server)) == ("retry", "no_connection")


@pytest.mark.parametrize(
    ("url", "start_tls"),
    [
        ("smtp://mail.example:587", True),
        ("smtp://u:p@mail.example", True),
        ("smtp://relay.example:25?tls=off", False),
        ("smtps://u:p@mail.example", False),
        ("smtp://localhost:25", None),
        ("smtp://127.0.0.1:25", None),
        ("smtp://[::1]:25", None),
        ("smtp://127.0.0.1:25?tls=off", False),
    ],
)
def test_tls_is_required_elsewhere(url: str, start_tls: bool | None) -> None:
    """Whatever goes to another machine goes encrypted, unless it is said that it must not."""
    assert mail_server(url, SENDER).start_tls is start_tls


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("smtp://u:p@relay.example?tls=off", "must not be sent without TLS"),
        ("smtp://relay.example?tls=maybe", "nothing else"),
        ("http://relay.example", "must look like"),
        ("smtp://relay.example:many", "no number"),
    ],
)
def test_what_smtp_url_must_not_be(url: str, words: str) -> None:
    """Each with a sentence that says how to mend it, and without what stands in it."""
    with pytest.raises(MailSettingsProblem, match=words) as problem:
        mail_server(url, SENDER)
    assert "relay" not in str(problem.value)


def test_without_starttls_nothing_is_said() -> None:
    """A server that should offer TLS and does not (or somebody in between who hides it) gets no mail."""

    async def refused(postmaster: Postmaster) -> tuple[str, str | None]:
        async with serving(postmaster) as port:
            server = MailServer("127.0.0.1", port, None, None, tls=False, start_tls=True, sender=SENDER)
            return await send_mail(letter(), server)

    postmaster = Postmaster()
    assert asyncio.run(refused(postmaster)) == ("retry", "no_connection")
    assert postmaster.taken == []
    assert not postmaster.came_by["MAIL"]


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], ssl.SSLContext]:
    """What a server shows that this machine trusts; without the fixture's call it is not trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))

    def trusted() -> ssl.SSLContext:
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        return shown

    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(file)
    trusted.shown = shown  # type: ignore[attr-defined]
    return trusted


@contextlib.asynccontextmanager
async def token_endpoint(asked: list[str], *answers: str) -> AsyncIterator[str]:
    """A token endpoint on loopback that gives these answers in turn, the last one for ever; gives its address."""
    left = list(answers)

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(int(line.split(":")[1]) for line in head.splitlines() if "ength:" in line)
        asked.append((await reader.readexactly(length)).decode())
        body = left.pop(0) if len(left) > 1 else left[0]
        status = "200 OK" if body.startswith("{") else "401 Unauthorized"
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/token"


async def by_token(postmaster: Postmaster, tls: ssl.SSLContext, asked: list[str], *answers: str) -> list[str]:
    """Two mails to a server that takes tokens alone, on a clock that stands still; how each ended."""
    async with serving(postmaster, tls) as port, token_endpoint(asked, *answers) as url:
        settings = load_settings(
            None,
            smtp_url=f"smtp://digests%40harbour.example@127.0.0.1:{port}",
            mail_from=SENDER,
            smtp_oauth_token_url=url,
            smtp_oauth_client_id="an-application",
            smtp_oauth_client_secret="its-secret",
        )
        server = mail_server_of(settings, lambda: datetime(2026, 11, 23, 9, tzinfo=UTC))
        assert server
        return [(await send_mail(letter(), server))[0] for _ in range(2)]


def test_sign_in_with_a_token(certificate: Callable[[], ssl.SSLContext]) -> None:
    """XOAUTH2 under TLS with a token from client credentials, which is fetched once and kept."""
    postmaster, asked = Postmaster(token="t0ken"), list[str]()
    answer = '{"access_token": "t0ken", "expires_in": 3599}'
    assert asyncio.run(by_token(postmaster, certificate(), asked, answer)) == ["sent", "sent"]
    assert postmaster.signed_in == ["digests@harbour.example"] * 2
    assert postmaster.in_tls == [True, True]
    assert asked == [
        "grant_type=client_credentials&client_id=an-application&client_secret=its-secret"
        "&scope=https%3A%2F%2Foutlook.office365.com%2F.default"
    ]


def test_a_token_that_ends_is_fetched_again(certificate: Callable[[], ssl.SSLContext]) -> None:
    """A token with less than two minutes left is not used a second time."""
    postmaster, asked = Postmaster(token="t0ken"), list[str]()
    answer = '{"access_token": "t0ken", "expires_in": 60}'
    assert asyncio.run(by_token(postmaster, certificate(), asked, answer)) == ["sent", "sent"]
    assert len(asked) == 2


@pytest.mark.parametrize("answer", ["no", "{}", '{"access_token": "another", "expires_in": 3599}'])
def test_a_token_that_is_refused(answer: str, certificate: Callable[[], ssl.SSLContext]) -> None:
    """No token, or a wrong one: the mail waits, and is not lost for the recipient."""
    postmaster = Postmaster(token="t0ken")
    assert asyncio.run(by_token(postmaster, certificate(), [], answer)) == ["retry", "retry"]
    assert postmaster.taken == []


def test_a_certificate_that_nobody_vouches_for(certificate: Callable[[], ssl.SSLContext]) -> None:
    """Encrypted to a stranger is not encrypted: no token and no mail goes there."""
    postmaster, asked = Postmaster(token="t0ken"), list[str]()
    shown = certificate.shown  # type: ignore[attr-defined]
    assert asyncio.run(by_token(postmaster, shown, asked, '{"access_token": "t0ken"}')) == ["retry", "retry"]
    assert (postmaster.taken, asked) == ([], [])


def test_tokens_never_show() -> None:
    """Neither a secret nor a token stands in what is printed of the objects that hold them."""
    tokens = Tokens("http://127.0.0.1:1", "id", "its-secret", "scope", lambda: datetime.now(UTC))
    server = mail_server("smtp://u@127.0.0.1:1", SENDER, tokens.get)
    assert "its-secret" not in repr(tokens) + repr(server)


@given(st.text('ab@.<>"()[]\\,:; \t%=*{}\u202e\u00e9', max_size=20))
@example("<script>alert(1)</script><img src=x onerror=alert(1)>")
@example('%@[a:b};a,"\u202e')
def test_what_is_no_address_is_none_and_no_error(text: str) -> None:
    """Whatever somebody types into the field."""
    address = tidy_address(text)
    assert address is None or "@" in address
