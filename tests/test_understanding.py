"""What people mean: commands, answers, chatter, languages, and what only looks like one of them."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import combinations, islice
from typing import Final, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.understanding.answers import CHOICES, Answer, Choice, is_chatter, read_answer, read_consent
from bot.understanding.commands import (
    CARRIER_STOP_WORDS,
    MOST_WORDS,
    Command,
    carrier_confirms_stop,
    may_mean_stop,
    read_command,
)
from bot.understanding.lexicon import entries, lexicon, phrases, spelt_out
from bot.understanding.life import read_circumstance
from bot.understanding.normal import clean, has_words, phrase, words_of
from bot.understanding.questions import read_question, wants_to_complain
from bot.understanding.urgency import read_urgency

COMMANDS: tuple[Command, ...] = get_args(Command)
SPELT_OUT: Final = 500

for_each_command = pytest.mark.parametrize("command", COMMANDS)
for_each_choice = pytest.mark.parametrize("choice", CHOICES)


def shapes(words: str) -> Iterator[str]:
    """The same words as different thumbs type them."""
    yield from (words, words.upper(), words.capitalize(), f"  {words}\n", f"{words}!!!", f"{words}.")
    yield f"{words} 🙏"
    yield words.replace(" ", "  ")


def some(name: str, *keys: str) -> list[str]:
    """A few of the phrases that each entry of a list stands for: the first, the last and some between."""
    spelt = [[*islice(spelt_out(entry), SPELT_OUT)] for entry in entries(name, *keys)]
    return [phrase(words) for said in spelt for words in {said[0], said[-1], *said[:: len(said) // 3 + 1]}]


# ---- commands


@for_each_command
def test_a_command_is_read_in_any_shape(command: Command) -> None:
    """Case, spaces, punctuation and emoji don't hide a command; nor does a word before one that may be inside."""
    whole, inside = phrases("commands", command, "whole"), some("commands", command, "inside")
    typed = [shape for words in whole for shape in shapes(words)]
    typed += [shape for words in inside for shape in (words.upper(), f"{words}!!", f"well {words} now")]
    missed = {text: read_command(text) for text in typed if read_command(text) != command}
    assert missed == {}


# Other wordings than those in the lexicon, as people would have it.
SAID: Final[dict[Command, tuple[str, ...]]] = {
    "stop": (
        "STOP STOP",
        "stop thanks",
        "Stop, thank you",
        "pls stop",
        "stop this",
        "stop messaging",
        "no more msgs",
        "Please remove me",
        "can you stop texting",
        "do not text this number again",
        "I want to stop",
        "lose my number",
        "🛑",
        "STÓP",
    ),
    "start": ("start please", "/start 7f3a", "START.", "please start again"),
    "help": ("help please", "what's this then", "who's this pls", "Who is this??"),
    "delete": (
        "please delete",
        "delete this",
        "erase me",
        "remove my story",
        "wipe my data",
        "DELETE IT ALL",
    ),
    "skip": ("skip please", "skip that", "I'd rather not say", "next one please"),
    "back": ("go back please", "wrong button sorry", "I meant to say no", "undo that"),
    "privacy": ("Privacy", "/privacy", "your privacy notice please"),
    "my_data": ("MY DATA", "what do you hold about me", "can you send me my data"),
    "language": ("change language", "language please", "do you do this in Urdu", "can I have this in Somali"),
}


@for_each_command
def test_a_command_is_read_in_other_wordings(command: Command) -> None:
    """A command needs no exact words: these stand in no list."""
    missed = {text: read_command(text) for text in SAID[command] if read_command(text) != command}
    assert missed == {}


