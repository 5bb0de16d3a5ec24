"""`listened understand`: how messages are read, and why, so that anybody can look."""

import json
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from bot.privacy.redact import redact
from bot.understanding.language import language_label
from bot.understanding.reading import ASKED_OF_US, Reading, read
from bot.understanding.urgency import may_be_urgent


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(understand)


def understand(
    explain: Annotated[bool, typer.Option("--explain", help="Add why each thing was read.")] = False,
) -> None:
    """Read messages: JSON Lines {"id", "text"} on standard input, one line of what was read for each."""
    bad = 0
    for number, line in enumerate(sys.stdin.buffer, start=1):
        if not line.strip():
            continue
        try:
            key, text = _parse(line)
        except ValueError as problem:
            bad += 1
            typer.echo(f"Line {number}: {problem}", err=True)
            continue
        said = _describe(key, text, explain=explain)
        sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
    if bad:
        typer.echo(f"{bad} line(s) could not be read; the others were.", err=True)
        raise typer.Exit(1)


def _parse(line: bytes) -> tuple[Any, str]:
    try:
        message = json.loads(line)
    except ValueError:
        raise ValueError("this is not JSON") from None
    if not isinstance(message, dict) or not isinstance(message.get("text"), str) or "id" not in message:
        raise ValueError('this is not an object with an "id" and a "text" in words')
    return message["id"], message["text"]


def _describe(key: Any, text: str, *, explain: bool) -> dict[str, Any]:
    reading = read(text)
    redaction = redact(text)
    described: dict[str, Any] = {
        "id": key,
        "lang": language_label(text),
        "kind": reading.kind,
        "command": None if reading.command in ASKED_OF_US else reading.command,
        "answer": reading.answer,
        "urgent": reading.urgency.kind if reading.urgency else None,
        "areas": list(reading.areas.names),
        "themes": list(reading.themes.names),
        "pii": [{"start": span.start, "end": span.end, "type": span.type} for span in redaction.spans],
        "redacted": redaction.words,
        "review": redaction.review or reading.urgency is not None or may_be_urgent(text),
    }
    return described | ({"why": dict(_why(reading))} if explain else {})


def _why(reading: Reading) -> Iterator[tuple[str, list[str]]]:
    every = reading.reasons | reading.areas.why() | reading.themes.why()
    for what, reasons in every.items():
        yield what, list(reasons)
