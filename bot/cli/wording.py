"""`listened wording`: which languages there are, what each costs to text, and the start of a new one."""

from pathlib import Path
from typing import Annotated, Final

import typer
from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog

from bot.conversation.segments import Count, plain, segments
from bot.conversation.typical import typically
from bot.understanding.language import launch_languages
from bot.wording import DEFAULT, Wording, load_wording

PACKAGE: Final = "bot.conversation"
FOLDER: Final = Path(__file__).parents[1] / "conversation" / "wording"
LEXICONS: Final = Path(__file__).parents[1] / "understanding" / "lexicons"

wording_app = typer.Typer(
    help="Languages: how complete they are, and what they cost to text.", invoke_without_command=True
)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(wording_app, name="wording")


@wording_app.callback()
def wording(
    context: typer.Context,
    show_segments: Annotated[
        bool, typer.Option("--segments", help="Show how many SMS each text takes, the dearest first.")
    ] = False,
) -> None:
    """Show every language: how complete it is, and whether a native reader has read it."""
    if context.invoked_subcommand:
        return
    words = load_wording(PACKAGE)
    for line in segment_table(words) if show_segments else language_list(words):
        typer.echo(line)


@wording_app.command("new")
def new_language(
    code: Annotated[str, typer.Argument(help="The BCP 47 code: lt, so, zh.")],
    folder: Annotated[Path, typer.Option(help="Where the catalogues are.", show_default=False)] = FOLDER,
) -> None:
    """Start a new language: a catalogue with every English sentence to translate."""
    try:
        locale = Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError):
        raise typer.BadParameter(
            f"{code} is no language that we know; write it like lt or pt.", param_hint="CODE"
        ) from None
    path = folder / f"{code}.po"
    if path.exists():
        raise typer.BadParameter(f"{path} is there already.", param_hint="CODE")
    path.write_text(new_catalogue(load_wording(PACKAGE), code, locale), encoding="utf-8", newline="\n")
    typer.echo(f"Written: {path}")
    typer.echo("Put the translation of each English line between the quotes below it, then: listened wording")
    if code not in launch_languages():
        typer.echo(f"Also add what people call the language to {LEXICONS}/languages.toml.")
    if code != DEFAULT and not (LEXICONS / "other" / f"{code}.toml").exists():
        typer.echo(f"Also add its words for stop, yes, danger and so on as {LEXICONS}/other/{code}.toml.")


def language_list(words: Wording) -> list[str]:
    """A line a language."""
    wanted = [key for key, text in words.keys(DEFAULT).items() if text]
    lines = []
    for code in words.languages:
        there = sum(bool(words.keys(code).get(key)) for key in wanted)
        state = "draft: awaits a native reader" if words.is_draft(code) else "read by a native"
        name = Locale.parse(code, sep="-").english_name or code
        lines.append(f"{code:<8}{name:<24}{there:>4} of {len(wanted)}  {state}")
    return lines


def segment_table(words: Wording) -> list[str]:
    """Each text of each language with its parts, the dearest first; then the totals of each language."""
    counted = [
        (count(words, code, key), code, key)
        for code in words.languages
        for key, text in words.keys(code).items()
        if text
    ]
    counted.sort(key=lambda one: (-one[0].parts, -one[0].units, one[1], one[2]))
    lines = [f"{'parts':>5} {'units':>6}  {'alphabet':<9} {'language':<9} text"]
    lines += [f"{c.parts:>5} {c.units:>6}  {c.encoding:<9} {code:<9} {key}" for c, code, key in counted]
    lines += ["", f"{'parts':>5} {'texts':>6}  {'dearest':>7}  language"]
    for code in words.languages:
        parts = [c.parts for c, language, _ in counted if language == code]
        lines.append(f"{sum(parts):>5} {len(parts):>6}  {max(parts, default=0):>7}  {code}")
    return lines


def count(words: Wording, code: str, key: str) -> Count:
    """What a text takes to send, filled with typical values and with look-alikes where they make it cheaper."""
    return segments(plain(typically(words, code, key)))


def new_catalogue(words: Wording, code: str, locale: Locale) -> str:
    """The text of a catalogue that has every key and no words yet."""
    lines = [
        f"# {locale.english_name} words for tenants. Machine-drafted, awaits a native reader; take these words away",
        "# when one has read them all. Keep what stands in {braces}. Never ask anybody to text END, QUIT,",
        "# CANCEL, YES, START, INFO or HELP: phone companies act on those words.",
        'msgid ""',
        'msgstr ""',
        '"Project-Id-Version: listened\\n"',
        f'"Language: {code}\\n"',
        '"MIME-Version: 1.0\\n"',
        '"Content-Type: text/plain; charset=utf-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
        f'"Plural-Forms: {Catalog(locale=str(locale)).plural_forms}\\n"',
    ]
    for key, english in words.keys(DEFAULT).items():
        lines += ["", f"# English: {english}", f'msgid "{key}"', 'msgstr ""']
    return "\n".join(lines) + "\n"
