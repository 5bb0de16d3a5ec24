"""Plain English for tenants: reading age 9, no idioms, no shouting, nothing that can't be read aloud."""

import re
import unicodedata
from pathlib import Path
from typing import Final

import pytest
from readability import YEARS_BEFORE_GRADE_ONE, reading_age, syllables

from bot.conversation.typical import TYPICAL
from bot.wording import load_wording

READING_AGE: Final = 9
ENOUGH_WORDS: Final = 8
"""On fewer words a formula says more of one long word than of the sentence; they count in the whole."""

VALUES: Final = {**TYPICAL, "danger": "999"}
NUMBER: Final = "0800 123"

WORDS: Final = {
    f"{package}: {key}": re.sub(r"\{(\w+)\}", lambda name: VALUES.get(name[1], NUMBER), text)
    for package in ("bot.conversation", "bot.posters")
    for key, text in load_wording(package).keys("en").items()
}
"""Every English sentence that a tenant gets, filled in with typical values."""

IN_CAPITALS: Final = frozenset(
    {"STOP", "START", "DELETE", "SKIP", "LEAVE", "BACK", "MY", "DATA", "NSPCC", "OK", "A", "E", "I"}
)
"""Commands, whose capitals say what to type; a charity's name; "A and E"; "I"."""

IDIOMS: Final = tuple(
    """
    at the end of the day|ball park|bear with|bite the bullet|bottom line|by and large|call it a day
    come to terms|cut corners|drop us a line|drop in the ocean|fall through|fed up|fill us in|fingers crossed
    fobbed off|for good|get back to you|get to grips|get the ball rolling|give us a shout|go the extra mile
    hang on|have your say|hear you out|heads up|hold on|in a nutshell|in hot water|in no time|in the loop
    in the long run|in touch base|iron out|keep an eye|keep you posted|kick off|know the ropes|last resort
    let us down|look forward|made up your mind|make ends meet|make the most|no strings|off the record|on board
    on the ball|on the same page|on top of things|once in a blue moon|out of the blue|out of order|over the moon
    pick your brain|piece of cake|play it by ear|point of view|pop in|pull together|put your foot down
    put up with|rest assured|right up your street|ring the changes|rule of thumb|run by you|see eye to eye
    shed light|short notice|sit tight|sort it out|speak your mind|spill the beans|step up|stay tuned
    straight from the horse|take it easy|take on board|the ins and outs|think twice|tip of the|to the letter
    touch base|touch wood|under the weather|up and running|up in the air|word of mouth|your call|your two pence
    """.strip()
    .replace("\n", "|")
    .split("|")
)
UNSPEAKABLE: Final = re.compile(r"[&/+=_|<>→…*#~^]|\be\.?g\b|\bi\.?e\b|\betc\b", re.IGNORECASE)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        # Worked by hand from the formula: 6 words in 1 sentence, 6 and 16 syllables.
        ("The cat sat on the mat.", 0.39 * 6 + 11.8 - 15.59 + YEARS_BEFORE_GRADE_ONE),
        ("Regulatory authorities require complaint handling now.", 0.39 * 6 + 11.8 * 16 / 6 - 10.59),
    ],
)
def test_the_formula_is_the_published_one(text: str, age: float) -> None:
    """0.39 words a sentence + 11.8 syllables a word - 15.59, and five years."""
    assert reading_age(text) == pytest.approx(age)


def test_syllables_are_those_that_are_heard() -> None:
    """Of words in our own sentences."""
    heard = {
        1: "homes asked told change safe hurt words count",
        2: "people houses needed safely complaint neighbour agree landlord complain",
        3: "somebody computer area addresses",
    }
    assert {word: syllables(word) for words in heard.values() for word in words.split()} == {
        word: count for count, words in heard.items() for word in words.split()
    }


@pytest.mark.parametrize("key", [key for key, text in WORDS.items() if len(text.split()) >= ENOUGH_WORDS])
def test_a_nine_year_old_can_read_it(key: str) -> None:
    """Each sentence that is long enough to be measured."""
    assert reading_age(WORDS[key]) <= READING_AGE, WORDS[key]


def test_a_nine_year_old_can_read_all_of_it() -> None:
    """All that a tenant may be sent, the short ones too; and the measure tells hard words from easy ones."""
    assert reading_age("\n".join(WORDS.values())) <= READING_AGE
    hard = "We acknowledge receipt of your representation and will facilitate its escalation as appropriate."
    assert reading_age(hard) > 2 * READING_AGE


def test_a_nine_year_old_can_read_the_privacy_notice() -> None:
    """The page behind /privacy, as a whole."""
    notice = (Path(__file__).parents[1] / "docs" / "privacy-notice.md").read_text(encoding="utf-8")
    plain = re.sub(r"\{\w+\}", "90", re.sub(r"<!--.*?-->|^#+ .*$", "", notice, flags=re.MULTILINE))
    assert reading_age(plain) <= READING_AGE


@pytest.mark.parametrize("key", WORDS)
def test_nothing_is_an_idiom_or_shouted(key: str) -> None:
    """Words mean what they say; capitals are for what is to be typed; every cue is in words and can be read aloud."""
    text = WORDS[key]
    lowered = f" {re.sub(r'[^a-z ]', '', text.casefold())} "
    assert [idiom for idiom in IDIOMS if f" {idiom.strip()} " in lowered] == []
    assert set(re.findall(r"\b[A-Z]+\b", text)) <= IN_CAPITALS
    assert any(letter.isalpha() for letter in text)
    assert [sign for sign in text if unicodedata.category(sign) in ("So", "Sk", "Cs")] == []
    assert UNSPEAKABLE.search(text.replace("northgate.example/complain", "")) is None
