"""`POST /api/visits`: with a landlord's own key, as CSV or JSON, each bad row named; as the how-to says, by real curl."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from console import Answer, House
from rig import Rig
from sqlalchemy import func, select

from bot.api_keys import MOST_IN_WINDOW, ApiKeys
from models.api_keys import ApiKey
from models.audit import before
from models.landlords import all_landlords
from models.visits import Visit

OPERATOR = "operator-ours@staff.example"
HEAD = "contact,channel,visited_on,kind,reference\n"
GOOD = "07700 900101,sms,2026-11-23,boiler,J1\n"
BAD = "020 7946 0000,sms,2026-11-23,tap,J2\n"
HOW_TO = Path(__file__).resolve().parents[1] / "docs" / "how-to" / "ask-about-visits.md"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Two landlords, and an operator of the first."""
    made = House(tmp_path)
    made.hire("operator", made.ours)
    yield made
    made.close()


def ask(house: House, path: str = "", method: str = "POST", **given: str) -> Answer:
    """One request to the page of keys."""
    return house.ask(method, f"/console/{house.ours}/visits/keys{path}", OPERATOR, given or None)


def make(house: House, name: str = "Repairs system") -> str:
    """A new key, as its page shows it."""
    found = re.search(r'class="secret">([^<]+)<', ask(house, name=name).text)
    assert found
    return found[1]


def send(
    house: House, key: str, body: str | bytes, kind: str = "text/csv", query: str = ""
) -> httpx.Response:
    """One request of a landlord's system."""
    headers = {"content-type": kind, **({"authorization": f"Bearer {key}"} if key else {})}

    async def sent() -> httpx.Response:
        transport = httpx.ASGITransport(house.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            return await client.post(f"/api/visits{query}", content=body, headers=headers)

    return asyncio.run(sent())


def stored(house: House) -> list[int]:
    """Whose visits there are."""
    with house.product.store.read() as session:
        return list(session.scalars(select(Visit.landlord_id)))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (HEAD + GOOD, "text/csv"),
        ("\ufeff" + HEAD + GOOD, "Text/CSV; charset=utf-8"),
        (
            '[{"contact":"07700 900101","channel":"sms","visited_on":"2026-11-23","kind":"boiler","reference":"J1"}]',
            "application/json",
        ),
    ],
    ids=("csv", "csv as Excel writes it", "json"),
)
def test_a_list_comes_in_for_the_landlord_of_the_key(house: House, body: str, kind: str) -> None:
    """As either, once however often it is sent; never for another landlord, whatever is asked."""
    key = make(house)
    assert send(house, key, body, kind).json() == {"new": 1, "known": 0, "bad": []}
    assert send(house, key, body, kind, "?landlord=Quay%20Homes").json() == {"new": 0, "known": 1, "bad": []}
    assert stored(house) == [house.ours]
    with house.product.store.read() as session:
        assert [row.action for row in before(session, None, 3)] == ["visits_imported"] * 2 + ["api_key_made"]


def test_each_bad_row_is_named_and_nothing_comes_in_unless_asked(house: House) -> None:
    """By its line, with why, and without the number that stands there: the same checks as for a file."""
    key, body = make(house), HEAD + GOOD + BAD
    refused = send(house, key, body)
    assert refused.status_code == 422
    assert refused.json()["bad"] == [
        {
            "row": 3,
            "problem": "contact is no UK mobile: texts to landlines are read aloud by some carriers",
        }
    ]
    assert "7946" not in refused.text
    assert stored(house) == []
    assert send(house, key, body, query="?skip_bad=1").json()["new"] == 1
    assert stored(house) == [house.ours]


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        ("{", "application/json", "not JSON"),
        ("[" * 100_000, "application/json", "not JSON"),
        ('{"a": 1}', "application/json", "list of objects"),
        (b"\xff\xfe", "text/csv", "not UTF-8"),
        ("name,phone\n", "text/csv", "Missing: contact"),
        (HEAD + GOOD, "text/plain", "Content-Type: text/csv"),
    ],
    ids=("cut json", "deep json", "no list", "bytes", "no columns", "no kind"),
)
def test_what_is_no_list_gets_a_sentence(house: House, body: str | bytes, kind: str, said: str) -> None:
    """With how to mend it; nobody meets a traceback."""
    answer = send(house, make(house), body, kind)
    assert (answer.status_code, said in answer.json()["error"]) == (400, True), answer.text
    assert stored(house) == []


