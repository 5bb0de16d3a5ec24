"""On the console: what a landlord's tenants are told, its numbers, who is told of danger, and who gets its digests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from console import Answer, House
from sqlalchemy import select, update

from models.audit import before
from models.handovers import DutyContact
from models.landlords import Landlord, Line, Recipient, readers_of

OPERATOR = "operator-ours@staff.example"
SENTENCES = {
    "complaints": "write to complaints@harbour.example",
    "emergency": "01632 960998",
    "timezone": "Europe/Belfast",
}
NEW = {"email": "new@harbour.example", "audience": "landlord", "every": "four-weekly", "timezone": ""}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Two landlords and one operator of the first."""
    made = House(tmp_path)
    made.hire("operator", made.ours)
    yield made
    made.close()


def ask(house: House, path: str, method: str = "POST", **given: str) -> Answer:
    """One request to a page of ours."""
    return house.ask(method, f"/console/{house.ours}/{path}", OPERATOR, given or None)


def done(house: House) -> str:
    """The newest row of the audit."""
    with house.product.store.read() as session:
        return before(session, None, 1)[0].action


def landlord(house: House) -> Landlord:
    """Our landlord, as it stands."""
    with house.product.store.read() as session:
        return session.get_one(Landlord, house.ours)


def test_what_tenants_are_told_is_changed_and_written_down(house: House) -> None:
    """The page shows what stands, and what was saved is what the next text says."""
    assert 'value="call 01632 960100"' in ask(house, "landlord", "GET").text
    saved = ask(house, "landlord/change", **SENTENCES)
    assert saved.status == 303
    assert done(house) == "landlord_changed"
    now = landlord(house)
    assert {name: getattr(now, name) for name in SENTENCES} == SENTENCES
    shown = house.ask("GET", saved.to, OPERATOR)
    assert "Saved." in shown.plain
    assert 'value="01632 960998"' in shown.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"complaints": ""}, "Say how to complain"),
        ({"complaints": "call us on any day but Sunday, " * 6}, "Shorten them"),
        ({"emergency": "soon"}, "no phone number"),
        ({"timezone": "Mars/North"}, "like Europe/London"),
    ],
)
def test_bad_sentences_are_refused_and_not_lost(house: House, wrong: dict[str, str], said: str) -> None:
    """As the command line refuses them; what was typed stands in the form, and what was told before still is."""
    answer = ask(house, "landlord/change", **{**SENTENCES, **wrong})
    assert (answer.status, said in answer.plain) == (400, True), answer.plain
    kept = {**SENTENCES, **wrong}
    assert f'value="{kept["emergency"]}"' in answer.text
    assert landlord(house).complaints == "call 01632 960100"


def test_people_are_told_and_told_no_more(house: House) -> None:
    """Each change stands in the audit; the same person twice, or a landline, is refused."""
    somebody = {"role": "duty", "email": "night@harbour.example", "mobile": "07700 900555"}
    assert "the operator of the service is told instead" in ask(house, "landlord", "GET").plain
    assert ask(house, "landlord/told", **somebody).status == 303
    assert done(house) == "duty_contact_added"
    assert "has that role already" in ask(house, "landlord/told", **somebody).plain
    landline = {**somebody, "email": "day@harbour.example", "mobile": "020 7946 0000"}
    assert "no UK mobile" in ask(house, "landlord/told", **landline).plain
    assert "no e-mail address" in ask(house, "landlord/told", role="duty", email="night").plain
    shown = ask(house, "landlord", "GET")
    assert "night@harbour.example (also by text)" in shown.plain
    assert "900555" not in shown.text
    with house.product.store.read() as session:
        contact = session.scalars(select(DutyContact)).one()
    assert ask(house, f"landlord/told/{contact.id}/remove").status == 303
    assert done(house) == "duty_contact_removed"
    assert "night@harbour.example" not in ask(house, "landlord", "GET").text


