"""Workshops: joining and leaving, who is asked what and when, and a whole one lived through."""

import asyncio
import random
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hall import LONDON, ORGANISER, STARTS, Hall, Person
from rig import Rig
from sqlalchemy import func, select
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.conversation.join_codes import LETTERS, codes_in, new_code, spoken
from bot.export import Export
from bot.understanding.roles import read_role, wants_to_leave
from bot.workshops.guests import BadGuest, Guest, NotAList, read_guests
from bot.workshops.planning import WorkshopProblem
from models.participants import Contribution, contributions_of
from models.people import Contact
from models.stories import Story

UNPROMPTED = {
    "pre_session.good": "2026-12-03 10",
    "pre_session.could": "2026-12-03 10",
    "pre_session.reminder": "2026-12-04 10",
    "pre_session.reminder_staff": "2026-12-04 10",
    "pair.listened": "2026-12-09 10",
    "pair.guess": "2026-12-09 10",
    "workshop.today": "2026-12-10 09",
    "post_session.will_do": "2026-12-11 10",
}


def a_person(number: int, role: str = "tenant", **more: object) -> Person:
    """Somebody on SMS who answers nothing."""
    return Person("sms", f"+447700900{number}", role, **more)  # type: ignore[arg-type]


# ---- codes


@pytest.mark.parametrize(
    "text",
    [
        "HAT347",
        "hat347",
        "hat 347",
        "Hat-347.",
        "join hat 347 please",
        "h a t 3 4 7",
        "ＨＡＴ３４７",
        "НАТ٣٤٧",
        "/start HAT347",
    ],
)
def test_a_code_is_found_however_it_is_typed(text: str) -> None:
    """With spaces, in small letters, among words, with Cyrillic letters and Arabic digits."""
    assert "HAT347" in codes_in(text)


@pytest.mark.parametrize("text", ["", "flat 347 hat", "my boiler broke on 3 4 7", "hat 34", "SW1A 2AA", "1"])
def test_what_is_no_code_is_none(text: str) -> None:
    """A story with numbers in it opens no door."""
    assert codes_in(text) == ()


def test_codes_have_no_letters_that_look_alike() -> None:
    """On a poster read from afar."""
    dice = random.Random(7)  # noqa: S311 - the same codes each time
    codes = {new_code(dice.choice) for _ in range(500)}
    assert not set("".join(codes)) & set("BILOSZ01258")
    assert all(codes_in(spoken(code)) == (code,) for code in codes)
    assert len(LETTERS) == len(set(LETTERS)) == 20


def test_roles_and_leaving_are_understood_in_every_language() -> None:
    """Digits of other scripts as well."""
    assert [read_role(one) for one in ("1", "Tenant", "٢", "pracownik", "ਕਿਰਾਏਦਾਰ", "hello")] == [
        "tenant",
        "tenant",
        "staff",
        "staff",
        "tenant",
        None,
    ]
    assert wants_to_leave("LEAVE")
    assert wants_to_leave("No voy.")
    assert not wants_to_leave("they leave the bins out")


# ---- setting up


def test_the_usual_times_in_local_time_and_in_hours(tmp_path: Path) -> None:
    """A Sunday workshop asks on Monday, not on the quiet Sunday before; nothing on its own Sunday."""
    hall = Hall(tmp_path)
    usual = [f"{one:%a %d %H:%M}" for one in map(_local, hall.add().prompts)]
    assert usual == ["Thu 03 10:00", "Wed 09 10:00", "Thu 10 09:00"]
    sunday = hall.add(STARTS.replace(day=13))
    assert [f"{one:%a %d %H:%M}" for one in map(_local, sunday.prompts)] == ["Mon 07 09:00", "Sat 12 10:00"]
    soon = hall.add(STARTS.replace(month=11, day=24))
    assert [f"{one:%a %d %H:%M}" for one in map(_local, soon.prompts)] == ["Tue 24 09:00"]