# Stories that hold a command's words. Taken for a command, they would be lost, and their tellers with them.
STORIES: Final[dict[str, str]] = {
    "skip-in-a-word": "i skipped my dinner to ring them",
    "skip-of-rubbish": "a skip full of plaster was left outside my door",
    "stop-drilling": "they never stop drilling",
    "stop-of-a-bus": "the bus stop by our block has no light",
    "stop-cock": "stop cock is stuck and they said it was my job",
    "stop-said-to-him": "he said stop it and slammed the door",
    "heating-stops": "the heating wont stop, windows open in january",
    "end-in-a-phrase": "in the end it got done",
    "enough-in-a-phrase": "enough is enough",
    "cancelled": "they cancelled twice",
    "quit-in-a-phrase": "quit fussing he said",
    "help-none": "they were no help at all",
    "help-offered": "could i help you is what she said first",
    "start-again": "they had to start from the beginning",
    "back-pain": "my back is bad and he carried it all up for me",
    "back-and-forth": "back and forth all week",
    "came-back": "he came back",
    "next-door": "next door are noisy and nobody minds",
    "passed-round": "they pass me round",
    "deleted-it": "they deleted my email by mistake",
    "forgotten": "they forget me every time",
    "language-foul": "the language he used was foul",
    "info-wrong": "info was wrong on the letter",
    "menu-long": "the menu on the phone line never ends",
    "oops-lamp": "oops was all he said when my lamp broke",
    # With words that the lexicon would take inside a message.
    "alone-neighbours": "the lads upstairs wont leave me alone",
    "please-stop-noise": "i asked them to please stop the drilling at six",
    "stop-sending-wrong": "they wont stop sending the wrong part",
    "stop-these-kids": "nobody can stop these kids on the stairs",
    "not-texted-when-late": "they dont text me when they are running late",
    "not-contacted": "they do not contact me for weeks at a time",
    "no-more-texts-came": "i got no more texts after the first one",
    "rent-texts": "they keep stop sending then sending letters about rent",
    "scared-at-home": "my ex wont leave me alone and they wont move me",
    "who-is-this-asked": "she said who is this every time i rang",
    "no-person-to-speak-to": "you can never speak to a person there",
    "talk-down": "they talk to a person like dirt",
    "another-language": "to him it was another language",
    "in-my-language": "the lady spoke in my language and i cried",
    "no-english-in-story": "i dont speak english well but he took his time",
    "hit-the-wrong-pipe": "he hit the wrong pipe and water went everywhere",
    "pressed-the-wrong-bell": "he pressed the wrong bell and then went home",
    "meant-to-put": "they were meant to put a new door in",
    "they-delete-my-calls": "they delete my messages and say i never rang",
    "delete-my-complaint": "he offered to delete my arrears if i dropped it",
    "back-on-the-list": "they put me back on the waiting list",
}


@pytest.mark.parametrize("text", STORIES.values(), ids=STORIES)
def test_a_story_is_no_command(text: str) -> None:
    """A story that happens to hold a command's words stays a story."""
    assert read_command(text) is None


@given(
    words=st.lists(
        st.sampled_from(["stop", "delete", "help", "they", "never", "please"]), min_size=MOST_WORDS + 1
    )
)
def test_a_long_message_is_no_command(words: list[str]) -> None:
    """A message of more words than a command ever has is a story, whatever is in it."""
    assert read_command(" ".join(words)) is None


@given(text=st.text(st.characters(), max_size=80))
@settings(deadline=None)
def test_reading_never_fails(text: str) -> None:
    """Any text can be read for anything, before and after it is cleaned."""
    for typed in (text, clean(text)):
        assert read_command(typed) in (None, *COMMANDS)
        assert read_consent(typed) in (None, "yes", "show", "no")
        assert is_chatter(typed) in (True, False)


def test_the_carrier_confirms_single_words_only() -> None:
    """The phone company answers a lone keyword in any case, and nothing longer."""
    assert all(carrier_confirms_stop(shape) for word in CARRIER_STOP_WORDS for shape in (word, word.upper()))
    assert not any(carrier_confirms_stop(f"{word} please") for word in CARRIER_STOP_WORDS)
    assert not carrier_confirms_stop("leave me alone")


