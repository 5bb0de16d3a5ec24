"""Words: what the bot asks and says, by script and language, with what each sentence takes to text. To read only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from bot.console.page import Asked, Page
from bot.console.roles import Role
from bot.conversation.script import Script, Step, load_scripts
from bot.conversation.segments import plain, segments
from bot.conversation.typical import typically
from bot.wording import DEFAULT, Wording, english_name, load_wording

MAY: Final = frozenset[Role](("operator", "moderator", "organiser", "reader"))
FIRST: Final = "after_visit"
REST: Final = "rest"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One thing that is said.

    Args:
        key: its key in the catalogues.
        text: its words, filled in.
        parts: how many SMS it takes.
        is_asked: whether it is a question of a script, and not its reminder.
        answers: the answers after which it is asked, if it is not always.
        is_missing: whether that language has no words for it, so that it is said in English.
    """

    key: str
    text: str
    parts: int
    is_asked: bool
    answers: str
    is_missing: bool


def show(asked: Asked) -> Response:
    """One script in one language, or everything that stands in none."""
    wording, scripts = load_wording("bot.conversation"), load_scripts()
    language = next((one for one in wording.languages if one == asked.query.get("in")), DEFAULT)
    chosen = next((one for one in (*scripts, REST) if one == asked.query.get("script")), FIRST)
    said = dict(_rest(scripts)) if chosen == REST else dict(_of(scripts[chosen]))
    return asked.show(
        "words.html.j2",
        sentences=[_sentence(asked, wording, language, key, step) for key, step in said.items()],
        languages=[(code, english_name(code)) for code in wording.languages],
        language=language,
        is_draft=wording.is_draft(language),
        scripts=[*scripts],
        chosen=chosen,
        rest=REST,
    )


def _of(script: Script) -> Iterator[tuple[str, Step | None]]:
    """(key, the step that asks it) of all that a script says; None for its reminder."""
    there_are = load_wording("bot.conversation").keys(DEFAULT)
    for step in script.steps:
        if step.kind == "hand_over":
            yield from ((key, step) for key in there_are if key.startswith(f"{step.says}."))
        else:
            yield step.says, step
    if script.reminder:
        yield script.reminder, None


def _rest(scripts: Mapping[str, Script]) -> Iterator[tuple[str, Step | None]]:
    in_scripts = {key for script in scripts.values() for key, _ in _of(script)}
    there_are = load_wording("bot.conversation").keys(DEFAULT)
    return ((key, None) for key in there_are if key not in in_scripts)


def _sentence(asked: Asked, wording: Wording, language: str, key: str, step: Step | None) -> Sentence:
    landlord, office = asked.of, asked.office
    known = {
        "operator": office.operator,
        "landlord": landlord.name,
        "complaints": landlord.complaints,
        "emergency": landlord.emergency,
        **office.lines,
    }
    text = typically(wording, language, key, known)
    only_if = step.only_if.values() if step else ()
    return Sentence(
        key=key,
        text=text,
        parts=segments(plain(text)).parts,
        is_asked=step is not None,
        answers=", ".join(answer for answers in only_if for answer in answers),
        is_missing=not wording.keys(language).get(key),
    )


PAGES: Final = (
    Page("words", "/{landlord}/words", show, "What the bot says, in each language", MAY, nav=True),
)
