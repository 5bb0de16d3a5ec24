"""The hall: a desk with workshops, and people who answer what they are asked, on a clock that the test moves."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from desk import SCRIPTS, Desk, Wire

from bot.conversation.messages import ChannelName, Outgoing
from bot.conversation.speech import LINES
from bot.delivery.hours import load_hours
from bot.delivery.threads import Threads
from bot.demo.mailbox import Mail, Mailbox, smtp_server
from bot.mail import mail_server
from bot.wording import load_wording
from bot.workshops.inviting import Invitations
from bot.workshops.moderating import WordsDesk
from bot.workshops.pack import Pack
from bot.workshops.planning import Plan
from bot.workshops.post import Workroom
from bot.workshops.prompts import Prompts
from bot.workshops.room import RoomDesk
from bot.workshops.sessions import Sessions
from models.landlords import all_landlords
from models.participants import Participant, participants_of
from models.workshops import Workshop

LONDON = ZoneInfo("Europe/London")
ACCOUNT = "+447700900000"
STARTS = datetime(2026, 12, 10, 14, tzinfo=LONDON)
ORGANISER = "organiser@respect.example"
EVERYBODY = ("coming", "waiting", "invited", "declined", "left")


@dataclass
class Person:
    """Somebody with a phone: what they answer to which question, by the key of its words."""

    channel: ChannelName
    address: str
    role: str
    language: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    silent: bool = False


class Hall:
    """A desk with workshops."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder, Wire(), Wire(name="whatsapp"), Wire(name="telegram"), hours=load_hours())
        accounts: dict[ChannelName, str] = dict.fromkeys(("sms", "whatsapp", "telegram"), ACCOUNT)
        desk = self.desk
        self.sessions = Sessions(desk.store, desk.keys, load_hours(), "The Team", LINES, desk.clock)
        self.invitations = Invitations(
            desk.store, desk.people, desk.initiative, SCRIPTS["workshop_invite"], accounts
        )
        self.prompts = Prompts(
            desk.store, desk.people, desk.initiative, load_hours(), SCRIPTS, accounts, desk.clock
        )
        self.mailbox = Mailbox()
        self.workroom = Workroom(desk.store, desk.keys, None, "The Team", desk.clock, Threads())
        self.room = RoomDesk(desk.store, desk.keys, desk.clock, load_wording("bot.workshops"))
        self.people: dict[str, Person] = {}
        self._answered: dict[str, int] = defaultdict(int)
        self._number = 0

    def add(self, starts: datetime = STARTS, capacity: int = 24, **changed: object) -> Workshop:
        """Set a workshop up."""
        with self.desk.store.read() as session:
            landlords = all_landlords(session)
        usual = {
            "title": "Respect for All",
            "place": "Saltmarsh Hall",
            "starts_at": starts,
            "length": timedelta(hours=2),
            "timezone": "Europe/London",
            "capacity": capacity,
            "languages": ("en",),
            "organisers": (ORGANISER,),
        }
        plan = Plan(**{**usual, **changed})  # type: ignore[arg-type]
        return self.sessions.add(plan, landlords, ORGANISER)

    def at(self, day: str, time: str = "10:00") -> None:
        """Go to a local time."""
        self.desk.now = datetime.fromisoformat(f"{day} {time}").replace(tzinfo=LONDON)

    def text(self, person: Person, words: str) -> None:
        """Somebody texts."""
        self._number += 1
        self.people[person.address] = person
        self.desk.text(words, f"n{self._number}", sender=person.address, channel=person.channel)

    def join(self, person: Person, code: str) -> None:
        """Somebody texts the code, says as whom they come, and in which language to go on."""
        self.text(person, code)
        self.text(person, {"tenant": "1", "staff": "2"}[person.role])
        if person.language:
            self.text(person, person.language)

    def look(self) -> None:
        """What is due is asked and sent, and everybody who is not silent answers until nothing is asked."""
        self.prompts.run_due()
        self.desk.initiative.pass_time()
        self.desk.drain()
        while self._answer():
            self.desk.drain()

    def days(self, first: str, last: str, hours: range = range(8, 21)) -> None:
        """Live through some days, looking every hour."""
        day = datetime.fromisoformat(first)
        while day <= datetime.fromisoformat(last):
            for hour in hours:
                self.at(f"{day:%F}", f"{hour:02d}:00")
                self.look()
            day += timedelta(days=1)

    def got(self, person: Person) -> list[Outgoing]:
        """What somebody was sent, oldest first."""
        sent = self.desk.wires[person.channel].sent
        return [one for one in sent if one.address == person.address]

    def keys(self, person: Person) -> list[str]:
        """Which texts somebody was sent, oldest first."""
        return [one.reply.key for one in self.got(person)]

    def approve_all(self, workshop: Workshop) -> int:
        """A moderator lets everything through that waits; says how much that was."""
        words = WordsDesk(
            self.desk.store, self.desk.keys, self.desk.clock, workshop, "moderator@team.example"
        )
        waiting = words.waiting()
        for one in waiting:
            words.approve(one.id)
        return len(waiting)

    def pack(self, workshop: Workshop) -> Pack:
        """The pack as it may be now."""
        with self.desk.store.write() as session:
            return self.workroom.pack(session, workshop)

    async def post(self) -> list[Mail]:
        """What is due by mail goes to a mail server on loopback; gives all that came there."""
        async with smtp_server(self.mailbox) as port:
            server = mail_server(f"smtp://127.0.0.1:{port}", "digest@listened.example")
            room = Workroom(self.desk.store, self.desk.keys, server, "The Team", self.desk.clock, Threads())
            await room.run_due()
        return self.mailbox.mails

    def places(self, workshop: Workshop) -> list[Participant]:
        """Everybody on its list."""
        with self.desk.store.read() as session:
            return list(participants_of(session, workshop.id, *EVERYBODY))

    def _answer(self) -> bool:
        """Everybody answers what they were sent since they last looked; says whether anybody did."""
        answered = False
        for person in list(self.people.values()):
            sent = self.got(person)
            fresh, self._answered[person.address] = sent[self._answered[person.address] :], len(sent)
            for one in fresh:
                words = person.answers.get(one.reply.key)
                if words and not person.silent:
                    self.text(person, words)
                    answered = True
        return answered
