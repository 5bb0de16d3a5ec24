"""API keys: a landlord's system that tells us of visits by itself gets one. It is shown once, and taken back here."""

from typing import Final

from starlette.responses import Response

from bot.api_keys import LONGEST_NAME, MOST_IN_WINDOW, KeyRefused
from bot.console.page import Asked, Missing, Page
from bot.console.roles import Role

OPERATOR: Final = frozenset[Role](("operator",))


def show(asked: Asked) -> Response:
    """Which there are, and when each was last used."""
    return _page(asked)


def make(asked: Asked) -> Response:
    """Make one. It stands on this page and nowhere else ever."""
    try:
        made = asked.office.api_keys.make(asked.of, asked.text("name"), asked.who)
    except KeyRefused as problem:
        return _page(asked, problem=str(problem))
    return _page(asked, made=made)


def revoke(asked: Asked) -> Response:
    """Take one back: the next request with it is refused."""
    try:
        asked.office.api_keys.revoke(asked.of, asked.number("key"), asked.who)
    except LookupError:
        raise Missing from None
    return asked.go("api_keys")


def _page(asked: Asked, made: str = "", problem: str = "") -> Response:
    return asked.show(
        "api_keys.html.j2",
        400 if problem else 200,
        keys=asked.office.api_keys.all(asked.of),
        made=made,
        problem=problem,
        address=f"{asked.office.base_url}/api/visits",
        longest=LONGEST_NAME,
        most=MOST_IN_WINDOW,
    )


AT: Final = "/{landlord}/visits/keys"
API_KEYS: Final = Page("api_keys", AT, show, "Keys for systems that send visits", OPERATOR, part_of="visits")
PAGES: Final = (
    API_KEYS,
    API_KEYS.form("make_api_key", "", make, "Make a key"),
    API_KEYS.form("revoke_api_key", "{key}/revoke", revoke, "Take a key back"),
)