def test_a_number_is_given_but_never_taken_from_somebody_else(house: House) -> None:
    """One that is nobody's, yes; another landlord's, only where whoever asks is its operator too."""
    assert ask(house, "landlord/line", channel="sms", account="07700 900000").status == 303
    assert done(house) == "line_added"
    assert "SMS: +447700900000" in ask(house, "landlord", "GET").plain
    with house.product.store.write() as session:
        session.execute(update(Line).values(landlord_id=house.theirs))
    refused = ask(house, "landlord/line", channel="sms", account="+447700900000")
    assert (refused.status, "can't be given from here" in refused.plain) == (400, True)
    house.accounts.add(OPERATOR, house.theirs, "operator", "a test")
    assert ask(house, "landlord/line", channel="sms", account="+447700900000").status == 303
    with house.product.store.read() as session:
        assert session.scalars(select(Line.landlord_id)).all() == [house.ours]
    for channel, account, said in (
        ("pigeon", "1", "Choose one of"),
        ("telegram", "@bot", "bot's id is a number"),
    ):
        assert said in ask(house, "landlord/line", channel=channel, account=account).plain


def test_who_gets_the_digests(house: House) -> None:
    """Added, changed, ended, taken off: each as the list then says, and in the audit."""
    assert ask(house, "recipients/add", **NEW).status == 303
    assert done(house) == "recipient_added"
    assert "As the landlord's own team, every fourth Monday." in ask(house, "recipients", "GET").plain
    changed = {"email": NEW["email"], "every": "weekly", "timezone": "Europe/Paris"}
    assert ask(house, "recipients/change", **changed).status == 303
    assert "every Monday, in the morning of Europe/Paris." in ask(house, "recipients", "GET").plain
    assert ask(house, "recipients/change", email=NEW["email"], every="off", timezone="").status == 303
    assert "not at all" in ask(house, "recipients", "GET").plain
    with house.product.store.read() as session:
        assert len(readers_of(session, house.ours)) == 2
        row = session.scalars(select(Recipient).order_by(Recipient.id.desc())).first()
        assert row
        assert row.timezone is None
    assert ask(house, "recipients/remove", email=NEW["email"]).status == 303
    assert done(house) == "recipient_removed"
    assert NEW["email"] not in ask(house, "recipients", "GET").text


def test_a_mailbox_that_is_not_there_says_so_until_it_is_tried_again(house: House) -> None:
    """With the server's code; saving clears it."""
    with house.product.store.write() as session:
        session.execute(update(Recipient).values(unreachable="5.1.1"))
    assert "no such mailbox (5.1.1)" in ask(house, "recipients", "GET").plain
    ask(house, "recipients/change", email="repairs@harbour.example", every="weekly", timezone="")
    assert ask(house, "recipients", "GET").plain.count("no such mailbox") == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"email": "nobody"}, "no e-mail address"),
        ({"email": "Repairs@harbour.example"}, "gets them already"),
        ({"audience": "spy"}, "landlord or organiser"),
        ({"every": "hourly"}, "Choose one of weekly"),
        ({"timezone": "Mars/North"}, "like Europe/London"),
        ({"email": "moderator-ours@staff.example"}, "A moderator of this landlord"),
    ],
)
def test_a_recipient_that_can_not_be_is_refused(house: House, wrong: dict[str, str], said: str) -> None:
    """In a sentence, and nobody is added: not whoever decides what leaves."""
    house.hire("moderator", house.ours)
    answer = ask(house, "recipients/add", **{**NEW, **wrong})
    assert (answer.status, said in answer.plain) == (400, True), answer.plain
    with house.product.store.read() as session:
        assert len(session.scalars(select(Recipient)).all()) == 2


def test_an_empty_list_of_recipients_helps(house: House) -> None:
    """It says whom to add."""
    for email in ("repairs@harbour.example", "workshops@respect.example"):
        ask(house, "recipients/remove", email=email)
    assert "Nobody yet. Add the team" in ask(house, "recipients", "GET").plain
