"""`listened poster`: a poster or cards that invite people to text."""

from pathlib import Path
from typing import Annotated, cast

import typer
from sqlalchemy import select

from bot.app import Product
from bot.cli.common import product, the_landlord
from bot.conversation.messages import ChannelName
from bot.conversation.speech import Facts
from bot.posters.sheet import sheet
from bot.posters.ways import Sheet, is_source, ways
from bot.wording import DEFAULT, load_wording
from models.landlords import Landlord, Line, all_landlords


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
    if not is_source(source):
        raise typer.BadParameter(
            "Use letters, digits, - and _ only, 64 at most: Telegram's links carry nothing else.",
            param_hint="--source",
        )
    if file.suffix not in (".html", ".pdf"):
        raise typer.BadParameter("Let its name end in .html or .pdf.", param_hint="FILE")
    with product() as built:
        owner = the_landlord(built, landlord)
        reached = _reached(built, owner, telegram.lstrip("@"))
        settings = built.settings
        facts = Facts(settings.operator_name, owner.name, owner.complaints, owner.emergency, settings.lines)
    if not reached:
        raise typer.BadParameter(
            f"{owner.name} has no line yet. Set TWILIO_SMS_NUMBER or TWILIO_WHATSAPP_NUMBER, "
            "use listened line add, or name the bot with --telegram.",
            param_hint="--landlord",
        )
    page = sheet(wording, languages, ways(reached, source), facts, cast("Sheet", sheet_as))
    _write(file, page)
    typer.echo(f"{file} is ready to print, on A4 at full size.")


def _reached(built: Product, owner: Landlord, bot: str) -> list[tuple[ChannelName, str]]:
    """The numbers that are this landlord's, and the bot's name."""
    settings = built.settings
    ours = {"sms": settings.twilio_sms_number, "whatsapp": settings.twilio_whatsapp_number}
    with built.store.read() as session:
        lines = session.scalars(select(Line)).all()
        alone = len(all_landlords(session)) == 1
    theirs = {(line.channel, line.account) for line in lines if line.landlord_id == owner.id}
    taken = {(line.channel, line.account) for line in lines} - theirs
    found = {channel: account for channel, account in theirs if channel in ours}
    for channel, number in ours.items():
        # As a message would find its landlord: a number that nobody was given is the only landlord's.
        if number and alone and (channel, number) not in taken:
            found.setdefault(channel, number)
    if bot:
        found["telegram"] = bot
    return [(cast("ChannelName", channel), name) for channel, name in found.items()]


def _write(file: Path, page: str) -> None:
    if file.suffix == ".html":
        file.write_text(page, encoding="utf-8")
        return
    try:
        from weasyprint import HTML  # noqa: PLC0415 - an extra, and half a second to load
    except (ImportError, OSError):
        raise typer.BadParameter(
            "A PDF needs the extra pdf (pip install 'listened[pdf]') and Pango. "
            "Or let the name end in .html, open it in a browser and print it.",
            param_hint="FILE",
        ) from None
    HTML(string=page).write_pdf(str(file), pdf_variant="pdf/ua-1")
