"""Batches: the stories of a scope that a release counts, their answers, and the excerpts that leave with it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    and_,
    select,
    update,
)
from sqlalchemy.orm import Session

from models.people import Contact
from models.stories import APPROVED, DIGEST, Answer, Consent, Excerpt, Story, may_be_used


def in_open_batch(scope_id: int, until: datetime) -> ColumnElement[bool]:
    """What is true of the stories of a scope that no release has counted, up to a moment."""
    return and_(Story.scope_id == scope_id, Story.release_id.is_(None), Story.told_at <= until)


def open_batch(session: Session, scope_id: int, until: datetime) -> Sequence[tuple[int, bytes]]:
    """(story id, person) of every story since the scope's last release, up to a moment, oldest first."""
    query = (
        select(Story.id, Contact.person)
        .join(Contact, Contact.id == Story.contact_id)
        .where(in_open_batch(scope_id, until), may_be_used())
        .order_by(Story.id)
    )
    return [(row.id, row.person) for row in session.execute(query)]


def people_of_batch(session: Session, scope_id: int, release_id: int) -> Sequence[bytes]:
    """Everybody whose stories of a scope that release counted."""
    query = select(Contact.person).join(Story, Story.contact_id == Contact.id).distinct()
    return session.scalars(query.where(Story.scope_id == scope_id, Story.release_id == release_id)).all()


def answers_to(session: Session, scope_id: int, question: str, until: datetime) -> Sequence[Answer]:
    """The answers to one question in the scope's open batch, oldest first."""
    query = (
        select(Answer)
        .join(Story, Story.id == Answer.story_id)
        .where(in_open_batch(scope_id, until), Answer.question == question)
        .order_by(Answer.id)
    )
    return session.scalars(query).all()


def answers_of(session: Session, question: str, story_ids: Sequence[int]) -> Sequence[Answer]:
    """The answers to one question in these stories."""
    query = select(Answer).where(Answer.question == question, Answer.story_id.in_(story_ids))
    return session.scalars(query).all()


def unused_excerpts(
    session: Session, scope_id: int, release_ids: Sequence[int], until: datetime
) -> Sequence[tuple[Excerpt, bytes]]:
    """(excerpt, person) of what may leave: approved, never used, of these batches, its teller's yes still given."""
    query = (
        select(Excerpt, Contact.person)
        .join(Story, Story.id == Excerpt.story_id)
        .join(Contact, Contact.id == Story.contact_id)
        .join(Consent, (Consent.story_id == Story.id) & (Consent.use == DIGEST) & Consent.given)
        .where(Story.scope_id == scope_id, Story.release_id.in_(release_ids), Excerpt.decided_at <= until)
        .where(Excerpt.verdict == APPROVED, Excerpt.release_id.is_(None), may_be_used())
        .order_by(Excerpt.id)
    )
    return [(row.Excerpt, row.person) for row in session.execute(query)]


def count_in(session: Session, scope_id: int, until: datetime, release_id: int) -> None:
    """Close the batch: these stories are counted by that release and by no other."""
    session.execute(update(Story).where(in_open_batch(scope_id, until)).values(release_id=release_id))


def use_excerpts(session: Session, excerpt_ids: Sequence[int], release_id: int) -> None:
    """These excerpts left with that release."""
    session.execute(update(Excerpt).where(Excerpt.id.in_(excerpt_ids)).values(release_id=release_id))