def test_what_the_carrier_takes_for_stop_is_a_stop() -> None:
    """Nobody is cut off by the phone company while we believe that they still read us."""
    assert dict.fromkeys(CARRIER_STOP_WORDS, "stop") == {
        word: read_command(word) for word in CARRIER_STOP_WORDS
    }


# ---- answers


@for_each_choice
def test_an_answer_is_read_in_any_shape(choice: Choice) -> None:
    """Case, spaces, punctuation and emoji don't hide a yes, a partly or a no."""
    typed = [shape for words in phrases("answers", choice, "whole") for shape in shapes(words)]
    missed = {text: read_answer(text) for text in typed if read_answer(text) != Answer(choice)}
    assert missed == {}


@for_each_choice
@pytest.mark.parametrize("mark", [".", ",", "!", ":", " -", "...", " –"], ids=range(7))
def test_an_answer_may_open_a_story(choice: Choice, mark: str) -> None:
    """Both are taken, and the story word for word."""
    story = "The Fitter asked me twice; I said so!"
    for opening in phrases("answers", choice, "opening"):
        assert Answer(choice, story) == read_answer(f"{opening.capitalize()}{mark} {story}")


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("👍", "yes"),
        ("👍🏿", "yes"),
        ("👎", "no"),
        ("1️⃣", "yes"),
        ("２", "partly"),
        ("(3)", "no"),
        ("NO!!!", "no"),
    ],
    ids=["thumb-up", "dark-thumb-up", "thumb-down", "keycap", "full-width", "brackets", "shout"],
)
def test_an_answer_without_letters(text: str, choice: Choice) -> None:
    """Thumbs and digits in all their forms are answers."""
    assert Answer(choice) == read_answer(text)


@pytest.mark.parametrize(
    "text",
    [
        "no one came",
        "yes man of the year that one",
        "no heating since Friday",
        "a bit of paint would have done",
        "never again will I ring them",
        "nobody",
        "partly sunny out",
        "123",
        "No-one came back to me",
        "No-one could have been kinder",
        "Yes-men the lot of them",
        "No. 14 has the same leak as me",
        "A bit-part in my own home",
    ],
    ids=[
        "no-one",
        "yes-man",
        "no-heating",
        "a-bit",
        "never",
        "nobody",
        "partly",
        "longer-number",
        "hyphen-bad",
        "hyphen-good",
        "hyphen-yes",
        "house-number",
        "hyphen-partly",
    ],
)
def test_a_story_is_no_answer(text: str) -> None:
    """A story that opens with an answer's word is left whole."""
    assert read_answer(text) is None


@given(
    opening=st.sampled_from(["yes.", "No,", "partly -", "Nope!", ""]),
    story=st.text(st.characters(), max_size=40),
)
@settings(deadline=None)
def test_an_answer_takes_nothing_from_the_story(opening: str, story: str) -> None:
    """What comes after an answer is the end of the message, to the letter."""
    answer = read_answer(f"{opening} {story}")
    assert answer is None or f"{opening} {story}".strip().endswith(answer.rest)


# ---- consent

CONSENTS: Final[dict[str, tuple[str, ...]]] = {
    "yes": ("1", "yes", "Yes.", "YES!!", "ok", "of course", "👍", "tak", "yeah"),
    "show": ("2", "show me", "Show me first", "can I see it", "preview", "pokaż"),
    "no": ("3", "no", "No!", "nope", "no thanks", "👎", "nie", "not really"),
}
CONSENTS_IN_A_SENTENCE: Final[dict[str, tuple[str, ...]]] = {
    "yes": (
        "yes please",
        "Yes, please",
        "yes you can",
        "yes that's fine",
        "yeah go on",
        "tak, proszę",
        "1 yes",
        "👍👍",
    ),
    "show": ("show me please", "let me see them", "can I see it first?", "show them to me first", "2 please"),
    "no": (
        "no thank you",
        "No, thank you",
        "no don't",
        "please don't",
        "I'd rather you didn't",
        "nie, dziękuję",
        "3 no",
    ),
}


