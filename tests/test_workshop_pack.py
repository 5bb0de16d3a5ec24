"""The pack for the table: complete, agreed to, approved, and silent about the few."""

import asyncio
import re
import zlib
from pathlib import Path

import pytest
from hall import ORGANISER, STARTS, Hall, Person
from test_workshops import twenty_four

from bot.pdf import as_pdf
from bot.privacy.disclosure import Excerpt
from bot.rights import erase
from bot.workshops.moderating import NotAllowed, WordsDesk
from bot.workshops.pack import Pack
from bot.workshops.print import after_page, pack_page
from bot.workshops.releasing import Releases
from models.participants import Contribution, Participant, take_back
from models.people import Contact
from models.workshops import Workshop

EVENING = ("2026-12-09", "18:00")


def met(folder: Path, people: list[Person]) -> tuple[Hall, Workshop]:
    """A hall on the evening before, with everything asked, answered and approved."""
    hall = Hall(folder)
    workshop = hall.add()
    for person in people:
        hall.join(person, workshop.code)
    hall.look()
    for day in ("2026-12-03", "2026-12-09"):
        hall.days(day, day, range(10, 12))
    hall.approve_all(workshop)
    hall.at(*EVENING)
    return hall, workshop


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> tuple[Hall, Workshop]:
    """Twenty-four people, in four languages."""
    return met(tmp_path_factory.mktemp("full"), twenty_four())


def test_a_pack_holds_everything(full: tuple[Hall, Workshop]) -> None:
    """Cards good and hard, characteristics in groups, barriers, the gap, a run sheet of two hours, prompts, sources."""
    hall, workshop = full
    pack = hall.pack(workshop)
    assert pack.missing == ()
    kinds = [card.kind for card in pack.cards]
    assert len(kinds) == 6
    assert kinds.count("good") >= len(kinds) // 2
    assert kinds.count("hard") > 0
    assert sum(step.minutes for step in pack.steps) == 120
    assert pack.steps[0].at == "14:00"
    assert len(pack.gap) == 2
    assert all(bar.about % 5 == 0 for figure in pack.gap for bar in figure.bars)
    assert pack.groups
    assert pack.barriers
    assert pack.prompts
    assert any("campbelltickell.com" in source for source in pack.sources)


def test_figures_are_counted_once(full: tuple[Hall, Workshop]) -> None:
    """Somebody who answers later changes nothing: the difference would be their answer."""
    hall, workshop = full
    before = hall.pack(workshop).gap
    late = Person("sms", "+447700900999", "tenant")
    hall.join(late, workshop.code)
    for words in ("skip", "3"):
        hall.text(late, words)
    assert hall.pack(workshop).gap == before


def test_the_pages_read_right(full: tuple[Hall, Workshop]) -> None:
    """Words that run from right to left say so; nothing is loaded; the PDF is tagged."""
    hall, workshop = full
    page = pack_page(hall.pack(workshop))
    runs = re.findall(r'lang="(\w+)" dir="(\w+)"', page)
    assert len(runs) >= 6
    assert all((direction == "rtl") == (language == "ur") for language, direction in runs)
    assert not re.search(r"(?:src|href)=\"(?!https://)", page)
    assert b"/MarkInfo" in _opened(as_pdf(page))


