"""Every text that a tenant can get in English: plain letters, two parts at most, and no word that carriers act on."""

import re

import pytest

from bot.conversation.segments import segments
from bot.conversation.speech import Facts, Holdings, reply_for
from bot.conversation.turn import Say
from bot.landlords import MOST_PARTS, NEVER_ALONE, longest_text
from bot.wording import DEFAULT, load_wording

WORDING = load_wording("bot.conversation")
LONG = Facts(
    "The Listening Team",
    "Harbour and Saltmarsh Homes",
    "call 01632 960100 or see harbour.example/complain",
    "01632 960999",
    title="Respect for All: what would excellent service look like?",
    when="Wednesday 23 September, 14:00",
    place="The Saltmarsh Community Hall, Harbour Road, first floor",
)
KEYS = [key for key in WORDING.keys(DEFAULT) if key not in NEVER_ALONE]
# Single words on which phone companies act: https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
ASKED_FOR = re.compile(
    r"\b(?:[Tt]ext|[Rr]eply|[Ss]end) (?:us )?(END|QUIT|CANCEL|YES|INFO|HELP|UNSUBSCRIBE)\b"
)


@pytest.mark.parametrize("key", KEYS)
def test_a_text_is_short_and_plain(key: str) -> None:
    """In the letters that phones send cheaply (GSM-7), and never more than two parts."""
    text = reply_for(WORDING, DEFAULT, Say(key), LONG, holdings=Holdings(12, "23/11/2026", 3)).text
    # The list of languages holds their own names, whatever letters those have.
    assert segments(text).encoding == "GSM-7" or key == "languages"
    assert segments(text).parts <= MOST_PARTS, text


@pytest.mark.parametrize("key", KEYS)
def test_nobody_is_asked_for_a_carriers_word(key: str) -> None:
    """A carrier would cut the person off, or answer twice."""
    for code in WORDING.languages:
        assert not ASKED_FOR.search(reply_for(WORDING, code, Say(key), LONG).text)


def test_a_landlord_whose_words_are_too_long_is_refused() -> None:
    """The check that `listened landlord add` makes."""
    assert longest_text(LONG) <= MOST_PARTS
    wordy = Facts(LONG.operator, LONG.landlord, "call us on any day but Sunday, " * 6, LONG.emergency)
    assert longest_text(wordy) > MOST_PARTS
