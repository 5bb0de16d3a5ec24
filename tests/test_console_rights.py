"""On the console: what people ask of us, agreed to by two; digests and their preview; the audit and its export."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from console import House
from sqlalchemy import select, update

from bot.privacy.disclosure import from_json
from bot.schedule import queue_due
from models.audit import Audit, before
from models.releases import Release
from models.requests import PersonRequest
from models.stories import Consent, Story

OPERATOR, AUDITOR = "operator-ours@staff.example", "auditor-ours@staff.example"
WORDS = "she rang back the same day about the gate"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """One person a role, and somebody who told something: their number is the first."""
    made = House(tmp_path)
    made.everybody()
    made.told(WORDS)
    yield made
    made.close()


NUMBER = "07700 900100"


def page(house: House, path: str = "people") -> str:
    """The address of a page of ours."""
    return f"/console/{house.ours}/{path}"


def ask(house: House, wish: str, address: str = NUMBER, who: str = OPERATOR) -> tuple[int, str]:
    """Write a request down."""
    form = {"channel": "sms", "address": address, "wish": wish, "reason": "rang from that number"}
    answer = house.ask("POST", page(house), who, form)
    return answer.status, answer.plain


def request_id(house: House) -> int:
    """The newest request."""
    with house.product.store.read() as session:
        found = session.scalars(select(PersonRequest.id).order_by(PersonRequest.id.desc())).first()
    assert found
    return found


def agree(house: House, who: str = AUDITOR) -> int:
    """Agree to the newest request."""
    return house.ask("POST", page(house, f"people/{request_id(house)}/agree"), who).status


def test_nothing_is_done_before_two_agree(house: House) -> None:
    """An operator writes it down, an auditor agrees, and only then everything is gone; both stand in the audit."""
    assert ask(house, "erase")[0] == 303
    with house.product.store.read() as session:
        assert session.scalars(select(Story.id)).all()
    shown = house.ask("GET", page(house), AUDITOR)
    assert "rang from that number" in shown.plain
    assert "900100" not in shown.text
    assert house.ask("POST", page(house, f"people/{request_id(house)}/agree"), OPERATOR).status == 403
    assert agree(house) == 303
    with house.product.store.read() as session:
        assert session.scalars(select(Story.id)).all() == []
        done = [row.action for row in before(session, None, 3)]
    assert done == ["person_erased", "person_request_agreed", "person_request_made"]


def test_one_person_is_not_two(house: House) -> None:
    """Whoever has both roles can't agree to what they wrote down themselves."""
    house.accounts.add(OPERATOR, house.ours, "auditor", "a test")
    ask(house, "withdraw")
    assert agree(house, OPERATOR) == 400
    assert agree(house, AUDITOR) == 303
    assert agree(house, AUDITOR) == 400
    with house.product.store.read() as session:
        assert session.scalars(select(Consent.given)).all() == [False]


def test_an_export_is_fetched_by_the_operator(house: House) -> None:
    """Not before the second person agrees; then as a file with all that they told."""
    ask(house, "export")
    path = page(house, f"people/{request_id(house)}/export")
    assert house.ask("POST", path, OPERATOR).status == 404
    assert agree(house) == 303
    answer = house.ask("POST", path, OPERATOR)
    assert answer.headers["content-disposition"] == 'attachment; filename="export.json"'
    assert json.loads(answer.text)["stories"][0]["words"] == [WORDS]
    house.pass_time(days=8)
    assert house.ask("POST", path, OPERATOR).status == 404


def test_nobody_is_browsed_for(house: House) -> None:
    """An unknown number, somebody of another landlord only, and who told about both: each has its sentence."""
    assert "Nothing is held" in ask(house, "export", "07700 900999")[1]
    house.told("about the other landlord", house.theirs)
    assert "Nothing is held" in ask(house, "export", "07700 900101")[1]
    house.tellers = 99
    house.told("the same person about the other landlord", house.theirs)
    status, said = ask(house, "erase")
    assert (status, "landlord that is not yours" in said) == (400, True)
    assert "Fill in every field" in ask(house, "", NUMBER)[1]


def test_digests_as_each_role_reads_them(house: House) -> None:
    """Frozen ones for readers and organisers, each their own; the preview for operators and moderators alone."""
    house.pass_time(days=7)
    moment = house.now
    with house.product.store.write() as session:
        queue_due(session, house.product.keys, moment=moment, now=moment, at=house.settings.digest_time)
        release = session.scalars(select(Release).where(Release.scope_id == house.ours)).one()
    one = page(house, f"digests/{release.id}")
    as_reader = house.ask("GET", one, "reader-ours@staff.example").plain
    as_organiser = house.ask("GET", one, "organiser-ours@staff.example").plain
    as_operator = house.ask("GET", one, OPERATOR).plain
    assert "As the landlord's teams read it" in as_reader
    assert "workshop organisers read it" not in as_reader
    assert "As workshop organisers read it" in as_organiser
    assert "repairs@harbour.example" in as_operator
    assert "waits to be sent" in as_operator
    assert "harbour.example" not in as_reader
    preview = house.ask("GET", page(house, "digests/preview"), "moderator-ours@staff.example").plain
    assert "Stories that wait for a moderator: 1." in preview
    assert "no figure leaves" in preview
    for role in ("reader", "organiser"):
        who = f"{role}-ours@staff.example"
        assert house.ask("GET", page(house, "digests/preview"), who).status == 403
        assert "See what would go out now" not in house.ask("GET", page(house, "digests"), who).plain
    with house.product.store.read() as session:
        opened = house.product.keys.open("release", release.id, "contents", release.contents)
        assert from_json(json.loads(opened)).figures is None


def test_the_audit_can_be_read_checked_and_taken_away(house: House) -> None:
    """Names stand beside what those who work here did; a changed row shows; the table holds every row."""
    shown = house.ask("GET", page(house, "audit"), AUDITOR)
    assert "signed in" in shown.plain
    assert OPERATOR in shown.plain
    assert "none changed" in house.ask("POST", page(house, "audit"), AUDITOR).plain
    taken = house.ask("GET", page(house, "audit/export.csv"), AUDITOR)
    rows = list(csv.DictReader(io.StringIO(taken.text)))
    with house.product.store.read() as session:
        assert [int(row["number"]) for row in rows] == list(range(1, len(rows) + 1))
        assert before(session, None, 1)[0].action == "audit_exported"
        older = before(session, 3, 10)
    assert [row.number for row in older] == [2, 1]
    assert "Older ones" not in house.ask("GET", page(house, "audit?before=3"), AUDITOR).plain
    with house.product.store.write() as session:
        session.execute(update(Audit).where(Audit.number == 2).values(action="nothing"))
    broken = house.ask("POST", page(house, "audit"), AUDITOR)
    assert (broken.status, "Row 2 was changed" in broken.plain) == (400, True)


def test_requests_do_not_stay(house: House) -> None:
    """After a month a request goes, with its reason."""
    ask(house, "export")
    house.now += timedelta(days=31)
    assert house.product.retention.run()["requests_of_people"] == 1
