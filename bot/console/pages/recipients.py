"""Recipients: who gets the digests, which one, how often, in whose morning; and to whom nothing gets through."""

from collections.abc import Callable
from typing import Final

from starlette.responses import Response

from bot.console.page import Asked, Page
from bot.console.roles import Role
from bot.mail import tidy_address
from bot.pdf import can_make_pdf
from bot.recipients import AUDIENCES, EVERY, RecipientProblem
from models.landlords import OFF

OPERATOR: Final = frozenset[Role](("operator",))


def show(asked: Asked) -> Response:
    """Everybody on the list, and the form for one more."""
    return _page(asked)


def add(asked: Asked) -> Response:
    """Add somebody."""
    address = tidy_address(asked.text("email", 320))
    if address is None:
        return _page(asked, asked.words("recipients.problem.address"))
    if any(one.address.casefold() == address.casefold() for one in asked.office.recipients.all(asked.of)):
        return _page(asked, asked.words("recipients.problem.there"))
    return _carry_out(
        asked,
        lambda: asked.office.recipients.add(
            asked.of,
            address,
            asked.text("audience", 20),
            asked.who,
            every=asked.text("every", 20),
            timezone=asked.text("timezone", 60) or None,
            pdf=_wants_pdf(asked),
        ),
    )


def change(asked: Asked) -> Response:
    """Change how somebody gets them; an address that could not be reached is tried again."""
    return _carry_out(
        asked,
        lambda: asked.office.recipients.change(
            asked.of,
            asked.text("email", 320),
            asked.who,
            every=asked.text("every", 20) or None,
            timezone=asked.text("timezone", 60),
            pdf=_wants_pdf(asked),
        ),
    )


def remove(asked: Asked) -> Response:
    """Take somebody off the list."""
    return _carry_out(
        asked, lambda: asked.office.recipients.remove(asked.of, asked.text("email", 320), asked.who)
    )


def _wants_pdf(asked: Asked) -> bool:
    wanted = asked.text("pdf") == "yes"
    if wanted and not can_make_pdf():
        raise RecipientProblem(asked.words("recipients.problem.pdf"))
    return wanted


def _carry_out(asked: Asked, do: Callable[[], None]) -> Response:
    try:
        do()
    except RecipientProblem as problem:
        return _page(asked, str(problem))
    return asked.go("recipients")


def _page(asked: Asked, problem: str = "") -> Response:
    return asked.show(
        "recipients.html.j2",
        400 if problem else 200,
        readers=asked.office.recipients.all(asked.of),
        audiences=AUDIENCES,
        rhythms=[one for one in EVERY if one != OFF],
        all_rhythms=EVERY,
        can_pdf=can_make_pdf(),
        problem=problem,
    )


AT: Final = "/{landlord}/recipients"


RECIPIENTS: Final = Page("recipients", AT, show, "Who gets the digests, and how", OPERATOR, nav=True)
PAGES: Final = (
    RECIPIENTS,
    RECIPIENTS.form("add_recipient", "add", add, "Add somebody who gets the digests"),
    RECIPIENTS.form("change_recipient", "change", change, "Change how somebody gets them"),
    RECIPIENTS.form("remove_recipient", "remove", remove, "Take somebody off the list"),
)
