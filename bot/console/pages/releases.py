"""Releases and digests: what has gone out, to whom; and, for operators and moderators alone, what would go out now."""

from typing import Final
from zoneinfo import ZoneInfo

from starlette.responses import Response

from bot.console.page import Asked, Missing, Page
from bot.console.roles import ROLES, Role
from bot.digest.compose import AudienceName, compose
from bot.digest.render import render
from bot.privacy import disclosure
from bot.releases import propose, thaw
from bot.wording import load_wording
from models.desk import count_waiting
from models.releases import Release, deliveries_of, newest_releases
from models.scopes import scope_of

READERS: Final = frozenset[Role](one for one in ROLES if one not in ("duty", "auditor"))
PREVIEWERS: Final = frozenset[Role](("operator", "moderator"))
READ_AS: Final[tuple[tuple[AudienceName, frozenset[str]], ...]] = (
    ("landlord", frozenset(("reader", "operator", "moderator"))),
    ("organiser", frozenset(("organiser", "operator", "moderator"))),
)
"""Which digest each role reads."""
SHOWN: Final = 60


def show(asked: Asked) -> Response:
    """The frozen ones, newest first."""
    with asked.office.store.read() as session:
        releases = newest_releases(session, scope_of(session, asked.of).id, SHOWN)
    return asked.show("releases.html.j2", releases=releases, may_preview=bool(asked.roles & PREVIEWERS))


def show_one(asked: Asked) -> Response:
    """One of them, as somebody of that role reads it; for operators, who got it."""
    office = asked.office
    with office.store.read() as session:
        frozen = session.get(Release, asked.number("release"))
        if frozen is None or frozen.scope_id != scope_of(session, asked.of).id:
            raise Missing
        release = thaw(office.keys, frozen)
        deliveries = deliveries_of(session, frozen.id, asked.of.id) if "operator" in asked.roles else ()
        to = [(office.keys.open("recipient", one.id, "address", one.address), row) for row, one in deliveries]
    return asked.show(
        "release.html.j2",
        frozen=frozen,
        digests=_digests(asked, release),
        to=to,
        may_see_to="operator" in asked.roles,
    )


def preview(asked: Asked) -> Response:
    """What would go out now, and what is held back."""
    office, now = asked.office, asked.office.clock()
    with office.store.read() as session:
        scope = scope_of(session, asked.of)
        on_date = now.astimezone(ZoneInfo(scope.timezone)).date()
        release = propose(session, office.keys, scope, on_date, now)
        waiting, _ = count_waiting(session, asked.of.id)
    return asked.show("preview.html.j2", release=release, digests=_digests(asked, release), waiting=waiting)


def _digests(asked: Asked, release: disclosure.Release) -> list[tuple[str, str]]:
    """(audience, text) of the digests that somebody of these roles reads."""
    words = load_wording("bot.digest")
    return [
        (audience, render(compose([release], audience, asked.office.operator, words)).text)
        for audience, roles in READ_AS
        if asked.roles & roles
    ]


PAGES: Final = (
    Page("releases", "/{landlord}/digests", show, "Digests that have gone out", READERS, nav=True),
    Page("preview", "/{landlord}/digests/preview", preview, "What would go out now", PREVIEWERS),
    Page(
        "release",
        "/{landlord}/digests/{release}",
        show_one,
        "A digest that has gone out",
        READERS,
        part_of="releases",
    ),
)
