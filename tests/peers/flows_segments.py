"""Our count of SMS parts against Twilio's own calculator (npm sms-segments-calculator), in every script."""

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from bot.conversation.segments import GSM, GSM_EXTENSION, segments

HERE: Final = Path(__file__).parent
MESSAGES: Final = HERE.parents[1] / "training" / "messages" / "languages.jsonl"
FROZEN: Final = HERE.parent / "data" / "segments.json"
TEXTS: Final = 3_000

# Around the limits of one, two, three and more parts in either alphabet.
LENGTHS: Final = (
    0,
    1,
    5,
    40,
    *range(66, 73),
    *range(132, 137),
    150,
    *range(152, 163),
    *range(200, 203),
    *range(304, 309),
    460,
)
PICTURES: Final = (
    "👍",
    "👨‍👩‍👧‍👦",
    "🏴󠁧󠁢󠁷󠁬󠁳󠁿",
    "🇬🇧",
    "🇵🇱",
    "👩🏽‍🔧",
    "❤️",
    "☎️",
    "1️⃣",
    "e\u0301",
    "n\u0303",
    "\r\n",
    "€",
    "[",
    "~",
    "\\",
)


def made_up(chance: random.Random, sentences: list[str]) -> str:
    """A text of some script and length, with pictures or letters of the GSM alphabet among the words."""
    length, kind = chance.choice(LENGTHS), chance.random()
    if kind > 0.8:
        letters = sorted(GSM | GSM_EXTENSION if kind > 0.9 else GSM)
        return "".join(chance.choice(letters) for _ in range(length))
    text = ""
    while len(text) < length:
        text += chance.choice(sentences) + " "
        if kind < 0.4:
            text += chance.choice(PICTURES)
    return text[:length]


def texts() -> list[str]:
    """The same texts each time."""
    chance = random.Random(6)  # noqa: S311 - texts to test with
    by_language: dict[str, list[str]] = {}
    for line in MESSAGES.read_text(encoding="utf-8").splitlines():
        message = json.loads(line)
        by_language.setdefault(message["lang"], []).append(message["text"])
    return [made_up(chance, by_language[chance.choice(sorted(by_language))]) for _ in range(TEXTS)]


def calculated(sent: list[str]) -> list[dict[str, Any]]:
    """What Twilio's calculator makes of texts."""
    node = shutil.which("node")
    assert node
    ran = subprocess.run(
        [node, HERE / "segments.mjs"],
        input="\n".join(map(json.dumps, sent)),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_we_count_as_twilio_does() -> None:
    """At least 199 of 200 texts are counted alike: alphabet, units and parts."""
    sent = texts()
    ours = [{"encoding": c.encoding, "units": c.units, "parts": c.parts} for c in map(segments, sent)]
    theirs = calculated(sent)
    assert len(theirs) == TEXTS
    alike = sum(one == other for one, other in zip(ours, theirs, strict=True))
    assert alike >= 0.995 * TEXTS, f"{TEXTS - alike} of {TEXTS} differ"


@pytest.mark.parametrize(
    "case", json.loads(FROZEN.read_text(encoding="utf-8")), ids=lambda case: case["text"][:20]
)
def test_the_kept_answers_are_still_theirs(case: dict[str, Any]) -> None:
    """What tests/test_segments.py compares with is what the calculator says."""
    assert calculated([case["text"]]) == [{name: case[name] for name in ("encoding", "units", "parts")}]
