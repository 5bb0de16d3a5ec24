"""Closing the loop: who told of it and wanted to know hears what was done, once, and can say that it is not so."""

import asyncio
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import httpx
import pytest
from desk import SCRIPTS, Desk, Wire
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from bot.console.said_and_done_page import said_and_done_route
from bot.conversation.segments import plain, segments
from bot.delivery.hours import load_hours
from bot.delivery.threads import Threads
from bot.digest.parts import Answer
from bot.labels import LabelBook, Labels
from bot.response_telling import MINDED_FOR
from bot.responses import ResponseProblem, Responses, answers_of_landlord
from bot.schedule import queue_due
from models.landlords import Landlord, all_landlords
from models.responses import Hearing, objections
from models.stories import Story

pytestmark = pytest.mark.database

MONDAY = date(2026, 11, 30)
WORDS = "We now ring before each visit, and the same person comes back."
PEOPLE = 20
WANT = 12


class Town:
    """Twenty tellers of one landlord, most of whom want to hear what comes of it; Monday's release has counted them."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder, Wire(), hours=load_hours())
        self.responses = Responses(
            self.desk.store,
            self.desk.keys,
            self.desk.people,
            self.desk.turns,
            SCRIPTS["response"],
            "The Team",
            self.desk.clock,
        )
        with self.desk.store.read() as session:
            self.landlord: Landlord = all_landlords(session)[0]
        self._texts = iter(range(10_000))
        for number in range(PEOPLE):
            said = ["Nobody rang me back, I was ignored and the tap still drips", "1"]
            for text in [*said, "1"] if number < WANT else said:
                self.say(number, text)
        self.desk.drain()
        self.release()

    def phone(self, number: int) -> str:
        """Whose phone."""
        return f"+4477009002{number:02d}"

    def say(self, number: int, text: str) -> None:
        """Somebody texts."""
        self.desk.text(text, f"t{next(self._texts)}", sender=self.phone(number))

    def release(self, monday: date = MONDAY) -> None:
        """Monday comes."""
        self.desk.now = datetime.combine(monday, time(9), UTC)
        with self.desk.store.write() as session:
            queue_due(session, self.desk.keys, moment=self.desk.now, now=self.desk.now, at=time(9))

    def write(self, words: str = WORDS) -> int:
        """Staff answer Monday's digest."""
        return self.responses.write(self.landlord, "release", "did", words, "staff", released_on=MONDAY)

    def heard(self) -> Counter[str]:
        """How often each phone was told a response."""
        return Counter(one.address for one in self.desk.wire.sent if "They answer:" in one.reply.text)

    def tell(self, after: timedelta = timedelta()) -> int:
        """Time passes, and who is due is told."""
        self.desk.now += after
        told = self.responses.tell_due()
        self.desk.drain()
        return told


def answers(session: Session, town: Town) -> list[Answer]:
    """What Monday's digest holds of its landlord's answers."""
    return answers_of_landlord(session, town.landlord.id, MONDAY, town.desk.now)


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """A town."""
    return Town(tmp_path)


def test_who_wanted_to_know_is_told_once(town: Town) -> None:
    """All of them, nobody else, once; not whoever stopped, took back their yes, or asked to be forgotten."""
    town.say(0, "stop texting me")
    town.say(1, "please don't share my words any more")
    town.say(2, "delete everything")
    town.desk.drain()
    code = next(
        one.reply.text for one in reversed(town.desk.wire.sent) if "text this number" in one.reply.text
    )
    town.say(2, code.split(": ")[1][:4])
    town.write()
    assert town.tell() == WANT - 3
    assert town.heard() == Counter({town.phone(number): 1 for number in range(3, WANT)})
    assert town.tell(timedelta(days=40)) == 0
    assert max(town.heard().values()) == 1


def test_nothing_that_was_told_is_read_back(town: Town) -> None:
    """What is said names the landlord and holds its own words: nothing of a teller's, and not what it was about."""
    town.write()
    town.tell()
    text = next(one.reply.text for one in town.desk.wire.sent if WORDS in one.reply.text)
    assert text.replace(WORDS, "") == (
        'You told us about Harbour Homes. They answer: "" Is that so? Reply 1 for yes, 3 for no.'
    )
    assert segments(plain(text)).parts <= 2


def test_no_it_is_not(town: Town) -> None:
    """A no is counted, a yes is not, and what is told with it is a new story."""
    response = town.write()
    town.tell()
    for number in range(4):
        town.say(
            number, ["3", "No, it isn't", "yes", "no, they still come without a word to anybody"][number]
        )
    with town.desk.store.read() as session:
        assert objections(session, [response]) == {response: 3}
        assert session.scalars(select(Hearing.confirmed).where(Hearing.confirmed.is_(True))).all() == [True]
    before = len(town.desk.wire.sent)
    town.desk.drain()
    said = [one.reply.text for one in town.desk.wire.sent[before:]]
    assert sum("what is still wrong" in text for text in said) == 2
    assert sum("May we share your words" in text for text in said) == 1


