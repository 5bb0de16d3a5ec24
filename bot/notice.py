"""The privacy notice: docs/privacy-notice.md with the numbers of the settings, as a page."""

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from string import Formatter
from typing import Final

from bot.settings import Settings

NOTICE: Final = Path(__file__).resolve().parents[1] / "docs" / "privacy-notice.md"
MARK: Final = re.compile(r"\s*<!-- held by: (\w+) -->")
"""Which test holds a promise to account; not shown."""
NOBODY: Final = "The team that runs this service"


def notice(settings: Settings) -> str:
    """The notice as Markdown, with every placeholder filled in from the settings.

    Raises:
        KeyError: when it names something that is no setting.
    """
    text = MARK.sub("", NOTICE.read_text(encoding="utf-8"))
    return text.format_map({name: str(_value(settings, name)) for name in placeholders(text)})


def placeholders(text: str) -> set[str]:
    """The names of what a text is filled in with."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _value(settings: Settings, name: str) -> object:
    if name == "operator":
        return settings.operator_name or NOBODY
    if not name.startswith("keep_") or name not in Settings.model_fields:
        raise KeyError(f"the notice names {name!r}, which is no period of the settings")
    return getattr(settings, name)


def as_page(text: str) -> str:
    """The notice as HTML: headings, paragraphs and lists are all that it needs."""
    blocks = re.split(r"\n{2,}", text.strip())
    return "\n".join(line for block in blocks for line in _block(block))


def _block(block: str) -> Iterator[str]:
    lines = block.splitlines()
    if heading := re.fullmatch(r"(#+) (.+)", block):
        level = len(heading[1])
        yield f"<h{level}>{escape(heading[2])}</h{level}>"
    elif lines[0].startswith("- "):
        yield "<ul>"
        yield from (f"<li>{escape(line.removeprefix('- '))}</li>" for line in lines)
        yield "</ul>"
    else:
        yield f"<p>{escape(' '.join(lines))}</p>"
