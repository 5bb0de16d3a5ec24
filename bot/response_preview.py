"""A response before it is written: each text as it would be sent, and at most how many could ever get one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from bot.conversation import dialogue
from bot.conversation.gathering import Errand
from bot.conversation.script import Script
from bot.conversation.segments import plain, segments
from bot.conversation.speech import Facts, reply_for
from bot.conversation.state import State
from bot.privacy.keys import Keyring
from bot.releases import thaw
from bot.wording import DEFAULT, load_wording
from models.landlords import Landlord
from models.releases import Release, with_figures
from models.scopes import scope_id_of

MOST_RELEASES: Final = 60
"""More than there are Mondays within any time that is looked back on."""


@dataclass(frozen=True, slots=True)
class Text:
    """What is sent to those who speak one language.

    Args:
        language: its BCP 47 code.
        words: all of the text.
        buttons: what stands on the buttons under it, where a channel has buttons.
        parts: how many SMS it takes.
    """

    language: str
    words: str
    buttons: tuple[str, ...]
    parts: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What would come of a response: its texts, English first, and at most about how many people could get one.

    `at_most` is a figure of releases that have gone out; None while there is none.
    """

    texts: tuple[Text, ...]
    at_most: int | None


def texts_of(script: Script, operator: str, landlord: Landlord, words: str) -> tuple[Text, ...]:
    """The texts in every language that we speak; what the landlord wrote stays as it is in each."""
    say = dialogue.begin(State(met=True), script, Errand()).says[-1]
    facts = Facts(operator, landlord.name, landlord.complaints, landlord.emergency)
    wording = load_wording("bot.conversation")
    texts = []
    for code in wording.languages:
        reply = reply_for(wording, code, say, facts, answer=words)
        labels = tuple(button.label for button in reply.buttons)
        texts.append(Text(code, reply.text, labels, segments(plain(reply.text)).parts))
    return tuple(texts)


def parts_in_english(texts: Sequence[Text]) -> int:
    """How many SMS it takes in the language that responses are measured in."""
    return next(one.parts for one in texts if one.language == DEFAULT)


def at_most(
    session: Session, keys: Keyring, landlord: Landlord, release_id: int | None, since: date
) -> int | None:
    """At most about how many people could get it, as far as releases tell.

    Nothing but what has gone out already is added up, so that nobody learns from it how many told of one thing
    or wanted to hear back.

    Args:
        session: a transaction.
        keys: to open releases.
        landlord: whose response.
        release_id: the release that it answers; None for a theme or an area.
        since: for those, how far back a story may lie.

    Returns:
        A sum of rounded figures; None when no release gave any.
    """
    if release_id is not None:
        counted = [session.get_one(Release, release_id)]
    else:
        newest = with_figures(session, scope_id_of(landlord), MOST_RELEASES)
        counted = [one for one in newest if one.on_date >= since]
    figures = [thaw(keys, one).figures for one in counted]
    return sum(one.about for one in figures if one) or None
