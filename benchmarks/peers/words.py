"""What every peer in Python says: the same four turns as ours (../turns/talk.py); and where answers are kept."""

import sqlite3
from pathlib import Path
from typing import Final

HELLO: Final = (
    "Hello. This is the Listening Team. Were you listened to? Tell us in your own words. "
    "A text costs your usual rate."
)
CONSENT: Final = (
    "Thank you. May we share your words with your landlord, names taken out? 1 yes, 2 show me first, 3 no"
)
THANKS: Final = "Thank you. We will share it without your name."
AGAIN: Final = "Please send 1, 2 or 3."


def show(story: str) -> str:
    """The story again."""
    return f"This is what they would see: {story} 1 yes, 3 no"


def open_db(file: Path) -> sqlite3.Connection:
    """A file that survives a power cut; each statement commits by itself."""
    db = sqlite3.connect(file, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute(
        "CREATE TABLE IF NOT EXISTS answer (id INTEGER PRIMARY KEY, person TEXT, question TEXT, value TEXT)"
    )
    db.execute("CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value TEXT)")
    return db
