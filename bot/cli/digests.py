"""`listened moderate` and `listened digest`: what may leave, and sending it."""

import asyncio
import getpass
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from bot.app import Product
from bot.cli.common import WhichLandlord, product, the_landlord
from bot.conversation.hand_overs import load_rules
from bot.digest.compose import SECTIONS, compose
from bot.digest.render import render
from bot.labels import AREAS, THEMES, Labels
from bot.moderation import Desk, Waiting
from bot.privacy import disclosure
from bot.privacy.redact import redact_more
from bot.releases import check, propose, thaw
from bot.responses import answers_of_landlord
from bot.schedule import local_date
from bot.settings import SettingsProblem
from bot.understanding.language import DEFAULT, UNKNOWN
from bot.wording import english_name, load_wording
from models.landlords import Landlord, all_landlords
from models.releases import with_figures
from models.scopes import scope_of

digest_app = typer.Typer(help="Digests: see one before it goes, or send what is due.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(moderate)
    app.add_typer(digest_app, name="digest")


def moderate(
    landlord: WhichLandlord = None,
    moderator: Annotated[
        str, typer.Option(help="Who decides: your e-mail address or name. Kept with each decision.")
    ] = "",
) -> None:
    """Read every story, one by one: decide what may leave, and pass on what somebody must act on."""
    with product() as built:
        owner = the_landlord(built, landlord)
        desk = Desk(built.store, built.keys, built.clock, owner, moderator or getpass.getuser())
        waiting, others = desk.waiting(), desk.unread()
        if not waiting and not others:
            typer.echo("Nothing waits.")
            return
        if waiting:
            typer.echo(
                f"{len(waiting)} waiting. Could the person who did the repair tell who wrote it? Then set it aside."
            )
        for number, story in enumerate(waiting, start=1):
            typer.echo(f"\n{number} of {len(waiting)}\n")
            if not _decide(built, desk, story):
                return
        _read_the_others(built, desk, others)


def _read_the_others(built: Product, desk: Desk, others: Sequence[Waiting]) -> None:
    """Stories that will not be shown, and are read all the same: a computer misses some dangers."""
    if others:
        typer.echo(f"\n{len(others)} that stay private, and that nobody has read yet.")
    for story in others:
        _show(story)
        choice = typer.prompt("[n]ext, [p]ass on: somebody must act, [q]uit", default="n").strip().lower()[:1]
        if choice == "q":
            return
        if choice == "p":
            _pass_on(built, story)
        desk.mark_read(story.story_id)


def _show(story: Waiting) -> None:
    if story.language == UNKNOWN:
        typer.echo("  In a language that the computer can't tell:")
    elif story.language != DEFAULT:
        typer.echo(f"  In {english_name(story.language)}:")
    typer.echo(f"  {story.words}\n")


def _pass_on(built: Product, story: Waiting) -> None:
    kinds = sorted(load_rules())
    kind = typer.prompt(f"What is it ({', '.join(kinds)})").strip()
    if kind not in kinds:
        typer.echo("That is none of them; nothing was passed on.")
        return
    done = built.hand_overs.make_for_story(story.story_id, kind)
    typer.echo("Passed on: whoever is on duty is told within a minute." if done else "That story is gone.")


def _decide(built: Product, desk: Desk, story: Waiting) -> bool:
    """Ask about one story; False when the moderator wants to stop."""
    _show(story)
    for kind, reason in story.taken:
        typer.echo(f"  taken away: {kind} ({reason})")
    for doubt in story.doubts:
        typer.echo(f"  look at: {doubt}")
    _show_labels(desk.labels(story.story_id))
    desk.mark_read(story.story_id)
    remove: list[str] = []
    while True:
        choice = typer.prompt(
            "[a]pprove, [r]emove words, [s]et aside, [t]hemes, [p]ass on: somebody must act, [l]ater, [q]uit",
            default="l",
        )
        match choice.strip().lower()[:1]:
            case "a":
                return _carry_out(lambda: desk.approve(story.story_id, remove), "Approved.")
            case "s":
                return _carry_out(lambda: desk.set_aside(story.story_id), "Set aside.")
            case "r":
                remove.append(typer.prompt("Which words, exactly as they stand"))
                typer.echo(f"  {redact_more(story.words, remove)}")
            case "t":
                _correct(desk, story)
            case "p":
                _pass_on(built, story)
            case "q":
                return False
            case _:
                return True


def _show_labels(labels: Labels) -> None:
    typer.echo(f"  themes: {', '.join(labels.themes) or 'none'}; areas: {', '.join(labels.areas) or 'none'}")


def _correct(desk: Desk, story: Waiting) -> None:
    """Ask what the story is about and expresses; nothing typed means none."""
    themes = typer.prompt(f"Themes, with spaces between ({' '.join(THEMES)})", default="", show_default=False)
    areas = typer.prompt(f"Areas ({' '.join(AREAS)})", default="", show_default=False)
    try:
        labels = Labels(tuple(themes.split()), tuple(areas.split()))
        desk.correct(story.story_id, labels)
    except (ValueError, LookupError) as problem:
        typer.echo(str(problem))
        return
    _show_labels(labels)


def _carry_out(decision: Callable[[], None], said: str) -> bool:
    try:
        decision()
        typer.echo(said)
    except LookupError as gone:
        typer.echo(str(gone))
    return True


@digest_app.command("run")
def run(
    at: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M"], help="The landlord's local time to act for; now by default."
        ),
    ] = None,
    landlord: WhichLandlord = None,
) -> None:
    """Do once what the schedule would do at that time: freeze what is due and send the digests."""
    with product() as built:
        if not built.settings.smtp_url.get_secret_value():
            raise SettingsProblem("SMTP_URL is not set, so no digest can be sent. See: listened check")
        with built.store.read() as session:
            landlords = [the_landlord(built, landlord)] if landlord else all_landlords(session)
        if not landlords:
            raise SettingsProblem("There is no landlord yet. See: listened landlord add --help")
        outcomes = asyncio.run(_run_all(built, landlords, at))
    if not outcomes:
        typer.echo("Nothing was due: those digests have gone already, or their day has not come.")
    for state, count in sorted(outcomes.items()):
        typer.echo(f"{count} {state}")
    if set(outcomes) - {"sent"}:
        raise typer.Exit(1)


