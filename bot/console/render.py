"""From a template to a page. Everything is escaped, and marks that reorder or hide text are made visible."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.hidden import visible
from bot.wording import Wording


class Renderer:
    """Makes pages of templates and words.

    Args:
        wording: the words of the console.
    """

    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._templates = Environment(
            loader=PackageLoader("bot.console"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["visible"] = visible
        self._templates.globals.update({"w": self.words, "style": style_url()})

    def words(self, key: str, **values: Any) -> str:
        """The words under a key, filled in."""
        return self._wording.text("en", key, **{name: str(value) for name, value in values.items()})

    def page(self, template: str, values: Mapping[str, object]) -> str:
        """A page as HTML, from a template and what is filled in."""
        return self._templates.get_template(template).render(values)


@cache
def style() -> str:
    """The one style sheet."""
    return _static("console.css")


@cache
def icon() -> str:
    """The one picture."""
    return _static("icon.svg")


def _static(name: str) -> str:
    return (resources.files("bot.console") / "static" / name).read_text("utf-8")


@cache
def style_url() -> str:
    """Where it is; the address changes when it does, so that browsers may keep it for good."""
    return f"/console/static/{hashlib.sha256(style().encode()).hexdigest()[:12]}.css"
