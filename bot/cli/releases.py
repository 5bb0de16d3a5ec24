"""`listened release`: what has left, and whether anybody could be worked out from it."""

import json
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from bot.app import Product
from bot.cli.common import WhichLandlord, product, the_landlord
from bot.labels import LabelBook
from bot.privacy import disclosure
from bot.privacy.redact import redact
from bot.releases import check, propose, thaw
from bot.schedule import local_date
from bot.stories import StoryBook
from models.releases import releases_of
from models.scopes import Scope, all_scopes, scope_of

release_app = typer.Typer(help="Releases: everything that has left.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(release_app, name="release")


@release_app.command("list")
def list_releases(landlord: WhichLandlord = None) -> None:
    """Show every release of a landlord, or of the pool that it is in."""
    with product() as built:
        owner = the_landlord(built, landlord)
        with built.store.read() as session:
            for frozen in releases_of(session, scope_of(session, owner).id):
                release = thaw(built.keys, frozen)
                figures = release.figures
                said = f"about {figures.about} people" if figures else "waits"
                typer.echo(
                    f"{release.number:>4}  {release.on_date}  {said:<20}"
                    f"{len(release.cells)} themes and areas, {len(release.excerpts)} excerpts"
                )


@release_app.command("show")
def show(
    number: Annotated[int, typer.Argument(help="Which one, by its number in the list.")],
    landlord: WhichLandlord = None,
) -> None:
    """Show one release as data: all that any digest of it can say."""
    with product() as built:
        owner = the_landlord(built, landlord)
        with built.store.read() as session:
            of_scope = releases_of(session, scope_of(session, owner).id)
            found = next((one for one in of_scope if one.number == number), None)
        if found is None:
            raise typer.BadParameter("There is no release of that number. See: listened release list")
        typer.echo(json.dumps(disclosure.to_json(thaw(built.keys, found)), indent=2, ensure_ascii=False))


@release_app.command("audit")
def audit() -> None:
    """Look at every release of everybody, and at the ones that would leave now: could anybody be worked out?

    Ends with 1 when something is found.
    """
    looked = found = 0
    with product() as built, built.store.read() as session:
        for scope in all_scopes(session):
            for release, is_frozen in _all_of(built, session, scope):
                looked += 1
                for finding in check(session, built.keys, scope, release):
                    found += 1
                    when = f"release {release.number}" if is_frozen else "what would leave now"
                    typer.echo(f"{scope.name}, {when}: {finding}")
    typer.echo(f"{looked} releases looked at, {found} findings.")
    if found:
        typer.echo(
            "A release with a finding is not sent; what is here already should be looked at by whoever"
        )
        typer.echo("is responsible for data protection. See docs/decisions/0012-release.md.")
        raise typer.Exit(1)


@release_app.command("labels")
def labels() -> None:
    """Write what moderators corrected, a JSON line a story, redacted, to teach the machine with."""
    with product() as built, built.store.read() as session:
        for story, language, best in LabelBook(session, built.keys).corrected():
            words = StoryBook(session, built.keys).words([story]).get(story)
            if words:
                line: dict[str, Any] = {
                    "id": f"{story}",
                    "text": redact(words).words,
                    "lang": language,
                    "kind": "story",
                    "areas": list(best.areas),
                    "themes": list(best.themes),
                }
                typer.echo(json.dumps(line, ensure_ascii=False))


def _all_of(built: Product, session: Session, scope: Scope) -> list[tuple[disclosure.Release, bool]]:
    frozen = [(thaw(built.keys, one), True) for one in releases_of(session, scope.id)]
    now = built.clock()
    return [*frozen, (propose(session, built.keys, scope, local_date(now, scope), now), False)]
