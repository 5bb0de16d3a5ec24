"""Responses on the console: looked at first, told to nobody while they can be taken back, and never counting anybody."""

import html
import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from console import Answer, House
from sqlalchemy import select, update

from bot.responses import answers_of_landlord
from models.audit import before
from models.base import new_id
from models.outbound import Outbound
from models.responses import Hearing
from models.responses import Response as Row
from models.stories import BACK, Consent, Story

READER, OPERATOR = "reader-ours@staff.example", "operator-ours@staff.example"
WORDS = "We now ring before each visit, and the same person comes back."
TELLERS, WANT = 23, 3
TEXT = f'You told us about Harbour Homes. They answer: "{WORDS}" Is that so? Reply 1 for yes, 3 for no.'


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A landlord whose digest of today counted about 25 people, three of whom want to hear back."""
    made = House(tmp_path_factory.mktemp("responses"))
    made.everybody()
    stories = [made.told(f"nobody rang me back about the tap, number {number}") for number in range(TELLERS)]
    with made.product.store.write() as session:
        for story_id in stories[:WANT]:
            row = {"id": new_id(), "story_id": story_id, "use": BACK, "given": True, "decided_at": made.now}
            session.add(Consent(**row))
    made.pass_time(minutes=1)
    made.release(made.ours)
    yield made
    made.close()


@pytest.fixture
def house(crowd: House) -> Iterator[House]:
    """The same, with no response yet."""
    yield crowd
    with crowd.product.store.write() as session:
        for table in (Outbound, Row):
            for row in session.scalars(select(table)):
                session.delete(row)
    crowd.pass_time(days=2)


def form(house: House, **given: str) -> dict[str, str]:
    """A form filled in: an answer to all that the digest counted."""
    return {"about": f"release:{digest(house)}", "kind": "did", "words": WORDS, "due": "", **given}


def digest(house: House) -> str:
    """The date of the digest with figures, as the form offers it."""
    found = re.search(r'value="release:([\d-]+)"', ask(house, "responses", "GET").text)
    assert found
    return found[1]


def ask(house: House, path: str, method: str = "POST", who: str = READER, **given: str) -> Answer:
    """One request to a page of ours."""
    return house.ask(method, f"/console/{house.ours}/{path}", who, given or None)


def rows(house: House, table: type) -> list[object]:
    """Every row of a table."""
    with house.product.store.read() as session:
        return list(session.scalars(select(table)).all())


def newest(house: House) -> int:
    """The id of the newest response."""
    with house.product.store.read() as session:
        return session.scalars(select(Row.id).order_by(Row.id.desc())).first() or 0


def test_it_is_looked_at_before_it_is_written(house: House) -> None:
    """Exactly the text, in every language, and at most how many; nothing is written."""
    seen = ask(house, "responses/preview", **form(house))
    assert seen.status == 200
    assert f"<blockquote>{html.escape(TEXT)}</blockquote>" in seen.text.replace("&#34;", "&quot;")
    assert seen.text.count(WORDS) >= 17
    assert "At most about 25 people could get it: as many as that digest counted." in seen.plain
    assert rows(house, Row) == []


def test_how_many_says_nothing_that_a_digest_did_not_say(house: House) -> None:
    """The page is the same for a theme that three tell of and want to hear of, and for one that nobody told of."""
    pages = [
        ask(house, "responses/preview", **form(house, about=about)).plain.partition("Change it Change it")[0]
        for about in ("information-", "belief+")
    ]
    with house.product.store.read() as session:
        assert len(session.scalars(select(Consent).where(Consent.use == BACK)).all()) == WANT
    assert pages[0] == pages[1]
    assert "At most about 25 people could get it" in pages[0]


def test_it_can_be_taken_back_before_anybody_hears_of_it(house: House) -> None:
    """Nobody is told meanwhile, no digest and no public page has it; taken back, only the audit knows of it."""
    ask(house, "responses/public", shown="yes")
    assert ask(house, "responses", **form(house)).status == 303
    assert "Nobody has been told. You can take it back until" in ask(house, "responses", "GET").plain
    assert house.product.responses.tell_due() == 0
    assert house.product.responses.public() == []
    with house.product.store.read() as session:
        assert answers_of_landlord(session, house.ours, house.now.date(), house.now) == []
    assert ask(house, f"responses/{newest(house)}/withdraw").status == 303
    with house.product.store.read() as session:
        actions = [row.action for row in before(session, None, 2)]
    assert actions == ["response_withdrawn", "response_written"]
    house.pass_time(seconds=11)
    assert house.product.responses.tell_due() == 0
    assert rows(house, Row) == rows(house, Hearing) == rows(house, Outbound) == []


def test_what_was_seen_is_what_is_sent(house: House) -> None:
    """After its time it goes, as it was shown, to those who wanted it; then it can't be taken back."""
    ask(house, "responses", **form(house))
    house.pass_time(seconds=11)
    assert house.product.responses.tell_due() == WANT
    keys = house.product.keys
    bodies = [keys.open("outbound", one.id, "body", one.body) for one in rows(house, Outbound)]  # type: ignore[attr-defined]
    sent = [json.loads(body)["text"] for body in bodies]
    assert sent.count(TEXT) == WANT
    refused = ask(house, f"responses/{newest(house)}/withdraw")
    assert (refused.status, "It is too late" in refused.plain) == (400, True)
    assert len(rows(house, Row)) == 1
    assert house.product.responses.public()[0].words == WORDS


