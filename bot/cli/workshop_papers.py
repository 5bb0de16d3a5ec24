"""`listened workshop pack` and `listened workshop poster`: what is printed for a workshop."""

from pathlib import Path
from typing import Annotated, cast

import typer

from bot.cli.common import WhichWorkshop, product, the_workshop
from bot.cli.posters import reached_by, write_page
from bot.conversation.speech import Facts
from bot.pdf import NoPdf, as_pdf
from bot.posters.ways import Sheet, is_bot_name
from bot.workshops.poster import poster, ways_in
from bot.workshops.print import CARDS_ON_A_PAGE, pack_page
from models.landlords import Landlord
from models.workshops import landlords_of


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("pack")(make_pack)
    app.command("poster")(make_poster)


def make_pack(
    code: WhichWorkshop,
    file: Annotated[Path | None, typer.Argument(help="What to write; pack-CODE.html by default.")] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="As a tagged PDF; needs the extra pdf.")] = False,
    cards: Annotated[int, typer.Option(help="Story cards on a page: 4, or 1.")] = CARDS_ON_A_PAGE,
) -> None:
    """Make the pack for the table, as it may be now. It also goes to the organisers on the evening before."""
    if cards not in (1, CARDS_ON_A_PAGE):
        raise typer.BadParameter("Choose 1 or 4.", param_hint="--cards")
    with product() as built:
        workshop = the_workshop(built, code)
        with built.store.write() as session:
            pack = built.workroom.pack(session, workshop)
    page = pack_page(pack, cards)
    path = file or Path(f"pack-{workshop.code}.{'pdf' if pdf else 'html'}")
    try:
        path.write_bytes(as_pdf(page) if pdf else page.encode())
    except NoPdf:
        raise typer.BadParameter(
            "A PDF needs the extra pdf (pip install 'listened[pdf]') and Pango. "
            "Without --pdf you get a page that prints the same from a browser.",
            param_hint="--pdf",
        ) from None
    except OSError as error:
        raise typer.BadParameter(f"{path} can't be written ({error.strerror}).", param_hint="FILE") from None
    typer.echo(f"{path}: {len(pack.cards)} story cards, {len(pack.groups)} groups of characteristics.")
    for line in pack.missing:
        typer.echo(f"Missing: {line}")


def make_poster(
    code: WhichWorkshop,
    file: Annotated[
        Path,
        typer.Argument(help="What to write: a name that ends in .pdf or .html, or in .svg for codes alone."),
    ],
    sheet_as: Annotated[
        str, typer.Option("--as", help="poster (one A4 page a language) or cards (four on a page).")
    ] = "poster",
    telegram: Annotated[str, typer.Option(help="The bot's name, without @. Left out: no code for it.")] = "",
) -> None:
    """Make the poster of a workshop, in its languages: when and where, and its code to text and to scan."""
    bot = telegram.lstrip("@")
    if sheet_as not in ("poster", "cards"):
        raise typer.BadParameter("Choose poster or cards.", param_hint="--as")
    if bot and not is_bot_name(bot):
        raise typer.BadParameter(
            "That is no name of a bot: 5 to 32 letters, digits and _.", param_hint="--telegram"
        )
    if file.suffix not in (".pdf", ".html", ".svg"):
        raise typer.BadParameter("Let its name end in .pdf, .html or .svg.", param_hint="FILE")
    with product() as built:
        workshop = the_workshop(built, code)
        with built.store.read() as session:
            owners: list[Landlord] = list(landlords_of(session, workshop.id))
        reached = reached_by(built, owners[0], bot)
        names, settings = ", ".join(one.name for one in owners), built.settings
    if not reached:
        raise typer.BadParameter(
            "There is nothing to text yet. Set TWILIO_SMS_NUMBER or TWILIO_WHATSAPP_NUMBER, use listened line add, "
            "or name the bot with --telegram.",
            param_hint="--telegram",
        )
    if file.suffix == ".svg":
        for way in ways_in(workshop, reached):
            path = file.with_stem(f"{file.stem}-{way.channel}")
            path.write_text(way.svg(), encoding="utf-8")
            typer.echo(f"{path}: {way.link}")
        return
    facts = Facts(settings.operator_name, names, owners[0].complaints, owners[0].emergency, settings.lines)
    write_page(file, poster(workshop, reached, facts, cast("Sheet", sheet_as)))
    typer.echo(f"{file} is ready to print, on A4 at full size.")
