"""Translation for staff: redacted words go out, the original stays, and nothing waits for a machine."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from desk import NUMBER, Desk, Wire
from sqlalchemy import select, update
from test_keys import moderator

from bot import translation
from bot.delivery.threads import Threads
from bot.privacy.disclosure import Release
from bot.releases import propose
from bot.rights import erase
from bot.translation import AGAIN_AFTER, Translator
from models.base import new_id
from models.releases import Release as Counted
from models.releases import latest_release
from models.scopes import all_scopes
from models.stories import Excerpt, Story

POLISH = "pan Krzysztof Szymański naprawił ogrzewanie od razu i bardzo grzecznie ze mną rozmawiał"
ENGLISH = "Mr [name 1] put the heating right at once and spoke to me very politely."


@dataclass
class Service:
    """A LibreTranslate stand-in: it answers as it is told to, and remembers what it was asked."""

    url: str = ""
    status: int = 200
    answer: Any = field(default_factory=lambda: {"translatedText": ENGLISH})
    seconds: float = 0
    asked: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def service() -> Iterator[Service]:
    """The stand-in, listening on loopback."""
    told = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            time.sleep(told.seconds)
            self.send_response(told.status if self.path == "/translate" else 404)
            self.end_headers()
            self.wfile.write(json.dumps(told.answer).encode())

        def log_message(self, *_what: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        told.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield told
        server.shutdown()


def test_what_is_sent_is_redacted_and_the_original_stays(tmp_path: Path, service: Service) -> None:
    """The service sees placeholders; the release holds the teller's words with a machine's beside them."""
    desk = told(tmp_path, POLISH, POLISH, POLISH)
    assert run(desk, service) == 3
    assert {(one["source"], one["target"], one["api_key"]) for one in service.asked} == {
        ("pl", "en", "sesame")
    }
    assert all("[name 1]" in one["q"] and "Szymański" not in one["q"] for one in service.asked)
    excerpt = proposed(desk).excerpts[0]
    assert (excerpt.language, excerpt.translation) == ("pl", ENGLISH)
    assert "naprawił ogrzewanie" in excerpt.words
    with desk.store.read() as session:
        sealed = session.scalars(select(Excerpt.translation)).first()
    assert sealed is not None
    assert b"heating" not in sealed
    assert run(desk, service) == 0  # once is enough


def test_english_is_not_sent(tmp_path: Path, service: Service) -> None:
    """Words in English need no machine."""
    desk = told(tmp_path, "the plumber came twice and was rude both times")
    assert (run(desk, service), service.asked) == (0, [])


@pytest.mark.parametrize(
    ("status", "answer", "seconds", "again"),
    [
        (500, {"error": "down"}, 0, True),
        (200, {"error": "odd"}, 0, True),
        (200, "not even an object", 0, True),
        (200, {"translatedText": "x" * 5000}, 0, True),
        (200, {"translatedText": ENGLISH}, 0.6, True),
        (301, {}, 0, True),
        (400, {"error": "pl is not supported"}, 0, False),
    ],
)
def test_a_digest_waits_for_no_machine(
    tmp_path: Path,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    answer: object,
    seconds: float,
    again: bool,
) -> None:
    """Down, odd or slow: the excerpt leaves untranslated; later it is asked again, where that may help."""
    monkeypatch.setattr(translation, "TIMEOUT_SECONDS", 0.3)
    desk = told(tmp_path, POLISH, POLISH, POLISH)
    service.status, service.answer, service.seconds = status, answer, seconds
    assert run(desk, service) == 0
    assert [one.translation for one in proposed(desk).excerpts] == [None] * 3
    service.status, service.answer, service.seconds = 200, {"translatedText": ENGLISH}, 0
    assert run(desk, service) == 0  # not at once
    desk.now += AGAIN_AFTER + timedelta(seconds=1)
    assert run(desk, service) == (3 if again else 0)


def test_a_service_that_is_away_is_tried_again(tmp_path: Path, service: Service) -> None:
    """Nobody listens: nothing is lost and nothing is raised."""
    desk = told(tmp_path, POLISH)
    assert run(desk, Service("http://127.0.0.1:9")) == 0
    desk.now += AGAIN_AFTER + timedelta(seconds=1)
    assert run(desk, service) == 1


def test_what_was_erased_meanwhile_stays_erased(
    tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DELETE while the machine thinks: its answer is dropped."""
    desk = told(tmp_path, POLISH)

    async def erase_meanwhile(_client: object, _excerpt: Excerpt) -> str:
        with desk.store.write() as session:
            contact = desk.people.find(session, "sms", f"{NUMBER[:-1]}0")
            assert contact is not None
            erase(session, desk.keys, contact, desk.now)
        return ENGLISH

    made = translator(desk, service)
    monkeypatch.setattr(made, "_translate", erase_meanwhile)
    asyncio.run(made.run())
    with desk.store.read() as session:
        assert session.scalars(select(Excerpt)).all() == []


def test_a_moderator_sees_which_language_it_is(tmp_path: Path) -> None:
    """The language is told from the words, whatever the conversation was in."""
    desk = Desk(tmp_path, Wire())
    desk.text("POLISH please", "0")
    for number, words in enumerate((POLISH, "the lift is out again and nobody tells us why")):
        desk.text(words, f"{number}1", sender=f"{NUMBER[:-1]}{number}")
        desk.text("1", f"{number}2", sender=f"{NUMBER[:-1]}{number}")
    assert [waiting.language for waiting in moderator(desk).waiting()] == ["pl", "en"]


def told(folder: Path, *stories: str) -> Desk:
    """Each story from another person, with a yes and a moderator's yes."""
    desk = Desk(folder, Wire())
    for number, words in enumerate(stories):
        sender = f"{NUMBER[:-1]}{number}"
        desk.text(words, f"{number}1", sender=sender)
        desk.text("1", f"{number}2", sender=sender)
    staff = moderator(desk)
    for waiting in staff.waiting():
        staff.approve(waiting.story_id)
    return desk


@contextmanager
def threads() -> Iterator[Threads]:
    """Threads that end."""
    made = Threads()
    yield made
    made.close()


def translator(desk: Desk, service: Service) -> Translator:
    """What has excerpts translated at that desk."""
    return Translator(desk.store, desk.keys, service.url, "sesame", desk.clock, Threads())


def run(desk: Desk, service: Service) -> int:
    """One round of translating; says how many came of it."""
    with threads() as used:
        return asyncio.run(Translator(desk.store, desk.keys, service.url, "sesame", desk.clock, used).run())


def proposed(desk: Desk) -> Release:
    """What would leave now, if all stories had been counted before: words leave with a later batch than their own."""
    with desk.store.write() as session:
        (scope,) = all_scopes(session)
        if latest_release(session, scope.id) is None:
            counted = new_id()
            monday = desk.now.date()
            session.add(
                Counted(
                    id=counted,
                    scope_id=scope.id,
                    on_date=monday,
                    number=1,
                    closes_batch=True,
                    contents=b"",
                    made_at=desk.now,
                )
            )
            session.flush()
            session.execute(update(Story).values(release_id=counted))
        return propose(session, desk.keys, scope, desk.now.date(), desk.now)
