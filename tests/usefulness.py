"""How much a digest can say to a landlord with so many replies a week, at the machine's measured error."""

import random
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from simulation import ANSWERS, BEGAN, SHARES, WITH_WORDS, Books, Rules, Story, poisson, readings

from bot.privacy.disclosure import Release, Scope

WEEKS = 52 * 8
REPEATS = 0.05


@dataclass(frozen=True)
class Useful:
    """What the digests of one landlord could say."""

    answers: float
    """The share of weeks with an answer line."""
    themes: float
    """Themes a week on average, after the first four weeks."""
    two_themes: float
    """The share of weeks with at least two."""
    areas: float
    gaps: tuple[int, ...]
    """Weeks from one release with figures to the next."""

    def within(self, weeks: int) -> float:
        """The share of gaps of at most so many weeks."""
        return sum(gap <= weeks for gap in self.gaps) / len(self.gaps)


def useful(rate: float, seed: int = 1) -> Useful:
    """Live through eight years of a landlord with so many replies a week."""
    dice = random.Random(seed)  # noqa: S311 - a simulation
    books = Books(Scope("landlord", "x"), Rules(), (0,))
    people = 0
    for week in range(WEEKS):
        for _ in range(poisson(dice, rate)):
            again = people and dice.random() < REPEATS
            person = dice.randrange(people) if again else people
            people += not again
            cells = dice.choice(readings()) if dice.random() < WITH_WORDS else ()
            books.tell(0, week, Story(person, dice.choices(ANSWERS, SHARES)[0], cells))
        books.monday(week)
    made = books.releases
    figures = [release for release in made if release.figures]
    dates = [BEGAN, *(release.on_date for release in figures)]
    themes = [_count(release, "theme") for release in made[4:]]
    return Useful(
        answers=len(figures) / len(made),
        themes=sum(themes) / len(themes),
        two_themes=sum(count >= 2 for count in themes) / len(themes),
        areas=sum(_count(release, "area") for release in made) / len(made),
        gaps=tuple((later - sooner) // timedelta(weeks=1) for sooner, later in pairwise(dates)),
    )


def _count(release: Release, kind: str) -> int:
    return sum(cell.kind == kind for cell in release.cells)
