"""Where somebody begins, and what they may do and where they are signed in."""

from typing import Final

from starlette.responses import Response

from bot.console.page import Asked, Page
from bot.console.roles import ROLES


def home(asked: Asked) -> Response:
    """Whoever has to do with one landlord is there at once; otherwise they choose."""
    if len(asked.landlords) == 1:
        return asked.go("today", landlord=asked.landlords[0].id)
    return asked.show("home.html.j2")


def account(asked: Asked) -> Response:
    """What somebody may do, and a way to be signed out everywhere."""
    me = asked.signed_in
    roles = [
        (landlord.name, [role for role in ROLES if role in me.roles[landlord.id]])
        for landlord in asked.landlords
    ]
    return asked.show("account.html.j2", roles=roles)


def sign_out_everywhere(asked: Asked) -> Response:
    """End every login of whoever asks: a phone was lost, or a browser was not theirs."""
    asked.office.accounts.sign_out_everywhere(asked.signed_in.id, asked.who)
    response = asked.go("sign_in")
    asked.office.guard.let_out(response)
    return response


PAGES: Final = (
    Page("home", "/", home, "Choose a landlord", scope="signed_in"),
    Page("account", "/account", account, "What I may do", scope="signed_in"),
    Page(
        "sign_out_everywhere",
        "/account/sign-out-everywhere",
        sign_out_everywhere,
        "Sign out everywhere",
        scope="signed_in",
        method="POST",
    ),
)
