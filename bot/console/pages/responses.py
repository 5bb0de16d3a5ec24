"""Responses: what the landlord did about what it was told. Seen as a text before it is written, and taken back after."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal, get_args

from starlette.responses import Response

from bot.console.page import Asked, Missing, Page
from bot.console.pages.moderation import name_of
from bot.console.roles import Role
from bot.hidden import visible
from bot.labels import AREAS, THEMES
from bot.privacy.redact import redact
from bot.response_preview import Preview
from bot.responses import ABOUT_RELEASE, Kind, ResponseProblem
from bot.wording import english_name
from models.releases import with_figures
from models.scopes import scope_id_of

MAY: Final = frozenset[Role](("reader", "operator"))
MOST_WORDS: Final = 600
SHOWN: Final = 60
ANSWERABLE: Final = timedelta(weeks=26)
MOST_DIGESTS: Final = 13
Choices = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Given:
    """What stands in the form: as it was sent, so that nothing typed is lost."""

    about: str = ""
    kind: str = "did"
    words: str = ""
    due: str = ""

    @property
    def released_on(self) -> date | None:
        """The date of the digest that is answered, where it is one."""
        kind, _, on_date = self.about.partition(":")
        return _date(on_date) if kind == ABOUT_RELEASE else None

    @property
    def due_on(self) -> date | None:
        """By when a promise is to be kept; nothing else has a date, whatever stands in the field."""
        return _date(self.due) if self.kind == "will" else None

    @property
    def spoken(self) -> Kind:
        """Its kind; one that there is not is refused where responses are made."""
        return self.kind  # type: ignore[return-value]  # it is checked there


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page of responses shows beside the list."""

    given: Given = field(default_factory=Given)
    problem: str = ""
    preview: Preview | None = None
    names: tuple[str, ...] = ()
    """What in the words may name somebody."""


def show(asked: Asked) -> Response:
    """What has been answered, and the form for another."""
    return _page(asked, Shown())


def preview(asked: Asked) -> Response:
    """What would be sent, and to how many at most. Nothing is written."""
    given = _given(asked)
    about = ABOUT_RELEASE if given.released_on else given.about
    try:
        made = asked.office.responses.preview(
            asked.of, about, given.spoken, given.words, due_on=given.due_on, released_on=given.released_on
        )
    except ResponseProblem as problem:
        return _page(asked, Shown(given, _said(asked, given, problem)))
    names = tuple(given.words[span.start : span.end] for span in redact(given.words).spans)
    return _page(asked, Shown(given, preview=made, names=names))


def write(asked: Asked) -> Response:
    """Write it down; it is told once it can't be taken back any more."""
    given = _given(asked)
    about = ABOUT_RELEASE if given.released_on else given.about
    try:
        asked.office.responses.write(
            asked.of,
            about,
            given.spoken,
            given.words,
            asked.who,
            due_on=given.due_on,
            released_on=given.released_on,
        )
    except ResponseProblem as problem:
        return _page(asked, Shown(given, _said(asked, given, problem)))
    return asked.go("responses")


def withdraw(asked: Asked) -> Response:
    """Take it back, while nobody has heard of it."""
    try:
        asked.office.responses.withdraw(asked.of, asked.number("response"), asked.who)
    except LookupError:
        raise Missing from None
    except ResponseProblem as problem:
        return _page(asked, Shown(problem=str(problem)))
    return asked.go("responses")


def end(asked: Asked) -> Response:
    """Say what became of a promise."""
    became, words = asked.text("became"), asked.text("words", MOST_WORDS)
    try:
        asked.office.responses.end(asked.of, asked.number("response"), became, words, asked.who)
    except LookupError:
        raise Missing from None
    except ResponseProblem:
        return _page(asked, Shown(problem=asked.words("responses.problem.became")))
    return asked.go("responses")


def public(asked: Asked) -> Response:
    """Whether everybody may read them on /said-and-done."""
    asked.office.responses.show(asked.of, shown=asked.text("shown") == "yes", who=asked.who)
    return asked.go("responses")


def _given(asked: Asked) -> Given:
    """What was sent. Marks that hide or turn text become boxes, so that nothing goes out that can't be seen here."""
    about, kind, due = asked.text("about", 60), asked.text("kind", 20), asked.text("due", 10)
    return Given(visible(about), visible(kind), visible(asked.text("words", MOST_WORDS)), visible(due))


def _said(asked: Asked, given: Given, problem: ResponseProblem) -> str:
    """What is wrong, in the words of the form where those of the command line would not fit."""
    if not given.about:
        return asked.words("responses.problem.about")
    if given.kind == "will" and given.due_on is None:
        return asked.words("responses.problem.due")
    return str(problem)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _page(asked: Asked, shown: Shown) -> Response:
    written = asked.office.responses.all(asked.of)[:SHOWN]
    return asked.show(
        "responses.html.j2",
        400 if shown.problem else 200,
        shown=shown,
        written=written,
        now=asked.office.clock(),
        digests=_digests(asked),
        themes=_named("theme", THEMES),
        areas=_named("area", AREAS),
        names={**dict(_named("theme", THEMES)), **dict(_named("area", AREAS))},
        kinds=get_args(Kind),
        most_words=MOST_WORDS,
        language_name=english_name,
    )


def _digests(asked: Asked) -> Choices:
    """The digests with figures that people may still expect an answer to."""
    since = asked.local(asked.office.clock() - ANSWERABLE).date()
    with asked.office.store.read() as session:
        frozen = with_figures(session, scope_id_of(asked.of), MOST_DIGESTS)
    return [
        (f"{ABOUT_RELEASE}:{one.on_date}", f"{one.on_date:%-d %B %Y}")
        for one in frozen
        if one.on_date >= since
    ]


def _named(kind: Literal["theme", "area"], labels: Sequence[str]) -> Choices:
    return [(label, name_of(kind, label)) for label in labels]


AT: Final = "/{landlord}/responses"
RESPONSES: Final = Page("responses", AT, show, "What was answered, and what became of it", MAY, nav=True)
PAGES: Final = (
    RESPONSES,
    RESPONSES.form("preview_response", "preview", preview, "See a response as tenants would get it"),
    RESPONSES.form("write_response", "", write, "Write a response, to be told"),
    RESPONSES.form(
        "withdraw_response", "{response}/withdraw", withdraw, "Take a response back before anybody is told"
    ),
    RESPONSES.form("end_response", "{response}/end", end, "Say what became of a promise"),
    RESPONSES.form("show_responses", "public", public, "Show the responses to everybody, or no more"),
)
