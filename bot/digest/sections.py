"""The sections of digests: each a function of what is told, or None when there is nothing to say. Pure."""

from itertools import chain, zip_longest

from bot.digest.parts import Answer, Bar, Section, Telling, day
from bot.privacy.disclosure import Excerpt, Figures, Release

MOST_QUESTIONS = 4
SHOWN_FOR_DAYS = 84
"""A promise that has come to its end is told of for so long."""


def praised(telling: Telling) -> Section | None:
    """What went well: themes first, then the words of those who felt listened to, whole."""
    cells = telling.cells("theme", "+")
    quotes = telling.quotes(one for one in telling.excerpts if one.good)
    if not quotes and not cells:
        return None
    intro = (telling.text("praised.intro"),) if quotes else ()
    return Section(telling.text("praised.title"), intro, telling.bars(cells), quotes)


def one_story(telling: Telling) -> Section | None:
    """One story worth reading whole: the fullest of those who did not feel listened to."""
    story = _hardest(telling)
    if story is None:
        return None
    return Section(
        telling.text("story.title"), (telling.text("story.intro"),), quotes=telling.quotes([story])
    )


def in_their_words(telling: Telling) -> Section | None:
    """The other words of those who did not say that they felt listened to."""
    told = _hardest(telling)
    quotes = telling.quotes(one for one in telling.excerpts if not one.good and one is not told)
    if not quotes:
        return None
    return Section(telling.text("words.title"), (telling.text("words.intro"),), quotes=quotes)


def listened(telling: Telling) -> Section | None:
    """Were people listened to? With how many answered, and beside it what was published before."""
    release = telling.counted
    if release is None or release.figures is None:
        return None
    figures, title = release.figures, telling.text("listened.title")
    if figures.at_least:
        line = telling.text(
            "listened.at_least",
            least=figures.at_least.about,
            about=figures.about,
            label=telling.label(figures.at_least),
        )
        return Section(title, (line,), after=_before(telling, release))
    intro = telling.text("listened.intro", about=figures.about)
    return Section(title, (intro,), bars=_answer_bars(telling, figures), after=_before(telling, release))


def troubles(telling: Telling) -> Section | None:
    """What went wrong, by theme."""
    cells = telling.cells("theme", "-")
    if not cells:
        return None
    return Section(
        telling.text("troubles.title"),
        (telling.text("cells.intro"),),
        telling.bars(cells),
        after=_cells_wait(telling),
    )


def areas(telling: Telling) -> Section | None:
    """What it was about."""
    cells = telling.cells("area", "")
    if not cells:
        return None
    after = () if telling.cells("theme", "-") else _cells_wait(telling)
    return Section(telling.text("areas.title"), (), telling.bars(cells), after=after)


def weeks_before(telling: Telling) -> Section | None:
    """Where a digest tells of several releases: each of the earlier ones by itself, as it was published."""
    lines = tuple(
        _in_a_line(telling, release, release.figures)
        for release in telling.releases
        if release.figures and release is not telling.counted
    )
    if not lines:
        return None
    return Section(telling.text("before.title"), (telling.text("before.intro"),), points=lines)


def promises(telling: Telling) -> Section | None:
    """What the landlord answered, and what became of its promises."""
    lines = tuple(
        _answer(telling, one)
        for one in telling.answers
        if (one.kind == "will" and not one.became)
        or (telling.newest.on_date - one.made_on).days <= SHOWN_FOR_DAYS
    )
    if not lines:
        return None
    return Section(telling.text("promises.title"), (telling.text("promises.intro"),), points=lines)


def waiting(telling: Telling) -> Section | None:
    """Why there are no figures, where there are none."""
    if telling.counted is not None:
        return None
    return Section(telling.text("waiting.title"), (telling.text("waiting.why"), telling.text("waiting.help")))


def what_it_is_not(telling: Telling) -> Section | None:
    """What nobody should take a digest for."""
    return Section(telling.text("not.title"), (telling.text("not.tsm"), telling.text("not.who")))


