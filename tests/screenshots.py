"""Takes the pictures in docs/images: a visitor's five minutes with the demo, in a real browser.

Run with `make screenshots`. Wants Chromium; CHROMIUM names it when it is not /usr/bin/chromium.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
PORT = 8765
URL = f"http://127.0.0.1:{PORT}"
MOST_BYTES = 300_000
# Chromium calls nobody: everything that it would ask the world for is switched off.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def demo() -> Iterator[None]:
    """The demo with its history, while it lasts."""
    command = [sys.executable, "-m", "bot", "demo", "--history", "--port", str(PORT)]
    process = subprocess.Popen(command)
    try:
        for _ in range(600):
            try:
                httpx.get(f"{URL}/demo/state").raise_for_status()
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(20)


def text(page: Page, channel: str, words: str) -> None:
    """Text from one of the phones, as a visitor does."""
    httpx.post(f"{URL}/demo/phones/{channel}", json={"text": words}).raise_for_status()
    page.wait_for_timeout(400)


def shoot(page: Page, name: str, *, full: bool = False) -> None:
    """Take a picture, and refuse one that is too large to live in the repository."""
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path, full_page=full)
    if path.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{path} has {path.stat().st_size} bytes; the most is {MOST_BYTES}")


def visit(browser: Browser) -> None:
    """A visitor's five minutes."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(URL)
    httpx.post(f"{URL}/demo/visits/sms", json={}).raise_for_status()
    text(page, "sms", "Partly. the lad was lovely but mr Okafor from the office never rang back")
    text(page, "whatsapp", "boiler sorted same day, she even rang after to see if we were warm")
    text(page, "telegram", "pan hydraulik przyszedł na czas i wszystko spokojnie wyjaśnił")
    page.wait_for_timeout(2500)
    shoot(page, "demo")
    httpx.post(f"{URL}/demo/digest", json={}).raise_for_status()
    page.wait_for_timeout(2500)
    for mail in httpx.get(f"{URL}/demo/state").json()["mails"][:2]:
        for name, width in (("", 640), ("-phone", 360)):
            reader = browser.new_page(viewport={"width": width, "height": 1000})
            reader.goto(f"{URL}/demo/mails/{mail['id']}")
            shoot(reader, f"digest-{mail['audience']}{name}", full=True)
    phone = browser.new_page(viewport={"width": 360, "height": 740})
    phone.goto(URL)
    phone.wait_for_timeout(1500)
    shoot(phone, "demo-phone")


OTHER_LANGUAGES = {
    "sms": "السباك Dave جاء 3 مرات إلى شقتنا ولم يصلح التدفئة، اتصلت بهم 5 مرات ولم يرد أحد",
    "whatsapp": "Daeth y plymwr ddwywaith ond mae'r boeler dal ddim yn gweithio a does neb yn gwrando arnon ni",
    "telegram": "پلمبر تین بار آیا لیکن ہیٹنگ اب بھی خراب ہے اور کوئی ہماری بات نہیں سنتا",
}
"""A story each in Arabic, Welsh and Urdu, two of which run from right to left, with a Latin name and numbers."""


def speak_other_languages(browser: Browser) -> None:
    """Three conversations in three languages."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(URL)
    for channel, words in OTHER_LANGUAGES.items():
        text(page, channel, words)
    page.wait_for_timeout(12_000)  # until each story has settled and is answered
    for channel in ("sms", "whatsapp"):
        text(page, channel, "1")
    page.wait_for_timeout(4_000)
    shoot(page, "demo-languages")
    phone = browser.new_page(viewport={"width": 360, "height": 740})
    phone.goto(URL)
    phone.wait_for_timeout(1500)
    shoot(phone, "demo-arabic-phone")


def main() -> None:
    """Take all the pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        for scene in (visit, speak_other_languages):
            with demo():
                scene(browser)
        browser.close()


if __name__ == "__main__":
    main()