def test_who_says_no_is_counted_by_releases_alone(house: House) -> None:
    """Everybody who heard of it says no, and the page is as before, until a release has published that."""
    ask(house, "responses", **form(house))
    house.pass_time(seconds=11)
    house.product.responses.tell_due()
    quiet = ask(house, "responses", "GET").plain
    with house.product.store.write() as session:
        session.execute(update(Hearing).values(confirmed=False))
    assert ask(house, "responses", "GET").plain == quiet
    with house.product.store.write() as session:
        session.execute(update(Row).values(not_so=10))
    assert "At least 10 people say that it is not so." in ask(house, "responses", "GET").plain


def test_a_promise_and_what_became_of_it(house: House) -> None:
    """It has a date; past that it says so; in the end its landlord says what became of it."""
    soon = f"{house.now.date() + timedelta(days=1)}"
    assert ask(house, "responses", **form(house, kind="will", due=soon)).status == 303
    assert "promises whose day" not in ask(house, "today", "GET").plain
    house.pass_time(days=2)
    assert "1 promises whose day has passed" in ask(house, "today", "GET").plain
    assert "Its day has passed." in ask(house, "responses", "GET").plain
    assert ask(house, f"responses/{newest(house)}/end", became="kept").status == 303
    assert "promises whose day" not in ask(house, "today", "GET").plain
    promise = form(house, kind="will", due="2027-12-01")
    assert ask(house, "responses", who=OPERATOR, **promise).status == 303
    path = f"responses/{newest(house)}/end"
    assert "Choose whether" in ask(house, path, became="perhaps").plain
    assert ask(house, path, became="not_kept", words="The line comes in May.").status == 303
    shown = ask(house, "responses", "GET").plain
    assert "We will, by 1 December 2027:" in shown
    assert "Not kept. The line comes in May." in shown


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"about": ""}, "Choose what you answer."),
        ({"about": "weather"}, "There is no weather"),
        ({"about": "release:2020-01-06"}, "no digest with figures of that date"),
        ({"kind": "will"}, "A promise needs a date"),
        ({"kind": "will", "due": "soon"}, "A promise needs a date"),
        ({"kind": "might"}, "Choose one of did, will, cannot"),
        ({"words": " "}, "Say what was done"),
        ({"words": "we did a great deal " * 20}, "Say it shorter"),
    ],
)
def test_what_is_refused(house: House, given: dict[str, str], said: str) -> None:
    """In a sentence, by the preview and by writing alike; nothing typed is lost, and nothing is written."""
    for path in ("responses/preview", "responses"):
        answer = ask(house, path, **form(house, **given))
        assert (answer.status, said in answer.plain) == (400, True), answer.plain
        assert given.get("words", WORDS).strip() in answer.text
    assert rows(house, Row) == []


def test_words_that_may_name_somebody_are_pointed_out(house: House) -> None:
    """What goes to everybody names nobody; marks that hide or turn text are seen before they are sent."""
    named = ask(house, "responses/preview", **form(house, words="Mr Okafor now rings 07700 900123 first"))
    assert "This may name somebody" in named.plain
    assert "Okafor" in named.plain.partition("This may name somebody")[2]
    assert "This may name" not in ask(house, "responses/preview", **form(house)).plain
    turned = ask(house, "responses/preview", **form(house, words="We \u202ella did\u202c it <b>now</b>"))
    assert "\u202e" not in turned.text
    assert "<b>now" not in turned.text


def test_an_empty_list_helps(house: House) -> None:
    """It says what a good first one is."""
    assert "A good first one" in ask(house, "responses", "GET").plain
    with house.product.store.read() as session:
        assert session.scalars(select(Story.id)).all()
