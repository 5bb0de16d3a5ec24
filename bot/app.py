"""The composition root: the only file that knows everyone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.alerts import Bellman
from bot.api_keys import ApiKeys
from bot.console.accounts import Accounts
from bot.console.app import Console
from bot.console.group_roles import read_group_roles
from bot.console.guard import Guard
from bot.console.hand_over_page import hand_over_routes
from bot.console.page import Office
from bot.console.passwords import Passwords
from bot.console.privacy_page import privacy_route
from bot.console.render import Renderer
from bot.console.roles import Role
from bot.console.routes import PAGES
from bot.console.said_and_done_page import said_and_done_route
from bot.console.signing_in import SigningIn
from bot.console.unsubscribe_page import unsubscribe_route
from bot.console.visits_api import VisitsApi
from bot.console.work_accounts import WorkAccounts
from bot.conversation import dialogue
from bot.conversation.hand_overs import load_rules
from bot.conversation.messages import Arrival, Channel, ChannelName, Reader
from bot.conversation.script import load_scripts
from bot.delivery.first_aid import FirstAid
from bot.delivery.hours import Hours, load_hours
from bot.delivery.inbox import Inbox
from bot.delivery.initiative import Initiative
from bot.delivery.intake import Intake
from bot.delivery.outbox import Outbox
from bot.delivery.people import People
from bot.delivery.reconcile import Reconciler
from bot.delivery.threads import Bell, Threads
from bot.delivery.turns import Turns
from bot.digest.post import PostRoom
from bot.failpoints import failpoint
from bot.hand_over_by_link import ByLink
from bot.hand_over_links import Links
from bot.handover import Desk, queue_alert
from bot.health import health_routes
from bot.key_chain import join_chain
from bot.landlords import Landlords
from bot.log import log_error
from bot.mail_tokens import mail_server_of
from bot.metrics import Meter
from bot.ner import ModelNames, missing
from bot.notice import as_page, notice
from bot.numbers import spaced
from bot.privacy.keys import Keyring
from bot.privacy.redact import look_also_with, redact
from bot.recipients import Recipients
from bot.responses import Responses
from bot.retention import Retention, keep_of
from bot.schedule import queue_due
from bot.settings import Settings, SettingsProblem
from bot.translation import Translator
from bot.visits import Visits
from bot.vitals import Pulse
from bot.watch import Watch
from bot.wording import Wording, load_wording
from bot.work import Work
from bot.workshops.inviting import Invitations
from bot.workshops.live import LivePage
from bot.workshops.post import Workroom
from bot.workshops.prompts import Prompts
from bot.workshops.room import RoomDesk
from bot.workshops.sessions import Sessions
from handlers.sms import SmsChannel
from handlers.telegram import TelegramChannel
from handlers.twilio import TwilioChannel
from handlers.twilio_reports import TwilioReports
from handlers.web import PATHS, STATUS_PATH, webhook_routes
from handlers.whatsapp import WhatsAppChannel
from models import Store

Clock = Callable[[], datetime]
WRITERS_ON_POSTGRESQL: Final = 4
THREADS_BESIDE: Final = 4
"""Apart from those that take messages in: no page keeps a tenant waiting."""
PREPARE_SECONDS: Final = 15.0
"""How long a provider may take to hear where to call before we begin without."""
MENU: Final = ("help", "stop", "delete", "privacy", "language")
"""What the bot's menu on Telegram holds; each one's words are in the catalogues as menu.…"""


def utc_now() -> datetime:
    """The current time, aware."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Product:
    """Everything, put together."""

    settings: Settings
    store: Store
    keys: Keyring
    channels: Mapping[ChannelName, Channel]
    threads: Threads
    """For what comes in and goes out."""
    beside: Threads
    """For pages, digests and whatever else may take its time: nothing that comes in waits for it."""
    inbox: Inbox
    intake: Intake
    initiative: Initiative
    outbox: Outbox
    reconciler: Reconciler
    visits: Visits
    workshops: Sessions
    invitations: Invitations
    prompts: Prompts
    workroom: Workroom
    room: RoomDesk
    hand_overs: Desk
    by_link: ByLink
    bellman: Bellman
    watch: Watch
    retention: Retention
    post_room: PostRoom
    recipients: Recipients
    landlords: Landlords
    api_keys: ApiKeys
    responses: Responses
    translator: Translator | None
    pulse: Pulse
    first_aid: FirstAid
    bell: Bell
    hours: Hours
    clock: Clock

    async def run_due(self, moment: datetime | None = None, only: str | None = None) -> dict[str, int]:
        """Do what the schedule does: freeze what is due at a moment, then send what is queued.

        Args:
            moment: the moment to act for; now by default.
            only: the one landlord to act for.

        Returns:
            How many mails ended in which state.
        """

        def queue() -> None:
            now = self.clock()
            at = self.settings.digest_time
            # As of one moment: a story that comes in meanwhile must not be marked as counted.
            with self.store.write(steady=True) as session:
                queue_due(session, self.keys, moment=moment or now, now=now, at=at, only=only)

        await self.beside.run(queue)
        failpoint("digest_queued")
        return await self.post_room.deliver()

    def office(self, visitors: Sequence[Role] = ()) -> Office:
        """What the console's pages work with.

        Args:
            visitors: in the demo, the roles that a visitor may switch to.
        """
        base = self.settings.public_base_url

        def post(address: str, subject: str, body: str) -> bool:
            if not self.settings.smtp_url.get_secret_value():
                return False
            with self.store.write() as session:
                queue_alert(session, self.keys, "mail", address, subject, body, self.clock())
            self.bell.ring()
            return True

        signing_in = SigningIn(self.store, self.keys, Passwords(), self.clock)
        accounts = Accounts(self.store, self.keys, self.clock)
        return Office(
            store=self.store,
            keys=self.keys,
            clock=self.clock,
            guard=Guard(base),
            signing_in=signing_in,
            accounts=accounts,
            hand_overs=self.hand_overs,
            visits=self.visits,
            workshops=self.workshops,
            invitations=self.invitations,
            hours=self.hours,
            responses=self.responses,
            landlords=self.landlords,
            api_keys=self.api_keys,
            recipients=self.recipients,
            workroom=self.workroom,
            room=self.room,
            numbers=self.settings.numbers,
            lines=self.settings.lines,
            renderer=Renderer(load_wording("bot.console")),
            base_url=base,
            digest_time=self.settings.digest_time,
            operator=self.settings.operator_name,
            post=post,
            visitors=visitors,
            work_accounts=_work_accounts(self, accounts, signing_in),
        )

    def work(self) -> Work:
        """What goes on beside receiving."""
        telegram = self.channels.get("telegram")
        polls = isinstance(telegram, TelegramChannel) and self.settings.telegram_mode == "polling"
        return Work(
            store=self.store,
            threads=self.threads,
            inbox=self.inbox,
            intake=self.intake,
            initiative=self.initiative,
            outbox=self.outbox,
            reconciler=self.reconciler,
            visits=self.visits,
            prompts=self.prompts,
            workroom=self.workroom,
            hand_overs=self.hand_overs,
            responses=self.responses,
            bellman=self.bellman,
            watch=self.watch,
            retention=self.retention,
            post_room=self.post_room,
            translator=self.translator,
            pollers=[telegram] if polls and isinstance(telegram, TelegramChannel) else [],
            prepare=self.prepare,
            run_due=self.run_due,
            digest_time=self.settings.digest_time,
            clock=self.clock,
            bell=self.bell,
        )

    async def prepare(self) -> None:
        """Tell each provider what it must know. What comes in meanwhile it keeps, so a failure loses nothing."""
        for channel in self.channels.values():
            try:
                async with asyncio.timeout(PREPARE_SECONDS):
                    await channel.prepare()
            except Exception as error:  # noqa: BLE001 - the other channels work all the same
                log_error("channel_not_prepared", error, channel=channel.name)

    async def close_channels(self) -> None:
        """Let go of connections to providers."""
        for channel in self.channels.values():
            await channel.close()

    def close_database(self) -> None:
        """Let what is under way end, and let go of the database."""
        self.threads.close()
        self.beside.close()
        self.store.close()

    async def close(self) -> None:
        """Let go of everything."""
        await self.close_channels()
        self.close_database()