def _local(plain: str) -> datetime:
    return datetime.fromisoformat(plain).astimezone(LONDON)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"capacity": 0}, "how many"),
        ({"starts": STARTS.replace(month=1)}, "has passed"),
        ({"prompts": tuple(STARTS.replace(day=day) for day in (1, 2, 3))}, "at most twice"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    """Never more than four texts before a session."""
    with pytest.raises(WorkshopProblem, match=said):
        Hall(tmp_path).add(**changed)  # type: ignore[arg-type]


def test_lists_are_read_by_the_line_and_only_with_a_yes() -> None:
    """An invitation is promotion in law: nobody is invited who did not agree to be asked."""
    good, bad = read_guests(
        [
            "contact,channel,agreed",
            "07700 900123,sms,yes",
            "07700900124,sms,",
            "x,sms,yes",
            "07700 900123,sms,Yes",
        ]
    )
    assert good == [Guest("+447700900123", "sms")]
    assert [one.line for one in bad] == [3, 4]
    assert "agreed must be yes" in bad[0].problem
    assert isinstance(bad[1], BadGuest)
    with pytest.raises(NotAList, match="agreed"):
        read_guests(["contact,channel", "07700 900123,sms"])


# ---- who comes


def test_a_full_workshop_has_a_waiting_list(tmp_path: Path) -> None:
    """Whoever waits is told so, and gets the place of whoever leaves, once."""
    hall = Hall(tmp_path)
    workshop = hall.add(capacity=1)
    first, second = a_person(100), a_person(101)
    for person in (first, second):
        hall.join(person, workshop.code)
    hall.look()
    assert "workshop.full" in hall.keys(second)
    hall.text(first, "leave")
    hall.look()
    hall.look()
    assert hall.keys(first)[-1] == "workshop.left"
    assert Counter(hall.keys(second))["workshop.place_free"] == 1
    assert [one.state for one in hall.places(workshop)] == ["left", "coming"]
    hall.days("2026-12-03", "2026-12-03")
    assert "pre_session.good" in hall.keys(second)
    assert "pre_session.good" not in hall.keys(first)


def test_one_number_is_one_participant(tmp_path: Path) -> None:
    """SMS and WhatsApp of one number: on the list once, asked once."""
    hall = Hall(tmp_path)
    workshop = hall.add()
    hall.join(a_person(100), workshop.code)
    hall.join(Person("whatsapp", "+447700900100", "tenant"), workshop.code)
    hall.days("2026-12-03", "2026-12-05")
    assert len(hall.places(workshop)) == 1
    sent = [one.reply.key for wire in hall.desk.wires.values() for one in wire.sent]
    assert Counter(sent)["pre_session.good"] == 1


def test_invitations_go_once_and_to_nobody_who_said_stop(tmp_path: Path) -> None:
    """Yes is joining; no is the end of it; in quiet hours the text waits for the morning."""
    hall = Hall(tmp_path)
    workshop = hall.add()
    stopped = a_person(100)
    hall.text(stopped, "stop")
    guests = [Guest(f"+447700900{number}", "sms") for number in (100, 101, 102)]
    hall.at("2026-11-24", "21:00")
    assert hall.invitations.invite(workshop, guests) == {"said stop, or had all removed": 1, "invited": 2}
    assert hall.invitations.invite(workshop, guests[1:]) == {"on the list already": 2}
    comes, stays = a_person(101), a_person(102)
    hall.people = {one.address: one for one in (comes, stays)}
    hall.look()
    assert hall.got(comes) == []
    hall.at("2026-11-25", "09:00")
    hall.look()
    assert hall.keys(comes) == ["first_contact", "workshop.invite"]
    hall.text(comes, "yes")
    hall.text(stays, "no thanks")
    hall.look()
    assert sorted(one.state for one in hall.places(workshop)) == ["coming", "declined"]
    assert hall.keys(stopped) == []


def test_who_joins_late_gets_the_one_that_matters(tmp_path: Path) -> None:
    """And is not asked what the others were asked before."""
    hall = Hall(tmp_path)
    workshop = hall.add()
    hall.at("2026-12-08")
    late = a_person(
        100, answers={"pre_session.matters": "they rang me back the same day", "pre_session.consent": "1"}
    )
    hall.join(late, workshop.code)
    hall.days("2026-12-08", "2026-12-10")
    assert Counter(hall.keys(late))["pre_session.matters"] == 1
    assert "pre_session.good" not in hall.keys(late)
    assert "pair.listened" in hall.keys(late)


def test_answers_are_theirs_to_change_until_the_session(tmp_path: Path) -> None:
    """Texting "back" asks again; the new answer takes the old one's place. It is kept for the workshop alone."""
    hall = Hall(tmp_path)
    workshop = hall.add()
    person = a_person(
        100, answers={"pre_session.good": "kind", "pre_session.bad": "rude", "pre_session.consent": "1"}
    )
    hall.join(person, workshop.code)
    hall.days("2026-12-03", "2026-12-03")
    person.answers.clear()
    for words in ("back", "back", "they kept me waiting for a year"):
        hall.text(person, words)
    with hall.desk.store.read() as session:
        told = contributions_of(session, [hall.places(workshop)[0].id])
        kept = {one.question: hall.desk.keys.open("contribution", one.id, "words", one.words) for one in told}
        assert session.scalar(select(func.count()).select_from(Story)) == 0
        held = Export(session, hall.desk.keys).of(session.scalars(select(Contact)).all())
    assert kept == {"good": "kind", "bad": "they kept me waiting for a year"}
    assert held["workshops"][0]["told"][0]["words"] == "kind"


def test_delete_takes_a_participant_off_every_list(tmp_path: Path) -> None:
    """With all that they told."""
    hall = Hall(tmp_path)
    workshop = hall.add()
    person = a_person(100, answers={"pre_session.good": "kind"})
    hall.join(person, workshop.code)
    hall.days("2026-12-03", "2026-12-03")
    hall.text(person, "delete")
    hall.desk.drain()
    code = hall.got(person)[-1].reply.text.split(": ")[1][:4]
    hall.text(person, code)
    assert hall.places(workshop) == []
    with hall.desk.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Contribution)) == 0


