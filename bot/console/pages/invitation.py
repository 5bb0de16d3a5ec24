"""Taking up an invitation: a password, and an authenticator app that works."""

import io
from typing import Final

import segno
from markupsafe import Markup
from starlette.responses import Response

from bot.console.accounts import Refused
from bot.console.page import Asked, Page
from bot.console.passwords import SHORTEST, app_address


def show(asked: Asked) -> Response:
    """The form. Looking uses nothing up: mail scanners open links."""
    return _form(asked, 200)


def join(asked: Asked) -> Response:
    """Set both up, and go on to signing in."""
    try:
        asked.office.signing_in.join(
            str(asked.path["token"]), str(asked.form.get("password", "")), asked.text("code", 20)
        )
    except Refused as refused:
        return _form(asked, 400, asked.words(refused.key, shortest=str(SHORTEST)))
    return asked.go("sign_in")


def _form(asked: Asked, status: int, problem: str = "") -> Response:
    invited = asked.office.signing_in.invited(str(asked.path["token"]))
    if invited is None:
        return asked.show("problem.html.j2", 404, key="invitation")
    square = _square(app_address(invited.secret, invited.email, f"Listened ({asked.office.operator})"))
    spaced = " ".join(invited.secret[at : at + 4] for at in range(0, len(invited.secret), 4))
    return asked.show(
        "invitation.html.j2",
        status,
        invited=invited,
        square=square,
        secret=spaced,
        shortest=SHORTEST,
        problem=problem,
    )


def _square(text: str) -> Markup:
    """A QR code as SVG of our own making, without a style that the policy would forbid."""
    drawn = io.BytesIO()
    segno.make(text, micro=False).save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=True,
        scale=4,
        border=4,
        dark="#000",
        light="#fff",
        omitsize=True,
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704 - made by segno of squares alone


PAGES: Final = (
    Page("invitation", "/invitation/{token}", show, "Take up an invitation", scope="anybody"),
    Page("join", "/invitation/{token}", join, "Take up an invitation", scope="anybody", method="POST"),
)
