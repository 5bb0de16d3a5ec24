"""Moderation: one story at a time, without names. What leaves was read, and what was taken away stays away."""

import re
from collections.abc import Callable, Sequence
from typing import Final

from starlette.responses import Response

from bot.console.page import Asked, Missing, Page
from bot.console.roles import Role
from bot.conversation.hand_overs import load_rules
from bot.labels import AREAS, KINDS, READ_IN, THEMES, Labels
from bot.moderation import Desk, NothingLeft, Waiting
from bot.moderation_policy import load_policy
from bot.privacy.editing import Piece
from bot.wording import load_wording
from models.desk import count_waiting

MODERATOR: Final = frozenset[Role](("moderator",))
PIECES_SHOWN: Final = 300
"""How many words of a story one page shows: a long one is read in several."""


def show(asked: Asked) -> Response:
    """The oldest story that waits; `after` leaves out those up to that one."""
    after = asked.query.get("after", "")
    waiting = desk_of(asked).next(int(after[:18]) if after.isascii() and after.isdigit() else 0)
    if waiting is None and after:
        return asked.go("moderation")
    return asked.show("moderation_empty.html.j2") if waiting is None else _story(asked, waiting)


def show_one(asked: Asked) -> Response:
    """One story that waits."""
    return _story(asked, _one(asked))


def edit(asked: Asked) -> Response:
    """Keep which words are taken away so far, and look at what is left."""
    _keep_ticks(asked, _one(asked))
    return asked.go("story", story=asked.number("story"), **{"from": _first(asked)})


def label(asked: Asked) -> Response:
    """Keep what the story is about, as somebody who read it has it."""
    _keep_ticks(asked, _one(asked))
    return asked.go("story", story=asked.number("story"), **{"from": _first(asked)})


def approve(asked: Asked) -> Response:
    """Let the words leave, without those that are ticked."""
    waiting = _one(asked)
    _keep_ticks(asked, waiting)
    if not asked.text("nobody"):
        return _story(asked, _one(asked), asked.words("moderation.problem.ask"))
    try:
        return _decide(asked, lambda desk: desk.approve(waiting.story_id))
    except NothingLeft:
        return _story(asked, _one(asked), asked.words("moderation.problem.empty"))


def set_aside(asked: Asked) -> Response:
    """Keep the words here, for a reason of the policy."""
    reason, waiting = asked.text("reason"), _one(asked)
    _keep_labels(asked, waiting)
    if reason not in load_policy().reasons:
        return _story(asked, waiting, asked.words("moderation.problem.reason"))
    return _decide(asked, lambda desk: desk.set_aside(asked.number("story"), reason))


def later(asked: Asked) -> Response:
    """Go on to the next one. It has been read by a person, and waits."""
    waiting = _one(asked)
    _keep_ticks(asked, waiting)
    desk_of(asked).mark_read(waiting.story_id)
    return asked.go("moderation", after=waiting.story_id)


def pass_on(asked: Asked) -> Response:
    """Somebody must act: a hand-over is made, and whoever is on duty is told."""
    waiting, kind = _one(asked), asked.text("kind")
    if kind not in load_rules():
        return _story(asked, waiting, asked.words("moderation.problem.kind"))
    desk_of(asked).mark_read(waiting.story_id)
    asked.office.hand_overs.make_for_story(waiting.story_id, kind)
    return asked.go("moderation", after=waiting.story_id)


def policy(asked: Asked) -> Response:
    """The policy, for everybody."""
    return asked.show("policy.html.j2", policy=load_policy())


def desk_of(asked: Asked) -> Desk:
    """The desk of whoever asks."""
    office = asked.office
    return Desk(office.store, office.keys, office.clock, asked.of, asked.who)


def _one(asked: Asked) -> Waiting:
    try:
        return desk_of(asked).one(asked.number("story"))
    except LookupError:
        raise Missing from None


def _decide(asked: Asked, decision: Callable[[Desk], None]) -> Response:
    desk, story_id = desk_of(asked), asked.number("story")
    desk.mark_read(story_id)
    try:
        decision(desk)
    except LookupError:
        raise Missing from None
    return asked.go("moderation", after=story_id)