def for_the_table(telling: Telling, most: int | None = None) -> Section | None:
    """Good and hard stories in turn, in equal number where there are both; then the mixed ones.

    Args:
        telling: what is told.
        most: how many of each; None for all.
    """
    good = [one for one in telling.excerpts if one.good][:most]
    hard = [one for one in telling.excerpts if one.good is False][:most]
    mixed = [one for one in telling.excerpts if one.good is None]
    if good and hard:
        fewer = min(len(good), len(hard))
        good, hard = good[:fewer], hard[:fewer]
    in_turn = (one for one in chain.from_iterable(zip_longest(good, hard)) if one)
    quotes = telling.quotes(chain(in_turn, mixed[:most]))
    if not quotes:
        return None
    return Section(telling.text("table.title"), (telling.text("table.intro"),), quotes=quotes)


def barriers(telling: Telling) -> Section | None:
    """What got in the way, as questions to the room: one for each theme of trouble that was published."""
    cells = telling.cells("theme", "-")
    if not cells:
        return None
    points = tuple(telling.text(f"barrier.{cell.name}") for cell in cells[:MOST_QUESTIONS])
    return Section(telling.text("barriers.title"), (telling.text("barriers.intro"),), points=points)


def questions(telling: Telling) -> Section | None:
    """Prompts for the room: those that fit what was praised, then those that fit any story."""
    if not telling.excerpts:
        return None
    fitting = tuple(telling.text(f"prompt.{cell.name}") for cell in telling.cells("theme", "+")[:2])
    always = tuple(telling.text(f"questions.{number}") for number in range(1, 5))
    return Section(
        telling.text("questions.title"), (telling.text("questions.intro"),), points=(*fitting, *always)
    )


def _hardest(telling: Telling) -> Excerpt | None:
    hard = [one for one in telling.excerpts if one.good is False]
    return max(hard, key=lambda one: len(one.words), default=None)


def _answer_bars(telling: Telling, figures: Figures) -> tuple[Bar, ...]:
    whole = sum(part.about for part in figures.split) or 1
    return tuple(
        Bar(
            telling.label(part),
            telling.text("bars.of", about=part.about, whole=figures.about),
            round(100 * part.about / whole),
        )
        for part in figures.split
    )


def _before(telling: Telling, release: Release) -> tuple[str, ...]:
    """The same as it was published before, where both stand; no difference is worked out."""
    others = [one for one in telling.releases if one.figures and one.number < release.number]
    earlier = next(iter(others), telling.before)
    heard = _heard(earlier.figures) if earlier and earlier.figures else None
    if earlier is None or earlier.figures is None or heard is None or _heard(release.figures) is None:
        return ()
    return (
        telling.text("listened.before", heard=heard, about=earlier.figures.about, date=day(earlier.on_date)),
    )


def _heard(figures: Figures | None) -> int | None:
    parts = figures.split if figures else ()
    return next((part.about for part in parts if part.answers == ("yes",)), None)


def _cells_wait(telling: Telling) -> tuple[str, ...]:
    return (telling.text("cells.wait"),) if telling.newest.cells_waiting else ()


def _in_a_line(telling: Telling, release: Release, figures: Figures) -> str:
    answers = [telling.text("before.part", label=telling.label(p), about=p.about) for p in figures.split]
    if figures.at_least:
        label = telling.label(figures.at_least)
        answers = [telling.text("before.least", label=label, about=figures.at_least.about)]
    return telling.text(
        "before.line", date=day(release.on_date), about=figures.about, answers=", ".join(answers)
    )


def _answer(telling: Telling, one: Answer) -> str:
    words = [telling.text(f"promises.{one.kind}", words=one.words, date=day(one.made_on))]
    if one.due_on and not one.became:
        late = one.due_on < telling.newest.on_date
        words.append(telling.text("promises.overdue" if late else "promises.due", date=day(one.due_on)))
    if one.became:
        words.append(telling.text(f"said.{one.became}"))
        words.append(one.became_words)
    if one.not_so:
        words.append(telling.text("promises.not_so", count=one.not_so))
    return " ".join(word for word in words if word)
