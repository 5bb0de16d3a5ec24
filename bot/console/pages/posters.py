"""Posters and cards to print: chosen here, downloaded as a page or a PDF."""

from typing import Final, cast

from babel import Locale
from starlette.responses import Response

from bot.console.page import Asked, Page
from bot.console.roles import Role
from bot.conversation.messages import ChannelName
from bot.conversation.speech import Facts
from bot.pdf import NoPdf, as_pdf
from bot.posters.sheet import sheet
from bot.posters.ways import Sheet, is_bot_name, is_source, ways
from bot.wording import DEFAULT, load_wording
from models.landlords import numbers_of

MAY: Final = frozenset[Role](("operator", "organiser"))


def show(asked: Asked) -> Response:
    """What to choose."""
    return _page(asked, 200)


def make(asked: Asked) -> Response:
    """The sheet that was chosen, to be saved."""
    wording = load_wording("bot.posters")
    languages = [code for code in wording.languages if asked.query.get(f"in_{code}")] or [DEFAULT]
    kind: Sheet = "cards" if asked.query.get("kind") == "cards" else "poster"
    bot, source = asked.query.get("bot", "").strip().lstrip("@"), asked.query.get("source", "").strip()
    if bot and not is_bot_name(bot):
        return _page(asked, 400, asked.words("posters.problem.bot"))
    if not is_source(source):
        return _page(asked, 400, asked.words("posters.problem.source"))
    with asked.office.store.read() as session:
        numbers = numbers_of(session, asked.of.id, asked.office.numbers)
    reached = [(cast("ChannelName", channel), number) for channel, number in numbers.items()]
    reached += [("telegram", bot)] if bot else []
    if not reached:
        return _page(asked, 400, asked.words("posters.problem.no_line"))
    owner = asked.of
    facts = Facts(asked.office.operator, owner.name, owner.complaints, owner.emergency, asked.office.lines)
    page = sheet(wording, languages, ways(reached, source), facts, kind)
    if asked.query.get("form") == "html":
        return _saved(page.encode(), "text/html; charset=utf-8", f"{kind}.html")
    try:
        return _saved(as_pdf(page), "application/pdf", f"{kind}.pdf")
    except NoPdf:
        return _page(asked, 400, asked.words("posters.problem.no_pdf"))


def _saved(content: bytes, media_type: str, name: str) -> Response:
    # To be saved and not shown: a page with a style of its own is not one of the console's.
    return Response(
        content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _page(asked: Asked, status: int, problem: str = "") -> Response:
    codes = load_wording("bot.posters").languages
    languages = [(code, str(Locale.parse(code).get_display_name("en"))) for code in codes]
    with asked.office.store.read() as session:
        numbers = numbers_of(session, asked.of.id, asked.office.numbers)
    return asked.show("posters.html.j2", status, languages=languages, numbers=numbers, problem=problem)


PAGES: Final = (
    Page("posters", "/{landlord}/posters", show, "Posters and cards", MAY, nav=True),
    Page("make_poster", "/{landlord}/posters/make", make, "Save a poster or cards", MAY, part_of="posters"),
)
