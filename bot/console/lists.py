"""Lists that staff bring as CSV files: read once, looked at, and carried along to the next page in its form."""

import base64
import binascii
import zlib
from typing import Final

from starlette.datastructures import UploadFile

from bot.console.page import Asked

FILE_BYTES: Final = 4_000_000
"""Tens of thousands of rows; a larger file is for the command line."""
MOST_KEPT: Final = 100_000
"""How much of a list a page can carry to the next one, packed. More has to be chosen again."""
MOST_SHOWN: Final = 50
"""Of the rows that can't be used, as many are named."""


class NoList(Exception):
    """No list came. Says why, and what to do, in a sentence."""


def sent(asked: Asked) -> str:
    """The text of the list that came with a form: as a file, or carried along from the page before.

    Raises:
        NoList: when there is none, or it can't be read.
    """
    file = asked.form.get("file")
    try:
        if isinstance(file, UploadFile) and file.size:
            return file.file.read().decode("utf-8-sig")
        if kept := asked.text("kept", MOST_KEPT):
            return _unpacked(kept)
    except UnicodeDecodeError:
        raise NoList(asked.words("visits.problem.not_utf8")) from None
    except (ValueError, zlib.error):
        raise NoList(asked.words("visits.problem.again")) from None
    raise NoList(asked.words("visits.problem.none"))


def packed(text: str) -> str:
    """A list for a field of the next form; "" when it is too long for that."""
    made = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    return made if len(made) <= MOST_KEPT else ""


def _unpacked(kept: str) -> str:
    """A list from the form before; never more than a file may hold.

    Raises:
        ValueError: when it is not what we packed.
    """
    try:
        return zlib.decompressobj().decompress(base64.b64decode(kept, validate=True), FILE_BYTES).decode()
    except binascii.Error as error:
        raise ValueError("not ours") from error
