"""What a page of the console is: its row in the table of routes, what it is asked, and how it answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Final, Literal
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData
from starlette.responses import HTMLResponse, RedirectResponse, Response

from bot.api_keys import ApiKeys
from bot.console.accounts import Accounts
from bot.console.guard import Guard
from bot.console.render import Renderer
from bot.console.roles import Role
from bot.console.signing_in import Me, SigningIn
from bot.console.work_accounts import WorkAccounts
from bot.delivery.hours import Hours
from bot.handover import Desk
from bot.landlords import Landlords
from bot.privacy.keys import Keyring
from bot.recipients import Recipients
from bot.responses import Responses
from bot.visits import Visits
from bot.workshops.inviting import Invitations
from bot.workshops.post import Workroom
from bot.workshops.room import RoomDesk
from bot.workshops.sessions import Sessions
from models import Store
from models.landlords import Landlord

FORM_BYTES: Final = 64_000
Scope = Literal["anybody", "signed_in", "landlord"]


class Missing(Exception):
    """There is no such thing, or it is not this landlord's: both look the same from outside."""


@dataclass(frozen=True, slots=True, repr=False)
class Office:
    """What the pages work with."""

    store: Store
    keys: Keyring
    clock: Callable[[], datetime]
    guard: Guard
    signing_in: SigningIn
    accounts: Accounts
    hand_overs: Desk
    visits: Visits
    responses: Responses
    landlords: Landlords
    api_keys: ApiKeys
    recipients: Recipients
    numbers: Mapping[str, str]
    """Our number on each channel that has numbers."""
    lines: Mapping[str, str]
    """Numbers for people in danger."""
    workshops: Sessions
    invitations: Invitations
    hours: Hours
    """When somebody may be written to first."""
    workroom: Workroom
    room: RoomDesk
    renderer: Renderer
    base_url: str
    digest_time: time
    operator: str
    post: Callable[[str, str, str], bool]
    """Queues a mail (address, subject, body); False when no mail server is set."""
    visitors: Sequence[Role] = ()
    """In the demo: the roles that a visitor may switch to. Outside of it: none."""
    work_accounts: WorkAccounts | None = None
    """The employer's sign-in, where one is set."""

    def who(self, token: str) -> Me | None:
        """Whose cookie this is; None when it lets nobody in, or their employer has put them out since."""
        if token and self.work_accounts:
            self.work_accounts.look_again(token)
        return self.signing_in.who(token) if token else None


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """What one request asks of a page. Everything in it has been checked but the form and the query."""

    office: Office
    page: "Page"
    me: Me | None
    landlord: Landlord | None
    landlords: Sequence[Landlord]
    """Those that whoever asks has any role for."""
    path: Mapping[str, str | int]
    query: Mapping[str, str]
    form: FormData
    address: str
    """The network address that it comes from."""
    begun: str = ""
    """What the browser keeps of a sign-in at the employer's that has begun."""
    pages: Mapping[str, "Page"] = field(default_factory=dict)

    @property
    def who(self) -> str:
        """The address of whoever asks: for the audit."""
        return self.signed_in.email

    @property
    def signed_in(self) -> Me:
        """Whoever asks, on a page that wants somebody to be signed in."""
        if self.me is None:
            raise LookupError("nobody is signed in")
        return self.me

    @property
    def of(self) -> Landlord:
        """The landlord that a page is about, on a page that is about one."""
        if self.landlord is None:
            raise LookupError("this page is about no landlord")
        return self.landlord

    @property
    def roles(self) -> frozenset[str]:
        """What whoever asks may be for that landlord."""
        if self.me is None or self.landlord is None:
            return frozenset()
        return self.me.roles.get(self.landlord.id, frozenset())

    @property
    def menu(self) -> list["Page"]:
        """The pages of that landlord that are for whoever asks."""
        return [page for page in self.pages.values() if page.nav and self.roles & page.may]

    def text(self, name: str, most: int = 4_000) -> str:
        """What stands in a field of the form, without spaces around it and not longer than that."""
        value = self.form.get(name, "")
        return value.strip()[:most] if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """A number in the path."""
        return int(self.path[name])

    def local(self, moment: datetime) -> datetime:
        """A moment on the landlord's clock; in UTC on a page that is about none."""
        return moment.astimezone(ZoneInfo(self.landlord.timezone if self.landlord else "UTC"))

    def when(self, moment: datetime) -> str:
        """A moment as people say it."""
        return f"{self.local(moment):%A %-d %B %Y, %H:%M}"

    def day(self, moment: datetime) -> str:
        """The date of a moment as people say it."""
        return f"{self.local(moment):%-d %B %Y}"

    def waits(self, since: datetime, now: datetime) -> str:
        """How long something has waited, in whole minutes, hours or days."""
        minutes = max(int((now - since).total_seconds()) // 60, 0)
        for name, size in (("days", 60 * 24), ("hours", 60)):
            if minutes >= 2 * size:
                return self.words(f"waits.{name}", count=str(minutes // size))
        return self.words("waits.minutes", count=str(minutes))

    def url(self, name: str, **values: str | int) -> str:
        """Where a page is; values that its path does not take go into the query."""
        page = self.pages[name]
        if self.landlord and page.scope == "landlord":
            values.setdefault("landlord", self.landlord.id)
        return page.url(**values)

    def show(self, template: str, status: int = 200, **values: object) -> Response:
        """The page, from its template."""
        about = {"asked": self, "url": self.url, "when": self.when, "day": self.day, "waits": self.waits}
        return HTMLResponse(self.office.renderer.page(template, {**about, **values}), status)

    def go(self, name: str, **values: str | int) -> Response:
        """Go on to another page, after a form has done what it should."""
        return RedirectResponse(self.url(name, **values), 303)

    def words(self, key: str, **values: str) -> str:
        """A sentence of the wording."""
        return self.office.renderer.words(key, **values)


@dataclass(frozen=True, slots=True)
class Page:
    """One row of the table of routes.

    Args:
        name: what it is called: the key of its title in the wording is `title.<name>`, or that of what it is part of.
        path: where it is, under /console; `{landlord}` and other ids in braces are numbers, `{token}` is text.
        act: answers.
        may: which roles may, for the landlord in the path.
        scope: `anybody`; `signed_in` (with any role at all, for no landlord in particular); or `landlord`.
        method: GET to look, POST to change something.
        nav: whether the menu of a landlord has it.
        part_of: the page that it is seen as, in title and menu; itself by default.
        about: what it is for, in the docs' table.
        form_bytes: the most that its form takes.
    """

    name: str
    path: str
    act: Callable[[Asked], Response]
    about: str
    may: frozenset[Role] = frozenset()
    scope: Scope = "landlord"
    method: Literal["GET", "POST"] = "GET"
    nav: bool = False
    part_of: str = ""
    form_bytes: int = FORM_BYTES

    def __post_init__(self) -> None:
        """Refuse a row that would let nobody or everybody in by mistake."""
        if (self.scope == "landlord") != bool(self.may) or (self.scope == "landlord") != (
            "{landlord}" in self.path
        ):
            raise ValueError(f"{self.name}: a page about a landlord says in its path which, and who may")

    @property
    def seen_as(self) -> str:
        """The name of the page that it is seen as."""
        return self.part_of or self.name

    def form(  # noqa: PLR0913 - what a row consists of
        self,
        name: str,
        path: str,
        act: Callable[[Asked], Response],
        about: str,
        *,
        may: frozenset[Role] = frozenset(),
        form_bytes: int = FORM_BYTES,
    ) -> "Page":
        """The row of a form on this page: seen as it, and for the same roles unless said otherwise.

        Args:
            name: what it is called.
            path: where it is, under this page; empty for the same address.
            act: answers.
            about: what it is for, in the docs' table.
            may: which roles may send it.
            form_bytes: the most that it takes.
        """
        return Page(
            name,
            f"{self.path}/{path}" if path else self.path,
            act,
            about,
            may or self.may,
            method="POST",
            part_of=self.seen_as,
            form_bytes=form_bytes,
        )

    def url(self, **values: str | int) -> str:
        """Where it is, filled in."""
        rest = {name: value for name, value in values.items() if f"{{{name}}}" not in self.path}
        path = self.path.format_map({name: quote(str(value), safe="") for name, value in values.items()})
        return f"/console{path}" + (f"?{urlencode(rest)}" if rest else "")
