"""Translation: excerpts in other languages are put into English by a machine, where the operator has set one up.

Only redacted words that a moderator has approved are sent. The original stays what it is, the translation stands
beside it, and nothing waits for it: an excerpt whose translation is not there leaves without one.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Final

import httpx

from bot.delivery.threads import Threads
from bot.log import get_logger, log_error
from bot.privacy.keys import Keyring
from bot.privacy.redact import redact
from models import Store
from models.stories import Excerpt, to_translate

INTO: Final = "en"
TIMEOUT_SECONDS: Final = 20.0
AGAIN_AFTER: Final = timedelta(minutes=30)
BATCH: Final = 20
LONGEST: Final = 4
"""A translation this many times as long as its original, and longer than a text message, is none."""


class CannotTranslate(Exception):
    """The service has understood the request and will not do it, now or later. Carries no words."""


class Translator:
    """Has excerpts translated, one after the other, outside any transaction.

    Args:
        store: the database.
        keys: to open the words, and to seal what comes back.
        url: a LibreTranslate-compatible service (https://docs.libretranslate.com/api/operations/translate/).
        key: its API key; empty where it wants none.
        clock: gives the current time, aware.
        threads: to use the database in.
    """

    def __init__(  # noqa: PLR0913 - what the composition root hands over
        self,
        store: Store,
        keys: Keyring,
        url: str,
        key: str,
        clock: Callable[[], datetime],
        threads: Threads,
    ) -> None:
        self._store = store
        self._keys = keys
        self._url = url
        self._key = key
        self._clock = clock
        self._threads = threads

    async def run(self) -> int:
        """Translate what is due; says how many translations were added. Failures are tried again later."""
        done = 0
        async with httpx.AsyncClient() as client:
            for excerpt in await self._threads.run(self._due):
                translated, again_at = await self._try(client, excerpt)
                await self._threads.run(partial(self._note, excerpt.id, translated, again_at))
                done += translated is not None
        return done

    def _due(self) -> Sequence[Excerpt]:
        with self._store.read() as session:
            return to_translate(session, self._clock(), BATCH)

    async def _try(self, client: httpx.AsyncClient, excerpt: Excerpt) -> tuple[str | None, datetime | None]:
        """The translation, if there is one, and when to try again, if that may help."""
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                return await self._translate(client, excerpt), None
        except CannotTranslate:
            get_logger().warning("not_translatable", language=excerpt.language)
            return None, None
        except (httpx.HTTPError, ValueError, TimeoutError) as error:
            log_error("not_translated", error, language=excerpt.language)
            return None, self._clock() + AGAIN_AFTER

    async def _translate(self, client: httpx.AsyncClient, excerpt: Excerpt) -> str:
        words = self._keys.open("excerpt", excerpt.id, "words", excerpt.words or b"")
        asked = {"q": words, "source": excerpt.language, "target": INTO, "format": "text"}
        answer = await client.post(
            f"{self._url}/translate", json={**asked, "api_key": self._key} if self._key else asked
        )
        if answer.status_code == HTTPStatus.BAD_REQUEST:  # a language that it does not speak
            raise CannotTranslate
        plain = answer.raise_for_status().json()
        translated = plain.get("translatedText") if isinstance(plain, dict) else None
        if not isinstance(translated, str) or not translated.strip():
            raise ValueError("the answer holds no translation")
        if len(translated) > max(LONGEST * len(words), 160):
            raise ValueError("the answer is no translation of that")
        # What came from outside is looked at like anything else: a name that was hidden by its spelling goes now.
        return redact(translated.strip()).words

    def _note(self, excerpt_id: int, translated: str | None, again_at: datetime | None) -> None:
        with self._store.write() as session:
            excerpt = session.get(Excerpt, excerpt_id, with_for_update=True)
            if excerpt is None or excerpt.words is None:
                return  # erased, or told anew, while we waited
            if translated:
                excerpt.translation = self._keys.seal("excerpt", excerpt_id, "translation", translated)
            excerpt.translate_at = again_at
