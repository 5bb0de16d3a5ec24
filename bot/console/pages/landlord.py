"""The landlord: what its tenants are told, which numbers and bots are its own, and who is told when somebody must act."""

from collections.abc import Callable
from typing import Final
from zoneinfo import available_timezones

from starlette.responses import Response

from bot.console.page import Asked, Missing, Page
from bot.console.roles import Role
from bot.conversation.hand_overs import ROLES as DUTY_ROLES
from bot.landlords import CHANNELS, LandlordProblem
from bot.mail import tidy_address
from models.landlords import Landlord

OPERATOR: Final = frozenset[Role](("operator",))
LONGEST: Final = 200


def show(asked: Asked) -> Response:
    """All of it, to look at and to change."""
    return _page(asked, asked.of, done=asked.words("landlord.saved") if asked.query.get("saved") else "")


def change(asked: Asked) -> Response:
    """Say anew what tenants are told."""
    given = {name: asked.text(name, LONGEST) for name in ("complaints", "emergency", "timezone")}
    return _carry_out(
        asked,
        lambda: asked.office.landlords.change(asked.of, **given, who=asked.who),
        given=given,
        saved=True,
    )


def give_line(asked: Asked) -> Response:
    """A number or bot is this landlord's: one that is nobody's, or of a landlord that whoever asks looks after too."""
    mine = [number for number, roles in asked.signed_in.roles.items() if "operator" in roles]
    channel, account = asked.text("channel", 20), asked.text("account", 40)
    return _carry_out(
        asked, lambda: asked.office.landlords.give_line(asked.of, channel, account, asked.who, mine)
    )


def tell(asked: Asked) -> Response:
    """Have somebody told."""
    email = tidy_address(asked.text("email", 320))
    if email is None:
        return _page(asked, asked.of, asked.words("staff.problem.address"))
    role, mobile = asked.text("role", 20), asked.text("mobile", 40)
    return _carry_out(asked, lambda: asked.office.landlords.tell(asked.of, role, email, mobile, asked.who))


def tell_no_more(asked: Asked) -> Response:
    """Have somebody told no more."""
    try:
        asked.office.landlords.tell_no_more(asked.of, asked.number("contact"), asked.who)
    except LookupError:
        raise Missing from None
    return asked.go("landlord")


def _carry_out(
    asked: Asked, do: Callable[[], None], *, given: dict[str, str] | None = None, saved: bool = False
) -> Response:
    try:
        do()
    except LandlordProblem as problem:
        return _page(asked, asked.of, str(problem), given)
    return asked.go("landlord", **({"saved": "1"} if saved else {}))


def _page(
    asked: Asked,
    landlord: Landlord,
    problem: str = "",
    given: dict[str, str] | None = None,
    done: str = "",
) -> Response:
    stands = {name: getattr(landlord, name) for name in ("complaints", "emergency", "timezone")}
    told = asked.office.landlords.told(landlord)
    return asked.show(
        "landlord.html.j2",
        400 if problem else 200,
        given=given or stands,
        told=[(role, [one for one in told if one.role == role]) for role in DUTY_ROLES],
        lines=asked.office.landlords.lines(landlord),
        channels=CHANNELS,
        zones=sorted(zone for zone in available_timezones() if zone.startswith("Europe/")),
        problem=problem,
        done=done,
        longest=LONGEST,
    )


AT: Final = "/{landlord}/landlord"


LANDLORD: Final = Page(
    "landlord", AT, show, "What tenants are told, numbers, and who is told", OPERATOR, nav=True
)
PAGES: Final = (
    LANDLORD,
    LANDLORD.form("change_landlord", "change", change, "Say anew what tenants are told"),
    LANDLORD.form("give_line", "line", give_line, "Say that a number or bot is this landlord's"),
    LANDLORD.form("tell_contact", "told", tell, "Have somebody told when somebody must act"),
    LANDLORD.form("tell_no_more", "told/{contact}/remove", tell_no_more, "Have somebody told no more"),
)
