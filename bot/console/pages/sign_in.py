"""Signing in and out."""

import re
from typing import Final

from starlette.responses import RedirectResponse, Response

from bot.console.accounts import Refused
from bot.console.page import Asked, Page

_OURS: Final = re.compile(r"/console/[\w/-]*(?:\?[\w=&%.+-]*)?")
"""Where somebody may be sent on to after signing in: to our own pages and nowhere else."""


def show(asked: Asked) -> Response:
    """The form; whoever is in already is sent on."""
    if asked.me:
        return asked.go("home")
    return form(asked, 200)


def sign_in(asked: Asked) -> Response:
    """Let somebody in, or say that it was not right."""
    email = asked.text("email", 320)
    password = asked.form.get("password", "")
    try:
        token = asked.office.signing_in.sign_in(email, str(password), asked.text("code", 20), asked.address)
    except Refused as refused:
        status = 429 if refused.key == "sign_in.too_often" else 400
        return form(asked, status, email, asked.words(refused.key))
    response = RedirectResponse(onward(asked), 303)
    asked.office.guard.let_in(response, token)
    return response


def sign_out(asked: Asked) -> Response:
    """End this login."""
    asked.office.signing_in.sign_out(asked.signed_in.login_id)
    response = asked.go("sign_in")
    asked.office.guard.let_out(response)
    return response


def form(asked: Asked, status: int, email: str = "", problem: str = "") -> Response:
    """The form, with what was wrong the last time."""
    return asked.show("sign_in.html.j2", status, email=email, problem=problem, onward=onward(asked))


def onward(asked: Asked) -> str:
    """Where to go on to after signing in."""
    wanted = asked.text("next") or asked.query.get("next", "")
    return wanted if _OURS.fullmatch(wanted) else asked.url("home")


PAGES: Final = (
    Page("sign_in", "/sign-in", show, "Sign in", scope="anybody"),
    Page("sign_in_now", "/sign-in", sign_in, "Sign in", scope="anybody", method="POST"),
    Page("sign_out", "/sign-out", sign_out, "Sign out", scope="signed_in", method="POST"),
)