@pytest.mark.parametrize("decision", CONSENTS)
def test_a_consent_is_read(decision: str) -> None:
    """The plain ways of saying yes, show me and no."""
    missed = {text: read_consent(text) for text in CONSENTS[decision] if read_consent(text) != decision}
    assert missed == {}


@pytest.mark.parametrize("decision", CONSENTS_IN_A_SENTENCE)
def test_a_polite_consent_is_read(decision: str) -> None:
    """Politeness doesn't turn a decision into more of the story."""
    wordings = CONSENTS_IN_A_SENTENCE[decision]
    missed = {text: read_consent(text) for text in wordings if read_consent(text) != decision}
    assert missed == {}


@pytest.mark.parametrize(
    "text",
    [
        "partly",
        "maybe",
        "sometimes",
        "Yes, and then the roof came in as well",
        "No, and nobody rang either",
        "ok so he came back",
        "they said yes to everything",
        "12",
        "",
        "🤷",
    ],
    ids=[
        "partly",
        "maybe",
        "sometimes",
        "yes-and",
        "no-and",
        "ok-so",
        "yes-within",
        "number",
        "empty",
        "shrug",
    ],
)
def test_no_consent_is_read_into_a_story(text: str) -> None:
    """Whatever is not plainly a decision is none: words leave only on a plain yes."""
    assert read_consent(text) is None


# ---- chatter


def test_chatter_is_read_in_any_shape() -> None:
    """Hello, thanks and goodbye are chatter in any case and with any punctuation."""
    missed = [
        shape for words in phrases("chatter", "whole") for shape in shapes(words) if not is_chatter(shape)
    ]
    assert missed == []


@pytest.mark.parametrize("text", ["", "  ", "😀", "❤️❤️", "...", "!?!", "🤷🏽‍♀️"], ids=range(7))
def test_a_message_without_words_is_chatter(text: str) -> None:
    """Emoji and punctuation alone tell nothing."""
    assert is_chatter(text)
    assert not has_words(text)


@pytest.mark.parametrize(
    "text",
    [
        "hello they never came",
        "thanks to the lad with the ladder",
        "lovely man",
        "wait till you hear this",
        "7",
        "x",
    ],
    ids=["hello-and", "thanks-to", "lovely-man", "wait-till", "digit", "kiss"],
)
def test_a_story_is_no_chatter(text: str) -> None:
    """A greeting with something behind it is more than a greeting."""
    assert not is_chatter(text)


# ---- the lists themselves


def every_list() -> dict[str, list[str]]:
    """Each list of words that messages are compared with, by name, as it is written."""
    listed = {
        f"{name}.{meaning}.{kind}": written
        for name in ("commands", "answers")
        for meaning, kinds in lexicon(name).items()
        for kind, written in kinds.items()
    }
    return {**listed, "chatter.whole": lexicon("chatter")["whole"]}


def everything_read_as(name: str) -> set[str]:
    """All phrases of one meaning, whether whole or inside; of long lists, some."""
    keys = [key.split(".") for key in every_list() if key.startswith(f"{name}.")]
    whole = {words for key in keys if key[-1] == "whole" for words in phrases(*key)}
    return whole | {words for key in keys if key[-1] != "whole" for words in some(*key)}


@pytest.mark.parametrize("name", every_list())
def test_no_list_holds_a_phrase_twice(name: str) -> None:
    """Two spellings that are compared as one are one entry."""
    compared = [entry if "{" in entry else phrase(entry) or entry for entry in every_list()[name]]
    assert {words for words, times in Counter(compared).items() if times > 1} == set()


@pytest.mark.parametrize("name", [name for name in every_list() if name.startswith("commands")])
def test_no_phrase_is_longer_than_a_command_may_be(name: str) -> None:
    """A longer entry would never be found."""
    longest = [max(spelt_out(entry), key=len) for entry in every_list()[name] if "{" not in entry]
    assert [words for words in longest if len(words.split()) > MOST_WORDS] == []


