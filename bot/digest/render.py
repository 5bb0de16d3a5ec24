"""Rendering a digest: HTML that mail clients keep, and a text part that says the same."""

from dataclasses import dataclass
from functools import cache

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from bot.digest.parts import Digest
from bot.hidden import one_line, visible


@dataclass(frozen=True, slots=True)
class Rendered:
    """A digest as a mail's parts."""

    subject: str
    html: str
    text: str


def render(digest: Digest, manage: str = "", manage_words: str = "") -> Rendered:
    """Make a mail's parts. Tellers' words are data: escaped in HTML, never read as markup, with nothing hidden.

    Args:
        digest: what it says.
        manage: the address at which its reader ends it or has it come more rarely; "" for none.
        manage_words: what stands before that address.
    """
    given = {"digest": digest, "manage": manage, "manage_words": manage_words}
    html = _inliner().inline(_template("digest.html.j2").render(**given))
    text = _template("digest.txt.j2").render(**given)
    return Rendered(one_line(digest.subject), visible(html), visible(text))


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("bot.digest"),
        autoescape=lambda template: bool(template and template.endswith(".html.j2")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


@cache
def _inliner() -> css_inline.CSSInliner:
    # Rules that can't be inlined (small screens, dark mode) stay in the head; nothing is ever loaded.
    return css_inline.CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)
