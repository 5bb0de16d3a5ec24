"""Setting a workshop up in the console: planned, changed, invited to and called off, by its organiser alone."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from console import NOW, Answer, House
from sqlalchemy import func, select

from bot.audit import verify
from bot.console.accounts import Refused
from bot.conversation.messages import Incoming
from bot.privacy.disclosure import Approved, Scope, make_release, to_json
from bot.privacy.redact import Redacted
from models.audit import before
from models.base import new_id
from models.landlords import Line
from models.outbound import Outbound
from models.participants import Participant
from models.workshops import Workshop, WorkshopRelease, all_workshops, landlords_of

ORGANISER = "organiser-ours@staff.example"
PLAN = {
    "title": "Respect  for All ",
    "place": "Saltmarsh Hall",
    "starts": "2026-12-10T14:00",
    "hours": "2.5",
    "capacity": "30",
    "organisers": f"{ORGANISER}\nsecond@respect.example",
    "in_en": "1",
    "in_pl": "1",
    "times": "usual",
}
HEAD = "contact,channel,agreed\n"


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two landlords; an organiser of the first, which has a number for texts."""
    made = House(tmp_path_factory.mktemp("workshops"))
    made.hire("organiser", made.ours)
    account = made.settings.twilio_sms_number
    with made.product.store.write() as session:
        session.add(Line(id=new_id(), landlord_id=made.ours, channel="sms", account=account))
    yield made
    made.close()


def set_up(house: House, **changed: str) -> Workshop:
    """A workshop, set up by the form."""
    made = house.ask("POST", f"/console/{house.ours}/workshops/new", ORGANISER, PLAN | changed)
    assert made.status == 303, made.plain
    return newest(house)


def newest(house: House) -> Workshop:
    """The workshop that there is, as it is now."""
    with house.product.store.read() as session:
        return all_workshops(session)[-1]


def page(house: House, workshop: Workshop, step: str = "") -> str:
    """Where a workshop is."""
    return f"/console/{house.ours}/workshops/{workshop.id}{step}"


def bring(house: House, workshop: Workshop, step: str, text: str | bytes, **fields: str) -> Answer:
    """Send a list of guests to a step."""
    content = text.encode() if isinstance(text, str) else text
    files = {"file": ("guests.csv", io.BytesIO(content))}
    return house.ask("POST", page(house, workshop, f"/guests/{step}"), ORGANISER, fields, files=files)


