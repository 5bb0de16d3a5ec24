"""Moderation on the console: one story at a time, words only ever taken away, and names on none of its pages."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from console import House
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.labels import LabelBook, Labels
from bot.moderation_policy import load_policy
from bot.privacy.editing import is_empty, pieces, take_away
from bot.privacy.redact import redact
from models.audit import before
from models.handovers import HandOver
from models.moderation import Edit
from models.stories import Excerpt, Story

WORDS = "mr Okafor never rang back about my boiler, im at flat 9 Saltmarsh Point and its been 3 weeks"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Two landlords and one moderator of the first."""
    made = House(tmp_path)
    made.hire("moderator", made.ours)
    yield made
    made.close()


WHO = "moderator-ours@staff.example"


def excerpt(house: House, story_id: int) -> tuple[str, str, str | None]:
    """(verdict, words, reason) of what was decided about a story."""
    with house.product.store.read() as session:
        found = session.scalars(select(Excerpt).where(Excerpt.story_id == story_id)).one()
        words = house.product.keys.open("excerpt", found.id, "words", found.words) if found.words else ""
    return found.verdict, words, found.reason


def page(house: House, path: str = "moderation") -> str:
    """The address of a page of ours."""
    return f"/console/{house.ours}/{path}"


def test_a_story_becomes_an_excerpt(house: House) -> None:
    """What was taken away stands with its reason, ticked words go too, and what is left is what leaves."""
    story = house.told(WORDS)
    shown = house.ask("GET", page(house), WHO)
    assert "Okafor" not in shown.text
    assert "Saltmarsh" not in shown.text
    assert "[name 1] name: " in shown.plain
    assert "+447700900" not in shown.text
    boxes = dict(re.findall(r'value="(\d+)"[^>]*><span[^>]*>([^<]*)</span>', shown.text))
    ticked = [number for number, word in boxes.items() if word in ("3", "weeks")]
    done = house.ask("POST", page(house, f"moderation/{story}/edit"), WHO, {"w": ticked, "words": "boiler"})
    assert done.status == 303
    left = house.ask("GET", page(house, f"moderation/{story}"), WHO)
    assert "about my [removed] im at" in left.plain.partition("What is left")[2]
    form = {"w": re.findall(r'value="(\d+)" checked', left.text), "nobody": "yes"}
    assert house.ask("POST", page(house, f"moderation/{story}/approve"), WHO, form).status == 303
    verdict, words, _ = excerpt(house, story)
    assert verdict == "approved"
    assert words.endswith("never rang back about my [removed] im at [address 1] and its been [removed]")
    with house.product.store.read() as session:
        actions = {row.action for row in before(session, None, 5)}
        assert session.get_one(Story, story).read_at is not None
        assert len(session.scalars(select(Edit)).one().taken) == 3
    assert {"story_edited", "story_approved"} <= actions
    assert "No story waits" in house.ask("GET", page(house), WHO).plain


def test_what_was_ticked_can_come_back_until_it_is_decided_and_a_placeholder_never(house: House) -> None:
    """A moderator's own mark is undone by saving without it; there is no way to send words of one's own."""
    story = house.told(WORDS)
    house.ask("POST", page(house, f"moderation/{story}/edit"), WHO, {"w": ["0", "1", "2"]})
    form = {"w": ["99999", "-1", "x", "1e3"], "nobody": "yes", "left": "Mr Okafor did it"}
    assert house.ask("POST", page(house, f"moderation/{story}/approve"), WHO, form).status == 303
    assert excerpt(house, story)[1] == redact(WORDS).words


def test_nothing_leaves_unasked(house: House) -> None:
    """Without the tick, without a reason or with no word left, nothing is decided, and a sentence says why."""
    story = house.told("Okafor")
    for path, form, sentence in (
        ("approve", {}, "Tick that nobody could tell"),
        ("approve", {"nobody": "yes"}, "Nothing is left to read"),
        ("set-aside", {}, "Choose why"),
        ("set-aside", {"reason": "because"}, "Choose why"),
        ("pass-on", {"kind": "nonsense"}, "Choose what it is"),
    ):
        answer = house.ask("POST", page(house, f"moderation/{story}/{path}"), WHO, form)
        assert answer.status == 400, path
        assert sentence in answer.plain
    with house.product.store.read() as session:
        assert session.scalars(select(Excerpt)).all() == []


