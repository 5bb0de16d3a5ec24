"""Reading: the stories that stay private. A person reads each on the day it was told, because a computer misses dangers."""

from typing import Final

from starlette.responses import Response

from bot.console.page import Asked, Missing, Page
from bot.console.pages.moderation import MODERATOR, PIECES_SHOWN, desk_of
from bot.conversation.hand_overs import load_rules
from models.desk import count_unread
from models.landlords import row_of_landlord
from models.stories import Story


def show(asked: Asked) -> Response:
    """The oldest one that nobody has read."""
    return _show(asked)


def read(asked: Asked) -> Response:
    """It was read, and nobody need act."""
    desk_of(asked).mark_read(_story_id(asked))
    return asked.go("reading")


def pass_on(asked: Asked) -> Response:
    """It was read, and somebody must act."""
    story_id, kind = _story_id(asked), asked.text("kind")
    if kind not in load_rules():
        return _show(asked, asked.words("moderation.problem.kind"))
    desk_of(asked).mark_read(story_id)
    asked.office.hand_overs.make_for_story(story_id, kind)
    return asked.go("reading")


def _story_id(asked: Asked) -> int:
    """The story, if it is this landlord's."""
    story_id = asked.number("story")
    with asked.office.store.read() as session:
        try:
            row_of_landlord(session, Story, story_id, asked.of.id)
        except LookupError:
            raise Missing from None
    return story_id


def _show(asked: Asked, problem: str = "") -> Response:
    unread = desk_of(asked).next_unread()
    with asked.office.store.read() as session:
        count, _ = count_unread(session, asked.of.id)
    return asked.show(
        "reading.html.j2",
        400 if problem else 200,
        unread=unread,
        shown=unread.pieces[: PIECES_SHOWN * 10] if unread else (),
        count=count,
        now=asked.office.clock(),
        kinds=sorted(load_rules()),
        problem=problem,
    )


READING: Final = Page(
    "reading", "/{landlord}/reading", show, "Stories that stay private, to be read", MODERATOR, nav=True
)
PAGES: Final = (
    READING,
    READING.form("read", "{story}", read, "Read it"),
    READING.form("read_pass_on", "{story}/pass-on", pass_on, "Pass it on to those who must act"),
)
