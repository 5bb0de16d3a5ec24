"""aiogram: a finite-state machine whose state is kept in SQLite (aiogram-sqlite-storage), processed before the 200."""

import sys
from pathlib import Path

import words
from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.types import Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiogram_sqlite_storage.sqlitestore import SQLStorage
from aiohttp import web


class Listen(StatesGroup):
    """What is waited for."""

    story = State()
    consent = State()


def dispatcher(folder: Path) -> Dispatcher:
    """The four turns."""
    db = words.open_db(folder / "peer.db")
    made = Dispatcher(storage=SQLStorage(str(folder / "fsm.db")))

    def keep(person: int, question: str, value: str) -> None:
        db.execute(
            "INSERT INTO answer (person, question, value) VALUES (?, ?, ?)", (str(person), question, value)
        )

    @made.message(CommandStart())
    async def start(message: Message, state: FSMContext) -> None:
        await state.set_state(Listen.story)
        await message.answer(words.HELLO)

    @made.message(Listen.story, F.text)
    async def story(message: Message, state: FSMContext) -> None:
        await state.update_data(story=message.text)
        await state.set_state(Listen.consent)
        keep(message.chat.id, "story", message.text or "")
        await message.answer(words.CONSENT)

    @made.message(Listen.consent, F.text)
    async def consent(message: Message, state: FSMContext) -> None:
        if message.text == "2":
            await message.answer(words.show((await state.get_data())["story"]))
        elif message.text in {"1", "3"}:
            keep(message.chat.id, "consent", message.text)
            await state.clear()
            await message.answer(words.THANKS)
        else:
            await message.answer(words.AGAIN)

    return made


def main() -> None:
    """Serve."""
    port, api, token, secret, folder = sys.argv[1:]
    bot = Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(api)))
    app = web.Application()
    made = dispatcher(Path(folder))
    SimpleRequestHandler(made, bot, handle_in_background=False, secret_token=secret).register(app, path="/")
    setup_application(app, made, bot=bot)
    web.run_app(app, host="127.0.0.1", port=int(port), print=None, access_log=None)


main()
