"""Signing in with a work account: to the employer's sign-in, and back from there."""

import re
from typing import Final

from starlette.responses import RedirectResponse, Response

from bot.console.accounts import Refused
from bot.console.page import Asked, Missing, Page
from bot.console.pages.sign_in import form, onward
from bot.console.vouching import Away, NotVouchedFor

_CODE: Final = re.compile(r"[a-z_]{1,40}")
"""What an error's code looks like (RFC 6749 §4.1.2.1); anything else that comes along is not shown."""


def go(asked: Asked) -> Response:
    """To the employer's sign-in. By a link: a browser would not let a form of ours lead elsewhere."""
    work = asked.office.work_accounts
    if work is None:
        raise Missing
    try:
        url, begun = work.sso.begin(onward(asked))
    except Away:
        return form(asked, 503, problem=asked.words("sso.problem.away"))
    response = RedirectResponse(url, 303)
    asked.office.guard.begin(response, begun)
    return response


def back(asked: Asked) -> Response:
    """From there, with word of who it is."""
    work = asked.office.work_accounts
    if work is None:
        raise Missing
    if code := asked.query.get("error"):
        shown = code if _CODE.fullmatch(code) else "unknown"
        return form(asked, 403, problem=asked.words("sso.problem.denied", code=shown))
    try:
        known, wanted = work.sso.finish(asked.begun, asked.query)
        token = work.let_in(known)
    except Away:
        return form(asked, 503, problem=asked.words("sso.problem.away"))
    except NotVouchedFor:
        return form(asked, 400, problem=asked.words("sso.problem.refused"))
    except Refused as refused:
        return form(asked, 403, problem=asked.words(refused.key, **refused.values))
    response = RedirectResponse(wanted, 303)
    asked.office.guard.let_in(response, token)
    asked.office.guard.begin(response, "")
    return response


PAGES: Final = (
    Page("sso", "/sso", go, "Sign in with a work account", scope="anybody"),
    Page("sso_back", "/sso/back", back, "Come back from the employer's sign-in", scope="anybody"),
)