@pytest.mark.parametrize(("one", "other"), [*combinations(COMMANDS, 2)])
def test_no_phrase_means_two_commands(one: Command, other: Command) -> None:
    """Each phrase of a command stands in that command's lists alone."""
    assert everything_read_as(f"commands.{one}") & everything_read_as(f"commands.{other}") == set()


@pytest.mark.parametrize(("one", "other"), [*combinations(CHOICES, 2)])
def test_no_phrase_means_two_answers(one: Choice, other: Choice) -> None:
    """Each phrase of an answer stands in that answer's lists alone."""
    assert everything_read_as(f"answers.{one}") & everything_read_as(f"answers.{other}") == set()


@pytest.mark.parametrize("decision", ["yes", "no"])
def test_show_me_is_neither_yes_nor_no(decision: str) -> None:
    """What asks to see the words decides nothing about them."""
    assert everything_read_as("answers.show") & everything_read_as(f"answers.{decision}") == set()


@pytest.mark.parametrize("name", ["answers", "commands"])
def test_chatter_means_nothing_else(name: str) -> None:
    """No phrase is chatter and an answer or a command as well."""
    assert everything_read_as("chatter") & everything_read_as(name) == set()


def test_no_command_is_an_answer() -> None:
    """No phrase is both: a command always wins, so the answer would never be heard."""
    assert everything_read_as("answers") & everything_read_as("commands") == set()


@pytest.mark.parametrize("name", ["answers", "chatter"])
def test_no_answer_or_chatter_is_read_as_a_command(name: str) -> None:
    """Nor does a command's phrase stand inside one."""
    assert {words: read_command(words) for words in everything_read_as(name) if read_command(words)} == {}


# ---- what is compared


@given(text=st.text(st.characters()))
def test_a_cleaned_text_can_be_stored(text: str) -> None:
    """No NUL, no lone surrogate, composed letters, nothing around it; and cleaning it again changes nothing."""
    cleaned = clean(text)
    assert "\x00" not in cleaned
    assert cleaned == cleaned.encode().decode()
    assert unicodedata.is_normalized("NFC", cleaned)
    assert cleaned == cleaned.strip()
    assert cleaned == clean(cleaned)


@given(text=st.text())
@settings(deadline=None)
def test_words_are_bare(text: str) -> None:
    """The words of a text hold no space, and taking the words of them gives the same."""
    words = words_of(text)
    assert not any(character.isspace() for word in words for character in word)
    assert words == words_of(" ".join(words))


@pytest.mark.parametrize("apostrophe", ["'", "’", "‘", "`", "´"], ids=range(5))
def test_an_apostrophe_is_no_difference(apostrophe: str) -> None:
    """Whichever apostrophe a phone puts in, or none."""
    assert words_of("dont text me") == words_of(f"Don{apostrophe}t text me")


# ---- danger

DANGERS: Final[dict[str, tuple[str, ...]]] = {
    "fire_gas_electrical": ("I can smell gas", "sparks coming out of the socket", "theres a burning smell"),
    "no_heating_vulnerable": ("no heating and a newborn in the flat", "boiler dead and my mum is 91"),
    "domestic_abuse": ("my husband hit me again", "scared of my boyfriend"),
    "self_harm": ("I want to die", "they would be better off without me"),
    "child_or_adult_at_risk": ("the kids next door are left alone every night",),
    "violence_threat": ("he said he will kill me and he has a knife", "they are kicking my door in"),
    "structural_or_water": ("the ceiling has collapsed", "water pouring through the light fitting"),
}
NO_DANGER: Final = (
    "gas man came on time",
    "I could have died laughing",
    "the smoke alarm check was quick",
    "parking is murder of a saturday",
    "my new boiler is lovely and hot",
    "lift has been broken three weeks",
    "black mould behind the bed",
    "they fixed the burst pipe the same day",
    "ok",
    "",
)