def test_nobody_is_asked_about_what_was_called_off(tmp_path: Path) -> None:
    """Its code opens nothing any more."""
    hall = Hall(tmp_path)
    workshop = hall.add()
    here, late = a_person(100), a_person(101)
    hall.join(here, workshop.code)
    hall.sessions.close(workshop, ORGANISER)
    hall.text(late, workshop.code)
    hall.look()
    hall.days("2026-12-03", "2026-12-03")
    assert hall.keys(late)[-1] == "workshop.over"
    assert "pre_session.good" not in hall.keys(here)


def test_whoever_is_on_the_list_hears_that_it_is_called_off(tmp_path: Path) -> None:
    """Once, in the hours for that, and not whoever left before or said stop."""
    hall = Hall(tmp_path)
    workshop = hall.add(capacity=3)
    comes, leaves, stops, waits = (a_person(number) for number in range(100, 104))
    for person in (comes, leaves, stops, waits):
        hall.join(person, workshop.code)
    hall.text(leaves, "leave")
    hall.text(stops, "stop")
    hall.at("2026-12-01", "21:00")
    hall.sessions.close(workshop, ORGANISER)
    hall.look()
    assert "workshop.off" not in hall.keys(comes)
    hall.days("2026-12-02", "2026-12-03")
    assert [hall.keys(one).count("workshop.off") for one in (comes, waits, leaves, stops)] == [1, 1, 0, 0]
    assert "Thursday 10 December, 14:00 is called off" in hall.got(comes)[-1].reply.text


