"""The command line: sentences instead of tracebacks, and what each command does."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import typer
from rig import LANDLORD, Rig, rig

from bot.cli import COMMANDS
from bot.cli.serving import on_fast_loop
from bot.privacy.keys import new_key, parse_keys
from models.landlords import all_landlords, recipients_of

GOOD = ("landlord", "add", "Elm Homes", "--complaints", "call 01632 960200", "--emergency", "01632 960201")


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Rig]:
    """Settings, but nothing set up."""
    with rig(tmp_path) as made:
        yield made


@pytest.mark.only_sqlite  # on PostgreSQL a test's database comes with its tables, so none are missing
def test_check_says_what_is_missing_and_how_to_mend_it(empty: Rig) -> None:
    """With nothing set, `check` names each thing, ends with 1, and shows no secret."""
    blank = dict.fromkeys(
        ("OPERATOR_NAME", "DATA_KEYS", "LOOKUP_KEYS", "TELEGRAM_WEBHOOK_SECRET", "SMTP_URL"), ""
    )
    done = empty.run("check", **blank)
    assert done.returncode == 1
    for sentence in (
        "Set OPERATOR_NAME",
        "listened keys new",
        "Set TELEGRAM_WEBHOOK_SECRET",
        "listened migrate",
    ):
        assert sentence in done.stdout
    assert "Set SMTP_URL" in done.stdout
    assert empty.env["TELEGRAM_BOT_TOKEN"] not in done.stdout


def test_serve_refuses_before_it_opens_a_port(empty: Rig) -> None:
    """What must be mended first is said instead of serving."""
    done = empty.run("serve", "--port", "1", OPERATOR_NAME="")
    assert done.returncode == 2
    assert "Set OPERATOR_NAME" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DIGEST_TIME", "01:30", "must not lie between 01:00 and 02:00"),
        ("DIGEST_TIME", "canary", "DIGEST_TIME"),
        ("PUBLIC_BASE_URL", "canary", "must look like https://"),
        ("LOG_LEVEL", "canary", "LOG_LEVEL must be"),
        ("DATA_KEYS", "canary", "DATA_KEYS: key 1 is not 32 bytes"),
        ("SMTP_URL", "canary://x", "SMTP_URL must look like"),
    ],
)
def test_a_wrong_setting_is_named_and_never_shown(empty: Rig, name: str, value: str, sentence: str) -> None:
    """A setting that can't be read: its name and what it should be, without what it was."""
    done = empty.run("check", **{name: value})
    printed = done.stdout + done.stderr
    assert sentence in printed
    assert "canary" not in printed
    assert "Traceback" not in printed


def test_an_env_file_is_read_whatever_wrote_it(empty: Rig) -> None:
    """A byte order mark and Windows line ends do no harm."""
    text = "\ufeffOPERATOR_NAME=From a file\r\nDIGEST_TIME=08:00\r\n"
    (empty.folder / ".env").write_bytes(text.encode())
    for name in ("OPERATOR_NAME", "DIGEST_TIME"):
        empty.env.pop(name)
    done = empty.run("check")
    assert "From a file asks and reads" in done.stdout
    assert "Mondays at 08:00" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((*GOOD[:3], "--complaints", "", *GOOD[5:]), "how to complain"),
        ((*GOOD[:3], "--complaints", "call us any day " * 12, *GOOD[5:]), "Shorten them"),
        ((*GOOD[:6], "soon"), "no phone number"),
        ((*GOOD, "--timezone", "Mars/North"), "Europe/London"),
        (GOOD[:3], "--complaints"),
        (("recipient", "add", "nobody", "--as", "landlord"), "no e-mail address"),
        (("recipient", "add", "a@b.example", "--as", "spy"), "landlord or organiser"),
        (
            ("recipient", "add", "a@b.example", "--as", "landlord", "--landlord", "Elsewhere"),
            "no landlord of that name",
        ),
        (
            ("line", "add", "+447700900000", "--channel", "pigeon", "--landlord", LANDLORD),
            "sms, whatsapp, telegram",
        ),
    ],
)
def test_bad_input_gets_a_sentence(fresh_rig: Rig, arguments: tuple[str, ...], sentence: str) -> None:
    """What can't be taken is refused with the reason, and nothing is stored."""
    done = fresh_rig.run(*arguments)
    assert done.returncode == 2
    assert sentence in re.sub(r"[\s│]+", " ", done.stderr)
    store = fresh_rig.store()
    with store.read() as session:
        landlords = all_landlords(session)
        assert [landlord.name for landlord in landlords] == [LANDLORD]
        assert len(recipients_of(session, landlords[0].id)) == 2
    store.close()


def test_a_reader_may_not_moderate(fresh_rig: Rig) -> None:
    """Whoever reads a landlord's digests may not decide what goes into them."""
    done = fresh_rig.run("moderate", "--moderator", "Repairs@harbour.example")
    assert done.returncode == 2
    assert "Nobody may decide what leaves and read it too" in done.stderr


def test_serving_and_working_take_the_fast_loop() -> None:
    """uvloop's, which uvicorn takes by itself only where it makes the loop."""

    async def where() -> str:
        return type(asyncio.get_running_loop()).__module__

    assert on_fast_loop(where()).partition(".")[0] == "uvloop"


def test_a_command_imports_only_what_it_needs(empty: Rig) -> None:
    """`understand` and the help start fast: no database, no web, no channels."""
    heavy = {"telegram", "twilio", "sqlalchemy", "uvicorn", "babel"}
    for code in ("from bot.cli import load; load('understand')", "from bot.cli import app"):
        printed = subprocess.run(
            [sys.executable, "-c", f"{code}; import sys; print(*sys.modules)"],
            check=True,
            capture_output=True,
            text=True,
            env=empty.env,
        ).stdout
        assert heavy.isdisjoint(printed.split())


def test_the_help_names_every_command_with_its_first_sentence() -> None:
    """What stands in the list is what the commands' modules define."""
    for module, names in COMMANDS.items():
        made = typer.Typer()
        import_module(f"bot.cli.{module}").register(made)
        defined = typer.main.get_group(made).commands
        assert [*defined] == [*names]
        for name, first in names.items():
            assert (defined[name].help or "").startswith(first)


def test_new_keys_are_keys() -> None:
    """`listened keys new` prints a key that DATA_KEYS takes."""
    assert parse_keys(new_key()) != parse_keys(new_key())


def test_chat_is_the_same_conversation(empty: Rig) -> None:
    """The terminal says what a phone would say."""
    done = empty.run("chat", typed="they mended the gate and said sorry for the wait\n1\n\n")
    assert done.returncode == 0
    assert "May we share your words" in done.stdout
    assert "A person checks your words" in done.stdout


def test_preview_shows_what_is_held_back(fresh_rig: Rig) -> None:
    """With too few people the preview says "not yet", and how many stories wait for a moderator."""
    fresh_rig.serve()
    fresh_rig.text("sms", "+447700900801", "the new bins are a great help", replies=2)
    fresh_rig.text("sms", "+447700900801", "1", replies=3)
    done = fresh_rig.run("digest", "preview")
    assert "No figures yet" in done.stdout
    assert "1 stories wait for a moderator" in done.stdout
    assert "great help" not in done.stdout
    assert '"figures": null' in fresh_rig.run("digest", "preview", "--json").stdout