@pytest.mark.parametrize("kind", DANGERS)
def test_danger_in_plain_words_is_read(kind: str) -> None:
    """Each kind of danger, said plainly, is read as that kind, with a reason."""
    read = {text: read_urgency(text) for text in DANGERS[kind]}
    assert dict.fromkeys(read, kind) == {text: got and got.kind for text, got in read.items()}
    assert all(got and got.reasons for got in read.values())


@pytest.mark.parametrize("text", NO_DANGER, ids=range(len(NO_DANGER)))
def test_no_danger_is_read_into_a_way_of_speaking(text: str) -> None:
    """Exaggeration, good news and ordinary trouble raise no alarm."""
    assert read_urgency(text) is None


# ---- what only may be a STOP


@pytest.mark.parametrize(
    "text", ["thats enough questions for today i think", "i am done with these texts really"]
)
def test_a_doubtful_stop_is_asked_about(text: str) -> None:
    """What may be a STOP is one, or is worth a question."""
    assert read_command(text) == "stop" or may_mean_stop(text)


@pytest.mark.parametrize("text", ["the plumber was lovely", "stop", "hello", "yes"])
def test_nobody_is_asked_without_a_cause(text: str) -> None:
    """A sure STOP needs no question, and neither does what is none."""
    assert not may_mean_stop(text)


# ---- questions, complaints, circumstances


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("are you a robot?", "robot"),
        ("does it cost me to reply", "cost"),
        ("is this anonymous?", "anonymous"),
        ("is this the repairs line?", "repairs"),
        ("how do I make a complaint?", "complaint"),
        ("who reads this?", "who"),
        ("he never asked who reads the meter and left", None),
        ("they put the wrong door on", None),
    ],
)
def test_a_question_is_read(text: str, asked: str | None) -> None:
    """What is asked of us is told apart; a story asks nothing."""
    assert read_question(text) == asked


@pytest.mark.parametrize(
    "text",
    [
        "I want to make a formal complaint",
        "i'm taking this further",
        "please treat this as a formal complaint",
        "id like to complain about the plumber",
        "can i put in a complaint",
    ],
)
def test_who_wants_to_complain_is_understood(text: str) -> None:
    """In any words."""
    assert wants_to_complain(text)


@pytest.mark.parametrize(
    "text",
    [
        "no complaints from me",
        "my complaint took five months last year",
        "they said I am always complaining",
        "stage 2 was upheld",
        "can't complain",
    ],
)
def test_who_tells_of_a_complaint_does_not_make_one(text: str) -> None:
    """An old complaint, or none at all, opens nothing."""
    assert not wants_to_complain(text)


@pytest.mark.parametrize(
    ("text", "circumstance"),
    [
        ("im 15", "under_18"),
        ("I'm only 14 and it's my mum's flat", "under_18"),
        ("wrong number mate", "wrong_number"),
        ("you've got the wrong person", "wrong_number"),
        ("texting for my mum", "on_behalf"),
        ("I'm texting for my mum, she can't see well", "on_behalf"),
        ("my dad was the tenant, he passed away in March", "bereavement"),
        ("my mum died last week, sorry", "bereavement"),
        ("Please stop texting. She has passed away", "bereavement"),
        ("we have just buried my dad, please leave me for now", "bereavement"),
        ("they still dont believe i was living with my mum when she died", None),
        ("asked for a rail for my dad in 2022. he passed in august. fitters came in october", None),
        ("my husband died in june and im going to join him", None),
        ("she passed the tissues", None),
        ("if a man answers say its a wrong number", None),
        ("wrong number painted on my bay", None),
        ("soz hit the wrong number, should be no", None),
        ("i am carer for my brother and they wont talk to me", None),
        ("they rang the wrong number twice", None),
        ("my son is 15", None),
        ("im 15 weeks pregnant", None),
        ("moved here when I was 15", None),
        ("my mum died and they were kind about the keys", None),
    ],
)
def test_a_circumstance_is_read_only_when_it_is_said(text: str, circumstance: str | None) -> None:
    """Precise rather than greedy."""
    assert read_circumstance(text) == circumstance
