"""Speech: from something to say to the words that are sent."""

from dataclasses import dataclass

from bot.conversation.messages import Button, Reply
from bot.conversation.turn import Say
from bot.wording import Wording


@dataclass(frozen=True, slots=True)
class Facts:
    """What the sentences are filled with: who asks, whose tenants, and where else to turn."""

    operator: str
    landlord: str
    complaints: str
    emergency: str


def reply_for(wording: Wording, language: str, say: Say, facts: Facts, story: str = "") -> Reply:
    """The message that says something.

    Args:
        wording: the sentences.
        language: which language to say it in.
        say: what to say.
        facts: who asks, whose tenants.
        story: the redacted story, where the teller asked to see it.
    """
    values = {
        "operator": facts.operator,
        "landlord": facts.landlord,
        "complaints": facts.complaints,
        "emergency": facts.emergency,
        "code": say.code or "",
        "story": story,
        "languages": ", ".join(wording.text(code, "language_name") for code in wording.languages),
    }
    text = wording.text(language, say.key, **values)
    buttons = (Button(wording.text(language, label), f"{say.step}:{number}") for label, number in say.buttons)
    filled = tuple(values[name] for name in wording.placeholders(language, say.key))
    return Reply(text, tuple(buttons), say.key, filled)
