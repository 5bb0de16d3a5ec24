"""The poster of a workshop: its code to scan and to text, when and where, in the languages in which it is held."""

from collections.abc import Sequence

from bot.conversation.join_codes import spoken
from bot.conversation.messages import ChannelName
from bot.conversation.speech import Facts
from bot.posters.sheet import Event, sheet
from bot.posters.ways import Sheet, Way, ways
from bot.wording import load_wording
from bot.workshops.members import when_it_is
from models.workshops import Workshop

Reached = Sequence[tuple[ChannelName, str]]
"""(channel, number in E.164 or bot's name without @)."""


def poster(workshop: Workshop, reached: Reached, facts: Facts, kind: Sheet) -> str:
    """A poster, or a page of cards, that invites to a workshop; a whole HTML page that loads nothing.

    Args:
        workshop: which.
        reached: where one texts its code.
        facts: who asks, whose tenants and staff meet, where else to turn.
        kind: a poster or a page of cards.
    """
    when = {language: when_it_is(workshop, language) for language in workshop.languages}
    event = Event(workshop.title, spoken(workshop.code), workshop.place, when)
    wording = load_wording("bot.posters")
    return sheet(wording, workshop.languages, ways_in(workshop, reached), facts, kind, event)


def ways_in(workshop: Workshop, reached: Reached) -> tuple[Way, ...]:
    """The ways to a workshop: whoever scans one only has to send what is typed already."""
    return ways(reached, source=workshop.code, says=spoken(workshop.code))