def build(settings: Settings, clock: Clock = utc_now, hours: Hours | None = None) -> Product:
    """Put the product together.

    Args:
        settings: what is configured; channels and mail that are not are left out.
        clock: gives the current time, aware.
        hours: when somebody may be written to who has not written to us; those of quiet.toml by default.

    Raises:
        SettingsProblem: when keys are missing or malformed, or a model is asked for that is not here.
        KeyProblem: when they are not the keys of this database.
        MailSettingsProblem: when SMTP_URL can't be read.
    """
    look_also_with(_model_of(settings))
    store = Store(settings.database_url)
    try:
        keys = join_chain(store, settings.keyring(), clock)
    except Exception:
        store.close()
        raise
    threads = Threads(1 if store.is_sqlite else WRITERS_ON_POSTGRESQL)
    beside = Threads(THREADS_BESIDE)
    wording = load_wording("bot.conversation")
    channels = _channels(settings, clock, wording)
    people = People(keys, clock)
    hours = hours or load_hours()
    scripts, rules = load_scripts(), load_rules()
    base, alerts_to = settings.public_base_url, settings.alerts_to
    bell = Bell()
    outbox = Outbox(store, keys, people, channels, clock, threads, settings.daily_message_limit)
    links = Links(keys, base)
    staff = load_wording("bot.console")
    desk = Desk(store, keys, rules, staff, clock, links, alerts_to)
    turns = Turns(keys, people, wording, settings.operator_name, settings.lines, hours, desk.make, clock)
    world = dialogue.World(scripts, wording.languages, rules, settings.quiet, settings.vital_interests)

    def wake() -> None:
        outbox.wake()
        bell.ring()

    inbox = Inbox(store, keys, people, turns, world, clock, wake)
    initiative = Initiative(store, people, turns, world, clock, wake)
    accounts = {name: channel.account for name, channel in channels.items()}
    server = mail_server_of(settings, clock)
    return Product(
        settings=settings,
        store=store,
        keys=keys,
        channels=channels,
        threads=threads,
        beside=beside,
        inbox=inbox,
        intake=Intake(inbox.receive_all, threads),
        initiative=initiative,
        outbox=outbox,
        reconciler=_reconciler(settings, store, keys, channels, inbox, threads, clock),
        workroom=Workroom(store, keys, server, settings.operator_name, clock, beside),
        room=RoomDesk(store, keys, clock, load_wording("bot.workshops")),
        visits=Visits(store, keys, people, initiative, hours, scripts["after_visit"], accounts, clock),
        workshops=Sessions(store, keys, hours, settings.operator_name, settings.lines, clock),
        invitations=Invitations(store, people, initiative, scripts["workshop_invite"], accounts),
        prompts=Prompts(store, people, initiative, hours, scripts, accounts, clock),
        hand_overs=desk,
        by_link=ByLink(store, keys, desk, links, clock, alerts_to),
        bellman=Bellman(store, keys, server, channels.get("sms"), clock, threads),
        watch=Watch(store, keys, staff, hours, settings.digest_time, alerts_to, clock, base),
        retention=Retention(store, keys, keep_of(settings), clock),
        post_room=PostRoom(store, keys, server, settings.operator_name, base, alerts_to, clock, beside),
        recipients=Recipients(store, keys, clock),
        api_keys=ApiKeys(store, keys, clock),
        landlords=Landlords(store, keys, settings.operator_name, settings.lines, clock),
        responses=Responses(
            store,
            keys,
            people,
            turns,
            scripts["response"],
            settings.operator_name,
            clock,
            settings.response_wait,
        ),
        translator=_translator(settings, store, keys, clock, beside),
        pulse=Pulse(store, settings.digest_time, clock),
        first_aid=FirstAid(channels, wording, settings.operator_name, settings.lines, clock),
        bell=bell,
        hours=hours,
        clock=clock,
    )