def test_set_aside_for_a_reason_of_the_published_policy(house: House) -> None:
    """The reason is kept, and the policy can be read by everybody."""
    story = house.told(WORDS)
    form = {"reason": "recognisable"}
    assert house.ask("POST", page(house, f"moderation/{story}/set-aside"), WHO, form).status == 303
    assert excerpt(house, story) == ("set_aside", "", "recognisable")
    published = house.ask("GET", "/console/policy").plain
    for sentence in (*load_policy().reasons.values(), *load_policy().checks):
        assert sentence in published


def ticked(text: str, kind: str) -> list[str]:
    """Which themes or areas are ticked on a page."""
    return re.findall(rf'name="{kind}" value="([^"]+)" checked', text)


def test_what_a_story_is_about_can_be_put_right(house: House) -> None:
    """What the machine read stands ticked; a moderator's word outranks it, is written down, and teaches it later."""
    story = house.told(WORDS)
    read = house.ask("GET", page(house), WHO).text
    assert "heating_hot_water" in ticked(read, "area")
    form = {"labelled": "1", "theme": ["belief-"], "area": ["heating_hot_water", "damp_mould"]}
    assert house.ask("POST", page(house, f"moderation/{story}/labels"), WHO, form).status == 303
    shown = house.ask("GET", page(house, f"moderation/{story}"), WHO)
    assert "Counted as told of: Not believed; Damp and mould; Heating and hot water A machine" in shown.plain
    assert ticked(shown.text, "theme") == ["belief-"]
    with house.product.store.read() as session:
        book = LabelBook(session, house.product.keys)
        right = Labels(("belief-",), ("damp_mould", "heating_hot_water"))
        assert book.of([story]) == {story: right}
        assert [(one, labels) for one, _, labels in book.corrected()] == [(story, right)]
        assert [row.action for row in before(session, None, 1)] == ["story_labelled"]


def test_ticks_are_kept_whatever_is_pressed_and_only_where_they_changed(house: House) -> None:
    """Approving keeps a correction; a form that changes nothing, or shows no labels, writes nothing down."""
    first, second = house.told(WORDS), house.told(WORDS)
    untouched = house.ask("GET", page(house, f"moderation/{first}"), WHO).text
    same = {kind: ticked(untouched, kind) for kind in ("theme", "area")}
    form = {"nobody": "yes", "labelled": "1", **same}
    assert house.ask("POST", page(house, f"moderation/{first}/approve"), WHO, form).status == 303
    assert house.ask("POST", page(house, f"moderation/{second}/edit"), WHO, {"w": ["0"]}).status == 303
    with house.product.store.read() as session:
        assert list(LabelBook(session, house.product.keys).corrected()) == []
    form = {"reason": "unclear", "labelled": "1", "theme": ["respect+", "weather"]}
    assert house.ask("POST", page(house, f"moderation/{second}/set-aside"), WHO, form).status == 303
    with house.product.store.read() as session:
        kept = [labels for _, _, labels in LabelBook(session, house.product.keys).corrected()]
    assert kept == [Labels(("respect+",))]


def test_a_story_in_another_language_says_so(house: House) -> None:
    """Its page names the language, and all else is the same."""
    house.told("pan hydraulik przyszedł na czas i wszystko spokojnie wyjaśnił, dziękuję bardzo")
    shown = house.ask("GET", page(house), WHO)
    assert shown.status == 200
    assert "It is in the language pl." in shown.plain
    assert "only what you tick is counted" in shown.plain


def test_oldest_first_with_a_clock_and_later_is_later(house: House) -> None:
    """The oldest comes first, with how long it has waited; what is left for later comes round again."""
    first = house.told("the first of them, about a door")
    house.pass_time(hours=30)
    second = house.told("the second of them, about a gate")
    shown = house.ask("GET", page(house), WHO)
    assert "the first of them" in shown.plain
    assert "Stories that wait: 2." in shown.plain
    assert "has waited 30 hours" in shown.plain
    later = house.ask("POST", page(house, f"moderation/{first}/later"), WHO)
    assert "the second of them" in house.ask("GET", later.to, WHO).plain
    again = house.ask("POST", page(house, f"moderation/{second}/later"), WHO)
    assert house.ask("GET", again.to, WHO).to == page(house)


def test_two_moderators_decide_once(house: House) -> None:
    """Whoever comes second is told that it is gone, and nothing changes."""
    story = house.told(WORDS)
    form = {"nobody": "yes"}
    assert house.ask("POST", page(house, f"moderation/{story}/approve"), WHO, form).status == 303
    assert house.ask("POST", page(house, f"moderation/{story}/approve"), WHO, form).status == 404
    assert house.ask("POST", page(house, f"moderation/{story}/edit"), WHO, {"w": ["1"]}).status == 404


