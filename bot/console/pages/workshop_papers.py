"""The papers of a workshop: its pack and its poster, made as they may be now, to save and print."""

from typing import Final, cast

from starlette.responses import Response

from bot.console.page import Asked, Page
from bot.console.pages.workshops import AT, ORGANISERS, workshop_of
from bot.conversation.messages import ChannelName
from bot.conversation.speech import Facts
from bot.pdf import NoPdf, as_pdf
from bot.posters.ways import Sheet, is_bot_name
from bot.workshops.poster import poster, ways_in
from bot.workshops.print import CARDS_ON_A_PAGE, pack_page
from models.landlords import numbers_of
from models.workshops import landlords_of


def pack(asked: Asked) -> Response:
    """The pack as it is now."""
    workshop = workshop_of(asked)
    with asked.office.store.write() as session:
        made = asked.office.workroom.pack(session, workshop)
    page = pack_page(made, 1 if asked.query.get("cards") == "1" else CARDS_ON_A_PAGE)
    return _saved(asked, page, f"pack-{workshop.code}")


def invite(asked: Asked) -> Response:
    """The poster or the cards, or one code alone for a sheet of one's own."""
    workshop, owner = workshop_of(asked), asked.of
    bot = asked.query.get("bot", "").strip().lstrip("@")
    if bot and not is_bot_name(bot):
        return asked.show("problem.html.j2", 400, key="no_bot")
    with asked.office.store.read() as session:
        numbers = numbers_of(session, owner.id, asked.office.numbers)
        names = ", ".join(one.name for one in landlords_of(session, workshop.id))
    reached = [(cast("ChannelName", channel), number) for channel, number in numbers.items()]
    reached += [("telegram", bot)] if bot else []
    if not reached:
        return asked.show("problem.html.j2", 400, key="no_way")
    wanted, name = asked.query.get("form", ""), f"workshop-{workshop.code}"
    for way in ways_in(workshop, reached):
        if wanted == way.channel:
            return _file(way.svg().encode(), "image/svg+xml", f"{name}-{way.channel}.svg")
    facts = Facts(asked.office.operator, names, owner.complaints, owner.emergency, asked.office.lines)
    kind: Sheet = "cards" if asked.query.get("kind") == "cards" else "poster"
    return _saved(asked, poster(workshop, reached, facts, kind), f"{kind}-{workshop.code}")


def _saved(asked: Asked, page: str, name: str) -> Response:
    """A page as a file, as a PDF where that is asked for."""
    if asked.query.get("form") != "pdf":
        return _file(page.encode(), "text/html; charset=utf-8", f"{name}.html")
    try:
        return _file(as_pdf(page), "application/pdf", f"{name}.pdf")
    except NoPdf:
        return asked.show("problem.html.j2", 400, key="no_pdf")


def _file(content: bytes, media_type: str, name: str) -> Response:
    # To be saved and not shown: a page with a style of its own is not one of the console's.
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)


PAGES: Final = (
    Page("workshop_pack", f"{AT}/pack", pack, "The pack, to print", ORGANISERS, part_of="workshops"),
    Page(
        "workshop_poster",
        f"{AT}/poster",
        invite,
        "The poster, cards or a code alone",
        ORGANISERS,
        part_of="workshops",
    ),
)
