"""Score the redactor on labelled messages: JSON Lines with `text` and `pii` (start, end, type), as in dev.jsonl.

full       at least 90 % of the letters and digits of an item are covered, whatever the span's type
part       some of them are
precision  share of the spans that touch a labelled item
safe       of all items, those covered in full or in a message that is flagged for review
clean      messages without a label: how many were touched, how many flagged
"""

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.structured import MADE, labelled  # noqa: E402
from bot.privacy.redact import Redaction, redact  # noqa: E402

ENOUGH = 0.9  # of an item's letters and digits: then it is covered in full


@dataclass
class Score:
    """What was counted over a set of messages."""

    items: Counter[str] = field(default_factory=Counter)
    full: Counter[str] = field(default_factory=Counter)
    part: Counter[str] = field(default_factory=Counter)
    safe: int = 0
    spans: int = 0
    right: int = 0
    clean: int = 0
    touched: int = 0
    flagged: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Items of all types covered in full."""
        return share(self.full.total(), self.items.total())

    @property
    def names(self) -> float:
        """Names covered in full."""
        return share(self.full["NAME"], self.items["NAME"])

    @property
    def precision(self) -> float:
        """Spans that touch a labelled item."""
        return share(self.right, self.spans)


def share(some: int, of: int) -> float:
    """A share between 0 and 1; of nothing, all."""
    return some / of if of else 1.0


def read(paths: Iterable[Path], *, lower: bool = False) -> list[dict[str, Any]]:
    """The labelled messages of some files; in small letters where that changes no length."""
    messages = [
        json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines() if line
    ]
    if lower:
        for message in messages:
            small = message["text"].lower()
            message["text"] = small if len(small) == len(message["text"]) else message["text"]
    return messages


def score(messages: Iterable[dict[str, Any]]) -> Score:
    """Redact every message and count."""
    result = Score()
    for message in messages:
        redaction = redact(message["text"])
        _count_items(result, message, redaction)
        _count_spans(result, message, redaction)
    return result


def _count_items(result: Score, message: dict[str, Any], redaction: Redaction) -> None:
    covered = {at for span in redaction.spans for at in range(span.start, span.end)}
    for item in message["pii"]:
        counts = [at for at in range(item["start"], item["end"]) if message["text"][at].isalnum()]
        gone = share(sum(at in covered for at in counts), len(counts))
        result.items[item["type"]] += 1
        result.full[item["type"]] += gone >= ENOUGH
        result.part[item["type"]] += gone > 0
        result.safe += gone >= ENOUGH or redaction.review
        if gone < ENOUGH:
            flag = "flagged" if redaction.review else "MISSED"
            result.wrong.append(
                f"{flag} {item['type']} {message['text'][item['start'] : item['end']]!r}: {message['text']}"
            )


def _count_spans(result: Score, message: dict[str, Any], redaction: Redaction) -> None:
    for span in redaction.spans:
        hit = any(span.start < item["end"] and item["start"] < span.end for item in message["pii"])
        result.spans += 1
        result.right += hit
        if not hit:
            result.wrong.append(
                f"NEEDLESS {span.type} {message['text'][span.start : span.end]!r} ({span.reason}): {message['text']}"
            )
    if not message["pii"]:
        result.clean += 1
        result.touched += bool(redaction.spans)
        result.flagged += redaction.review
        if redaction.review and not redaction.spans:
            doubts = ", ".join(repr(message["text"][doubt.start : doubt.end]) for doubt in redaction.doubts)
            result.wrong.append(f"FLAG {doubts}: {message['text']}")


def speed(messages: list[dict[str, Any]], seconds: float = 2.0) -> float:
    """Messages for each second of one core's time, the lists read already."""
    redact("warm up, please, Mr Example")
    done, begin = 0, time.process_time()
    while time.process_time() - begin < seconds:
        for message in messages:
            redact(message["text"])
        done += len(messages)
    return done / (time.process_time() - begin)


def import_seconds() -> float:
    """How long a fresh Python takes to import the redactor, beyond starting."""
    took = []
    for code in ("pass", "import bot.privacy.redact"):
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)  # noqa: S603
        took.append(time.perf_counter() - begin)
    return took[1] - took[0]


def table(result: Score) -> str:
    """The counts as a table in Markdown."""
    lines = ["| type | items | full | part |", "|---|---|---|---|"]
    for kind in [*sorted(result.items), "all"]:
        items, full, part = (
            (count.total() if kind == "all" else count[kind])
            for count in (result.items, result.full, result.part)
        )
        lines.append(f"| {kind} | {items} | {share(full, items):.1%} | {share(part, items):.1%} |")
    safe = share(result.safe, result.items.total())
    touched, flagged = share(result.touched, result.clean), share(result.flagged, result.clean)
    lines += [
        "",
        f"precision {result.precision:.1%} of {result.spans} spans; full or flagged {safe:.1%}",
        f"clean messages {result.clean}: touched {touched:.1%}, flagged {flagged:.1%}",
    ]
    return "\n".join(lines)


def main() -> None:
    """Read the arguments, score, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="labelled messages, one JSON object a line"
    )
    parser.add_argument(
        "--structured", type=int, metavar="N", help="score N made-up items of each structured kind as well"
    )
    parser.add_argument("--lower", action="store_true", help="score the messages in small letters")
    parser.add_argument("--show", action="store_true", help="print what went wrong")
    parser.add_argument("--no-speed", action="store_true", help="leave out texts a second and import time")
    asked = parser.parse_args()
    if not asked.files and not asked.structured:
        parser.error("name a file of labelled messages, or ask for made-up ones with --structured 500")
    messages = read(asked.files, lower=asked.lower)
    if asked.structured:
        messages += [made for kind in MADE for made in labelled(kind, asked.structured)]
    result = score(messages)
    sys.stdout.write(table(result) + "\n")
    if not asked.no_speed:
        sys.stdout.write(f"{speed(messages):,.0f} texts/s; import {import_seconds():.2f} s\n")
    if asked.show:
        sys.stdout.write("\n".join(["", *result.wrong, ""]))


if __name__ == "__main__":
    main()
