"""`listened poster`: a poster or cards that invite people to text."""

from pathlib import Path
from typing import Annotated, cast

import typer

from bot.app import Product
from bot.cli.common import product, the_landlord
from bot.conversation.messages import ChannelName
from bot.conversation.speech import Facts
from bot.pdf import NoPdf, as_pdf
from bot.posters.sheet import sheet
from bot.posters.ways import Sheet, is_bot_name, is_source, ways
from bot.wording import DEFAULT, load_wording
from models.landlords import Landlord, numbers_of


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("poster")(poster)


def poster(  # noqa: PLR0913 - a command's options
    file: Annotated[Path, typer.Argument(help="What to write: a name that ends in .html or .pdf.")],
    landlord: Annotated[str | None, typer.Option(help="Whose; not needed while there is one.")] = None,
    language: Annotated[
        list[str] | None, typer.Option(help="A language's code; may be repeated. English by default.")
    ] = None,
    sheet_as: Annotated[
        str, typer.Option("--as", help="poster (one A4 page a language) or cards (four on a page).")
    ] = "poster",
    telegram: Annotated[str, typer.Option(help="The bot's name, without @. Left out: no code for it.")] = "",
    source: Annotated[
        str, typer.Option(help="Where it hangs, such as mill-road: kept with who comes by Telegram.")
    ] = "",
) -> None:
    """Make a poster, or cards to hand out, with a code to scan for each channel."""
    wording = load_wording("bot.posters")
    languages = language or [DEFAULT]
    unknown = [code for code in languages if code not in wording.languages]
    if unknown:
        raise typer.BadParameter(
            f"There is no {', '.join(unknown)}. There is: {', '.join(wording.languages)}.",
            param_hint="--language",
        )
    if sheet_as not in ("poster", "cards"):
        raise typer.BadParameter("Choose poster or cards.", param_hint="--as")
    if telegram and not is_bot_name(telegram.lstrip("@")):
        raise typer.BadParameter(
            "That is no name of a bot: 5 to 32 letters, digits and _.", param_hint="--telegram"
        )
    if not is_source(source):
        raise typer.BadParameter(
            "Use letters, digits, - and _ only, 64 at most: Telegram's links carry nothing else.",
            param_hint="--source",
        )
    if file.suffix not in (".html", ".pdf"):
        raise typer.BadParameter("Let its name end in .html or .pdf.", param_hint="FILE")
    with product() as built:
        owner = the_landlord(built, landlord)
        reached = reached_by(built, owner, telegram.lstrip("@"))
        settings = built.settings
        facts = Facts(settings.operator_name, owner.name, owner.complaints, owner.emergency, settings.lines)
    if not reached:
        raise typer.BadParameter(
            f"{owner.name} has no line yet. Set TWILIO_SMS_NUMBER or TWILIO_WHATSAPP_NUMBER, "
            "use listened line add, or name the bot with --telegram.",
            param_hint="--landlord",
        )
    page = sheet(wording, languages, ways(reached, source), facts, cast("Sheet", sheet_as))
    write_page(file, page)
    typer.echo(f"{file} is ready to print, on A4 at full size.")


def reached_by(built: Product, owner: Landlord, bot: str) -> list[tuple[ChannelName, str]]:
    """The numbers that are this landlord's, and the bot's name."""
    with built.store.read() as session:
        found = numbers_of(session, owner.id, built.settings.numbers)
    reached = [(cast("ChannelName", channel), number) for channel, number in found.items()]
    return [*reached, ("telegram", bot)] if bot else reached


def write_page(file: Path, page: str) -> None:
    """Write a page as it is, or as a PDF where its name says so.

    Raises:
        typer.BadParameter: when PDFs can't be made here.
    """
    if file.suffix == ".html":
        file.write_text(page, encoding="utf-8")
        return
    try:
        file.write_bytes(as_pdf(page))
    except NoPdf:
        raise typer.BadParameter(
            "A PDF needs the extra pdf (pip install 'listened[pdf]') and Pango. "
            "Or let the name end in .html, open it in a browser and print it.",
            param_hint="FILE",
        ) from None
