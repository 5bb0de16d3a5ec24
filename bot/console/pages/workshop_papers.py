"""The papers of a workshop: its pack and its poster, made as they may be now, to save and print."""

from typing import Final

from starlette.responses import Response

from bot.console.page import Asked, Page
from bot.console.pages.workshops import AT, ORGANISERS, workshop_of
from bot.pdf import NoPdf, as_pdf
from bot.workshops.print import CARDS_ON_A_PAGE, pack_page


def pack(asked: Asked) -> Response:
    """The pack as it is now."""
    workshop = workshop_of(asked)
    with asked.office.store.write() as session:
        made = asked.office.workroom.pack(session, workshop)
    page = pack_page(made, 1 if asked.query.get("cards") == "1" else CARDS_ON_A_PAGE)
    return saved(asked, page, f"pack-{workshop.code}")


def saved(asked: Asked, page: str, name: str) -> Response:
    """A page as a file, a PDF where that is asked for: one with a style of its own is not one of the console's."""
    media_type, content, ending = "text/html; charset=utf-8", page.encode(), "html"
    if asked.query.get("form") == "pdf":
        try:
            media_type, content, ending = "application/pdf", as_pdf(page), "pdf"
        except NoPdf:
            return asked.show("problem.html.j2", 400, key="no_pdf")
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    return Response(content, media_type=media_type, headers=headers)


PAGES: Final = (
    Page("workshop_pack", f"{AT}/pack", pack, "The pack, to print", ORGANISERS, part_of="workshops"),
)