def _reconciler(  # noqa: PLR0913 - what it is made of
    settings: Settings,
    store: Store,
    keys: Keyring,
    channels: Mapping[ChannelName, Channel],
    inbox: Inbox,
    threads: Threads,
    clock: Clock,
) -> Reconciler:
    hours = settings.twilio_clear_after_hours
    listed = [channel for channel in channels.values() if isinstance(channel, TwilioChannel)]
    clear_after = timedelta(hours=hours) if hours else None
    return Reconciler(store, keys, listed, inbox.receive, threads, clock, clear_after)


def _model_of(settings: Settings) -> ModelNames | None:
    if not settings.ner_model:
        return None
    if problem := missing(settings.ner_model):
        raise SettingsProblem(problem)
    return ModelNames(settings.ner_model)


def _warm(first_aid: FirstAid) -> None:
    """Have what the first message needs in memory before it comes, an operator's own model included."""
    first_aid.warm()
    redact("")


def web_app(
    product: Product,
    *,
    work: bool,
    ended: asyncio.Event | None = None,
    more: Sequence[BaseRoute] = (),
    visitors: Sequence[Role] = (),
) -> Starlette:
    """The web application.

    Args:
        product: everything.
        work: whether this process also sends messages and digests.
        ended: set when the process should end, because it must not go on.
        more: further routes.
        visitors: in the demo, the roles that a visitor of the console may switch to.
    """
    meter = Meter()

    async def receive(arrival: Arrival) -> object:
        storing = product.first_aid.beside(arrival, product.intake.receive(arrival))
        return await meter.measure(type(arrival).__name__.lower(), storing)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        warming = asyncio.create_task(asyncio.to_thread(_warm, product.first_aid))
        preparing = asyncio.create_task(product.prepare())
        going_on = product.work().going_on(ended or asyncio.Event())
        async with going_on if work else contextlib.nullcontext():
            yield
        await asyncio.gather(warming, return_exceptions=True)
        preparing.cancel()

    settings, beside = product.settings, product.beside
    token = settings.metrics_token.get_secret_value()
    health = health_routes(product.store, product.pulse, meter, token, beside)
    webhooks = webhook_routes(_readers(product), receive)
    api = VisitsApi(product.store, product.keys, product.api_keys, product.visits, beside, product.clock)
    privacy = privacy_route(as_page(notice(settings)))
    unsubscribe = unsubscribe_route(product.recipients, beside)
    said = said_and_done_route(product.responses, beside)
    hand_overs = hand_over_routes(product.by_link, beside)
    pages = [*hand_overs, api.route(), privacy, unsubscribe, said]
    console = Console(product.office(visitors), PAGES, beside).routes()
    live = LivePage(product.store, product.room, beside, _to_text(product.settings)).routes()
    return Starlette(routes=[*webhooks, *health, *pages, *live, *console, *more], lifespan=lifespan)


