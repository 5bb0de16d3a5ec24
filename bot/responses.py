"""Responses: what a landlord says it did about what it was told, and telling those who told it, once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal, get_args

from sqlalchemy.orm import Session

from bot.audit import record
from bot.conversation.script import Script
from bot.delivery.people import People
from bot.delivery.turns import Turns
from bot.digest.parts import Answer
from bot.labels import AREAS, THEMES, LabelBook, Labels
from bot.privacy.keys import Keyring
from bot.response_preview import Preview, Text, at_most, parts_in_english, texts_of
from bot.response_telling import Teller
from models import Store
from models.base import new_id
from models.landlords import Landlord, row_of_landlord
from models.people import Contact
from models.releases import Release, release_on
from models.responses import (
    Hearing,
    Response,
    public_responses,
    responses_of,
)
from models.scopes import scope_id_of
from models.stories import want_to_hear_back

Kind = Literal["did", "will", "cannot"]
Became = Literal["kept", "not_kept"]
ABOUT_RELEASE: Final = "release"
LABELS: Final = (*THEMES, *AREAS)
"""What else a response may be about."""
LOOK_BACK: Final = timedelta(weeks=26)
"""Who told of a theme longer ago than that does not expect an answer any more."""
MOST_PARTS: Final = 2


class ResponseProblem(ValueError):
    """What was asked for can't be done. A sentence that says what and how to mend it."""


@dataclass(frozen=True, slots=True)
class Written:
    """One response, as staff and the public may see it: nothing in it counts anybody."""

    id: int
    landlord: str
    about: str
    """A theme with its sign ("time-"), an area ("repairs"), or "release"."""
    kind: Kind
    words: str
    made_at: datetime
    due_on: date | None
    became: Became | None
    became_words: str | None
    released_on: date | None
    """For "release", the date of the digest that it answers."""
    final_at: datetime
    """Until then it can be taken back, and nobody has heard of it."""
    not_so: int
    """At least so many people say that it is not so, as the last release published it."""


