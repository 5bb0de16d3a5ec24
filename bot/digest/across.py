"""The workshop view: what the landlords that take part were told, in one digest for organisers. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from bot.digest import sections
from bot.digest.parts import Answer, Digest, Section, Telling
from bot.privacy.disclosure import Release
from bot.wording import DEFAULT, Wording

MOST_STORIES: Final = 6
"""Good ones, and as many hard ones: what can be read before a session."""


@dataclass(frozen=True, slots=True)
class TakesPart:
    """A landlord, or a pool of landlords, whose tenants and staff meet.

    Args:
        name: of its scope.
        releases: its frozen ones of the last weeks, newest first.
        answers: what it said that it did, newest first.
    """

    name: str
    releases: Sequence[Release]
    answers: Sequence[Answer] = ()


def across(
    title: str, opening: Sequence[str], taking_part: Sequence[TakesPart], operator: str, wording: Wording
) -> Digest:
    """Write the workshop view. It adds nothing up: every figure in it is one landlord's, and stands in its release.

    Args:
        title: what the mail is called.
        opening: what is said first.
        taking_part: whose tenants and staff meet, each scope once.
        operator: who asks and reads.
        wording: the sentences of `bot.digest`.
    """
    told = [
        Telling(one.releases, None, one.answers, operator, wording) for one in taking_part if one.releases
    ]
    names = ", ".join(one.name for one in taking_part)
    headline = wording.text(DEFAULT, "across.headline" if told else "across.nothing_yet", landlords=names)
    first = Section(wording.text(DEFAULT, "across.pack"), tuple(opening))
    if not told:
        return Digest(title, title, headline, (first,), ())
    last = [one for one in (sections.what_it_is_not(told[0]),) if one]
    made = chain([first], _of_all(told, operator, wording), *map(_of_one, told), last)
    footer = (told[0].text("footer.how"), told[0].text("footer.who"))
    return Digest(title, title, headline, tuple(made), footer)


def _of_all(told: Sequence[Telling], operator: str, wording: Wording) -> list[Section]:
    """Words and questions of everybody, the newest first; no counts."""
    releases = sorted(
        (release for one in told for release in one.releases), key=lambda one: one.on_date, reverse=True
    )
    together = Telling(releases, None, (), operator, wording)
    made = (
        sections.for_the_table(together, MOST_STORIES),
        sections.barriers(together),
        sections.questions(together),
    )
    return [one for one in made if one]


def _of_one(telling: Telling) -> list[Section]:
    """What was counted at one landlord, under its name."""
    made = (sections.listened(telling), sections.promises(telling), sections.waiting(telling))
    return [replace(one, title=telling.text("across.of", title=one.title)) for one in made if one is not None]
