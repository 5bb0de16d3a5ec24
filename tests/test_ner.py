"""The extra `ner`: what a model finds joins the one pass; here a blank spaCy pipeline that knows a few names."""

from collections.abc import Iterator
from pathlib import Path

import databases
import pytest

from bot.app import build
from bot.checks import check
from bot.delivery.hours import ANY_TIME
from bot.demo.stage import demo_settings
from bot.ner import ModelNames, missing
from bot.privacy.redact import look_also_with, redact
from bot.settings import Settings, SettingsProblem

spacy = pytest.importorskip("spacy")

ON_NO_LIST = "quorvath"
"""A name on none of our lists: without a model, in small letters, it stays and is flagged at best."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a model that takes three words for names, and one for a place."""
    made = spacy.blank("en")
    ruler = made.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    patterns = [(ON_NO_LIST, "PERSON"), ("boiler", "PERSON"), ("14 elm road", "PERSON"), ("leeds", "GPE")]
    ruler.add_patterns([{"label": label, "pattern": words} for words, label in patterns])
    folder = tmp_path_factory.mktemp("model")
    made.to_disk(folder)
    return str(folder)


@pytest.fixture
def with_model(model: str) -> Iterator[None]:
    """The model looks as well."""
    look_also_with(ModelNames(model))
    yield
    look_also_with(None)


@pytest.fixture
def settings(tmp_path: Path, model: str) -> Settings:
    """Settings that ask for it."""
    url = databases.migrated(tmp_path / "a.db")
    return demo_settings(tmp_path, 1, 2, 3, database_url=url, ner_model=model)


@pytest.mark.usefixtures("with_model")
def test_what_it_finds_joins_the_pass() -> None:
    """Its names are numbered with ours, the same value gets the same placeholder, and all go everywhere."""
    text = f"barry said ask {ON_NO_LIST}. i asked {ON_NO_LIST.title()} and barry hung up"
    redaction = redact(text)
    assert redaction.words == "[name 1] said ask [name 2]. i asked [name 2] and [name 1] hung up"
    later = redact("it was him again", redaction.names)
    assert ON_NO_LIST in redaction.names
    assert later.names == redaction.names


def test_without_it_nothing_changes(model: str) -> None:
    """The name that only it knows stays where nobody asked for it, and once it is no longer asked for."""
    text = f"the {ON_NO_LIST} job is done"
    before = redact(text)
    look_also_with(ModelNames(model))
    during = redact(text)
    look_also_with(None)
    assert ON_NO_LIST in before.words
    assert [(one.type, one.reason) for one in during.spans] == [("NAME", "a name, says the model")]
    assert redact(text) == before


@pytest.mark.usefixtures("with_model")
def test_an_ordinary_word_is_left_in_and_flagged() -> None:
    """A model takes words for names that are none: a person looks, and the story stays readable."""
    redaction = redact("the boiler is fixed")
    assert redaction.words == "the boiler is fixed"
    assert redaction.review
    assert not redact("the tap is fixed").review


@pytest.mark.usefixtures("with_model")
def test_what_is_sure_comes_first() -> None:
    """What has a shape keeps its type, and a place is no name."""
    assert redact("she lives at 14 Elm Road in leeds").words == "she lives [address 1] in leeds"


def test_a_setting_asks_for_it(settings: Settings) -> None:
    """NER_MODEL turns it on where the product is put together, and the check says so; without it, it is off."""
    try:
        build(settings, hours=ANY_TIME).close_database()
        assert ON_NO_LIST not in redact(f"ask {ON_NO_LIST} about the gate").words
        build(settings.model_copy(update={"ner_model": ""}), hours=ANY_TIME).close_database()
        assert ON_NO_LIST in redact(f"the {ON_NO_LIST} job").words
    finally:
        look_also_with(None)
    (found,) = [finding for finding in check(settings) if finding.about == "Names"]
    assert found.verdict == "good"


def test_a_model_that_is_not_here_is_said(settings: Settings) -> None:
    """Nothing is fetched: the product does not start, and says what to do."""
    wrong = settings.model_copy(update={"ner_model": "en_nowhere_md"})
    with pytest.raises(SettingsProblem, match="NER_MODEL names no spaCy model"):
        build(wrong, hours=ANY_TIME)
    (found,) = [finding for finding in check(wrong) if finding.about == "Names"]
    assert (found.verdict, found.sentence) == ("wrong", missing("en_nowhere_md"))


def test_without_the_extra_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for and not installed: how to install it."""
    monkeypatch.setattr("bot.ner.util.find_spec", lambda _name: None)
    assert "pip install 'listened[ner]'" in missing("en_core_web_sm")
