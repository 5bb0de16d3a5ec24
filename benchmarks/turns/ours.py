"""Listened as `listened serve` runs it, on a new database, with the provider on loopback.

Everything is on: signatures, encryption, urgency, language, redaction, quiet hours, STOP. Two settings differ
from life: a story counts as told at once (nobody here waits), and the pace that providers ask for is off.
`--no-work` only receives. `--slow MS` adds that long to each commit, as a slower disk would.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

import talk  # noqa: E402
import uvicorn  # noqa: E402
from sqlalchemy import event  # noqa: E402

from bot.app import Product, build, web_app  # noqa: E402
from bot.app.build import utc_now  # noqa: E402
from bot.app.ground import Clock  # noqa: E402
from bot.conversation.messages import Pace  # noqa: E402
from bot.delivery.hours import ANY_TIME  # noqa: E402
from bot.demo.stage import demo_settings, furnish  # noqa: E402
from bot.log import set_up_logging  # noqa: E402
from handlers.sms import SmsChannel  # noqa: E402
from handlers.telegram import TelegramChannel  # noqa: E402
from handlers.whatsapp import WhatsAppChannel  # noqa: E402


def make(folder: Path, port: int, api_port: int, clock: Clock = utc_now) -> Product:
    """The product with a landlord."""
    for channel in (SmsChannel, TelegramChannel, WhatsAppChannel):
        channel.pace = Pace(per_chat=0, per_second=1e6)
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
    )
    product = build(settings, clock, ANY_TIME)
    furnish(product.store, product.keys, since=clock())
    product.first_aid.warm()
    return product


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("api_port", type=int)
    parser.add_argument("--no-work", action="store_true")
    parser.add_argument("--slow", type=float, default=0.0)
    chosen = parser.parse_args()
    set_up_logging("WARNING")
    with tempfile.TemporaryDirectory(prefix="listened-bench-") as folder:
        product = make(Path(folder), chosen.port, chosen.api_port)
        if chosen.slow:
            event.listen(product.store.engine, "commit", lambda _connection: time.sleep(chosen.slow / 1000))
        app = web_app(product, work=not chosen.no_work)
        uvicorn.run(app, port=chosen.port, access_log=False, log_config=None)


if __name__ == "__main__":
    main()