class Responses:
    """Writes responses down, and tells them to those who wanted to know.

    Args:
        store: the database.
        keys: to write the audit, and to open what stories are about.
        people: whom they are told to.
        turns: opens conversations.
        script: how a response is told.
        operator: who asks and reads; named where a response is measured.
        clock: gives the current time, aware.
        wait: for how long whoever wrote a response may take it back; nobody hears of it before.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        keys: Keyring,
        people: People,
        turns: Turns,
        script: Script,
        operator: str,
        clock: Callable[[], datetime],
        wait: timedelta = timedelta(),
    ) -> None:
        self._store = store
        self._keys = keys
        self._teller = Teller(store, people, turns, script, clock)
        self._script = script
        self._operator = operator
        self._clock = clock
        self._wait = wait

    def preview(  # noqa: PLR0913 - what there is to say
        self,
        landlord: Landlord,
        about: str,
        kind: Kind,
        words: str,
        *,
        due_on: date | None = None,
        released_on: date | None = None,
    ) -> Preview:
        """What would be sent, and to how many at most. Takes what `write` takes, and changes nothing.

        Raises:
            ResponseProblem: as `write`.
        """
        texts = self._check(landlord, kind, " ".join(words.split()), due_on)
        with self._store.read() as session:
            release_id = self._answers(session, landlord, about, released_on)
            since = (self._clock() - LOOK_BACK).date()
            return Preview(texts, at_most(session, self._keys, landlord, release_id, since))

    def write(  # noqa: PLR0913 - what there is to say
        self,
        landlord: Landlord,
        about: str,
        kind: Kind,
        words: str,
        who: str,
        *,
        due_on: date | None = None,
        released_on: date | None = None,
    ) -> int:
        """Write a response down, and plan to tell it to everybody who told of that and wants to know.

        Args:
            landlord: whose response.
            about: a theme with its sign ("time-"), an area ("repairs"), or "release".
            kind: did, will (a promise) or cannot.
            words: what was done, or why it can't be: for everybody to read.
            who: who writes it, for the audit.
            due_on: for a promise, by when.
            released_on: for "release", the date of the digest that it answers.

        Returns:
            Its id. How many are told is never said: it would be a count that no release made.

        Raises:
            ResponseProblem: when it is too long for a text, or there is nothing like it to answer.
        """
        words = " ".join(words.split())
        self._check(landlord, kind, words, due_on)
        response_id, now = new_id(), self._clock()
        final_at = now + self._wait
        with self._store.write() as session:
            release_id = self._answers(session, landlord, about, released_on)
            session.add(
                Response(
                    id=response_id,
                    landlord_id=landlord.id,
                    about=about,
                    release_id=release_id,
                    kind=kind,
                    words=words,
                    made_at=now,
                    final_at=final_at,
                    due_on=due_on,
                )
            )
            session.flush()
            for contact_id, line_id in self._who(session, landlord, about, release_id):
                row = Hearing(id=new_id(), response_id=response_id, contact_id=contact_id, due_at=final_at)
                row.line_id = line_id
                session.add(row)
            record(session, self._keys, now, who, "response_written", "response", response_id)
        return response_id

    def withdraw(self, landlord: Landlord, response_id: int, who: str) -> None:
        """Take a response back before anybody has heard of it: it is gone, and only the audit knows of it.

        Raises:
            LookupError: when that landlord has no such response.
            ResponseProblem: when it is too late. That depends on the time alone, and tells nothing of anybody.
        """
        with self._store.write() as session:
            response = row_of_landlord(session, Response, response_id, landlord.id, lock=True)
            if self._clock() >= response.final_at:
                raise ResponseProblem(
                    "It is too late: it has begun to go out. Write another one that puts it right."
                )
            record(session, self._keys, self._clock(), who, "response_withdrawn", "response", response_id)
            session.delete(response)

    def end(self, landlord: Landlord, response_id: int, became: str, words: str, who: str) -> None:
        """Say what became of a promise.

        Raises:
            LookupError: when that landlord has no such promise.
            ResponseProblem: when it became neither kept nor not_kept.
        """
        with self._store.write() as session:
            response = row_of_landlord(session, Response, response_id, landlord.id)
            if response.kind != "will":
                raise LookupError("That response is no promise.")
            if became not in get_args(Became):
                raise ResponseProblem("Choose kept or not_kept.")
            response.became, response.became_at = became, self._clock()
            response.became_words = " ".join(words.split()) or None
            record(session, self._keys, self._clock(), who, "response_ended", "response", response_id)

    def all(self, landlord: Landlord) -> list[Written]:
        """A landlord's responses, newest first."""
        with self._store.read() as session:
            return [_written(session, landlord, row) for row in responses_of(session, landlord.id)]

    def public(self) -> list[Written]:
        """The responses of every landlord that shows its own, by landlord, newest first; none that may yet go."""
        now = self._clock()
        with self._store.read() as session:
            shown = public_responses(session)
            return [_written(session, landlord, row) for landlord, row in shown if row.final_at <= now]

    def show(self, landlord: Landlord, *, shown: bool, who: str) -> None:
        """Whether a landlord's responses stand on /said-and-done."""
        with self._store.write() as session:
            session.get_one(Landlord, landlord.id).shows_responses = shown
            record(session, self._keys, self._clock(), who, "responses_shown", "landlord", landlord.id)

    def tell_due(self) -> int:
        """Tell everybody whose time has come; says how many."""
        return self._teller.tell_due()

    def _answers(
        self, session: Session, landlord: Landlord, about: str, released_on: date | None
    ) -> int | None:
        """The release that is answered, where it is one."""
        if about in LABELS:
            return None
        if about != ABOUT_RELEASE:
            raise ResponseProblem(f"There is no {about}. There is: {', '.join((ABOUT_RELEASE, *LABELS))}")
        release = release_on(session, scope_id_of(landlord), released_on) if released_on else None
        if release is None or not release.closes_batch:
            raise ResponseProblem("There is no digest with figures of that date.")
        return release.id

    def _who(
        self, session: Session, landlord: Landlord, about: str, release_id: int | None
    ) -> list[tuple[int, int]]:
        """(contact, line) of each person who told of it and wants to know: one a person, on two channels or not."""
        rows = want_to_hear_back(session, landlord.id, self._clock() - LOOK_BACK)
        if release_id is None:
            labels = LabelBook(session, self._keys).of([row[0] for row in rows])
            rows = [row for row in rows if row[0] in labels and about in _names(labels[row[0]])]
        else:
            rows = [row for row in rows if row[3] == release_id]
        by_person = {session.get_one(Contact, row[1]).person: (row[1], row[2]) for row in rows}
        return sorted(by_person.values())

    def _check(self, landlord: Landlord, kind: str, words: str, due_on: date | None) -> tuple[Text, ...]:
        """The texts that it would be told in, once nothing is wrong with it."""
        if kind not in get_args(Kind):
            raise ResponseProblem(f"Choose one of {', '.join(get_args(Kind))}.")
        if (kind == "will") != (due_on is not None):
            raise ResponseProblem("A promise needs a date, and nothing else has one.")
        if not words:
            raise ResponseProblem("Say what was done, or why it can't be.")
        texts = texts_of(self._script, self._operator, landlord, words)
        parts = parts_in_english(texts)
        if parts > MOST_PARTS:
            raise ResponseProblem(
                f"A text with these words takes {parts} parts; the most is {MOST_PARTS}. Say it shorter, in plain letters."
            )
        return texts


def _names(labels: Labels) -> tuple[str, ...]:
    return (*labels.themes, *labels.areas)


def answers_of_landlord(session: Session, landlord_id: int, until: date, now: datetime) -> list[Answer]:
    """A landlord's answers for its digests, newest first: those written by a date that can't be taken back any more."""
    return [
        Answer(
            about=row.about,
            kind=row.kind,
            words=row.words,
            made_on=row.made_at.date(),
            due_on=row.due_on,
            became=row.became or "",
            became_words=row.became_words or "",
            not_so=row.not_so,
        )
        for row in responses_of(session, landlord_id)
        if row.made_at.date() <= until and row.final_at <= now
    ]


def _written(session: Session, landlord: Landlord, row: Response) -> Written:
    release = session.get(Release, row.release_id) if row.release_id else None
    return Written(
        id=row.id,
        landlord=landlord.name,
        about=row.about,
        kind=row.kind,  # type: ignore[arg-type]  # a plain word in the table
        words=row.words,
        made_at=row.made_at,
        due_on=row.due_on,
        became=row.became,  # type: ignore[arg-type]
        became_words=row.became_words,
        released_on=release.on_date if release else None,
        final_at=row.final_at,
        not_so=row.not_so,
    )
