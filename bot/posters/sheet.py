"""A poster or a page of cards, as HTML that prints as it looks. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from babel import Locale
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from bot.conversation.speech import Facts
from bot.posters.ways import Sheet, Way
from bot.wording import Wording

CARDS_ON_A_PAGE: Final = 4


@dataclass(frozen=True, slots=True)
class Event:
    """A workshop that people are invited to.

    Args:
        title: what it is called.
        code: what one texts to come.
        place: where it is.
        when: by language, its day and time.
    """

    title: str
    code: str
    place: str
    when: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Panel:
    """What a poster or card says in one language."""

    language: str
    direction: str
    """`ltr` or `rtl`."""
    title: str
    lead: str
    event: tuple[str, ...]
    """Of a workshop, when and where."""
    choose: str
    code: str
    small: tuple[str, ...]
    ways: tuple[tuple[str, Way, Markup], ...]
    """(the channel's name in that language, the way, its code as SVG)."""


def sheet(  # noqa: PLR0913 - what a sheet is made of
    wording: Wording,
    languages: Sequence[str],
    ways: Sequence[Way],
    facts: Facts,
    kind: Sheet,
    event: Event | None = None,
) -> str:
    """Lay out a sheet.

    Args:
        wording: the sentences of `bot.posters`.
        languages: by BCP 47 code; a poster each, or the cards of a page in turn.
        ways: how to reach us.
        facts: who asks, whose tenants, where else to turn.
        kind: a poster or a page of cards.
        event: the workshop that it invites to; None for one that asks whether people were listened to.

    Returns:
        A whole HTML page that loads nothing. As a PDF it is A4.
    """
    panels = [_panel(wording, language, ways, facts, event) for language in languages]
    if kind == "cards":
        wanted = max(CARDS_ON_A_PAGE, -(-len(panels) // CARDS_ON_A_PAGE) * CARDS_ON_A_PAGE)
        panels = [panels[number % len(panels)] for number in range(wanted)]
    return _template().render(panels=panels, kind=kind, title=f"{facts.landlord}: {panels[0].title}")


def _panel(wording: Wording, language: str, ways: Sequence[Way], facts: Facts, event: Event | None) -> Panel:
    values = {
        "operator": facts.operator,
        "landlord": facts.landlord,
        "emergency": facts.emergency,
        # It stands at the end of a sentence, which brings its own full stop.
        "complaints": facts.complaints.rstrip(" ."),
        "danger": facts.lines["danger"],
        "code": event.code if event else "",
    }

    def text(key: str) -> str:
        # Isolated (U+2068 … U+2069), so that an English name or number does not turn a right-to-left line about.
        return wording.text(language, key, **{name: f"\u2068{value}\u2069" for name, value in values.items()})

    return Panel(
        language=language,
        direction=Locale.parse(language, sep="-").text_direction,
        title=event.title if event else text("title"),
        lead=text("workshop.lead" if event else "lead"),
        event=(event.when[language], event.place) if event else (),
        code=event.code if event else "",
        choose=text("workshop.choose" if event else "choose"),
        small=tuple(text(key) for key in ("promise", "cost", "stop", "not_for")),
        # The code is our own SVG, made of numbers; nothing that somebody typed stands in it.
        ways=tuple((text(f"by_{way.channel}"), way, Markup(way.svg())) for way in ways),  # noqa: S704 - as it says
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("bot.posters"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("sheet.html.j2")