def test_no_key_or_a_wrong_one_opens_nothing(house: House) -> None:
    """Missing, wrong, cut short, of another alphabet, or taken back: 401, and nothing is written."""
    key = make(house)
    for wrong in ("", "nonsense", key[:-1], key + "a", key.upper(), "x" * 5_000):
        answer = send(house, wrong, HEAD + GOOD)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    with house.product.store.read() as session:
        row = session.scalars(select(ApiKey)).one()
        assert (row.used, row.used_at) == (0, None)
        assert key.encode() not in row.lookup
    assert send(house, key, HEAD + GOOD).status_code == 200
    assert ask(house, f"/{row.id}/revoke").status == 303
    assert send(house, key, HEAD + GOOD).status_code == 401
    assert len(stored(house)) == 1
    assert "No system has one yet" in ask(house, method="GET").plain


def test_too_large_a_list_is_refused(house: House) -> None:
    """With what to do instead."""
    answer = send(house, make(house), HEAD + "x" * 2_100_000)
    assert (answer.status_code, "few thousand" in answer.json()["error"]) == (413, True)


def test_a_key_is_used_so_often_and_no_more(house: House) -> None:
    """Then it says when to come back; another key goes on, and so does this one a minute later."""
    key, other = make(house), make(house, "Another system")
    answers = [send(house, key, HEAD + GOOD).status_code for _ in range(MOST_IN_WINDOW + 1)]
    assert answers == [200] * MOST_IN_WINDOW + [429]
    again = send(house, key, HEAD + GOOD)
    assert 0 < int(again.headers["retry-after"]) <= 60
    assert send(house, other, HEAD + GOOD).status_code == 200
    house.pass_time(seconds=61)
    assert send(house, key, HEAD + GOOD).status_code == 200


def test_a_key_is_shown_once(house: House) -> None:
    """When it is made; then its name and its last use alone."""
    assert "No system has one yet" in ask(house, method="GET").plain
    key = make(house, "Repairs <b>system</b>")
    later = ask(house, method="GET")
    assert key not in later.text
    assert "Repairs &lt;b&gt;system&lt;/b&gt;" in later.text
    assert "Never used." in later.plain
    send(house, key, HEAD + GOOD)
    assert "Last used on Monday 23 November 2026" in ask(house, method="GET").plain
    for name in ("", "x" * 61):
        refused = ask(house, name=name)
        assert (refused.status, "Say which system" in refused.plain) == (400, True)
    with house.product.store.read() as session:
        assert session.scalar(select(func.count()).select_from(ApiKey)) == 1


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not here")
def test_the_how_to_works(fresh_rig: Rig) -> None:
    """Its curl line, word for word, against a real server: taken in, and a bad row named; no key is in any log."""
    fresh_rig.serve("--no-work")
    store = fresh_rig.store()
    with store.read() as session:
        landlord = all_landlords(session)[0]
    key = ApiKeys(store, fresh_rig.keys, lambda: datetime.now(ZoneInfo("UTC"))).make(
        landlord, "curl", "a test"
    )
    lines = [line for line in HOW_TO.read_text(encoding="utf-8").splitlines() if line.startswith("curl ")]
    assert len(lines) == 1
    line = lines[0].replace("https://listened.example.org", fresh_rig.settings.public_base_url)
    today = f"{datetime.now(ZoneInfo('Europe/London')):%F}"
    said = []
    for rows in (f"07700 900123,sms,{today},boiler,J1\n", "nobody,sms,soon,,\n"):
        (fresh_rig.folder / "visits.csv").write_text(HEAD + rows, encoding="utf-8")
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=fresh_rig.folder,
            env={**fresh_rig.env, "KEY": key, "no_proxy": "*"},
            capture_output=True,
            text=True,
            check=True,
        )
        said.append(done.stdout)
    assert said[0] == '{"new":1,"known":0,"bad":[]}'
    assert '"row":2,"problem":"contact is no phone number' in said[1]
    assert key not in fresh_rig.output
