"""`listened chat`: the conversation in the terminal, with nothing behind it but the dialogue."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from bot.conversation import dialogue
from bot.conversation.hand_overs import load_rules
from bot.conversation.messages import Incoming
from bot.conversation.script import load_scripts
from bot.conversation.speech import Facts, reply_for
from bot.conversation.state import State
from bot.conversation.turn import Told, Turn
from bot.privacy.redact import redact
from bot.wording import load_wording

FACTS = Facts("The Listening Team", "Harbour Homes", "call 01632 960100", "01632 960999")
CODE = "1234"  # in a terminal nobody else holds the phone


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(chat)


def chat(
    script: Annotated[
        str, typer.Option(help="after_visit asks first; open_story waits for a story.")
    ] = "open_story",
    channel: Annotated[str, typer.Option(help="sms, whatsapp or telegram.")] = "sms",
) -> None:
    """Talk to the bot here. Nothing is stored or sent. An empty line ends it."""
    scripts, wording = load_scripts(), load_wording("bot.conversation")
    if script not in scripts:
        raise typer.BadParameter(f"Choose one of {', '.join(scripts)}.", param_hint="--script")
    here = dialogue.Here(scripts, wording.languages, CODE, load_rules())
    state, story = State(), ""
    if script != dialogue.OPEN_STORY:
        turn = dialogue.begin(state, scripts[script])
        state = turn.state
        _say(turn, story)
    number = 0
    while text := typer.prompt("you", default="", show_default=False, prompt_suffix="> "):
        number += 1
        incoming = Incoming(channel, "terminal", str(number), "you", text, datetime.now(UTC))  # type: ignore[arg-type]
        turn = dialogue.step(state, incoming, here)
        for effect in turn.effects:
            if isinstance(effect, Told):
                story = effect.words if effect.anew else f"{story} {effect.words}".strip()
        state = turn.state
        _say(turn, story)


def _say(turn: Turn, story: str) -> None:
    wording = load_wording("bot.conversation")
    for say in turn.says:
        reply = reply_for(wording, turn.state.language, say, FACTS, redact(story).words)
        typer.secho(f"bot> {reply.text}", fg=typer.colors.CYAN)
