"""The audit: what staff did, newest first; whether anybody changed the record of it; and all of it to take away."""

import csv
import io
from collections.abc import Iterator
from typing import Final

from sqlalchemy.orm import Session
from starlette.responses import Response

from bot.audit import BATCH, actor, record, verify
from bot.console.page import Asked, Page
from bot.console.roles import Role
from models.audit import Audit, after, before
from models.staff import staff_with_roles

AUDITOR: Final = frozenset[Role](("auditor",))
ROWS_SHOWN: Final = 100


def show(asked: Asked) -> Response:
    """The newest rows, or those before a number."""
    return _rows(asked)


def check(asked: Asked) -> Response:
    """Look at every row: is it as it was written?"""
    with asked.office.store.read() as session:
        outcome = verify(session, asked.office.keys)
    if outcome.broken_at is not None:
        return _rows(asked, problem=asked.words("audit.broken", number=str(outcome.broken_at)))
    return _rows(
        asked, good=asked.words("audit.good", count=str(outcome.count), link=outcome.last_link or "–")
    )


def export(asked: Asked) -> Response:
    """Every row, as a table for another program. It holds no text that anybody typed."""
    office = asked.office
    with office.store.write() as session:
        record(session, office.keys, office.clock(), asked.who, "audit_exported")
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(("number", "at", "action", "actor", "about", "about_id", "link"))
    with office.store.read() as session:
        for row in _every(session):
            moment = row.at.isoformat(timespec="seconds")
            actor_hash, link = row.actor.hex(), row.link.hex()
            table.writerow((row.number, moment, row.action, actor_hash, row.about, row.about_id, link))
    name = f"audit-{office.clock():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(written.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _every(session: Session) -> Iterator[Audit]:
    number = -1
    while rows := after(session, number, BATCH):
        yield from rows
        number = rows[-1].number


def _rows(asked: Asked, problem: str = "", good: str = "") -> Response:
    given = asked.query.get("before", "")
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None
    with asked.office.store.read() as session:
        rows = before(session, number, ROWS_SHOWN)
        names = _names(asked, session)
    return asked.show(
        "audit.html.j2", 400 if problem else 200, rows=rows, names=names, problem=problem, good=good
    )


def _names(asked: Asked, session: Session) -> dict[bytes, str]:
    """Who stands behind an actor's keyed hash: those who work for this landlord now."""
    keys = asked.office.keys
    emails = {
        keys.open("staff", person.id, "email", person.email)
        for person, _ in staff_with_roles(session, [asked.of.id])
    }
    return {lookup: email for email in emails for lookup in actor(keys, email)}


AUDIT: Final = Page("audit", "/{landlord}/audit", show, "What staff did", AUDITOR, nav=True)
PAGES: Final = (
    AUDIT,
    AUDIT.form("audit_check", "", check, "Whether anybody changed the record"),
    Page(
        "audit_export",
        "/{landlord}/audit/export.csv",
        export,
        "All of it, as a table",
        AUDITOR,
        part_of="audit",
    ),
)
