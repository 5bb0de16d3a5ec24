"""Hostile words in a digest's mail: whatever a landlord's name, a story or an answer holds, the mail stays a mail."""

import asyncio
import csv
import io
from datetime import UTC, date, datetime
from email.message import EmailMessage
from typing import cast

import pytest
from postmaster import Postmaster, serving

from bot.digest.compose import Answer, AudienceName, compose
from bot.digest.letter import Letter, to_mail
from bot.digest.render import render
from bot.digest.sheet import to_csv
from bot.mail import mail_server, send_mail
from bot.privacy.disclosure import Approved, Scope, Telling, make_release
from bot.privacy.redact import Redacted
from bot.wording import load_wording

WORDING = load_wording("bot.digest")
SENDER = "digest@listened.example"
HIDDEN = set("\u202e\u202c\u200b\ufeff\u2066\u2069")
HOSTILE = {
    "a line end": "Elm\r\nBcc: spy@elsewhere.example\r\n\r\nmore",
    "markup": '<script>alert(1)</script><img src=x onerror=alert(1)>"><style>*{display:none}</style>',
    "a formula": '=HYPERLINK("http://elsewhere.example")',
    "turned letters": "\u202egnihtyreve sesrever\u202c zero\u200bwidth\ufeff \u2066isolated\u2069",
    "a template": "{{ cycler.__init__ }} {% raw %} ${7*7} %s {0}",
    "dots": "one\n.\r\n..\n.quit",
    "100 KB": "x" * 100_000,
}


async def arrived(words: str, audience: AudienceName) -> EmailMessage:
    """The mail that arrives when those words stand wherever somebody else can write."""
    tellings = [Telling(n, ("yes", "no")[n % 2]) for n in range(40)]
    approved = [Approved(one.contact, one.contact, Redacted(words), one.listened) for one in tellings]
    release = make_release(
        scope=Scope("landlord", words[:1_000]),
        number=3,
        on_date=date(2026, 11, 30),
        since=date(2026, 11, 16),
        weeks_waiting=0,
        tellings=tellings,
        approved=approved,
    )
    answers = [Answer("release", "will", words, date(2026, 11, 2), date(2026, 11, 20))]
    digest = compose([release], audience, words, WORDING, None, answers)
    rendered = render(digest, "https://l.example/unsubscribe/1/abc", "To end it:")
    letter = Letter(1, "reader@harbour.example", rendered, date(2026, 11, 30), to_csv(release), "", False, 0)
    postmaster = Postmaster()
    async with serving(postmaster) as port:
        mail = to_mail(letter, SENDER, datetime(2026, 11, 30, 9, tzinfo=UTC), None)
        assert await send_mail(mail, mail_server(f"smtp://127.0.0.1:{port}", SENDER)) == ("sent", None)
    (mail,) = postmaster.taken
    return mail


@pytest.mark.parametrize("audience", ["landlord", "organiser"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_mail_stays_a_mail(name: str, audience: AudienceName) -> None:
    """One subject, one reader, no markup, nothing hidden, and no formula in the sheet."""
    mail = asyncio.run(arrived(HOSTILE[name], audience))
    assert mail["To"] == "reader@harbour.example"
    assert mail["Bcc"] is None
    assert not set(mail["Subject"]) & (HIDDEN | set("\r\n"))
    text = cast("EmailMessage", mail.get_body(("plain",))).get_content()
    html = cast("EmailMessage", mail.get_body(("html",))).get_content()
    assert not set(text + html) & HIDDEN
    assert not any(mark in html for mark in ("<script", "<img", "<style>*", 'href="http://'))
    assert HOSTILE[name].strip("\u202e").split()[0][:20] in text  # said, not swallowed
    (sheet,) = mail.iter_attachments()
    rows = list(csv.reader(io.StringIO(sheet.get_content().lstrip("\ufeff"))))
    assert rows[0][0] == "what"
    assert not [cell for row in rows for cell in row if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} and cell]
