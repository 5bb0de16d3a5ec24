"""Letters: what is said to a person in words, with the hours in which it may go."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.conversation.speech import Facts, Holdings, reply_for
from bot.conversation.state import State
from bot.conversation.turn import Say
from bot.delivery.hours import Hours
from bot.delivery.kinds import KINDS, KindName
from bot.wording import Wording
from bot.workshops.members import when_it_is
from models.landlords import Landlord
from models.outbound import UNASKED
from models.workshops import Workshop


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """A message in words: what kind it is, its body as JSON, and from when until when it may go."""

    kind: KindName
    body: str
    due_at: datetime
    expires_at: datetime


class Letters:
    """Writes letters.

    Args:
        wording: every sentence.
        operator: who asks and reads.
        lines: numbers for people in danger.
        hours: when somebody may be written to who has not written to us.
    """

    def __init__(self, wording: Wording, operator: str, lines: Mapping[str, str], hours: Hours) -> None:
        self._wording = wording
        self._operator = operator
        self._lines = lines
        self._hours = hours

    def facts(self, session: Session, landlord: Landlord, state: State) -> Facts:
        """What sentences are filled with."""
        facts = Facts(self._operator, landlord.name, landlord.complaints, landlord.emergency, self._lines)
        workshop = session.get(Workshop, state.workshop) if state.workshop is not None else None
        if workshop is None:
            return facts
        return replace(
            facts, title=workshop.title, place=workshop.place, when=when_it_is(workshop, state.language)
        )

    def write(  # noqa: PLR0913 - what a sentence may need
        self,
        language: str,
        say: Say,
        facts: Facts,
        landlord: Landlord,
        now: datetime,
        story: str = "",
        held: Holdings | None = None,
        answer: str = "",
    ) -> Letter:
        """Something to say, in words; arguments as of `reply_for`."""
        reply = reply_for(self._wording, language, say, facts, story, held, answer)
        body = {
            "text": reply.text,
            "buttons": [[button.label, button.choice] for button in reply.buttons],
            "key": reply.key,
            "values": reply.values,
            "language": language,
        }
        return Letter(say.kind, json.dumps(body), *self._when(say, now, ZoneInfo(landlord.timezone)))

    def _when(self, say: Say, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """From when and until when a message may go: what nobody asked for, within the hours of one day."""
        kind = KINDS[say.kind]
        if not kind.unprompted:
            return now, now + kind.useful_for
        due = self._hours.next_open(now, zone)
        return due, min(due + kind.useful_for, self._hours.closes_after(due, zone))


def rank_of(says: Sequence[Say]) -> int:
    """What all of them go before: what is said in one turn is not torn apart."""
    return min((KINDS[say.kind].rank for say in says), default=UNASKED)
