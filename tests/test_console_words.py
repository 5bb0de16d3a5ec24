"""Words on the console: all that the bot says, in every language, as a tenant of this landlord reads it."""

from collections.abc import Iterator

import pytest
from console import Answer, House

from bot.console.pages.words import REST
from bot.conversation.script import load_scripts
from bot.wording import DEFAULT, load_wording

READER, OPERATOR = "reader-ours@staff.example", "operator-ours@staff.example"
WORDING = load_wording("bot.conversation")
MOST_BYTES = 150_000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A landlord with a reader and an operator."""
    made = House(tmp_path_factory.mktemp("words"))
    made.hire("reader", made.ours)
    made.hire("operator", made.ours)
    yield made
    made.close()


def see(house: House, script: str, language: str = DEFAULT, who: str = READER) -> Answer:
    """One page of words."""
    return house.ask("GET", f"/console/{house.ours}/words?script={script}&in={language}", who)


def test_a_script_stands_as_its_tenants_read_it(house: House) -> None:
    """In order, filled with the landlord's own sentences, with when each is asked and what it takes to text."""
    shown = see(house, "after_visit").plain
    asked = [WORDING.text(DEFAULT, f"after_visit.{name}") for name in ("story", "handled")]
    assert 0 < shown.index(asked[0]) < shown.index(asked[1])
    assert "Asked after: partly, no" in shown
    assert "Sent once, when nobody has answered" in shown
    assert "Harbour Homes" in shown
    assert "01632 960100" in see(house, REST).plain


def test_nothing_that_is_said_is_missing(house: House) -> None:
    """Every key of the catalogues stands on one of the pages, once; a script that nobody knows shows the first."""
    rows = sum(see(house, script).text.count('<td class="number">') for script in (*load_scripts(), REST))
    assert rows >= len(WORDING.keys(DEFAULT))
    assert see(house, "nonsense", "xx").plain == see(house, "after_visit").plain


@pytest.mark.parametrize("language", WORDING.languages)
def test_every_language_says_who_wrote_it_and_fits(house: House, language: str) -> None:
    """A draft says so; the largest page is small enough to send."""
    shown = see(house, REST, language)
    assert shown.status == 200
    assert ("No native reader has read" in shown.plain) == WORDING.is_draft(language)
    assert ("Written in English first" in shown.plain) == (language == DEFAULT)
    assert len(shown.text.encode()) < MOST_BYTES
    if language != DEFAULT:
        assert f'lang="{language}"' in shown.text


def test_a_text_in_another_alphabet_takes_more_parts(house: House) -> None:
    """What is counted is what would be paid for."""
    counted = [
        [
            int(one.partition("<")[0])
            for one in see(house, "after_visit", code).text.split('<td class="number">')[1:]
        ]
        for code in ("en", "ur")
    ]
    assert sum(counted[0]) < sum(counted[1])
    assert min(counted[0]) >= 1


def test_only_who_may_change_something_is_led_there(house: House) -> None:
    """An operator finds the page of the landlord's own sentences; a reader is told of it and no more."""
    link = f'href="/console/{house.ours}/landlord"'
    assert link in see(house, "after_visit", who=OPERATOR).text.partition("<main")[2]
    assert link not in see(house, "after_visit").text
