"""Listened as `listened serve` runs it, on a new database, with the provider on loopback.

Everything is on: signatures, encryption, urgency, language, redaction, quiet hours, STOP. Two settings differ
from life: a story counts as told at once (nobody here waits), and the pace that providers ask for is off.
`--no-work` only receives. `--slow MS` adds that long to each commit, as a slower disk would. `--stories N` has so many
stories of another landlord in the database already, and `--releasing` makes the weekly release of them over and over.
"""

import argparse
import contextlib
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import release  # noqa: E402
import talk  # noqa: E402
import uvicorn  # noqa: E402
from sqlalchemy import event, select  # noqa: E402

from bot.app import Product, build, web_app  # noqa: E402
from bot.app.build import utc_now  # noqa: E402
from bot.app.ground import Clock  # noqa: E402
from bot.conversation.messages import Pace  # noqa: E402
from bot.delivery.hours import ANY_TIME  # noqa: E402
from bot.demo.stage import demo_settings, furnish  # noqa: E402
from bot.log import set_up_logging  # noqa: E402
from bot.releases import freeze  # noqa: E402
from handlers.sms import SmsChannel  # noqa: E402
from handlers.telegram import TelegramChannel  # noqa: E402
from handlers.whatsapp import WhatsAppChannel  # noqa: E402
from models.landlords import Landlord  # noqa: E402
from models.scopes import scope_of  # noqa: E402


def make(  # noqa: PLR0913 - what differs between benchmarks
    folder: Path,
    port: int,
    api_port: int,
    clock: Clock = utc_now,
    *,
    per_second: float = 1e6,
    anew: bool = True,
    **given: str,
) -> Product:
    """The product with a landlord, who is there already where it is not made anew."""
    for channel in (SmsChannel, TelegramChannel, WhatsAppChannel):
        channel.pace = Pace(per_chat=0, per_second=per_second)
    settings = demo_settings(
        folder,
        port,
        api_port,
        smtp_port=9,
        smtp_url="",
        telegram_bot_token=talk.BOT_TOKEN,
        telegram_webhook_secret=talk.SECRET,
        twilio_account_sid=talk.SID,
        twilio_auth_token=talk.TWILIO_TOKEN,
        twilio_sms_number=talk.NUMBERS["sms"],
        twilio_whatsapp_number=talk.NUMBERS["whatsapp"],
        daily_message_limit=0,
        **given,
    )
    product = build(settings, clock, ANY_TIME)
    if anew:
        furnish(product.store, product.keys, since=clock())
    product.first_aid.warm()
    return product


class Again(Exception):
    """Takes a release back, so that it can be made again."""


def keep_releasing(product: Product) -> None:
    """Make the weekly release of the stories that were put there, again and again."""
    while True:
        with contextlib.suppress(Again):
            _release(product)
        time.sleep(0.2)


def _release(product: Product) -> None:
    with product.store.write() as session:
        landlord = session.scalars(select(Landlord).where(Landlord.name == release.NAME)).one()
        made = freeze(
            session,
            product.keys,
            scope_of(session, landlord),
            release.NOW.date(),
            release.NOW,
            release.NOW,
        )
        if not made.closes_batch:
            raise RuntimeError("the batch did not close, so this measured nothing")
        raise Again


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("api_port", type=int)
    parser.add_argument("--no-work", action="store_true")
    parser.add_argument("--slow", type=float, default=0.0)
    parser.add_argument("--stories", type=int, default=0)
    parser.add_argument("--releasing", action="store_true")
    chosen = parser.parse_args()
    set_up_logging("WARNING")
    with tempfile.TemporaryDirectory(prefix="listened-bench-") as folder:
        product = make(Path(folder), chosen.port, chosen.api_port)
        if chosen.slow:
            event.listen(product.store.engine, "commit", lambda _connection: time.sleep(chosen.slow / 1000))
        if chosen.stories:
            release.fill(product.store, product.keys, chosen.stories)
        if chosen.releasing:
            threading.Thread(target=keep_releasing, args=(product,), daemon=True).start()
        app = web_app(product, work=not chosen.no_work)
        uvicorn.run(app, port=chosen.port, access_log=False, log_config=None)


if __name__ == "__main__":
    main()
