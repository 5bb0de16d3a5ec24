"""Speech: from something to say to the words that are sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.conversation.messages import Button, Reply
from bot.conversation.turn import Say
from bot.wording import Wording

LINES: Final[Mapping[str, str]] = {
    "danger": "999",
    "gas": "0800 111 999",  # the national gas emergency service, free: https://www.nationalgas.com/emergencies
    "abuse": "0808 2000 247",  # the national domestic abuse helpline: https://www.nationaldahelpline.org.uk
    "samaritans": "116 123",  # https://www.samaritans.org
    "nspcc": "0808 800 5000",  # https://www.nspcc.org.uk
    "childline": "0800 1111",  # https://www.childline.org.uk
}
"""Numbers for people in danger in the United Kingdom. Each is a setting; check them before you go live."""


LANGUAGE_BUTTON: Final = "language"
"""What a button that chooses a language comes back as, before its code."""


@dataclass(frozen=True, slots=True)
class Holdings:
    """What is held about a person, without a word of it."""

    stories: int
    since: str
    shared: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sentences are filled with: who asks, whose tenants, and where else to turn.

    Args:
        operator: who asks and reads.
        landlord: whose tenants.
        complaints: how to complain, in a sentence.
        emergency: the landlord's line for urgent repairs.
        lines: numbers for people in danger, by the name that the sentences use.
        title: what the workshop is called that is spoken of, if any.
        when: its day and time.
        place: where it is.
    """

    operator: str
    landlord: str
    complaints: str
    emergency: str
    lines: Mapping[str, str] = field(default_factory=lambda: LINES)
    title: str = ""
    when: str = ""
    place: str = ""


def reply_for(  # noqa: PLR0913 - what a sentence may need
    wording: Wording,
    language: str,
    say: Say,
    facts: Facts,
    story: str = "",
    holdings: Holdings | None = None,
    answer: str = "",
) -> Reply:
    """The message that says something.

    Args:
        wording: the sentences.
        language: which language to say it in.
        say: what to say.
        facts: who asks, whose tenants.
        story: the redacted story, where the teller asked to see it.
        holdings: what is held, where the teller asked for that.
        answer: what the landlord says it did, where that is told.
    """
    values = {
        "operator": facts.operator,
        "landlord": facts.landlord,
        "complaints": facts.complaints,
        "emergency": facts.emergency,
        "code": say.code or "",
        "title": facts.title,
        "when": facts.when,
        "place": facts.place,
        **facts.lines,
        "stories": str(holdings.stories if holdings else 0),
        "shared": str(holdings.shared if holdings else 0),
        "since": (holdings.since if holdings else "") or "-",
        "its_name": wording.text(say.also or language, "language_name"),
        "story": story,
        "answer": answer,
        "languages": wording.all_names(language),
    }
    spoken = [language, say.also] if say.also else [language]
    text = " / ".join(wording.text(code, say.key, **values) for code in spoken)
    text = f"{text} {wording.text(language, say.then, **values)}" if say.then else text
    buttons = [
        *(Button(wording.text(language, label), f"{say.step}:{number}") for label, number in say.buttons),
        *(Button(wording.text(code, "language_name"), f"{LANGUAGE_BUTTON}:{code}") for code in say.labels),
    ]
    filled = tuple(values[name] for name in wording.placeholders(language, say.key))
    return Reply(text, tuple(buttons), say.key, filled)