def _opened(pdf: bytes) -> bytes:
    """Every stream of a PDF, unpacked."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return b"".join(zlib.decompressobj().decompress(one) for one in streams if one[:1] == b"\x78")


def test_only_what_is_agreed_and_approved_is_there(tmp_path: Path) -> None:
    """Not without a yes, not before a moderator, not after it was taken back; and no organiser decides."""
    people = twenty_four()[:12]
    people[1].answers["pre_session.consent"] = "3"
    people[1].answers["pre_session.good"] = "a story of the third floor"
    hall, workshop = met(tmp_path, people)
    assert "third floor" not in pack_page(hall.pack(workshop))
    assert hall.pack(workshop).cards
    with hall.desk.store.write() as session:
        take_back(session, [one.contact_id for one in hall.places(workshop)])
    assert hall.pack(workshop).cards == ()
    with pytest.raises(NotAllowed, match="Nobody may decide"):
        WordsDesk(hall.desk.store, hall.desk.keys, hall.desk.clock, workshop, ORGANISER.upper())


def test_names_and_addresses_are_taken_out(tmp_path: Path) -> None:
    """By redaction, before a moderator sees the words; who may take away more."""
    people = [Person("sms", f"+4477009001{number:02d}", "tenant") for number in range(3)]
    for person in people:
        person.answers = {
            "pre_session.good": "mr Adeyemi came to flat 9 Saltmarsh Point and was so kind",
            "pre_session.bad": "skip",
            "pre_session.consent": "1",
        }
    hall, workshop = met(tmp_path, people)
    page = pack_page(hall.pack(workshop))
    assert "so kind" in page
    assert "Adeyemi" not in page
    assert "flat 9" not in page


def test_erased_words_leave_what_was_released(tmp_path: Path) -> None:
    """DELETE blanks them in the frozen releases too; the others' stay."""
    hall, workshop = met(tmp_path, twenty_four()[:12])
    hall.pack(workshop)
    shown = _frozen_cards(hall, workshop)
    with hall.desk.store.write() as session:
        teller = session.get_one(Contribution, shown[0]).participant_id
        contact = session.get_one(Contact, session.get_one(Participant, teller).contact_id)
        erase(session, hall.desk.keys, contact, hall.desk.now)
    left = _frozen_cards(hall, workshop)
    assert shown[0] not in left
    assert set(left) < set(shown)


def _frozen_cards(hall: Hall, workshop: Workshop) -> list[int]:
    with hall.desk.store.read() as session:
        kept = Releases(session, hall.desk.keys, workshop, hall.desk.now).kept("stories")
    return [one.id for one in kept.excerpts] if kept else []


# ---- six people


def test_six_people_are_never_told_apart(tmp_path: Path) -> None:
    """No figure in pack, on the screen or in the digest; each thing that is missing is said, with its reason."""
    people = [one for one in twenty_four() if one.language != "اردو"][:6]
    people[0].answers["pair.listened"] = "3"
    hall, workshop = met(tmp_path, people)
    pack = hall.pack(workshop)
    _check_silent(pack)
    assert any("at least 10 tenants" in line for line in pack.missing)

    hall.desk.now = STARTS
    hall.room.ask(workshop, "number", "How far are we from this?")
    for person, number in zip(people, "112345", strict=True):
        hall.text(person, number)
    assert hall.room.screen(workshop).figures == ()
    hall.room.close(workshop)
    screen = hall.room.screen(workshop)
    assert (screen.figures, screen.too_few, screen.columns) == ((), True, ())

    hall.days("2026-12-11", "2026-12-11", range(10, 11))
    hall.days("2027-03-10", "2027-03-10", range(10, 11))
    hall.at("2027-03-18")
    mails = asyncio.run(hall.post())
    digest = [one for one in mails if "What came of" in str(one.message["subject"])]
    assert len(digest) == 1
    assert digest[0].text.count("Fewer than 10 people answered") == 5
    with hall.desk.store.write() as session:
        after = hall.workroom.after(session, workshop)
    assert after.figures == ()
    assert "about" not in after_page(after).split("<body>")[1].replace("What came of", "")


def _check_silent(pack: Pack) -> None:
    page = pack_page(pack).split("<body>")[1]
    assert pack.gap == ()
    assert not re.search(r"\babout \d", page, re.IGNORECASE)
    assert not re.search(r"\b[1-4] (?:of|people|tenants|staff)\b", page)


def test_a_pack_is_made_of_releases_alone() -> None:
    """Its words are excerpts that disclosure control made; nobody else can make one."""
    with pytest.raises(TypeError):
        Excerpt(1, "words", None, object())  # type: ignore[arg-type]
