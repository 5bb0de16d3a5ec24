"""The demo's page: three phones, the moderator's desk and the post room."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.conversation.messages import ChannelName
from bot.conversation.script import load_scripts
from bot.demo.hall import words_desk
from bot.demo.mailbox import Mail
from bot.demo.stage import LANDLORD, OPERATOR, RECIPIENTS, SMS_NUMBER, TELEGRAM_TOKEN, WHATSAPP_NUMBER, Stage
from bot.moderation import Desk
from bot.schedule import latest_occurrence
from bot.workshops.moderating import WordsDesk
from models.landlords import Landlord, all_landlords

LONGEST_TEXT = 4000
WAITING_SHOWN = 20
VISITOR = "visitor"
SAID = "said-"
"""How the names of words for the screen begin, beside stories that have a number alone."""
PAGE_POLICY = "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'"
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
ZONE = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class Phone:
    """One of the three phones: whose it is, what it calls, and what it sent."""

    channel: ChannelName
    name: str
    person: str
    number: str
    address: str
    to: str
    account: str
    sent: list[dict[str, Any]] = field(default_factory=list)


class Refused(Exception):
    """The page asked for something that can't be done; says why in a sentence."""


class Pages:
    """The page and what it asks for.

    Args:
        stage: what is behind it.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._phones = {phone.channel: phone for phone in _three_phones()}
        _, last = latest_occurrence(stage.clock(), ZONE, stage.product.settings.digest_time)
        self._next_digest = last + timedelta(days=7)

    def routes(self) -> list[Route]:
        """What the page needs."""
        return [
            Route("/", self._page("index.html", "text/html")),
            Route("/demo/page/demo.css", self._page("demo.css", "text/css")),
            Route("/demo/page/demo.js", self._page("demo.js", "text/javascript")),
            Route("/favicon.ico", _nothing),
            Route("/demo/state", self._state),
            Route("/demo/phones/{channel}", self._action(self._text), methods=["POST"]),
            Route("/demo/visits/{channel}", self._action(self._visit), methods=["POST"]),
            Route("/demo/desk/{story}", self._action(self._decide), methods=["POST"]),
            Route("/demo/digest", self._action(self._digest), methods=["POST"]),
            Route("/demo/mails/{mail}", self._mail),
        ]

    def _page(self, name: str, media_type: str) -> Callable[[Request], Awaitable[Response]]:
        async def page(_request: Request) -> Response:
            with resources.as_file(resources.files("bot.demo") / "page" / name) as path:
                return FileResponse(
                    path, media_type=media_type, headers={"Content-Security-Policy": PAGE_POLICY}
                )

        return page

    def _action(
        self, act: Callable[[Request, dict[str, Any]], Awaitable[None]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def action(request: Request) -> Response:
            # A page of another site can't post this type without asking, so this is our page.
            if request.headers.get("content-type") != "application/json":
                return JSONResponse({"error": "Only this page may ask for that."}, status_code=403)
            try:
                asked = await request.json()
                await act(request, asked if isinstance(asked, dict) else {})
            except (Refused, ValueError) as refused:
                return JSONResponse({"error": str(refused)}, status_code=409)
            return Response(status_code=202)

        return action

    async def _state(self, _request: Request) -> Response:
        waiting = await self._stage.product.threads.run(self._waiting)
        when = self._next_digest.astimezone(ZONE)
        return JSONResponse(
            {
                "landlord": LANDLORD,
                "operator": OPERATOR,
                "next_digest": f"{when:%A} {when.day} {when:%B}, {when.hour}:{when:%M}",
                "phones": [self._show_phone(phone) for phone in self._phones.values()],
                "mails": [_show_mail(mail) for mail in reversed(self._stage.mailbox.mails)],
                "waiting": waiting,
            }
        )

    async def _text(self, request: Request, asked: dict[str, Any]) -> None:
        phone = self._phone(request)
        text, button = str(asked.get("text", ""))[:LONGEST_TEXT], asked.get("button")
        if not text.strip() and not button:
            raise Refused("Write something first.")
        shown = str(button or text)
        phone.sent.append(_message("tenant", f"t{len(phone.sent)}", shown, self._stage.clock()))
        choice = self._choice_of(phone, asked) if button else None
        if choice:
            answer = await self._stage.phones.press(phone.address, choice)
        else:
            answer = await self._stage.phones.text(phone.channel, phone.address, shown)
        if answer.status_code != 200:
            phone.sent.pop()
            raise Refused(f"The bot answered {answer.status_code}. Try again.")

    def _choice_of(self, phone: Phone, asked: dict[str, Any]) -> str | None:
        for sent in self._stage.providers.sent_to(phone.channel, phone.address):
            if sent.id == asked.get("message"):
                return dict(sent.buttons).get(str(asked["button"]))
        return None

    async def _visit(self, request: Request, _asked: dict[str, Any]) -> None:
        phone = self._phone(request)
        if phone.channel == "telegram" and not phone.sent:
            raise Refused("On Telegram a bot can't write first. Say hello to it, then try again.")
        initiative = self._stage.product.initiative

        def ask() -> bool:
            return initiative.ask(phone.channel, phone.account, phone.address, load_scripts()["after_visit"])

        if not await self._stage.product.threads.run(ask):
            raise Refused("This person said stop, so we don't ask. They can text START to come back.")

    async def _decide(self, request: Request, asked: dict[str, Any]) -> None:
        name = request.path_params["story"]
        story = int(name.removeprefix(SAID))

        def decide() -> None:
            desk = self._words_desk() if name.startswith(SAID) else self._desk()
            if asked.get("verdict") == "approve":
                desk.approve(story)
            else:
                desk.set_aside(story)

        try:
            await self._stage.product.threads.run(decide)
        except LookupError as gone:
            raise Refused(str(gone)) from None

    async def _digest(self, _request: Request, _asked: dict[str, Any]) -> None:
        moment, self._next_digest = self._next_digest, self._next_digest + timedelta(days=7)
        await self._stage.product.run_due(moment)

    async def _mail(self, request: Request) -> Response:
        number, _, kind = request.path_params["mail"].partition(".")
        found = next((mail for mail in self._stage.mailbox.mails if mail.id == number), None)
        if found is None:
            return PlainTextResponse("There is no such mail.", status_code=404)
        if kind == "txt" or not found.html:
            return PlainTextResponse(found.text)
        return HTMLResponse(found.html, headers={"Content-Security-Policy": MAIL_POLICY})

    def _waiting(self) -> list[dict[str, str]]:
        """Words for the workshop's screen, for which a room waits, and then stories."""
        hall = words_desk(self._stage, VISITOR)
        said = [{"id": f"{SAID}{one.id}", "words": one.words} for one in (hall.waiting() if hall else ())]
        stories = self._desk().waiting(WAITING_SHOWN)
        return [*said, *({"id": str(one.story_id), "words": one.words} for one in stories)]

    def _words_desk(self) -> WordsDesk:
        hall = words_desk(self._stage, VISITOR)
        if hall is None:
            raise LookupError("There is no workshop just now.")
        return hall

    def _desk(self) -> Desk:
        product = self._stage.product
        with product.store.read() as session:
            landlord: Landlord = all_landlords(session)[0]
        return Desk(product.store, product.keys, product.clock, landlord, VISITOR)

    def _phone(self, request: Request) -> Phone:
        phone = self._phones.get(request.path_params["channel"])
        if phone is None:
            raise Refused("There is no such phone.")
        return phone

    def _show_phone(self, phone: Phone) -> dict[str, Any]:
        received = [
            _message("bot", sent.id, sent.text, sent.at, [label for label, _ in sent.buttons])
            for sent in self._stage.providers.sent_to(phone.channel, phone.address)
        ]
        return {
            "channel": phone.channel,
            "name": phone.name,
            "person": phone.person,
            "number": phone.number,
            "to": phone.to,
            "messages": sorted([*phone.sent, *received], key=lambda one: one["at"]),
        }


def _three_phones() -> list[Phone]:
    bot = TELEGRAM_TOKEN.partition(":")[0]
    return [
        Phone("sms", "Text message", "Amina", "07700 900101", "+447700900101", "07700 900000", SMS_NUMBER),
        Phone(
            "whatsapp", "WhatsApp", "Ray", "07700 900102", "+447700900102", "07700 900001", WHATSAPP_NUMBER
        ),
        Phone("telegram", "Telegram", "Zofia", "@zofia", "770103", "@listened_bot", bot),
    ]


def _message(
    by: str, number: str, text: str, at: datetime, buttons: list[str] | None = None
) -> dict[str, Any]:
    return {"id": number, "from": by, "text": text, "at": at.isoformat(), "buttons": buttons or []}


def _show_mail(mail: Mail) -> dict[str, Any]:
    return {
        "id": mail.id,
        "to": mail.to[0],
        "audience": dict(RECIPIENTS).get(mail.to[0], "duty"),
        "subject": str(mail.message["subject"]),
        "at": str(mail.message["date"].datetime.isoformat()),
    }


async def _nothing(_request: Request) -> Response:
    return Response(status_code=204)
