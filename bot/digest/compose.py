"""Composing a digest: from frozen releases and an audience to sections of words. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, get_args

from bot.digest import sections
from bot.digest.parts import Answer, AudienceName, Bar, Digest, Every, Section, Telling, day
from bot.privacy.disclosure import Release
from bot.wording import Wording

__all__ = ["AUDIENCES", "SECTIONS", "Answer", "AudienceName", "Bar", "Digest", "Every", "Section", "compose"]

SectionMaker = Callable[[Telling], Section | None]

SECTIONS: Final[Mapping[AudienceName, Sequence[SectionMaker]]] = {
    "landlord": (
        sections.praised,
        sections.one_story,
        sections.listened,
        sections.troubles,
        sections.areas,
        sections.in_their_words,
        sections.promises,
        sections.weeks_before,
        sections.waiting,
        sections.what_it_is_not,
    ),
    "organiser": (
        sections.for_the_table,
        sections.barriers,
        sections.questions,
        sections.listened,
        sections.promises,
        sections.waiting,
        sections.what_it_is_not,
    ),
}
"""What each audience gets, in order."""
AUDIENCES: Final[tuple[AudienceName, ...]] = get_args(AudienceName)


def compose(  # noqa: PLR0913 - what a digest is made from
    releases: Sequence[Release],
    audience: AudienceName,
    operator: str,
    wording: Wording,
    before: Release | None = None,
    answers: Sequence[Answer] = (),
) -> Digest:
    """Write a digest. It adds nothing up: every figure in it stands in one of the releases.

    Args:
        releases: everything that may be said: one release, or those of the last weeks, newest first.
        audience: who reads it, which decides the sections and their order.
        operator: who asks and reads.
        wording: the sentences of `bot.digest`.
        before: the release with figures before these, to stand beside the newest.
        answers: what the landlord answered, newest first.
    """
    telling = Telling(releases, before, answers, operator, wording)
    made = (make(telling) for make in SECTIONS[audience])
    return Digest(
        subject=telling.text(f"{audience}.subject", date=day(telling.newest.on_date)),
        heading=telling.text(f"{audience}.heading"),
        headline=_headline(telling),
        sections=tuple(section for section in made if section),
        footer=(telling.text("footer.how"), telling.text("footer.who")),
    )


def _headline(telling: Telling) -> str:
    release = telling.counted
    if release is None or release.figures is None:
        weeks = telling.newest.weeks_waiting
        if not weeks:
            return telling.text("headline.too_soon")
        return telling.text("headline.not_yet", weeks=_weeks(telling, weeks))
    figures = release.figures
    since = (
        telling.text("since.date", date=day(release.since)) if release.since else telling.text("since.start")
    )
    heard = next((part.about for part in figures.split if part.answers == ("yes",)), None)
    if heard is None:
        return telling.text("headline.told", about=figures.about, since=since)
    return telling.text("headline.heard", about=figures.about, heard=heard, since=since)


def _weeks(telling: Telling, weeks: int) -> str:
    return telling.text("weeks.one") if weeks == 1 else telling.text("weeks.many", weeks=weeks)
