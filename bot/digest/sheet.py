"""A release as a sheet: the same cells as the digest, for whoever works with numbers. Pure."""

import csv
import io
from collections.abc import Iterator
from typing import Final

from bot.privacy.disclosure import Release

HEADINGS: Final = ("what", "name", "people (about)", "of (about)", "counted since", "words")
STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""What spreadsheets take for the beginning of a formula or a command (https://owasp.org/www-community/attacks/CSV_Injection)."""
MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Excel reads a file as UTF-8 only when it begins with this."""

Row = tuple[str | int, ...]


def to_csv(release: Release) -> str:
    """A release as CSV, with nothing in it that a spreadsheet would carry out."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for row in _rows(release):
        writer.writerow([_harmless(value) for value in row])
    return MARK + out.getvalue()


def _rows(release: Release) -> Iterator[Row]:
    figures, since = release.figures, release.since.isoformat() if release.since else ""
    if figures:
        yield ("people", "all", figures.about, "", since, "")
        for part in figures.split:
            yield ("answer", " or ".join(part.answers), part.about, figures.about, since, "")
        if figures.at_least:
            name = f"at least: {' or '.join(figures.at_least.answers)}"
            yield ("answer", name, figures.at_least.about, figures.about, since, "")
    for cell in release.cells:
        name = cell.name.replace("_", " ") + {"+": ", praised", "-": ", trouble"}.get(cell.sign, "")
        yield (cell.kind, name, cell.about, "", cell.since.isoformat(), "")
    for excerpt in release.excerpts:
        good = {True: "felt listened to", False: "did not"}.get(excerpt.good or False, "")
        yield ("words", good if excerpt.good is not None else "", "", "", "", excerpt.words)


def _harmless(value: str | int) -> str | int:
    if isinstance(value, int):
        return value
    # An apostrophe makes a text of it. Inside, line ends would start a new row in careless readers.
    flat = " ".join(value.split())
    return f"'{flat}" if value.startswith(STARTS_A_FORMULA) or flat.startswith(STARTS_A_FORMULA) else flat