def test_passing_on_tells_whoever_is_on_duty(house: House) -> None:
    """A hand-over is made, and its teller is not one of the unnamed any more."""
    story = house.told("the ceiling came down on the cot")
    form = {"kind": "structural_or_water"}
    assert house.ask("POST", page(house, f"moderation/{story}/pass-on"), WHO, form).status == 303
    with house.product.store.read() as session:
        assert session.scalars(select(HandOver.kind)).all() == ["structural_or_water"]
    assert house.ask("GET", page(house, f"moderation/{story}"), WHO).status == 404


def test_private_stories_are_read_and_never_offered(house: House) -> None:
    """Without a yes there is nothing to approve; it is read, or passed on, and then gone from the pile."""
    one = house.told("keep this to yourselves, Mr Okafor was rude", shared=False)
    two = house.told("there is a man who threatens me", shared=False)
    assert house.ask("GET", page(house, f"moderation/{one}"), WHO).status == 404
    shown = house.ask("GET", page(house, "reading"), WHO)
    assert "keep this to yourselves" in shown.plain
    assert "Okafor" not in shown.text
    assert house.ask("POST", page(house, f"reading/{one}"), WHO).status == 303
    assert house.ask("POST", page(house, f"reading/{two}/pass-on"), WHO, {"kind": "x"}).status == 400
    form = {"kind": "violence_threat"}
    assert house.ask("POST", page(house, f"reading/{two}/pass-on"), WHO, form).status == 303
    assert "Every private story has been read" in house.ask("GET", page(house, "reading"), WHO).plain


def test_an_edit_of_other_words_is_forgotten(house: House) -> None:
    """When the teller rewords a story, numbers of words that are no more take nothing away."""
    story = house.told(WORDS)
    house.ask("POST", page(house, f"moderation/{story}/edit"), WHO, {"w": ["0", "1"]})
    with house.product.store.write() as session:
        row = session.scalars(select(Edit)).one()
        row.words = b"other words"
    left = house.ask("GET", page(house, f"moderation/{story}"), WHO).text
    assert not re.findall(r'name="w" value="\d+" checked', left)


def test_a_long_story_is_read_in_parts(house: House) -> None:
    """What was ticked on one part stays while another is looked at."""
    story = house.told(" ".join(f"word{number}" for number in range(700)))
    address = page(house, f"moderation/{story}")
    assert "Part 3" in house.ask("GET", address, WHO).plain
    house.ask("POST", f"{address}/edit", WHO, {"w": ["5"], "from": "0"})
    house.ask("POST", f"{address}/edit", WHO, {"w": ["650"], "from": "600"})
    assert 'value="5" checked' in house.ask("GET", address, WHO).text
    assert 'value="650" checked' in house.ask("GET", f"{address}?from=650", WHO).text


@given(st.text(max_size=300), st.sets(st.integers(0, 80)))
def test_taking_away_only_takes_away(text: str, numbers: set[int]) -> None:
    """Whatever was told and whatever is ticked: each piece is kept or gone, in order, and nothing is new."""
    redaction = redact(text)
    shown = pieces(redaction)
    assert (
        "".join(piece.before + piece.text for piece in shown)
        == redaction.words.rstrip()[: sum(len(piece.before + piece.text) for piece in shown)]
    )
    left = take_away(redaction.words, numbers)
    kept = [piece.text for number, piece in enumerate(shown) if number not in numbers]
    position = 0
    for word in kept:
        position = left.index(word, position) + len(word)
    bare = left.replace("[removed]", "")
    assert all(bare.count(sign) <= redaction.words.count(sign) for sign in set(bare))
    assert take_away(redaction.words, ()) == redaction.words
    assert not numbers or is_empty(take_away(redaction.words, range(len(shown))))


def test_pieces_say_why_and_where_to_look() -> None:
    """Each placeholder has its reason; what is doubtful is marked where it stands; CJK is taken by the character."""
    shown = pieces(redact("[name 1] is what I typed, Mr Okafor said, mail me at kim@mail.example"))
    whys = {piece.text.strip(","): piece.taken for piece in shown if piece.taken}
    assert whys.keys() >= {"[email 1]"}
    assert any("email" in why for why in whys.values())
    assert not shown[0].taken
    doubtful = redact("i live at number seven, ask for Kip")
    marked = [piece.text for piece in pieces(doubtful) if piece.doubt]
    assert bool(marked) == bool(doubtful.doubts)
    assert len(pieces(redact("他们没有听我说话"))) == 8