def test_a_workshop_is_set_up_looked_at_and_changed(house: House) -> None:
    """From the empty form to its page; what was planned stands in the form when it is opened again."""
    empty = house.ask("GET", f"/console/{house.ours}/workshops/new", ORGANISER)
    assert f">{ORGANISER}</textarea>" in empty.text
    workshop = set_up(house)
    assert (workshop.title, workshop.capacity, workshop.languages) == ("Respect for All", 30, ["en", "pl"])
    assert workshop.ends_at - workshop.starts_at == timedelta(hours=2.5)
    shown = house.ask("GET", page(house, workshop), ORGANISER).plain
    assert "Thursday 10 December 2026, 14:00, Saltmarsh Hall" in shown
    assert "0 of 30 places are taken." in shown
    for moment in ("Thursday 3 December 2026, 10:00", "Wednesday 10 March 2027, 10:00"):
        assert moment in shown
    form = house.ask("GET", page(house, workshop, "/plan"), ORGANISER).text
    assert 'value="2026-12-10T14:00"' in form
    assert "second@respect.example" in form
    own = {"times": "own", "time_0": "2026-12-05T11:00", "time_1": "", "time_2": "2026-12-11T08:00"}
    moved = {**PLAN, "place": "Quay Hall", "starts": "2026-12-11T15:00", "organisers": ORGANISER, **own}
    assert house.ask("POST", page(house, workshop, "/plan"), ORGANISER, moved).status == 303
    changed = newest(house)
    assert (changed.place, changed.changed_at) == ("Quay Hall", NOW)
    assert [one[:16] for one in changed.prompts] == ["2026-12-05T11:00", "2026-12-11T08:00"]
    form = house.ask("GET", page(house, workshop, "/plan"), ORGANISER).text
    assert 'value="own" checked' in form
    assert "second@respect.example" not in form
    with house.product.store.read() as session:
        assert [one.action for one in before(session, None, 2)] == ["workshop_changed", "workshop_added"]
        assert verify(session, house.product.keys).broken_at is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"title": " "}, "Say the title"),
        ({"place": "x" * 61}, "Say the place, in at most 60 letters"),
        ({"starts": "tomorrow"}, "Say the day and time"),
        ({"starts": "2026-11-01T10:00"}, "has passed"),
        ({"hours": "13"}, "how many hours"),
        ({"capacity": "many"}, "how many people"),
        ({"organisers": ""}, "at least one organiser"),
        ({"organisers": "not an address"}, "not is no e-mail address"),
        ({"times": "own"}, "at least one time of your own"),
        (
            {"times": "own", **{f"time_{n}": f"2026-12-0{n + 1}T10:00" for n in range(3)}},
            "at most twice on earlier days",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(house: House, changed: dict[str, str], said: str) -> None:
    """And nothing that was typed is lost."""
    refused = house.ask("POST", f"/console/{house.ours}/workshops/new", ORGANISER, PLAN | changed)
    assert (refused.status, said in refused.plain) == (400, True), refused.plain
    assert 'name="in_pl" value="1" checked' in refused.text
    with house.product.store.read() as session:
        assert all_workshops(session) == []


def test_a_moderator_is_no_organiser(house: House) -> None:
    """Nobody decides what is shown and gets it too; and whoever is an organiser elsewhere sets up nothing here."""
    moderator = house.hire("moderator", house.ours)
    refused = house.ask(
        "POST", f"/console/{house.ours}/workshops/new", ORGANISER, PLAN | {"organisers": moderator}
    )
    assert "A moderator of one of these landlords" in refused.plain
    set_up(house)
    with pytest.raises(Refused, match="organises"):
        house.accounts.add("second@respect.example", house.ours, "moderator", "a test")
    theirs = PLAN | {f"of_{house.theirs}": "1"}
    house.ask("POST", f"/console/{house.ours}/workshops/new", ORGANISER, theirs)
    with house.product.store.read() as session:
        assert [one.id for one in landlords_of(session, newest(house).id)] == [house.ours]
    house.accounts.add(ORGANISER, house.theirs, "organiser", "a test")
    set_up(house, **{f"of_{house.theirs}": "1"})
    with house.product.store.read() as session:
        assert len(landlords_of(session, newest(house).id)) == 2


def test_the_texts_are_shown_as_they_go_out(house: House) -> None:
    """In any of our languages, at local times, for tenants and for staff."""
    workshop = set_up(house)
    seen = house.ask("GET", page(house, workshop, "/texts"), ORGANISER).plain
    assert "Thursday 3 December 2026, 10:00" in seen
    assert "Today: Respect for All, Thursday 10 December, 14:00, Saltmarsh Hall." in seen
    assert "To staff" in seen
    words = house.ask("GET", page(house, workshop, "/texts?language=pl"), ORGANISER)
    assert "Dzisiaj: Respect for All" in words.plain
    assert 'lang="pl"' in words.text


def test_a_list_is_looked_at_before_anybody_is_invited(house: House) -> None:
    """Which rows can't be used and why; nobody is invited before somebody says so; nobody is told who said stop."""
    workshop = set_up(house)
    house.product.inbox.receive(_stop(house, "+447700900101"))
    text = HEAD + "07700 900101,sms,yes\n07700 900102,sms,yes\n07700 900103,sms,no\n0161 496 0000,sms,yes\n"
    seen = bring(house, workshop, "check", text)
    assert "Invited by text message 2" in seen.plain
    assert "Line 4: agreed must be yes" in seen.plain
    assert "Line 5: contact is no UK mobile" in seen.plain
    assert "stop" not in seen.plain.replace("Whoever said stop", "")
    assert count(house, Participant) == 0
    kept = {"kept": seen.text.partition('name="kept" value="')[2].partition('"')[0]}
    refused = house.ask("POST", page(house, workshop, "/guests/invite"), ORGANISER, kept)
    assert (refused.status, count(house, Participant)) == (400, 0)
    answers = []
    for _ in range(2):
        done = house.ask(
            "POST", page(house, workshop, "/guests/invite"), ORGANISER, {**kept, "skip_bad": "1"}
        )
        answers.append(done.plain)
    assert answers[0] == answers[1]  # nor who is on the list already
    assert "Done. Invitations go out" in answers[0]
    assert count(house, Participant) == 1


def _stop(house: House, number: str) -> Incoming:
    return Incoming("sms", house.settings.twilio_sms_number, "stop-1", number, "stop", house.now)


def count(house: House, table: type) -> int:
    """How many rows a table has."""
    with house.product.store.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Choose a file first."),
        (b"contact,channel,agreed\xff\n", "not UTF-8"),
        ("name,phone\n", "Missing: contact"),
        (HEAD + "07700 900101,telegram,yes\n", "on Telegram people join by the link"),
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence(house: House, text: str | bytes, said: str) -> None:
    """With how to mend it."""
    seen = bring(house, set_up(house), "check", text)
    assert said in seen.plain
    assert count(house, Outbound) == 0


def test_it_is_called_off_by_somebody_who_is_sure(house: House) -> None:
    """Nobody is invited to it, and nothing of it changes, from then on."""
    workshop = set_up(house)
    unsure = house.ask("POST", page(house, workshop, "/call-off"), ORGANISER)
    assert (unsure.status, newest(house).closed_at) == (400, None)
    house.ask("POST", page(house, workshop, "/call-off"), ORGANISER, {"sure": "1"})
    assert newest(house).closed_at == NOW
    assert "It was called off." in house.ask("GET", page(house, workshop), ORGANISER).plain
    assert bring(house, workshop, "invite", HEAD + "07700 900101,sms,yes\n").status == 400
    assert house.ask("POST", page(house, workshop, "/plan"), ORGANISER, PLAN).status == 400


def test_the_pack_comes_as_a_page_or_a_pdf(house: House) -> None:
    """To be saved, and never as a page of the console, whose rules it would break."""
    workshop = set_up(house)
    for form, kind in (("html", "text/html; charset=utf-8"), ("pdf", "application/pdf")):
        saved = house.ask("GET", page(house, workshop, f"/pack?cards=1&form={form}"), ORGANISER)
        assert saved.headers["content-type"] == kind
        name = f'attachment; filename="pack-{workshop.code}.{form}"'
        assert saved.headers["content-disposition"] == name


def test_the_poster_comes_as_a_file(house: House) -> None:
    """In each of the workshop's languages, or as a code alone; a bot's name that is none is refused."""
    workshop = set_up(house)
    saved = house.ask("GET", page(house, workshop, "/poster?kind=poster&form=html"), ORGANISER)
    assert saved.headers["content-disposition"] == f'attachment; filename="poster-{workshop.code}.html"'
    assert saved.text.count('class="panel poster"') == 2
    assert "sms:" in saved.text
    code = house.ask("GET", page(house, workshop, "/poster?form=telegram&bot=@harbour_bot"), ORGANISER)
    assert code.headers["content-type"] == "image/svg+xml"
    assert house.ask("GET", page(house, workshop, "/poster?form=pdf&bot=a b"), ORGANISER).status == 400


def test_an_organiser_sees_what_recurs(house: House) -> None:
    """Across the workshops that they organise; not what one alone had, nor those of others."""
    for organisers, words in (
        (ORGANISER, "listened to"),
        (ORGANISER, "listened to"),
        ("o@respect.example", "were rude to"),
    ):
        workshop = set_up(house, organisers=organisers)
        release(house, workshop, [f"they {words} me for {number} minutes" for number in range(2, 5)])
    seen = house.ask("GET", f"/console/{house.ours}/workshops", ORGANISER).plain
    assert "Listens, and checks that it has understood 2" in seen
    assert "equals" not in seen


def release(house: House, workshop: Workshop, words: list[str]) -> None:
    """Released words about excellent service."""
    approved = [Approved(number, number, Redacted(one), None) for number, one in enumerate(words)]
    made = make_release(
        scope=Scope("workshop", workshop.code),
        number=1,
        on_date=NOW.date(),
        since=None,
        weeks_waiting=0,
        tellings=[],
        approved=approved,
        smallest_group=5,
    )
    row_id, contents = new_id(), json.dumps(to_json(made))
    sealed = house.product.keys.seal("workshop_release", row_id, "contents", contents)
    with house.product.store.write() as session:
        session.add(
            WorkshopRelease(
                id=row_id, workshop_id=workshop.id, name="excellent", contents=sealed, made_at=NOW
            )
        )