def _keep_ticks(asked: Asked, waiting: Waiting) -> None:
    """The ticks of the words on that page, beside those of the story's other pages."""
    first = _first(asked)
    here = range(first, first + PIECES_SHOWN)
    ticked = {int(value) for value in map(str, asked.form.getlist("w")) if value.isdigit() and len(value) < 9}
    typed = _typed(waiting.pieces, asked.text("words", 500))
    taken = (waiting.edited - set(here)) | (ticked & set(here)) | typed
    desk_of(asked).edit(waiting.story_id, taken)
    _keep_labels(asked, waiting)


def _keep_labels(asked: Asked, waiting: Waiting) -> None:
    """What the story is about, where somebody changed it. It is kept whatever is then pressed."""
    if not asked.text("labelled"):
        return
    ticked = {kind: set(map(str, asked.form.getlist(kind))) for kind in KINDS}
    chosen = Labels(
        tuple(one for one in THEMES if one in ticked["theme"]),
        tuple(one for one in AREAS if one in ticked["area"]),
    )
    desk = desk_of(asked)
    known = desk.labels(waiting.story_id)
    if any(set(chosen.names(kind)) != set(known.names(kind)) for kind in KINDS):
        desk.correct(waiting.story_id, chosen)


def _typed(pieces: Sequence[Piece], words: str) -> set[int]:
    """The numbers of the pieces that were typed, wherever these words stand in a row."""
    wanted = [_bare(word) for word in words.split()]
    stand = [_bare(piece.text) for piece in pieces]
    starts = range(len(stand) - len(wanted) + 1) if wanted else ()
    return {
        at + offset
        for at in starts
        if stand[at : at + len(wanted)] == wanted
        for offset in range(len(wanted))
    }


def _bare(word: str) -> str:
    return re.sub(r"\W", "", word).casefold()


def _first(asked: Asked) -> int:
    """The number of the first word on the page."""
    given = asked.text("from") or asked.query.get("from", "")
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else 0
    return number - number % PIECES_SHOWN


def _story(asked: Asked, waiting: Waiting, problem: str = "") -> Response:
    with asked.office.store.read() as session:
        count, _ = count_waiting(session, asked.of.id)
    first = min(_first(asked), max(len(waiting.pieces) - 1, 0))
    first -= first % PIECES_SHOWN
    labels = desk_of(asked).labels(waiting.story_id)
    shown = list(enumerate(waiting.pieces))[first : first + PIECES_SHOWN]
    return asked.show(
        "moderation.html.j2",
        400 if problem else 200,
        waiting=waiting,
        count=count,
        now=asked.office.clock(),
        shown=shown,
        first=first,
        pages=range(0, len(waiting.pieces), PIECES_SHOWN),
        policy=load_policy(),
        labels=labels,
        named=[name_of(kind, name) for kind in KINDS for name in labels.names(kind)],
        there_are={"theme": THEMES, "area": AREAS},
        label_name=name_of,
        is_read=waiting.language.partition("-")[0] == READ_IN,
        kinds=sorted(load_rules()),
        problem=problem,
    )


def name_of(kind: str, name: str) -> str:
    """What a theme or an area is called in digests."""
    return load_wording("bot.digest").text("en", f"{kind}.{name}")


STORY: Final = Page(
    "story",
    "/{landlord}/moderation/{story}",
    show_one,
    "A story that waits",
    MODERATOR,
    part_of="moderation",
)
PAGES: Final = (
    Page("moderation", "/{landlord}/moderation", show, "The oldest story that waits", MODERATOR, nav=True),
    STORY,
    STORY.form("edit", "edit", edit, "Take words away"),
    STORY.form("label", "labels", label, "Correct what a story is about"),
    STORY.form("approve", "approve", approve, "Let words leave"),
    STORY.form("set_aside", "set-aside", set_aside, "Set a story aside"),
    STORY.form("later", "later", later, "Leave a story for later"),
    STORY.form("pass_on", "pass-on", pass_on, "Pass a story on to those who must act"),
    Page("policy", "/policy", policy, "The policy of moderation", scope="anybody"),
)
