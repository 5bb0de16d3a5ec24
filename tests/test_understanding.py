"""What people mean: commands, answers, chatter, languages, and what only looks like one of them."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
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
    read_command,
)
from bot.understanding.language import read_language, tell_language
from bot.understanding.lexicon import lexicon, phrases
from bot.understanding.normal import clean, has_words, phrase, words_of
from bot.wording import load_wording

COMMANDS: tuple[Command, ...] = get_args(Command)
WORDING = load_wording("bot.conversation")
OFFERED = WORDING.languages

for_each_command = pytest.mark.parametrize("command", COMMANDS)
for_each_choice = pytest.mark.parametrize("choice", CHOICES)


def shapes(words: str) -> Iterator[str]:
    """The same words as different thumbs type them."""
    yield from (words, words.upper(), words.capitalize(), f"  {words}\n", f"{words}!!!", f"{words}.")
    yield f"{words} 🙏"
    yield words.replace(" ", "  ")


# ---- commands


@for_each_command
def test_a_command_is_read_in_any_shape(command: Command) -> None:
    """Case, spaces, punctuation and emoji don't hide a command; nor does a word before one that may be inside."""
    whole, inside = phrases("commands", command, "whole"), phrases("commands", command, "inside")
    typed = [shape for words in whole | inside for shape in shapes(words)]
    typed += [f"well {words} now" for words in inside]
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
    "help": ("help please", "what's this then", "who's this pls", "Who is this??", "are you a robot"),
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
        assert read_language(typed, OFFERED) in (None, *OFFERED)


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


# ---- languages

ENGLISH: Final = (
    "the lift broke again and the man from the office laughed when i asked about the stairs",
    "She remembered my name and what I had said in the spring",
    "Waited in for the gas check, nobody came, nobody rang, lost a day's pay",
    "was ok i spose, bit rushed, he had six more to do before dinner",
    "THEY PUT THE WRONG DOOR ON AND THEN CHARGED ME FOR IT",
    "Och he was a braw lad, couldnae dae enough for us",
    "me mam cant get up them stairs n they kno it",
    "Grand job on the gutters, tidy too, and he had a wee chat with my dad",
    "Please I wait very long time for repair bathroom, no answer, children is cold",
    "They assume because I am on benefits I have nothing better to do",
    "garden fence panel blew down in the storm and they came next morning",
    "no idea who decides these things but whoever it was got it right this time",
    "Had to explain about the damp all over again to somebody new",
    "brilliant, just brilliant, fourth time this year the tank has gone",
    "He put covers on his boots and asked where to park the van",
)
POLISH: Final = (
    "Nikt do mnie nie oddzwonił, chociaż prosiłam trzy razy o naprawę kranu",
    "Pan, który przyszedł, był bardzo uprzejmy i wszystko mi wyjaśnił",
    "od miesiaca nie dziala ogrzewanie i nikogo to nie obchodzi",
    "Sprzątaczka na klatce zawsze mówi dzień dobry i dba o porządek",
    "NIKT MNIE NIE SŁUCHAŁ KIEDY MÓWIŁAM O WILGOCI W POKOJU DZIECKA",
)


def openings(text: str) -> list[str]:
    """A text cut after each of its words."""
    words = text.split()
    return [" ".join(words[:length]) for length in range(1, len(words) + 1)]


def test_english_stays_english() -> None:
    """No English text is taken for another language, at whatever word it breaks off."""
    cut = [part for text in ENGLISH for part in openings(text)]
    assert dict.fromkeys(cut, "en") == {part: tell_language(part, OFFERED, "en") for part in cut}


@pytest.mark.parametrize(
    "text",
    [
        "nobody told Agnieszka anything",
        "good job Mr Kowalczyk, well done",
        "Mrs Wojciechowska never rang back",
        "It was Krzysztof Szymański who listened",
    ],
    ids=["first-name", "surname", "title", "both"],
)
def test_a_polish_name_makes_no_polish_story(text: str) -> None:
    """A member of staff with a Polish name doesn't change the language that their tenant is answered in."""
    assert tell_language(text, OFFERED, "en") == "en"


@pytest.mark.parametrize("text", POLISH, ids=range(len(POLISH)))
def test_polish_is_told(text: str) -> None:
    """A Polish story is told from its words, with or without its accents, and in capitals."""
    assert tell_language(text, OFFERED, "en") == "pl"


