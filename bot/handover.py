"""Hand-overs: passing a danger or a complaint to the people who must act, by the rule of its kind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.audit import record
from bot.conversation.hand_overs import ROLES, Rule
from bot.conversation.turn import HandOver as Wanted
from bot.hand_over_links import OPERATOR, Links
from bot.log import get_logger
from bot.privacy.keys import Keyring
from bot.stories import StoryBook
from bot.wording import Wording
from models import Store
from models.base import new_id
from models.conversations import Conversation
from models.handovers import (
    CLOSED,
    DECLINED,
    OPEN,
    TAKEN,
    Alert,
    DutyContact,
    HandOver,
    HandOverEvent,
    contacts_for,
    live_hand_over,
    to_escalate,
)
from models.landlords import Landlord, Line
from models.people import Contact
from models.stories import Story, answer_in, story_of

MOST_LEVELS: Final = 4
"""How often an alert that nobody answers is escalated."""
BATCH: Final = 50
SAFE_TIME: Final = "safe_time"
What = Literal["opened", "noted", "closed"]


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """What somebody who takes a hand-over on is shown."""

    name: str
    channel: str
    address: str
    words: str
    safe_time: str
    erased: bool


@dataclass(frozen=True, slots=True, repr=False)
class View:
    """A hand-over as its page shows it; with words and number only for somebody who said who they are."""

    kind: str
    role: str
    landlord: str
    received: str
    state: str
    status: str
    shown: Shown | None = None


class Desk:
    """Makes hand-overs, and tells people of them.

    Args:
        store: the database.
        keys: to open and seal.
        rules: who is told, by kind.
        wording: the words of alerts.
        clock: gives the current time, aware.
        links: where alerts lead.
        operator_alerts: an address that hears of what a landlord has no contact for; "" for none.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        keys: Keyring,
        rules: Mapping[str, Rule],
        wording: Wording,
        clock: Callable[[], datetime],
        links: Links,
        operator_alerts: str,
    ) -> None:
        self._store = store
        self._keys = keys
        self._rules = rules
        self._wording = wording
        self._clock = clock
        self._links = links
        self._operator_alerts = operator_alerts

    def make(
        self, session: Session, wanted: Wanted, contact: Contact, line: Line, conversation: Conversation
    ) -> None:
        """Write a hand-over down and queue its alerts, in the transaction of the message that led to it.

        Where the teller said no, that is kept and nobody is told. The same danger told twice is one
        hand-over while it is open.
        """
        rule = self._rules[wanted.kind]
        if live_hand_over(session, contact.id, wanted.kind):
            return
        now, declined = self._clock(), wanted.agreed is False
        made = HandOver(
            id=new_id(),
            landlord_id=line.landlord_id,
            line_id=line.id,
            contact_id=contact.id,
            conversation_id=conversation.id,
            kind=wanted.kind,
            role=rule.to,
            state=DECLINED if declined else OPEN,
            level=0,
            made_at=now,
            escalate_at=None if declined else now + timedelta(minutes=rule.minutes),
        )
        session.add(made)
        session.flush()
        get_logger().info("hand_over", kind=wanted.kind, declined=declined)
        if not declined:
            self._alert(session, made, [rule.to])

    def make_for_story(self, story_id: int, kind: str) -> bool:
        """A person who read a story saw what the computer did not: pass it on. False when it is gone."""
        with self._store.write() as session:
            story = session.get(Story, story_id)
            if story is None:
                return False
            conversation = session.get_one(Conversation, story.conversation_id)
            contact = session.get_one(Contact, story.contact_id)
            line = session.get_one(Line, conversation.line_id)
            self.make(session, Wanted(kind), contact, line, conversation)
        return True

    def escalate(self) -> int:
        """Tell more people of what nobody has taken on in time; says how many hand-overs there were."""
        with self._store.write() as session:
            now = self._clock()
            late = to_escalate(session, now, BATCH)
            for made in late:
                made.level += 1
                wait = timedelta(minutes=self._rules[made.kind].minutes)
                made.escalate_at = now + wait if made.level < MOST_LEVELS else None
                # Of an allegation against staff nobody else is told: they may be whom it is about.
                roles = ("second",) if made.role == "second" else ROLES
                get_logger().error("hand_over_not_taken", kind=made.kind, level=made.level)
                self._alert(session, made, roles)
        return len(late)

    def mark_taken(self, made: HandOver, name: str) -> None:
        """From now on it is theirs, if it was nobody's."""
        if made.state == OPEN:
            made.state, made.taken_at, made.escalate_at = TAKEN, self._clock(), None
            made.taken_by = self._keys.seal("hand_over", made.id, "taken_by", name)

    def mark_closed(self, session: Session, made: HandOver, name: str, note: str) -> None:
        """It has been dealt with: who says so and what was done is kept."""
        made.state, made.closed_at, made.escalate_at = CLOSED, self._clock(), None
        made.note = self._keys.seal("hand_over", made.id, "note", f"{name}: {note}")
        record(session, self._keys, self._clock(), name, "hand_over_closed", "hand_over", made.id)

    def note_event(self, session: Session, made: HandOver, what: What, who: str, words: str) -> None:
        """Keep that somebody opened it, and why, or what they wrote on it."""
        row_id = new_id()
        session.add(
            HandOverEvent(
                id=row_id,
                hand_over_id=made.id,
                at=self._clock(),
                what=what,
                who=self._keys.seal("hand_over_event", row_id, "who", who),
                words=self._keys.seal("hand_over_event", row_id, "words", words),
            )
        )
        session.flush()

    def _alert(self, session: Session, made: HandOver, roles: Sequence[str]) -> None:
        landlord = session.get_one(Landlord, made.landlord_id)
        subject = self._wording.text("en", f"alert.subject.{made.role}")
        told = 0
        for contact in {one.lookup: one for one in contacts_for(session, landlord.id, roles)}.values():
            told += 1
            email = self._keys.open("duty_contact", contact.id, "email", contact.email)
            link = self._links.to(session, made, contact.id, email)
            self._queue(session, made, "mail", email, subject, self._body(made, landlord, link))
            if contact.mobile:
                text = self._wording.text("en", "alert.sms", landlord=landlord.name, link=link)
                self._queue(session, made, "sms", self._mobile(contact), subject, text)
        # The operator hears of what has no contact, and of what its contacts leave lying.
        if self._operator_alerts and (not told or made.level):
            link = self._links.to(session, made, OPERATOR, self._operator_alerts)
            body = self._body(made, landlord, link)
            self._queue(session, made, "mail", self._operator_alerts, subject, body)
        elif not told:
            get_logger().error("hand_over_without_contact", kind=made.kind)

    def _mobile(self, contact: DutyContact) -> str:
        return self._keys.open("duty_contact", contact.id, "mobile", contact.mobile or b"")

    def _body(self, made: HandOver, landlord: Landlord, link: str) -> str:
        zone = ZoneInfo(landlord.timezone)
        deadline = made.escalate_at or self._clock()
        again = self._wording.text("en", "alert.again", times=str(made.level + 1)) if made.level else ""
        return again + self._wording.text(
            "en",
            "alert.body",
            landlord=landlord.name,
            time=f"{made.made_at.astimezone(zone):%A %H:%M}",
            deadline=f"{deadline.astimezone(zone):%A %H:%M}",
            link=link,
        )

    def _queue(  # noqa: PLR0913 - one alert
        self,
        session: Session,
        made: HandOver,
        medium: Literal["mail", "sms"],
        address: str,
        subject: str,
        body: str,
    ) -> None:
        queue_alert(session, self._keys, medium, address, subject, body, self._clock(), made.id)

    def view(self, session: Session, made: HandOver, name: str = "") -> View:
        """A hand-over as a page shows it: with words and number for somebody who has said who they are."""
        landlord = session.get_one(Landlord, made.landlord_id)
        zone = ZoneInfo(landlord.timezone)
        return View(
            kind=made.kind,
            role=made.role,
            landlord=landlord.name,
            received=f"{made.made_at.astimezone(zone):%A %d %B %Y, %H:%M}",
            state=made.state,
            status=self._status(made, zone),
            shown=self._shown(session, made, name) if name else None,
        )

    def _status(self, made: HandOver, zone: ZoneInfo) -> str:
        if made.state == CLOSED and made.closed_at:
            return self._wording.text(
                "en", "page.state.closed", time=f"{made.closed_at.astimezone(zone):%A %H:%M}"
            )
        if made.taken_at and made.taken_by:
            who = self._keys.open("hand_over", made.id, "taken_by", made.taken_by)
            when = f"{made.taken_at.astimezone(zone):%A %H:%M}"
            return self._wording.text("en", "page.state.taken", who=who, time=when)
        return self._wording.text("en", "page.state.open")

    def _shown(self, session: Session, made: HandOver, name: str) -> Shown:
        contact = session.get(Contact, made.contact_id) if made.contact_id else None
        if contact is None or contact.erased_at:
            return Shown(name, "", "", "", "", erased=True)
        story = story_of(session, made.conversation_id) if made.conversation_id else None
        book = StoryBook(session, self._keys)
        words = book.words([story.id]).get(story.id, "") if story else ""
        answer = answer_in(session, story.id, SAFE_TIME) if story else None
        return Shown(
            name=name,
            channel=contact.channel,
            address=self._keys.open("contact", contact.id, "address", contact.address),
            words=words,
            safe_time=book.value(answer) if answer else "",
            erased=False,
        )


def queue_alert(  # noqa: PLR0913 - one alert
    session: Session,
    keys: Keyring,
    medium: Literal["mail", "sms"],
    address: str,
    subject: str,
    body: str,
    now: datetime,
    hand_over_id: int | None = None,
    topic: str | None = None,
) -> None:
    """Queue a message to somebody on duty; `topic` is what it is about when it is about no hand-over."""
    alert_id = new_id()
    session.add(
        Alert(
            id=alert_id,
            hand_over_id=hand_over_id,
            topic=topic,
            medium=medium,
            address=keys.seal("alert", alert_id, "address", address),
            subject=subject,
            body=keys.seal("alert", alert_id, "body", body),
            due_at=now,
        )
    )