def test_whoever_was_on_the_list_hears_that_it_moved(tmp_path: Path) -> None:
    """Once a change; whoever joins later knows; what was asked already is not asked again, and the rest is."""
    hall = Hall(tmp_path)
    workshop = hall.add()
    early, late = a_person(100), a_person(101)
    hall.join(early, workshop.code)
    hall.days("2026-12-03", "2026-12-03")
    plan, landlords = hall.sessions.look(workshop).plan, hall.sessions.look(workshop).landlords
    hall.at("2026-12-04", "11:00")
    hall.sessions.change(workshop, replace(plan, capacity=50), landlords, ORGANISER)
    hall.look()
    assert "workshop.moved" not in hall.keys(early)
    moved = replace(plan, starts_at=STARTS.replace(day=17), place="Quay Hall")
    hall.sessions.change(workshop, moved, landlords, ORGANISER)
    hall.at("2026-12-04", "12:00")
    hall.join(late, workshop.code)
    hall.days("2026-12-04", "2026-12-17", range(9, 19))
    assert hall.keys(early).count("workshop.moved") == 1
    assert "it is now Thursday 17 December, 14:00, Quay Hall" in next(
        one.reply.text for one in hall.got(early) if one.reply.key == "workshop.moved"
    )
    assert "workshop.moved" not in hall.keys(late)
    told = Counter(hall.keys(early))
    assert (told["pre_session.good"], told["pair.listened"], told["workshop.today"]) == (1, 1, 1)
    today = next(one for one in hall.got(early) if one.reply.key == "workshop.today")
    assert f"{today.now.astimezone(LONDON):%F %H}" == "2026-12-17 09"


def test_a_workshop_stays_on_its_day_once_the_pack_is_out(tmp_path: Path) -> None:
    """Its figures were counted for that day. Another room, or half an hour later, is possible until it begins."""
    hall = Hall(tmp_path)
    workshop = hall.add()
    planned = hall.sessions.look(workshop)
    hall.at("2026-12-09", "18:00")
    with pytest.raises(WorkshopProblem, match="another day"):
        hall.sessions.change(
            workshop, replace(planned.plan, starts_at=STARTS.replace(day=11)), planned.landlords, ORGANISER
        )
    hall.sessions.change(
        workshop, replace(planned.plan, starts_at=STARTS.replace(minute=30)), planned.landlords, ORGANISER
    )
    hall.desk.now = STARTS.replace(minute=31)
    with pytest.raises(WorkshopProblem, match="has begun"):
        hall.sessions.change(workshop, planned.plan, planned.landlords, ORGANISER)


# ---- a whole one

GOOD = {
    "en": "she rang me back the same day",
    "pl": "oddzwoniła tego samego dnia",
    "ur": "انہوں نے اسی دن فون کیا",
    "es": "me llamó el mismo día",
}
BAD = {
    "en": "nobody told me he was not coming",
    "pl": "nikt nie powiedział, że nie przyjdzie",
    "ur": "کسی نے نہیں بتایا",
    "es": "nadie me avisó",
}
LANGUAGES = ("", "polski", "اردو", "español")
CODES = ("en", "pl", "ur", "es")


