"""The dialogue: what a turn gives, with the state saved and loaded between every two."""

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation import dialogue, obeying
from bot.conversation.dialogue import Here, begin, step
from bot.conversation.hand_overs import load_rules
from bot.conversation.messages import Incoming
from bot.conversation.safety import danger_in
from bot.conversation.script import load_scripts
from bot.conversation.speech import Facts, reply_for
from bot.conversation.state import State
from bot.conversation.turn import Answered, Consented, Forgotten, HandOver, Rejoined, Stopped, Told, Turn
from bot.understanding.commands import read_command
from bot.understanding.language import read_language
from bot.understanding.lexicon import phrases
from bot.wording import load_wording
from handlers.twilio_reading import carrier_word

SCRIPTS, WORDING = load_scripts(), load_wording("bot.conversation")
HERE = Here(SCRIPTS, WORDING.languages, "4821", load_rules())
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
FACTS = Facts("The Listening Team", "Harbour Homes", "call 01632 960100", "01632 960999")
COMMANDS = (
    "stop",
    "start",
    "help",
    "delete",
    "skip",
    "back",
    "language",
    "/stop",
    "Please stop!",
    "nie pisz do mnie",
)
TAKEN = Told | Answered | Consented


def hear(
    state: State, text: str, *, channel: str = "whatsapp", after: int = 0, choice: str | None = None
) -> Turn:
    """One turn, on a state that has been saved and loaded."""
    loaded = State.from_json(json.loads(json.dumps(state.to_json())))
    at = NOW + timedelta(minutes=after)
    carrier = carrier_word(text) if channel == "sms" else None
    incoming = Incoming(channel, "1", "1", "2", text, at, choice=choice, carrier=carrier)  # type: ignore[arg-type]
    return step(loaded, incoming, HERE)


def said(turn: Turn) -> list[str]:
    """The keys of what was said."""
    return [say.key for say in turn.says]


def play(*texts: str, script: str | None = None) -> list[Turn]:
    """A conversation."""
    turns = [begin(State(), SCRIPTS[script])] if script else []
    for text in texts:
        turns.append(hear(turns[-1].state if turns else State(), text))
    return turns


@pytest.mark.parametrize(
    ("script", "texts", "expected"),
    [
        (None, ["the tap drips still", "1"], ["first_contact consent", "consent_yes"]),
        (None, ["the tap drips still", "3", "ta"], ["first_contact consent", "consent_no", ""]),
        (None, ["the tap drips", "and the sink too", "yes"], ["first_contact consent", "", "consent_yes"]),
        (None, ["hello", "the tap drips"], ["first_contact hello", "consent"]),
        (None, ["the tap drips", "2", "1"], ["first_contact consent", "preview", "consent_yes"]),
        (None, ["the tap drips", "2", "3"], ["first_contact consent", "preview", "consent_no"]),
        (
            None,
            ["the tap drips", "2", "2", "it is fine now", "1"],
            ["first_contact consent", "preview", "retell", "consent", "consent_yes"],
        ),
        (None, ["\U0001f600"], ["first_contact hello"]),
        (
            "after_visit",
            ["1", "very kind lad", "1"],
            ["first_contact after_visit.listened", "after_visit.story", "consent", "consent_yes"],
        ),
        (
            "after_visit",
            ["no", "left a mess", "nothing", "no"],
            [
                "first_contact after_visit.listened",
                "after_visit.story",
                "after_visit.handled",
                "consent",
                "consent_no",
            ],
        ),
        (
            "after_visit",
            ["Partly. he was kind but late"],
            ["first_contact after_visit.listened", "after_visit.handled"],
        ),
        ("after_visit", ["he was late again and rude"], ["first_contact after_visit.listened", "consent"]),
        (
            "after_visit",
            ["skip", "skip"],
            ["first_contact after_visit.listened", "after_visit.story", "thanks"],
        ),
        (
            "after_visit",
            ["yes", "back", "no"],
            [
                "first_contact after_visit.listened",
                "after_visit.story",
                "after_visit.listened",
                "after_visit.story",
            ],
        ),
        (None, ["the tap drips", "po polsku"], ["first_contact consent", "language_changed consent"]),
    ],
)
def test_conversations_go_as_written(script: str | None, texts: list[str], expected: list[str]) -> None:
    """What is said to each message, in order."""
    assert expected == [" ".join(said(turn)) for turn in play(*texts, script=script)]


STATES = [
    State(script=script.name, step=asked.name, mode=mode, told=told, told_at=NOW if told else None, met=True)  # type: ignore[arg-type]
    for script, mode, told in itertools.product(SCRIPTS.values(), ("", "shown", "retelling"), (False, True))
    for asked in script.steps
] + [State(), State(told=True, met=True)]


EVERY_STATE = [
    *STATES,
    *(replace(state, settling=True) for state in STATES if state.told),
    *(replace(state, doubt="stop") for state in STATES),
    *(replace(state, code="1111") for state in STATES),
    *(replace(state, dangers=("self_harm",), handing="self_harm") for state in STATES),
]
CERTAIN = ("stop", "delete", "help", "language")