@pytest.mark.parametrize(("objecting", "said"), [(9, 0), (10, 10), (12, 10)])
def test_objections_leave_with_a_release_alone(town: Town, objecting: int, said: int) -> None:
    """Below ten nobody learns of them; from ten on, "at least", with the next release and not before."""
    town.write()
    town.tell()
    for number in range(objecting):
        town.say(number, "3")
    with town.desk.store.read() as session:
        assert [one.not_so for one in answers(session, town)] == [0]
    town.release(MONDAY + timedelta(weeks=1))
    with town.desk.store.read() as session:
        assert [one.not_so for one in answers(session, town)] == [said]


def test_by_day_and_not_in_the_middle_of_something(town: Town) -> None:
    """At night it waits for the morning; whoever is being asked something else is told a day later."""
    town.desk.initiative.ask("sms", town.desk.wire.account, town.phone(0), SCRIPTS["after_visit"])
    town.desk.now = town.desk.now.replace(hour=22)
    town.say(0, "yes")
    town.write()
    town.tell()
    assert not town.heard()
    town.tell(timedelta(hours=11))
    assert town.heard() == Counter({town.phone(number): 1 for number in range(1, WANT)})
    town.tell(timedelta(hours=14))
    assert town.heard()[town.phone(0)] == 0  # 23:00
    town.tell(timedelta(hours=10))
    assert town.heard()[town.phone(0)] == 1


def test_a_theme_is_answered_to_who_told_of_it(town: Town) -> None:
    """Whose story has that label hears of it; whose has not, does not."""
    with town.desk.store.write() as session:
        stories = session.scalars(select(Story.id).order_by(Story.id)).all()
        book = LabelBook(session, town.desk.keys)
        for number, story in enumerate(stories):
            labels = Labels(("time-",) if number < 5 else ("respect-",))
            book.keep({story: labels}, "moderator", town.desk.now)
    town.responses.write(town.landlord, "time-", "did", WORDS, "staff")
    assert town.tell() == 5
    assert set(town.heard()) == {town.phone(number) for number in range(5)}


def test_two_responses_are_a_month_apart(town: Town) -> None:
    """The second one waits until thirty days after the first."""
    town.write()
    town.tell()
    town.write("The stairs are cleaned twice a week now.")
    assert town.tell(MINDED_FOR - timedelta(hours=1)) == 0
    assert town.tell(timedelta(hours=1)) == WANT
    assert set(town.heard().values()) == {2}


def test_what_is_refused(town: Town) -> None:
    """Each with a sentence: too long for a text, no date for a promise, no such digest, no such kind."""
    for given, words in (
        ({"words": "we did a great deal " * 20}, "Say it shorter"),
        ({"kind": "will"}, "needs a date"),
        ({"words": "  "}, "Say what was done"),
        ({"kind": "might"}, "Choose one of did, will, cannot"),
        ({"released_on": date(2026, 11, 23)}, "no digest with figures"),
        ({"about": "weather"}, "There is no weather"),
    ):
        chosen = {"about": "release", "kind": "did", "words": WORDS, "released_on": MONDAY, **given}
        with pytest.raises(ResponseProblem, match=words):
            town.responses.write(town.landlord, who="staff", **chosen)  # type: ignore[arg-type]


def test_said_and_done(town: Town) -> None:
    """Nothing is public until the landlord wants it; then its words are, as text, and a promise with its end."""
    promised = town.responses.write(
        town.landlord,
        "release",
        "will",
        "A <b>new</b> phone line",
        "staff",
        due_on=date(2027, 2, 1),
        released_on=MONDAY,
    )
    assert WORDS not in page(town)
    town.write()
    town.responses.show(town.landlord, shown=True, who="staff")
    town.responses.end(town.landlord, promised, "not_kept", "The line comes in May.", "staff")
    shown = page(town)
    for words in (
        WORDS,
        "A &lt;b&gt;new&lt;/b&gt; phone line",
        "Not kept.",
        "The line comes in May.",
        "By February 2027",
    ):
        assert words in shown
    town.responses.show(town.landlord, shown=False, who="staff")
    assert WORDS not in page(town)


def page(town: Town) -> str:
    """What everybody sees."""

    async def got() -> str:
        app = Starlette(routes=[said_and_done_route(town.responses, Threads())])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://l.example") as web:
            return (await web.get("/said-and-done")).text

    return asyncio.run(got())
