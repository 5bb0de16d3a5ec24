"""Questions: what somebody asks about us, and whether they want to complain."""

from typing import Final, Literal, cast

from bot.understanding.lexicon import lexicon, pattern
from bot.understanding.model import scores
from bot.understanding.normal import phrase, words_of

Question = Literal["who", "robot", "cost", "anonymous", "repairs", "complaint", "other"]

MOST_WORDS: Final = 22
"""A longer message tells something as well."""

FAR_FROM_ASKING: Final = -2.5
"""Where the model is so sure that a message asks nothing, the lexicon is not believed."""


def read_question(text: str) -> Question | None:
    """What a message asks about the survey or the service, when it only asks; else None."""
    if len(words_of(text)) > MOST_WORDS:
        return None
    acts = scores("acts", text)
    asks = acts["question"] >= max(acts.values())
    said = f" {phrase(text)}"
    for name in lexicon("questions"):
        if pattern("questions", name, "inside").search(said):
            lead = acts["question"] - acts["story"]
            return cast("Question", name) if asks or "?" in text or lead > FAR_FROM_ASKING else None
    return "other" if asks else None


def wants_to_complain(text: str) -> bool:
    """Whether somebody wants to complain now, in any words; not who tells of an old complaint."""
    said = f" {phrase(text)}"
    if pattern("complaining", "wants_not").search(said):
        return False
    return pattern("complaining", "wants").search(said) is not None
