"""Papers: each promise of the privacy notice has a test, and each threat its proof."""

import asyncio
import re
from pathlib import Path

import databases
import httpx
import pytest

from bot.app import build, web_app
from bot.demo.stage import demo_settings
from bot.notice import MARK, NOTICE, notice, placeholders
from bot.settings import Settings, load_settings

ROOT = Path(__file__).resolve().parents[1]
TESTS = {
    name
    for path in (ROOT / "tests").glob("test_*.py")
    for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
}
UNPROVED = {
    # What is nobody's behaviour but ours, a landlord's or the law's.
    "- If your landlord tells us of a visit",
    "- Phone companies, Twilio, Meta and Telegram",
    "- Digests stay.",
    "- Digests that were sent,",
    "- Complain to",
    "- People at",
}


def promises() -> list[str]:
    """Every item of the notice's lists."""
    return [line for line in NOTICE.read_text(encoding="utf-8").splitlines() if line.startswith("- ")]


@pytest.mark.parametrize("promise", promises())
def test_each_promise_is_held_to_account(promise: str) -> None:
    """A line of the notice names a test that exists, or is one of the few that no test can hold."""
    held_by = MARK.findall(promise)
    assert all(name in TESTS for name in held_by), held_by
    assert held_by or any(promise.startswith(start) for start in UNPROVED)


def test_every_number_of_the_notice_is_a_setting() -> None:
    """No period stands in the notice as a number; change the setting and the page changes."""
    raw = NOTICE.read_text(encoding="utf-8")
    periods = {name for name in Settings.model_fields if name.startswith("keep_")}
    assert placeholders(MARK.sub("", raw)) == periods | {"operator"}
    assert not re.search(r"\d+ (?:days?|weeks?|years?)", raw)
    shown = notice(load_settings(None, operator_name="The Team", keep_received_days=17))
    assert "Messages as they came in: 17 days." in shown
    assert "{" not in shown
    assert "held by" not in shown


def test_the_page_is_there_and_plain(tmp_path: Path) -> None:
    """`/privacy` is HTML with headings in order, a language and no script, and it names the operator escaped."""
    product = build(
        demo_settings(
            tmp_path,
            8000,
            1,
            2,
            operator_name="Ann & <Co>",
            database_url=databases.migrated(tmp_path / "a.db"),
        )
    )

    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(web_app(product, work=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://l.example") as client:
            return await client.get("/privacy")

    answer = asyncio.run(get())
    assert answer.status_code == 200
    assert '<html lang="en">' in answer.text
    assert "Ann &amp; &lt;Co&gt;" in answer.text
    assert "<script" not in answer.text
    assert [int(level) for level in re.findall(r"<h(\d)", answer.text)] == [1, *[2] * 5]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    product.close_database()


def test_each_threat_names_a_test_that_exists() -> None:
    """The threat model's last column holds names of tests, or says why there is none."""
    rows = [
        line.split("|")
        for line in (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8").splitlines()
        if re.match(r"\| \d", line)
    ]
    assert len(rows) > 25
    for row in rows:
        named = re.findall(r"`(test_\w+)`", row[-2])
        assert named or row[-2].strip().startswith("none:"), row
        assert all(name in TESTS for name in named), named