def _work_accounts(product: Product, accounts: Accounts, signing_in: SigningIn) -> WorkAccounts | None:
    """The employer's sign-in, where one is set.

    Raises:
        SettingsProblem: when the extra that it needs is not installed.
        GroupProblem: when SSO_GROUPS can't be read.
    """
    settings, keys, clock = product.settings, product.keys, product.clock
    if not settings.sso_issuer:
        return None
    try:
        from bot.console.sso import SingleSignOn  # noqa: PLC0415 - an extra
        from bot.console.sso_provider import Provider  # noqa: PLC0415 - an extra
    except ImportError:
        raise SettingsProblem("SSO_ISSUER needs more: pip install 'listened[sso]'") from None
    client = settings.sso_client_id, settings.sso_client_secret.get_secret_value()
    provider = Provider(settings.sso_issuer, clock)
    sso = SingleSignOn(provider, client, settings.sso_groups_claim, settings.public_base_url, keys, clock)
    groups = read_group_roles(settings.sso_groups)
    return WorkAccounts(product.store, keys, sso, groups, accounts, signing_in, clock)


def _readers(product: Product) -> list[tuple[str, Reader]]:
    """What reads the requests at each webhook's address."""
    readers: list[tuple[str, Reader]] = [(PATHS[name], channel) for name, channel in product.channels.items()]
    settings = product.settings
    if settings.twilio_account_sid and settings.twilio_tokens:
        reports = TwilioReports(
            settings.twilio_account_sid,
            settings.twilio_tokens,
            settings.twilio_keys,
            settings.public_base_url,
        )
        readers.append((STATUS_PATH, reports))
    return readers


def _translator(
    settings: Settings, store: Store, keys: Keyring, clock: Clock, threads: Threads
) -> Translator | None:
    if not settings.translate_url:
        return None
    key = settings.translate_key.get_secret_value()
    return Translator(store, keys, settings.translate_url, key, clock, threads)


def _channels(settings: Settings, clock: Clock, wording: Wording) -> dict[ChannelName, Channel]:
    """The channels that are configured."""
    channels: dict[ChannelName, Channel] = {}
    if settings.has_telegram:
        channels["telegram"] = _telegram(settings, clock, wording)
    account: dict[str, Any] = {
        "account_sid": settings.twilio_account_sid,
        "tokens": settings.twilio_tokens,
        "shared_keys": settings.twilio_keys,
        "public_base_url": settings.public_base_url,
        "api_url": settings.twilio_api_url,
        "clock": clock,
    }
    if settings.twilio_account_sid and settings.twilio_tokens:
        if settings.twilio_sms_number:
            channels["sms"] = SmsChannel(number=settings.twilio_sms_number, **account)
        if settings.twilio_whatsapp_number:
            templates = settings.whatsapp_templates
            channels["whatsapp"] = WhatsAppChannel(
                templates=templates, number=settings.twilio_whatsapp_number, **account
            )
    return channels


def _telegram(settings: Settings, clock: Clock, wording: Wording) -> TelegramChannel:
    polls = settings.telegram_mode == "polling"
    return TelegramChannel(
        settings.telegram_bot_token.get_secret_value(),
        settings.telegram_webhook_secret.get_secret_value(),
        settings.telegram_api_url,
        clock,
        webhook_url=None if polls else f"{settings.public_base_url}{PATHS['telegram']}",
        commands={
            code: [(name, wording.text(code, f"menu.{name}")) for name in MENU] for code in wording.languages
        },
    )


def _to_text(settings: Settings) -> list[str]:
    """The numbers that people text, as they type them, each once."""
    numbers = (settings.twilio_sms_number, settings.twilio_whatsapp_number)
    return [spaced(number) for number in dict.fromkeys(numbers) if number]