@pytest.fixture
def _read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a text says by itself is read once and not in each state anew: the readers know of no state."""
    for reader in (danger_in, read_command, read_language):
        once = cache(reader)
        for module in (dialogue, obeying):
            if hasattr(module, reader.__name__):
                monkeypatch.setattr(module, reader.__name__, once)


@pytest.mark.usefixtures("_read_once")
@pytest.mark.parametrize("name", CERTAIN)
def test_no_state_takes_a_command_for_an_answer(name: str) -> None:
    """Every wording of STOP, DELETE, HELP and a language change, in every state that there is."""
    wordings = sorted(phrases("commands", name, "whole"))
    assert len(wordings) > 5
    for state, wording in itertools.product(EVERY_STATE, wordings):
        turn = hear(state, wording)
        taken = [effect for effect in turn.effects if isinstance(effect, TAKEN | HandOver)]
        assert taken == [], (wording, state)
        match name:
            case "stop":
                assert Stopped() in turn.effects, (wording, state)
            case "delete":
                assert turn.state.code == "4821", (wording, state)
            case _:
                assert turn.state.step == state.step, (wording, state)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_never_an_answer(command: str) -> None:
    """At every step and in every mode: nothing is told, answered or agreed to by a command."""
    for state in STATES:
        turn = hear(state, command)
        assert [effect for effect in turn.effects if isinstance(effect, TAKEN)] == []
        if "stop" in command.lower() or "nie pisz" in command:
            assert (Stopped(),) == turn.effects
            assert turn.state.stopped


def test_after_stop_only_start_is_answered() -> None:
    """Texts after STOP are kept and met with silence; START brings the person back, DELETE is still obeyed."""
    stopped = hear(State(met=True), "stop").state
    for text in ("hello?", "help", "1", "language"):
        assert (hear(stopped, text).says, hear(stopped, text).effects) == ((), ())
    told = hear(stopped, "the tap drips")
    assert (told.says, Told("the tap drips") in told.effects) == ((), True)
    assert (Rejoined(),) == hear(stopped, "START").effects
    gone = hear(stopped, "delete")  # at once: a number to confirm it with would never arrive
    assert ([say.key for say in gone.says], gone.effects) == (["deleted"], (Forgotten(),))
    assert gone.state.stopped


def test_after_stop_nothing_is_agreed_to() -> None:
    """A yes that comes after STOP gives no leave to show anything; a no stands."""
    asked = hear(State(met=True), "the tap drips").state
    stopped = hear(asked, "stop").state
    assert hear(stopped, "1").effects == ()
    assert (Consented("digest", given=False),) == hear(stopped, "3").effects


@pytest.mark.parametrize(
    ("channel", "text", "says"),
    [
        ("sms", "STOP", []),
        ("sms", "stop texting me", ["stopped"]),
        ("telegram", "/stop", ["stopped"]),
        ("whatsapp", "stop", ["stopped"]),
    ],
)
def test_stop_is_confirmed_once(channel: str, text: str, says: list[str]) -> None:
    """Where the carrier confirms, we don't; elsewhere we do."""
    assert says == said(hear(State(met=True), text, channel=channel))


def test_delete_wants_its_number() -> None:
    """Only the number that was sent to that address erases; anything else goes on as usual."""
    asked = hear(State(met=True), "delete").state
    assert (Forgotten(),) == hear(asked, "4821").effects
    other = hear(asked, "the tap drips")
    assert Forgotten() not in other.effects
    assert hear(other.state, "4821").effects != (Forgotten(),)


def test_words_are_shown_soon_or_not_at_all() -> None:
    """Within 15 minutes the teller may see the words; later somebody else may hold the phone."""
    asked = hear(State(met=True), "the tap drips").state
    assert [(say.shows == "story") for say in hear(asked, "2", after=15).says] == [True]
    assert said(hear(asked, "2", after=16)) == ["preview_too_late"]


def test_a_button_of_an_earlier_question_changes_that_answer() -> None:
    """A late press is taken for what it is, and nothing is said; one of nowhere does nothing."""
    state = play("yes", script="after_visit")[-1].state
    turn = hear(state, "", choice="listened:3")
    assert tuple((e.question, e.value) for e in turn.effects if isinstance(e, Answered)) == (
        ("listened", "no"),
    )
    assert turn.says == ()
    assert hear(state, "", choice="nowhere:1") == Turn(state)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=80), st.sampled_from(["1", "2", "3", *COMMANDS])), max_size=8))
def test_anything_may_be_said(texts: list[str]) -> None:
    """No sequence of texts breaks the dialogue, makes it talk too much, or makes it repeat a tenant's words."""
    state = State()
    for text in texts:
        turn = hear(state, text)
        state = turn.state
        assert len(turn.says) <= 3
        for say in turn.says:
            reply = reply_for(WORDING, state.language, say, FACTS, "STORY")
            assert ("STORY" in reply.text) == (say.shows == "story")
