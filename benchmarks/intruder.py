"""A motivated intruder: with a landlord's job log, how often can somebody tell whose repair an excerpt is about?

The intruder reads frozen releases as a landlord's reader does, and has what a landlord has: a log of every job with
what was mended, on which day, by whom and at which attempt. For each excerpt it ranks all jobs by how well they fit
and names the best; where several fit equally well it guesses among them. A guess at random would be right once in as
many times as there are jobs.

Stories are the made-up ones in training/messages. Each one's own job is made to agree with all that it says; all
other jobs are drawn at random, as often each kind as the stories mention it. The volumes are those of a landlord of
10,000 homes with three repairs a home and year.
"""

import argparse
import json
import random
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bot.privacy.redact import redact  # noqa: E402

HOMES: Final = 10_000
JOBS_A_HOME: Final = 3  # a year; Housemark, August 2025: 2.8 to 3.3
WEEK: Final = HOMES * JOBS_A_HOME // 52
QUARTER: Final = 13 * WEEK
ABOUT_A_JOB: Final = frozenset(("repairs", "heating_hot_water", "damp_mould", "home_improvements", "safety"))

# fmt: off - a list to be read, not a column
ITEMS: Final = (
    "tap",
    "sink",
    "drain",
    "toilet|loo|cistern",
    "bath",
    "shower",
    "boiler",
    "radiator",
    "thermostat|heating",
    "gutter",
    "roof|tiles",
    "window",
    "door",
    "lock|key|fob",
    "socket|plug",
    "light|bulb",
    "alarm",
    "ceiling",
    "wall|plaster",
    "mould|damp",
    "floor|lino|boards",
    "kitchen|worktop|units",
    "fence|gate",
    "fan|extractor",
    "cooker|hob|oven",
    "stairs|banister|rail",
    "lift",
    "rats|mice|ants|pest",
    "leak|pipe",
    "insulation",
    "fuse|electric",
)
# fmt: on
DAYS: Final = ("mon", "tues", "wednes", "thurs", "fri")
VISITS: Final = {
    2: r"2nd|second|twice|two (?:times|visits|goes)",
    3: r"3rd|third|three (?:times|visits|goes)|3 times",
    4: r"4th|fourth|four (?:times|visits|goes)|4 times",
    5: r"5th|fifth|five (?:times|visits|goes)|5 times",
}
FITTERS: Final = 40  # who mend things for a landlord of this size


@dataclass(frozen=True, slots=True)
class Clues:
    """What words say, or a log knows, of one job; empty or None where it is not said."""

    items: frozenset[str]
    day: str | None
    visits: int | None
    who: str | None


def clues(words: str, who: str | None = None) -> Clues:
    """What some words say of a job."""
    plain = words.casefold()
    found = (item for item in ITEMS if re.search(rf"\b(?:{item})s?\b", plain))
    day = next((day for day in DAYS if re.search(rf"\b{day}(?:day)?\b", plain)), None)
    visits = next((count for count, said in VISITS.items() if re.search(rf"\b(?:{said})\b", plain)), None)
    named = who if who and re.search(rf"\b{re.escape(who.casefold())}\b", plain) else None
    return Clues(frozenset(found), day, visits, named)


class Log:
    """A landlord's jobs, and how likely each detail is among them."""

    def __init__(self, told: Sequence[Clues], size: int, dice: random.Random) -> None:
        mended = [item for one in told for item in sorted(one.items)]
        self._mended = mended
        self._dice = dice
        self.jobs = [self.job() for _ in range(size)]

    def job(self, like: Clues | None = None) -> Clues:
        """A job drawn at random, but for what is given. A log has a line for each thing that is to be mended."""
        dice = self._dice
        return Clues(
            frozenset((dice.choice(sorted(like.items) if like and like.items else self._mended),)),
            (like and like.day) or dice.choice(DAYS),
            (like and like.visits) or dice.choices((1, 2, 3, 4, 5), (70, 18, 7, 3, 2))[0],
            (like and like.who) or f"fitter {dice.randrange(FITTERS)}",
        )


def fit(said: Clues, job: Clues) -> int:
    """How many details agree, less those that do not."""
    pairs = ((said.day, job.day), (said.visits, job.visits), (said.who, job.who))
    agree = sum(1 if one == other else -2 for one, other in pairs if one is not None)
    mended = (1 if job.items <= said.items else -2) if said.items else 0
    return agree + mended


