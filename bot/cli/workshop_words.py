"""`listened workshop`: deciding on words before they are shown, and what recurs in those that were released."""

from typing import Annotated

import typer

from bot.cli.common import WhichWorkshop, product, the_workshop, whoever
from bot.privacy.redact import redact_more
from bot.workshops.after import recurring
from bot.workshops.moderating import NotAllowed, Waiting, WordsDesk
from bot.workshops.pack import characteristic
from bot.workshops.releasing import words_kept
from models.workshops import workshops_of

TO_RECUR = 2


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("moderate")(moderate)
    app.command("across")(across)


def moderate(
    code: WhichWorkshop,
    moderator: Annotated[
        str, typer.Option(help="Who decides: your e-mail address or name. No organiser may.")
    ] = "",
) -> None:
    """Decide, one by one, which words may be shown at the workshop."""
    with product() as built:
        workshop = the_workshop(built, code)
        try:
            desk = WordsDesk(built.store, built.keys, built.clock, workshop, whoever(moderator))
        except NotAllowed as problem:
            raise typer.BadParameter(str(problem), param_hint="--moderator") from None
        waiting = desk.waiting()
        if not waiting:
            typer.echo("Nothing waits.")
        for number, one in enumerate(waiting, start=1):
            typer.echo(f"\n{number} of {len(waiting)} ({one.question})\n  {one.words}\n")
            for doubt in one.doubts:
                typer.echo(f"  look at: {doubt}")
            if not _decide(desk, one):
                return


def _decide(desk: WordsDesk, one: Waiting) -> bool:
    """Ask about one; False when the moderator wants to stop."""
    remove: list[str] = []
    while True:
        choice = typer.prompt("[a]pprove, [r]emove words, [s]et aside, [l]ater, [q]uit", default="l")
        match choice.strip().lower()[:1]:
            case "a":
                desk.approve(one.id, remove)
            case "s":
                desk.set_aside(one.id)
            case "r":
                remove.append(typer.prompt("Which words, exactly as they stand"))
                typer.echo(f"  {redact_more(one.words, remove)}")
                continue
            case "q":
                return False
        return True


def across(
    organiser: Annotated[str, typer.Argument(metavar="EMAIL", help="Whose workshops.")],
) -> None:
    """Say what recurs in the released words of somebody's workshops: characteristics, and what gets in the way."""
    with product() as built, built.store.read() as session:
        held = workshops_of(session, built.keys.lookups("organiser", organiser.casefold()))
        for name, title in (
            ("excellent", "What excellent service does"),
            ("barriers", "What gets in the way"),
        ):
            released = words_kept(session, built.keys, held, name, built.clock())
            typer.echo(f"{title} (workshops with released words: {len(released)})")
            for theme, count in recurring(released):
                typer.echo(f"  {count:>3}  {characteristic(theme)}")
            if len(released) < TO_RECUR:
                typer.echo("  Nothing can recur yet: that takes two workshops with released words.")