@pytest.mark.parametrize("text", ENGLISH, ids=range(len(ENGLISH)))
def test_telling_is_deterministic(text: str) -> None:
    """The same text gets the same language every time."""
    assert len({tell_language(text, OFFERED, "pl") for _ in range(10)}) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Seit drei Wochen warte ich auf den Handwerker und niemand ruft zurück",
        "Okno v kuchyni je rozbité a nikto mi neverí, že som volala",
        "Aștept de trei săptămâni și nimeni nu mă ascultă la birou",
        "Мене ніхто не слухав, я чекаю вже три тижні на ремонт",
        "La ventana está rota y nadie me hace caso desde hace un mes",
        "میں تین ہفتے سے انتظار کر رہا ہوں اور کوئی نہیں سنتا",
    ],
    ids=["german", "slovak", "romanian", "ukrainian", "spanish", "urdu"],
)
def test_a_language_that_we_lack_is_not_forced(text: str) -> None:
    """A text in a language that is not offered changes nothing, least of all to a third language."""
    assert tell_language(text, OFFERED, "en") == "en"


@given(
    text=st.one_of(st.text(max_size=80), st.sampled_from([*ENGLISH, *POLISH])),
    offered=st.lists(st.sampled_from(["en", "pl", "ro", "so", "xx"]), max_size=4, unique=True),
    current=st.sampled_from(["en", "pl", "uk"]),
)
@settings(deadline=None)
def test_only_offered_languages_are_told(text: str, offered: list[str], current: str) -> None:
    """The answer is a language that we can write in, or the one in use."""
    assert tell_language(text, offered, current) in (*offered, current)


@pytest.mark.parametrize(
    "text", ["ok", "tak tak tak tak", "07700 900123", "https://a.example/b c d e f"], ids=range(4)
)
@pytest.mark.parametrize("current", OFFERED)
def test_too_little_to_go_by_changes_nothing(text: str, current: str) -> None:
    """A few words, a number or a link are in no language."""
    assert current == tell_language(text, OFFERED, current)


@pytest.mark.parametrize("code", OFFERED)
def test_each_language_is_read_by_its_names(code: str) -> None:
    """What our own list calls a language, and what its catalogue calls itself, picks it."""
    names = {*phrases("languages", code), WORDING.text(code, "language_name")}
    for name in names:
        assert {code} == {read_language(shape, OFFERED) for shape in shapes(name)}
        assert read_language(name, [one for one in OFFERED if one != code]) is None


# ---- the lists themselves


def every_list() -> dict[str, list[str]]:
    """Each list of words that messages are compared with, by name, in its compared form."""
    commands = {
        f"commands.{name}.{kind}": entries
        for name, kinds in lexicon("commands").items()
        for kind, entries in kinds.items()
    }
    answers = {
        f"answers.{name}.{kind}": entries
        for name, kinds in lexicon("answers").items()
        for kind, entries in kinds.items()
    }
    languages = {f"languages.{code}": entries for code, entries in lexicon("languages").items()}
    lists = {**commands, **answers, **languages, "chatter.whole": lexicon("chatter")["whole"]}
    return {name: [phrase(entry) or entry for entry in entries] for name, entries in lists.items()}


def everything_read_as(name: str) -> set[str]:
    """All phrases of one meaning, whether whole or inside."""
    return {words for key, entries in every_list().items() if key.startswith(f"{name}.") for words in entries}


@pytest.mark.parametrize("name", every_list())
def test_no_list_holds_a_phrase_twice(name: str) -> None:
    """Two spellings that are compared as one are one entry."""
    assert {words for words, times in Counter(every_list()[name]).items() if times > 1} == set()


@pytest.mark.parametrize("name", [name for name in every_list() if name.startswith("commands")])
def test_no_phrase_is_longer_than_a_command_may_be(name: str) -> None:
    """A longer entry would never be found."""
    assert [words for words in every_list()[name] if len(words.split()) > MOST_WORDS] == []


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


@pytest.mark.parametrize("code", lexicon("languages"))
def test_no_language_is_called_what_another_is(code: str) -> None:
    """A name of a language names one language."""
    others = {words for name in lexicon("languages") if name != code for words in phrases("languages", name)}
    assert set(phrases("languages", code)) & others == set()


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
