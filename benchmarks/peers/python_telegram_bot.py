"""Plain python-telegram-bot: a ConversationHandler in a Starlette application, its state in SQLite before the 200."""

import contextlib
import json
import sqlite3
import sys
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import uvicorn
import words
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Update
from telegram.ext import (
    Application,
    BasePersistence,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    PersistenceInput,
    filters,
)

STORY, CONSENT = range(2)


class Kept(BasePersistence[dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """Conversations and what each person told, in SQLite, written at every change."""

    def __init__(self, db: sqlite3.Connection) -> None:
        super().__init__(
            PersistenceInput(bot_data=False, chat_data=False, callback_data=False), update_interval=3600
        )
        self._db = db

    def put(self, key: str, value: object) -> None:
        """Keep one value."""
        self._db.execute("INSERT OR REPLACE INTO kept (key, value) VALUES (?, ?)", (key, json.dumps(value)))

    async def get_conversations(self, name: str) -> dict[Any, Any]:  # noqa: ARG002 - the library's interface
        """None at the start of a run."""
        return {}

    async def update_conversation(self, name: str, key: Any, new_state: object | None) -> None:
        """Keep where a conversation stands."""
        self.put(f"{name}:{key}", new_state)

    async def get_user_data(self) -> dict[int, Any]:
        """None at the start of a run."""
        return {}

    async def update_user_data(self, user_id: int, data: dict[Any, Any]) -> None:
        """Keep what a person told."""
        self.put(f"user:{user_id}", data)

    async def get_chat_data(self) -> dict[int, Any]:
        """Not used."""
        return {}

    async def update_chat_data(self, chat_id: int, data: dict[Any, Any]) -> None:
        """Not used."""

    async def get_bot_data(self) -> dict[Any, Any]:
        """Not used."""
        return {}

    async def update_bot_data(self, data: dict[Any, Any]) -> None:
        """Not used."""

    async def get_callback_data(self) -> None:
        """Not used."""

    async def update_callback_data(self, data: Any) -> None:
        """Not used."""

    async def drop_chat_data(self, chat_id: int) -> None:
        """Not used."""

    async def drop_user_data(self, user_id: int) -> None:
        """Not used."""

    async def refresh_user_data(self, user_id: int, user_data: Any) -> None:
        """Not used."""

    async def refresh_chat_data(self, chat_id: int, chat_data: Any) -> None:
        """Not used."""

    async def refresh_bot_data(self, bot_data: Any) -> None:
        """Not used."""

    async def flush(self) -> None:
        """All is written already."""


def conversation(db: sqlite3.Connection) -> ConversationHandler[ContextTypes.DEFAULT_TYPE]:
    """The four turns."""

    def keep(person: int, question: str, value: str) -> None:
        db.execute(
            "INSERT INTO answer (person, question, value) VALUES (?, ?, ?)", (str(person), question, value)
        )

    async def start(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> int:
        await update.message.reply_text(words.HELLO)
        return STORY

    async def story(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
        context.user_data["story"] = update.message.text
        keep(update.effective_user.id, "story", update.message.text)
        await update.message.reply_text(words.CONSENT)
        return CONSENT

    async def consent(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
        text = update.message.text
        if text == "2":
            await update.message.reply_text(words.show(context.user_data["story"]))
            return CONSENT
        if text not in ("1", "3"):
            await update.message.reply_text(words.AGAIN)
            return CONSENT
        keep(update.effective_user.id, "consent", text)
        await update.message.reply_text(words.THANKS)
        return ConversationHandler.END

    said = filters.TEXT & ~filters.COMMAND
    return ConversationHandler(
        entry_points=[CommandHandler("start", start)],
        states={STORY: [MessageHandler(said, story)], CONSENT: [MessageHandler(said, consent)]},
        fallbacks=[CommandHandler("start", start)],
        name="listen",
        persistent=True,
    )


def main() -> None:
    """Serve."""
    port, api, token, secret, folder = sys.argv[1:]
    db = words.open_db(Path(folder) / "peer.db")
    application = (
        Application.builder()
        .token(token)
        .base_url(f"{api}/bot")
        .updater(None)
        .persistence(Kept(db))
        .concurrent_updates(False)
        .connection_pool_size(64)
        .build()
    )
    application.add_handler(conversation(db))

    async def webhook(request: Request) -> Response:
        if request.headers.get("x-telegram-bot-api-secret-token") != secret:
            return Response(status_code=HTTPStatus.FORBIDDEN)
        await application.process_update(Update.de_json(await request.json(), application.bot))
        await application.update_persistence()
        return Response()

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with application:
            yield

    app = Starlette(routes=[Route("/", webhook, methods=["POST"])], lifespan=lifespan)
    uvicorn.run(app, port=int(port), log_config=None, access_log=False)


main()
