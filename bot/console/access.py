"""Who may: one decision for every route, and the table in the docs that says the same."""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from bot.console.page import Page
from bot.console.roles import ROLES

Verdict = Literal["allowed", "sign in", "403", "404"]

HEAD: Final = """# Who may open what in the console

Made from the table of routes in `bot/console/routes.py` (`make console-access`); a test fails when the two differ, and
another asks every route as every role, for the own landlord, for another one, and for another landlord's things.

- **yes**: allowed for a landlord for which somebody has that role. **403**: they have another role there.
- For a landlord for which somebody has no role at all, and for things of another landlord, the answer is always **404**:
  it does not even say that there is such a landlord.
- Whoever is not signed in is sent to sign in, but for the routes that are for anybody.
- Nobody is moderator and reader, moderator and organiser, or operator and reader of one landlord.
"""


def verdict_on(page: Page, roles: frozenset[str] | None, *, knows_landlord: bool) -> Verdict:
    """What becomes of a request.

    Args:
        page: the row of the table.
        roles: those of whoever asks, for the landlord in the path; None when nobody is signed in.
        knows_landlord: whether they have any role for that landlord.
    """
    if page.scope == "anybody":
        return "allowed"
    if roles is None:
        return "sign in"
    if page.scope == "signed_in":
        return "allowed"
    if not knows_landlord:
        return "404"
    return "allowed" if roles & page.may else "403"


def as_markdown(pages: Iterable[Page]) -> str:
    """The table for the docs."""
    rows = [
        ("route", "what for", *ROLES, "another landlord's"),
        ("---",) * (len(ROLES) + 3),
        *(_row(page) for page in sorted(pages, key=lambda page: (page.scope != "anybody", page.path))),
    ]
    return HEAD + "\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(page: Page) -> Sequence[str]:
    route = f"{page.method} `/console{page.path}`"
    if page.scope != "landlord":
        said = "anybody" if page.scope == "anybody" else "yes"
        return (route, page.about, *(said for _ in ROLES), "–")
    return (route, page.about, *("yes" if role in page.may else "403" for role in ROLES), "404")
