"""How well the language of messages is told, on any labelled file.

    python benchmarks/language.py training/messages/languages.jsonl [MORE ...] [--capitals] [--show]

Each line is JSON with `text` and `lang`, a BCP 47 code ("ur-Latn" is Urdu in Latin letters). A conversation that has been
in English until then is assumed. For a language that we mean to speak, a message is `right`, `asked`, kept in `English`,
or `wrong`: answered in another language, the worst. For any other it is `named` (for staff) or `asked`, kept in `English`,
or `wrong`: answered or named as another language. For English, `asked` and `wrong` are false alarms.
"""

import argparse
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bot.understanding.language import DEFAULT, language_label, launch_languages, tell
from bot.understanding.second_opinion import langdetect_says

BANDS: Final = (
    (0, 2, "under 3 words"),
    (3, 6, "3-6 words"),
    (7, 9, "7-9 words"),
    (10, 10_000, "10 and more"),
)
OUTCOMES: Final = ("right", "named", "asked", "English", "wrong")


class Message(NamedTuple):
    """A labelled text."""

    text: str
    lang: str


def read(paths: Iterable[Path]) -> Iterator[Message]:
    """Every labelled text of the files."""
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                row = json.loads(line)
                yield Message(row["text"], row["lang"])


def outcome(message: Message) -> str:
    """What became of a message: one of OUTCOMES."""
    ours = launch_languages()
    told = tell(message.text, ours, DEFAULT)
    if message.lang == DEFAULT:
        return {"stay": "right", "ask": "asked", "sure": "wrong"}[told.how]
    if told.how == "stay":
        return "English"
    if message.lang in ours:
        return "asked" if told.how == "ask" else "right" if told.language == message.lang else "wrong"
    if told.how == "sure":
        return "wrong"
    label = language_label(message.text)
    # A guess that we would ask about is no name.
    return "asked" if label == "und" or label in ours else "named" if label == message.lang else "wrong"


def band(text: str) -> str:
    """Which band of length a text is in. Chinese has no spaces: two signs count as a word."""
    words = len(text.split())
    if words <= 2 and any("\u3400" <= letter <= "\u9fff" for letter in text):
        words = len(text) // 2
    return next(name for low, high, name in BANDS if low <= words <= high)


def table(title: str, counts: dict[str, Counter[str]]) -> list[str]:
    """Lines with the share of each outcome, in per cent."""
    lines = ["", f"{title:<24}{'texts':>7}" + "".join(f"{name:>9}" for name in OUTCOMES)]
    for name, counted in counts.items():
        total = counted.total()
        lines.append(
            f"{name:<24}{total:>7}" + "".join(f"{100 * counted[one] / total:>9.2f}" for one in OUTCOMES)
        )
    return lines


def group(lang: str) -> str:
    """English, a language that we mean to speak, or another one."""
    return "English" if lang == DEFAULT else "launch" if lang in launch_languages() else "other"


def main() -> None:
    """Score the files and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--capitals", action="store_true", help="as if everybody were shouting")
    parser.add_argument(
        "--show", action="store_true", help="print each message that is not right, named or asked"
    )
    options = parser.parse_args()
    messages = [
        Message(one.text.upper() if options.capitals else one.text, one.lang) for one in read(options.files)
    ]
    tell("Loading is not measured", launch_languages(), DEFAULT)
    langdetect_says("nor is this", [DEFAULT])

    by_language, by_band = defaultdict[str, Counter[str]](Counter), defaultdict[str, Counter[str]](Counter)
    whole = defaultdict[str, Counter[str]](Counter)
    began = time.perf_counter()
    outcomes = [outcome(message) for message in messages]
    seconds = time.perf_counter() - began
    for message, became in zip(messages, outcomes, strict=True):
        by_language[message.lang][became] += 1
        by_band[f"{group(message.lang)[:7]}, {band(message.text)}"[:23]][became] += 1
        whole[group(message.lang)][became] += 1
        if options.show and became in {"English", "wrong"}:
            print(f"{message.lang} {became}: {message.text}")
    for title, counts in (("language", by_language), ("by length", by_band), ("altogether", whole)):
        print("\n".join(table(title, dict(sorted(counts.items())))))
    print(f"\n{len(messages) / seconds:,.0f} texts/s")


if __name__ == "__main__":
    main()
