"""Listening: what somebody answers or tells, when it is neither danger nor a command."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.conversation.asking import advance, ask, current, current_step
from bot.conversation.gathering import plan
from bot.conversation.hearing_back import offer
from bot.conversation.here import Here
from bot.conversation.messages import Incoming
from bot.conversation.script import OPEN_STORY, Step
from bot.conversation.state import State
from bot.conversation.turn import Answered, Begin, Consented, Effect, HandOver, Judged, Say, Told, Turn
from bot.understanding.answers import Answer, is_chatter, read_answer, read_consent
from bot.understanding.language import tell
from bot.understanding.normal import has_words
from bot.understanding.themes import read_themes
from bot.understanding.withdrawing import withdraws_consent

PREVIEW_WINDOW: Final = timedelta(minutes=15)
"""How long a teller may ask to see their words: later, somebody else may hold the phone."""

UNGUESSED: Final = "?"
FEWEST_WORDS_OF_A_STORY: Final = 4
"""After a yes or no: "no, it isn't" has nothing more to tell."""
HEARD: Final = "listened"
"""How the names of questions begin that a no to means trouble."""
PREVIEW_BUTTONS: Final = (("button_share", "1"), ("button_retell", "2"), ("button_private", "3"))
TOO_LATE_BUTTONS: Final = (("button_yes", "1"), ("button_no", "3"))


def listen(state: State, incoming: Incoming, here: Here) -> Turn:  # noqa: C901 - one line a kind of question
    """What a message answers or tells."""
    if incoming.choice:
        pressed, _, number = incoming.choice.partition(":")
        if pressed != state.step:
            return _press_earlier(state, pressed, number, here)
        incoming = replace(incoming, text=number, choice=None)
    if state.settling:
        return _hear_more(state, incoming, here)
    asked = current_step(state, here)
    if asked is None:
        return _out_of_the_blue(state, incoming, here)
    match asked.kind:
        case "choice":
            return _hear_choice(state, incoming, asked, here)
        case "words":
            return _hear_words(state, incoming, asked, here)
        case "consent":
            return _hear_consent(state, incoming, asked, here)
        case "hand_over":
            return _hear_hand_over(state, incoming, asked, here)
        case "response":
            return _hear_judgement(state, incoming, here)
        case "role" | "invitation":
            return plan(state, incoming, asked, here) or _out_of_the_blue(state, incoming, here)


def settle(state: State, here: Here) -> Turn:
    """Nothing more has come for a while: the story is told, and what it does not answer is asked."""
    turn = advance(state, current_step(state, here), here)
    if not state.guessed or state.asked_language:
        return turn
    asking = replace(turn.state, asked_language=True)
    return replace(turn, state=asking, says=(ask_language(state.guessed, here), *turn.says))


def ask_language(guess: str, here: Here) -> Say:
    """In which language to go on: the one that we guess, said in it too, or any that we speak."""
    if guess not in here.languages:
        return Say("languages")
    return Say("ask_language", also=guess, labels=(guess, here.languages[0]))


def _press_earlier(state: State, name: str, number: str, here: Here) -> Turn:
    """A button of a question asked earlier changes that answer; of any other, it does nothing."""
    script = here.scripts.get(state.script)
    pressed = script.step(name) if script else None
    answer = read_answer(number)
    if pressed is None or answer is None or pressed.kind != "choice" or name not in state.trail:
        return Turn(state)
    answers = {**state.answers, pressed.keeps: answer.choice}
    return Turn(replace(state, answers=answers), (), (Answered(pressed.keeps, answer.choice),))


def _out_of_the_blue(state: State, incoming: Incoming, here: Here) -> Turn:
    """Nothing was asked: what came is a story, more of one, or it is hello."""
    answer = read_answer(incoming.text)
    if is_chatter(incoming.text) or (answer and not answer.rest):
        return Turn(state) if state.told else Turn(state, (Say("hello"),))
    if state.told and state.dangers:  # somebody in danger goes on telling
        return _told(state, incoming.text, None, incoming, here)
    fresh = state.fresh(OPEN_STORY, here.scripts[OPEN_STORY].steps[0].name)
    fresh = replace(fresh, routes_told=state.routes_told and not state.told)  # said a moment ago, with hello
    turn = _told(fresh, incoming.text, current_step(fresh, here), incoming, here)
    kept = (Answered("listened", answer.choice),) if answer else ()
    return replace(turn, effects=(Begin(OPEN_STORY), *kept, *turn.effects))


def _hear_more(state: State, incoming: Incoming, here: Here) -> Turn:
    """While a story is being told: another part of it, or the answer that was asked for."""
    asked = current_step(state, here)
    answer = read_answer(incoming.text)
    if answer and not answer.rest and asked and asked.kind == "choice" and asked.keeps not in state.answers:
        state = replace(state, answers={**state.answers, asked.keeps: answer.choice})
        return _wait(state, (Answered(asked.keeps, answer.choice),), here)
    if is_chatter(incoming.text):
        return _wait(state, (), here)
    return _told(state, incoming.text, asked, incoming, here)


def _hear_choice(state: State, incoming: Incoming, asked: Step, here: Here) -> Turn:
    answer = read_answer(incoming.text)
    if answer is not None:
        return _choose(state, answer, asked, here, incoming)
    if is_chatter(incoming.text):
        return Turn(state, current(state, here))
    return _told(state, incoming.text, asked, incoming, here)


def _choose(state: State, answer: Answer, asked: Step, here: Here, incoming: Incoming) -> Turn:
    bad = asked.keeps.startswith(HEARD) and answer.choice != "yes"
    state = replace(state, answers={**state.answers, asked.keeps: answer.choice}, bad=bad)
    kept = Answered(asked.keeps, answer.choice)
    turn = _told(state, answer.rest, asked, incoming, here) if answer.rest else advance(state, asked, here)
    return replace(turn, effects=(kept, *turn.effects))


def _hear_words(state: State, incoming: Incoming, asked: Step, here: Here) -> Turn:
    answer = read_answer(incoming.text)
    if answer and not answer.rest and answer.choice == "no":
        return advance(state, asked, here)  # "no" to "what happened?" is "nothing to tell"
    if asked.keeps != "story":
        return _hear_other_words(state, incoming, asked, here)
    if is_chatter(incoming.text) or (answer and not answer.rest):
        return Turn(state, (Say("words_please"),))
    return _told(state, incoming.text, asked, incoming, here)


def _hear_other_words(state: State, incoming: Incoming, asked: Step, here: Here) -> Turn:
    """Words beside the story: taken as they are. Where a script asks for no story, they are what is told."""
    if not has_words(incoming.text):
        return Turn(state, (Say("words_please"),))
    if not here.scripts[state.script].asks_for_story:
        state = replace(state, told=True, told_at=incoming.received_at)
    turn = advance(state, asked, here)
    return replace(turn, effects=(Answered(asked.keeps, incoming.text), *turn.effects))


def _told(state: State, words: str, asked: Step | None, incoming: Incoming, here: Here) -> Turn:
    """Words of the story. The language is told from them, and what they answer is not asked again."""
    effect = Told(words, anew=state.mode == "retelling")
    language = tell(words, here.languages, state.language)
    state = replace(
        state,
        told=True,
        told_at=incoming.received_at,
        mode="",
        bad=state.bad or any(theme.endswith("-") for theme in read_themes(words).names),
        language=language.language if language.how == "sure" else state.language,
        guessed=state.guessed or (language.language or UNGUESSED if language.how == "ask" else ""),
    )
    if here.quiet:
        return _wait(state, (effect,), here)
    turn = settle(state, here) if asked is current_step(state, here) else advance(state, asked, here)
    return replace(turn, effects=(effect, *turn.effects))


def _wait(state: State, effects: tuple[Effect, ...], here: Here) -> Turn:
    """More may be coming: say nothing until nothing has come for a while."""
    return Turn(replace(state, settling=True), (), effects, wake=timedelta(seconds=here.quiet))


def _hear_consent(state: State, incoming: Incoming, asked: Step, here: Here) -> Turn:
    if state.mode == "retelling":
        retold = replace(state, mode="", told_at=incoming.received_at)
        return Turn(retold, (ask(asked, retold),), (Told(incoming.text, anew=True),))
    decision = "no" if withdraws_consent(incoming.text) else read_consent(incoming.text)
    if decision:
        return _decide(state, decision, asked, here, incoming)
    if is_chatter(incoming.text):
        return Turn(state, current(state, here))
    # More of the story. It has been asked about already, so nothing is said.
    return Turn(replace(state, told_at=incoming.received_at, mode=""), (), (Told(incoming.text),))


def _decide(state: State, decision: str, asked: Step, here: Here, incoming: Incoming) -> Turn:
    if decision == "show":
        return _show(state, asked, incoming)
    given = decision == "yes"
    turn = advance(replace(state, mode=""), asked, here)
    effects = (Consented(asked.use, given),)
    if given and state.bad and asked.use == "digest":
        offering, said = offer(turn.state, "consent_yes")
        return Turn(offering, (said,), effects)
    return Turn(turn.state, (Say("consent_yes" if given else "consent_no"),), effects)


def _show(state: State, asked: Step, incoming: Incoming) -> Turn:
    if state.mode == "shown":  # the second choice under a preview is "tell it again"
        return Turn(replace(state, mode="retelling"), (Say("retell"),))
    if state.told_at is None or incoming.received_at - state.told_at > PREVIEW_WINDOW:
        return Turn(state, (Say("preview_too_late", asked.name, TOO_LATE_BUTTONS),))
    preview = Say("preview", asked.name, PREVIEW_BUTTONS, shows="story")
    return Turn(replace(state, mode="shown"), (preview,))


def _hear_judgement(state: State, incoming: Incoming, here: Here) -> Turn:
    """Whether what their landlord answers is so; whatever else comes is a story of its own."""
    rests = replace(state, step=None)
    answer = read_answer(incoming.text)
    if answer is None:
        return Turn(state) if is_chatter(incoming.text) else _out_of_the_blue(rests, incoming, here)
    judged = () if answer.choice == "partly" else (Judged(state.about, answer.choice == "yes"),)
    if len(answer.rest.split()) >= FEWEST_WORDS_OF_A_STORY:
        turn = _out_of_the_blue(rests, replace(incoming, text=answer.rest), here)
        return replace(turn, effects=(*judged, *turn.effects))
    return Turn(rests, (Say("thanks" if answer.choice == "yes" else "response_no"),), judged)


def _hear_hand_over(state: State, incoming: Incoming, asked: Step, here: Here) -> Turn:
    """Whether somebody who can act may be told; words that are no answer belong to the story."""
    decision = read_consent(incoming.text)
    if decision not in ("yes", "no"):
        if is_chatter(incoming.text):
            return Turn(state, current(state, here))
        return Turn(replace(state, told_at=incoming.received_at), (), (Told(incoming.text),))
    agreed = decision == "yes"
    state = replace(state, answers={**state.answers, "hand_over": decision})
    decided = HandOver(state.handing, agreed)
    said = Say(f"handed_over.{state.handing}" if agreed else "not_handed_over")
    if not agreed and not state.dangers and not state.private:
        return _back_to_story(state, (said,), (decided,), here)
    turn = advance(state, asked, here)
    following = turn.says if turn.state.step else ()
    return replace(turn, says=(said, *following), effects=(decided,))


def _back_to_story(state: State, says: tuple[Say, ...], effects: tuple[Effect, ...], here: Here) -> Turn:
    """What was not passed on may still be told to the landlord without a name."""
    script = here.scripts[OPEN_STORY]
    turn = advance(replace(state, script=OPEN_STORY), script.steps[0], here)
    return replace(turn, says=(*says, *turn.says), effects=effects)
