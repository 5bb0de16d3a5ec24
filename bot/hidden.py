"""Marks in a text that turn or hide what is shown: a name that reads backwards fools whoever approves it. Pure."""

import re
from typing import Final

_HIDDEN: Final = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2060-\u2069\ufeff]"
)
"""Controls, marks that turn the direction of writing, and spaces without width. Joiners that letters need stay."""


def visible(text: object) -> str:
    """A stored text with every hidden mark as a box that can be seen."""
    return _HIDDEN.sub("\ufffd", str(text))


def one_line(text: str) -> str:
    """The same on one line, as a mail's subject must be: a line end there would stop the mail."""
    return visible(" ".join(text.split()))