def chance_of_a_hit(said: Clues, own: Clues, jobs: Iterable[Clues]) -> float:
    """How likely the intruder names the right job."""
    mine = fit(said, own)
    as_good = 1
    for job in jobs:
        theirs = fit(said, job)
        if theirs > mine:
            return 0.0
        as_good += theirs == mine
    return 1 / as_good


def stories() -> list[Mapping[str, object]]:
    """Made-up English stories about a job, each as long as an excerpt is, of files in which names are marked."""
    found = []
    for file in sorted((ROOT / "training/messages").glob("*.jsonl")):
        messages = [json.loads(line) for line in file.read_text().splitlines()]
        if not any(one.get("pii") for one in messages):
            continue  # the intruder could not be granted to know whose name it is
        for one in messages:
            about = ABOUT_A_JOB & set(one.get("areas") or ())
            if one.get("lang") == "en" and one["kind"] == "story" and about and len(one["text"]) >= 40:
                found.append(one)
    return found


def someone(story: Mapping[str, object]) -> str | None:
    """The first name that a story gives: the intruder is granted that it is the fitter's."""
    text = str(story["text"])
    spans: list[Mapping[str, object]] = story["pii"]  # type: ignore[assignment]
    names = (text[int(str(s["start"])) : int(str(s["end"]))] for s in spans if s["type"] == "NAME")
    return next(names, None)


def without(said: Clues, *, day: bool = False, visits: bool = False) -> Clues:
    """What is left when a moderator has taken the day or the number of visits out."""
    return Clues(said.items, None if day else said.day, None if visits else said.visits, said.who)


@dataclass(frozen=True, slots=True)
class Row:
    """What one intruder gets."""

    name: str
    hits: float
    """Of a hundred excerpts, how many are put to the right job."""
    chance: float


def measure(sample: int, seed: int = 1) -> tuple[list[Row], dict[str, float]]:
    """Let each intruder try its luck.

    Args:
        sample: how many stories.
        seed: of the dice.

    Returns:
        What each gets; and for the words of a release, what excerpts with each detail in them give.
    """
    dice = random.Random(seed)  # noqa: S311 - a simulation
    chosen = dice.sample(stories(), sample)
    told = [clues(str(one["text"]), someone(one)) for one in chosen]
    left = [clues(redact(str(one["text"])).words, someone(one)) for one in chosen]
    checked = [without(one, day=True, visits=True) for one in left]
    log = Log(told, QUARTER, dice)
    own = [log.job(one) for one in told]
    week = log.jobs[:WEEK]
    cases = (
        ("the week, words as they were told", told, week),
        ("the week, words redacted", left, week),
        ("the quarter, words redacted: what a release gives", left, log.jobs),
        ("the same, day and number of visits taken out", checked, log.jobs),
    )
    rows = [
        Row(
            name,
            100 * sum(chance_of_a_hit(s, o, jobs) for s, o in zip(said, own, strict=True)) / sample,
            100 / len(jobs),
        )
        for name, said, jobs in cases
    ]
    return rows, what_told(left, own, log.jobs)


def what_told(said: Sequence[Clues], own: Sequence[Clues], jobs: Sequence[Clues]) -> dict[str, float]:
    """The right guesses in a hundred that an excerpt with each detail in it gives: what a moderator looks for."""
    hits: dict[str, list[float]] = {}
    for one, job in zip(said, own, strict=True):
        hit = chance_of_a_hit(one, job, jobs)
        for detail, is_told in (("day", one.day), ("number of visits", one.visits), ("name", one.who)):
            if is_told:
                hits.setdefault(detail, []).append(hit)
        if not (one.day or one.visits or one.who):
            hits.setdefault("none of these", []).append(hit)
    return {detail: 100 * sum(found) / len(found) for detail, found in sorted(hits.items())}


def main() -> None:
    """Print what each intruder gets."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sample", type=int, default=400, help="how many stories (400)")
    chosen = parser.parse_args()
    print(f"{chosen.sample} stories, {WEEK} jobs a week, {QUARTER} a quarter\n")
    print(f"{'the intruder knows':52}{'right':>8}{'chance':>9}{'above':>9}")
    rows, details = measure(chosen.sample)
    for row in rows:
        print(f"{row.name:52}{row.hits:7.2f} %{row.chance:7.3f} %{row.hits - row.chance:7.2f} %")
    print("\nRight guesses where the words of a release still hold a")
    for detail, hits in details.items():
        print(f"  {detail:50}{hits:7.2f} %")


if __name__ == "__main__":
    main()