async def _run_all(built: Product, landlords: Sequence[Landlord], at: datetime | None) -> dict[str, int]:
    outcomes: dict[str, int] = {}
    for landlord in landlords:
        moment = at.replace(tzinfo=ZoneInfo(landlord.timezone)) if at else None
        for state, count in (await built.run_due(moment, landlord.name)).items():
            outcomes[state] = outcomes.get(state, 0) + count
    return outcomes


@digest_app.command("preview")
def preview(
    landlord: WhichLandlord = None,
    as_json: Annotated[bool, typer.Option("--json", help="The release itself, as data.")] = False,
) -> None:
    """Show what would go out now, and what is held back. For operators and moderators only."""
    with product() as built:
        owner = the_landlord(built, landlord)
        now = built.clock()
        with built.store.read() as session:
            scope = scope_of(session, owner)
            on_date = local_date(now, scope)
            release = propose(session, built.keys, scope, on_date, now)
            why = check(session, built.keys, scope, release)
            earlier = [thaw(built.keys, one) for one in with_figures(session, scope.id, 1)]
            answers = answers_of_landlord(session, owner.id, on_date, now)
        held = len(Desk(built.store, built.keys, built.clock, owner, "").waiting())
        if as_json:
            typer.echo(json.dumps({**disclosure.to_json(release), "waiting_for_moderator": held}, indent=2))
            return
        for audience in SECTIONS:
            words = compose(
                [release],
                audience,
                built.settings.operator_name,
                load_wording("bot.digest"),
                earlier[0] if earlier else None,
                answers,
            )
            typer.secho(f"\n— {audience} —\n", bold=True)
            typer.echo(render(words).text)
        typer.echo(f"Held back: {held} stories wait for a moderator.")
        for finding in why:
            typer.echo(f"This would not be sent: {finding}")
