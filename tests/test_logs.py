"""Canaries: planted in everything, found in no log, no error page and no answer, at the most talkative level."""

import io
import logging
from pathlib import Path

import httpx
import pytest
from rig import Rig, wait_for

from bot.log import get_logger, log_error, set_up_logging
from bot.privacy.keys import new_key

STORY = "canarystory the grey heron stood on the sill"
NUMBER = "7700900777"
MAIL = "canary.reader@example.org"
PASSWORD = "canarypassword"
CANARIES = ("canarystory", "grey heron", NUMBER, "canary.reader", PASSWORD, "900900:demo", "Authorization")


def found_in(text: str, *more: str) -> list[str]:
    """The canaries that a text holds."""
    return [canary for canary in (*CANARIES, *more) if canary.casefold() in text.casefold()]


def test_a_whole_life_at_debug_leaves_no_canary(fresh_rig: Rig) -> None:
    """Texts, buttons, failures and digests at DEBUG: the logs name nobody, quote nobody and hold no token."""
    rig = fresh_rig
    secrets = [rig.env["DATA_KEYS"], rig.env["LOOKUP_KEYS"], rig.env["TWILIO_AUTH_TOKEN"] + "@"]
    said = [rig.run("recipient", "add", MAIL, "--as", "organiser").stderr]
    process = rig.serve(LOG_LEVEL="DEBUG")
    for channel in ("sms", "whatsapp"):
        rig.text(channel, f"+44{NUMBER}", STORY, replies=2)
    rig.text("telegram", NUMBER, STORY, replies=2)
    rig.post(rig.phones.telegram_button(NUMBER, "consent:1"))
    pages = [rig.post(rig.webhook("sms", f"+44{NUMBER}", STORY)).text]
    forged = rig.webhook("sms", f"+44{NUMBER}", STORY)
    pages.append(httpx.post(forged.url, content=forged.body).text)
    # A danger, its alert and its page; the page of a hand-over that is not there.
    rig.text("sms", f"+44{NUMBER}", "i can smell gas, " + STORY, replies=3)
    paths = ("/", f"/{NUMBER}", f"/healthz?{STORY}", "/readyz", "/privacy", f"/hand-over/1/{NUMBER}")
    pages.extend(httpx.get(rig.settings.public_base_url + path).text for path in paths)
    rig.kill(process)
    # Everything that can fail, failing: providers away, mail server away, keys wrong.
    away = {
        "TWILIO_API_URL": "http://127.0.0.1:9",
        "TELEGRAM_API_URL": "http://127.0.0.1:9",
        "LOG_LEVEL": "DEBUG",
    }
    process = rig.serve(**away)
    rig.text("sms", f"+44{NUMBER}", "more of " + STORY, replies=0)
    rig.text("telegram", NUMBER, "stop", replies=0)
    assert wait_for(lambda: "not_sent" in rig.output)
    rig.kill(process)
    smtp = f"smtp://reader:{PASSWORD}@127.0.0.1:9"
    said.append(rig.run("digest", "run", "--at", "2030-01-07T09:00", SMTP_URL=smtp, LOG_LEVEL="DEBUG").stderr)
    said.extend(staff_at_work(rig))
    wrong = rig.run("digest", "preview", DATA_KEYS=rig.env["LOOKUP_KEYS"], LOOKUP_KEYS=rig.env["DATA_KEYS"])
    said.append(wrong.stderr)
    assert found_in("\n".join([rig.output, *pages, *said]), *secrets) == []
    assert "taken_in" in rig.output  # it did log
    assert wrong.returncode != 0
    assert "Traceback" not in wrong.stderr


def staff_at_work(rig: Rig) -> list[str]:
    """What staff's commands print, but for the export itself, which is for the person."""
    talkative = {"LOG_LEVEL": "DEBUG"}
    where = ("--channel", "sms", "--address", f"0{NUMBER}", "--yes", "--as", MAIL)
    exported = rig.run("person", "export", *where, **talkative)
    assert STORY in exported.stdout  # for the person, and for nobody's log
    elsewhere = ("--channel", "sms", "--address", f"0{NUMBER[:-1]}8", "--yes")
    runs = [
        rig.run("person", "export", *elsewhere, **talkative),
        rig.run("person", "withdraw", *where, **talkative),
        rig.run("keys", "rotate", DATA_KEYS=f"{new_key()},{rig.env['DATA_KEYS']}", **talkative),
        rig.run("audit", "list", **talkative),
        rig.run("check", **talkative),
    ]
    return [exported.stderr, *(run.stdout + run.stderr for run in runs)]


@pytest.mark.parametrize(
    "value", [STORY, NUMBER, MAIL, "07700 900777", "Amina", "900900:demo", "a b", "http://x", "x" * 60]
)
def test_our_own_lines_hold_words_from_a_short_form_only(value: str) -> None:
    """A value that is no number and no short lower-case word is withheld, whatever it is called."""
    out = io.StringIO()
    set_up_logging("DEBUG", out)
    get_logger().info("taken_in", channel=value, parts=2)
    get_logger().info(value)
    assert value not in out.getvalue()
    assert '"parts": 2' in out.getvalue()


def test_other_peoples_lines_keep_their_words(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What a library logs is reduced to who, how bad and which type; its message and traceback are dropped."""
    out = io.StringIO()
    set_up_logging("DEBUG", out)
    library = logging.getLogger("httpx")
    library.warning("POST https://api.telegram.org/bot900900:demo/sendMessage %s", STORY)
    try:
        (tmp_path / NUMBER).read_text()
    except OSError as error:
        library.exception("while reading %s", MAIL)
        log_error("reading_failed", error, channel="sms")
    logging.getLogger(NUMBER).error("x")
    printed = out.getvalue() + "".join(capsys.readouterr())
    assert found_in(printed) == []
    assert '"logger": "httpx"' in printed
    assert "file_not_found_error" in printed