def twenty_four() -> list[Person]:
    """Eight a channel, twelve a role, six a language."""
    people = []
    for number in range(24):
        language = CODES[number % 4]
        words = {
            "good": GOOD[language],
            "could": GOOD[language],
            "bad": BAD[language],
            "could_not": BAD[language],
            "stopped": BAD[language],
            "excellent": GOOD[language],
            "barrier": BAD[language],
            "consent": "1",
        }
        answers = {f"pre_session.{key}": value for key, value in words.items()}
        answers |= {
            "pair.listened": "1" if number % 3 else "3",
            "pair.guess": "2",
            "pair.able": "2",
            "post_session.will_do": GOOD[language],
            "post_session.happened": "1",
            "post_session.tell": GOOD[language],
        }
        channel = ("sms", "whatsapp", "telegram")[number // 8]
        address = f"7701{number:02d}" if channel == "telegram" else f"+4477009002{number:02d}"
        role = "staff" if number // 4 % 2 else "tenant"
        people.append(Person(channel, address, role, LANGUAGES[number % 4], answers))  # type: ignore[arg-type]
    return people


def test_a_whole_workshop_is_lived_through(tmp_path: Path) -> None:
    """24 people on three channels in four languages: each text at its local time, nothing twice, STOP is STOP."""
    hall, people = Hall(tmp_path), twenty_four()
    workshop = hall.add()
    for person in people:
        hall.join(person, workshop.code)
    hall.look()
    quits_at_once, quits_when_asked, quits_after = people[0], people[9], people[22]
    hall.text(quits_at_once, "stop")
    silent = people[5]
    silent.silent = True
    hall.days("2026-12-02", "2026-12-05")
    hall.text(quits_when_asked, "stop")
    hall.days("2026-12-08", "2026-12-08")
    hall.days("2026-12-09", "2026-12-09", range(8, 18))
    assert hall.approve_all(workshop) > 60
    hall.at("2026-12-09", "18:00")
    assert hall.pack(workshop).missing == ()
    for _ in range(2):
        mails = asyncio.run(hall.post())
    assert [str(one.message["subject"])[:8] for one in mails] == ["The pack"]
    names = [part.get_filename() for part in mails[0].message.iter_attachments()]
    assert names == ["pack.html", "pack.pdf"]
    hall.days("2026-12-10", "2026-12-12")
    hall.text(quits_after, "stop")
    hall.days("2027-01-08", "2027-01-11")
    hall.days("2027-03-09", "2027-03-12")
    hall.at("2027-03-18")
    hall.approve_all(workshop)
    mails = asyncio.run(hall.post())
    assert [one.to for one in mails] == [(ORGANISER,)] * 2
    assert "Did it happen" not in mails[1].text
    assert "Not shown: The one thing" not in mails[1].text

    for person in people:
        counted = Counter(hall.keys(person))
        assert max(counted[key] for key in UNPROMPTED if key != "pair.listened") <= 1
        assert counted["pair.listened"] <= 2  # once before, once after
        _check_times(hall, person)
    answering = [one for one in people if one not in (quits_at_once, quits_when_asked, quits_after, silent)]
    for person in answering:
        keys = Counter(hall.keys(person))
        assert keys["post_session.happened"] == 2
        assert keys["pair.listened" if person.role == "tenant" else "pair.able"] == 2
        before = [one for one in hall.got(person) if one.valid_for and one.now < STARTS]
        assert sum(one.reply.key in UNPROMPTED for one in before) <= 4
        assert {one.language for one in before if one.reply.key in UNPROMPTED} == {
            CODES[people.index(person) % 4]
        }
    assert Counter(hall.keys(silent))["pre_session.reminder_staff"] == 1
    assert hall.keys(quits_at_once)[-1] in ("stopped", "workshop.ready", "language_changed")
    for person, last in ((quits_when_asked, "pre_session.consent"), (quits_after, "post_session.will_do")):
        assert last in hall.keys(person)
        assert "post_session.happened" not in hall.keys(person)
    assert "workshop.today" not in hall.keys(quits_when_asked)


def _check_times(hall: Hall, person: Person) -> None:
    for one in hall.got(person):
        expected = UNPROMPTED.get(one.reply.key)
        if expected and not (one.reply.key == "pair.listened" and one.now > STARTS):
            assert f"{one.now.astimezone(LONDON):%F %H}" == expected, one.reply.key


# ---- the command


class Terminal:
    """Somebody at a terminal in the rig's folder. Commands run in this process: each by itself takes seconds to start."""

    def __init__(self, rig: Rig, patch: pytest.MonkeyPatch) -> None:
        patch.chdir(rig.folder)
        self._env = rig.env

    def run(self, *arguments: str) -> Result:
        """A command of `listened workshop`, and what it said."""
        return CliRunner().invoke(app, ["workshop", *arguments], env=self._env)


ADD = ("add", "Respect for All", "--place", "Saltmarsh Hall", "--organiser", "a@respect.example")
STARTS_IN_2036 = ("--starts", "2036-12-03T14:00")


def test_the_command_sets_up_shows_and_invites(fresh_rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """From an empty hall to invitations."""
    at = Terminal(fresh_rig, monkeypatch)
    done = fresh_rig.run("workshop", *ADD, *STARTS_IN_2036)  # once as a process of its own
    assert done.returncode == 0, done.stderr
    code = codes_in(done.stdout.split("code ")[1][:7])[0]
    assert "Wed 26 Nov 10:00" in done.stdout
    assert code in at.run("list").stdout
    assert "0  coming" in at.run("show", spoken(code).lower()).stdout
    guests = fresh_rig.folder / "guests.csv"
    guests.write_text("contact,channel,agreed\n07700 900123,sms,yes\n07700 900124,sms,no\n", encoding="utf-8")
    invited = at.run("invite", code, str(guests))
    assert "1  invited" in invited.stdout
    assert "line 3: agreed must be yes" in invited.stderr
    moved = at.run("change", code, "--starts", "2036-12-04T15:00", "--capacity", "30")
    assert "Thursday 4 December, 15:00, Saltmarsh Hall" in moved.stdout
    assert "Thu 27 Nov 10:00" in moved.stdout
    assert "0 of 30 places" in at.run("list").stdout
    assert at.run("close", code).exit_code == 0
    assert "called off" in at.run("list").stdout


def test_the_command_makes_a_poster(fresh_rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the workshop's languages; whoever scans a code has the text typed already."""
    at = Terminal(fresh_rig, monkeypatch)
    made = at.run(*ADD, *STARTS_IN_2036, "--language", "en", "--language", "ur")
    code = codes_in(made.stdout.split("code ")[1][:7])[0]
    assert at.run("poster", code, "p.html", "--telegram", "listened_bot").exit_code == 0
    page = (fresh_rig.folder / "p.html").read_text(encoding="utf-8")
    assert f"?body={code[:3]}%20{code[3:]}" in page
    assert f"https://t.me/listened_bot?start={code}" in page
    assert "Wednesday 3 December, 14:00" in page
    assert 'lang="ur" dir="rtl"' in page
    assert page.count("Saltmarsh Hall") == 2
    assert at.run("poster", code, "p.pdf", "--as", "cards").exit_code == 0
    assert (fresh_rig.folder / "p.pdf").read_bytes().startswith(b"%PDF")
    assert at.run("poster", code, "p.svg").exit_code == 0
    assert (fresh_rig.folder / "p-sms.svg").read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "x" * 61, *ADD[2:], *STARTS_IN_2036), "at most 60 letters"),
        ((*ADD[:-1], "nobody", *STARTS_IN_2036), "no e-mail address"),
        (("show", "HAT 347"), "no workshop with that code"),
        (("poster", "HAT 347", "p.doc"), "end in .pdf"),
    ],
)
def test_the_command_refuses_in_a_sentence(
    fresh_rig: Rig, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], said: str
) -> None:
    """With what to do instead, and without a traceback."""
    refused = Terminal(fresh_rig, monkeypatch).run(*arguments)
    assert refused.exit_code == 2
    assert said in " ".join(refused.stderr.replace("│", " ").split())


def test_the_command_sets_no_time_that_is_too_late(fresh_rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked when they are on their way."""
    at = Terminal(fresh_rig, monkeypatch)
    made = at.run(*ADD, *STARTS_IN_2036)
    late = at.run("prompts", made.stdout.split("code ")[1][:7], "--at", "2036-12-03T15:00")
    assert late.exit_code == 2
    assert "at least an hour before" in " ".join(late.stderr.replace("│", " ").split())
