"""Printing: a pack, and what came of it, as HTML pages that print as they look. Pure."""

from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.hidden import visible
from bot.workshops.after import After
from bot.workshops.pack import Pack

CARDS_ON_A_PAGE: Final = 4


def pack_page(pack: Pack, each: int = CARDS_ON_A_PAGE) -> str:
    """The pack as one HTML page that loads nothing and prints as it looks.

    Args:
        pack: what is in it.
        each: story cards on a page: four, or one.
    """
    return visible(_environment().get_template("pack.html.j2").render(pack=pack, each=each))


def after_page(after: After) -> str:
    """What came of a workshop as one HTML page."""
    return visible(_environment().get_template("after.html.j2").render(after=after))


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bot.workshops"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
