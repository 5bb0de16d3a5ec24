"""Accounts: an operator adds people, gives and takes roles, and sends a new link to who lost theirs."""

from collections.abc import Callable
from typing import Final, cast

from starlette.responses import Response

from bot.console.accounts import Refused
from bot.console.page import Asked, Page
from bot.console.roles import ROLES, Role
from bot.mail import tidy_address

OPERATOR: Final = frozenset[Role](("operator",))


def show(asked: Asked) -> Response:
    """Everybody with a role for this landlord."""
    return _list(asked, 200)


def add(asked: Asked) -> Response:
    """Give somebody a role; whoever is new gets a link."""
    email, role = tidy_address(asked.text("email", 320)), asked.text("role")
    if email is None:
        return _list(asked, 400, asked.words("staff.problem.address"))
    if role not in ROLES:
        return _list(asked, 400, asked.words("staff.problem.role"))
    given: Role = role
    return _carry_out(asked, email, lambda: asked.office.accounts.add(email, asked.of.id, given, asked.who))


def take(asked: Asked) -> Response:
    """Take a role away."""
    email, role = asked.text("email", 320), cast("Role", asked.text("role"))
    if email.casefold() == asked.who.casefold() and role == "operator":
        return _list(asked, 400, asked.words("staff.problem.oneself"))
    return _carry_out(asked, email, lambda: asked.office.accounts.take(email, asked.of.id, role, asked.who))


def invite_again(asked: Asked) -> Response:
    """A new link: what somebody had before opens nothing any more."""
    email = asked.text("email", 320)
    mine = {number for number, roles in asked.signed_in.roles.items() if "operator" in roles}
    return _carry_out(asked, email, lambda: asked.office.accounts.invite_again(email, asked.who, mine))


def _carry_out(asked: Asked, email: str, do: Callable[[], str | None]) -> Response:
    try:
        token = do()
    except Refused as refused:
        return _list(asked, 400, asked.words(refused.key, **refused.values))
    if token is None:
        return asked.go("staff")
    link = f"{asked.office.base_url}{asked.url('invitation', token=token)}"
    subject = asked.words("invitation.mail.subject")
    body = asked.words("invitation.mail.body", operator=asked.office.operator, link=link)
    mailed = asked.office.post(email, subject, body)
    return _list(asked, 200, sent=email, link="" if mailed else link)


def _list(asked: Asked, status: int, problem: str = "", sent: str = "", link: str = "") -> Response:
    accounts = asked.office.accounts.of([asked.of.id])
    return asked.show(
        "staff.html.j2", status, accounts=accounts, all_roles=ROLES, problem=problem, sent=sent, link=link
    )


STAFF: Final = Page("staff", "/{landlord}/staff", show, "Who may use the console", OPERATOR, nav=True)
PAGES: Final = (
    STAFF,
    STAFF.form("add_role", "add", add, "Give somebody a role"),
    STAFF.form("take_role", "take", take, "Take a role away"),
    STAFF.form("invite_again", "invite", invite_again, "Send a new link"),
)
