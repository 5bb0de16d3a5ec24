"""What a server has in memory: no more than it uses, and that before the first message comes."""

import json
import subprocess
import sys
from functools import cache
from typing import Final, NamedTuple

from rig import ROOT

USED_WHERE_ASKED_FOR: Final = {
    "alembic",
    "authlib",
    "openpyxl",
    "prometheus_client",
    "requests",
    "scipy",
    "spacy",
    "telegram",
    "twilio",
    "typer",
    "uvicorn",
    "weasyprint",
}

PROGRAM: Final = """
import gc, json, sys
from datetime import UTC, datetime

import bot.app
modules, collects = sorted(sys.modules), gc.isenabled()

from bot.app.web import warm
from bot.delivery.first_aid import FirstAid
from bot.privacy import lexicon
from bot.privacy.redact import redact
from bot.understanding import latin, second_opinion, table
from bot.understanding.language import tell
from bot.understanding.reading import read
from bot.wording import load_wording

large = latin.model, table.table, second_opinion._factory, lexicon.ordinary, lexicon.rare, lexicon.first_names
wording = load_wording("bot.conversation")
imported = gc.get_freeze_count()
warm(FirstAid({}, wording, "Us", {}, lambda: datetime.now(UTC)))
frozen = gc.get_freeze_count() - imported
warmed = [one.cache_info().misses for one in large]
for text in ("Mr Okafor of 3 Larch Road smells gas", "Przyszli dwa razy", "ho aspettato due settimane e niente"):
    read(text), redact(text), tell(text, wording.languages, "en")
print(json.dumps([modules, collects, frozen, warmed, [one.cache_info().misses for one in large]]))
"""


class Seen(NamedTuple):
    """What a process of its own told.

    Args:
        modules: what importing the product imports.
        collects: whether garbage is collected after that.
        frozen: how many objects warming up adds to those that are no longer looked through.
        warmed: of each large thing, how often warming up loads it.
        after: the same once messages were read.
    """

    modules: list[str]
    collects: bool
    frozen: int
    warmed: list[int]
    after: list[int]


@cache
def seen() -> Seen:
    """What a new process tells: in this one other tests have loaded everything."""
    command = [sys.executable, "-c", PROGRAM]
    told = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout
    return Seen(*json.loads(told))


def test_importing_the_product_imports_no_more_than_it_needs() -> None:
    """Whatever only some installations or commands use is not there, and garbage is collected as ever."""
    assert {name.partition(".")[0] for name in seen().modules} & USED_WHERE_ASKED_FOR == set()
    assert seen().collects


def test_the_first_message_finds_everything_loaded() -> None:
    """Models and lists are loaded once, while warming up; reading messages loads none of them."""
    assert seen().warmed == [1] * len(seen().warmed)
    assert seen().after == seen().warmed
    assert seen().frozen > 0
