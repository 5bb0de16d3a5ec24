"""`listened person`, `audit` and `forget`: people's rights, what staff did, and what may not be kept."""

import json
from collections.abc import Sequence
from typing import Annotated, get_args

import typer
from sqlalchemy.orm import Session

from bot.app import Product
from bot.audit import Action, actor, record, verify
from bot.cli.common import product, whoever
from bot.conversation.messages import ChannelName
from bot.delivery.people import ONE_NUMBER, People
from bot.export import Export, as_text
from bot.numbers import normal_number
from bot.rights import erase, forget_if_erased, withdraw
from models.audit import before
from models.people import Contact, contacts_of

person_app = typer.Typer(help="What a person may ask of us: all that we hold, erasure, taking a yes back.")
audit_app = typer.Typer(help="What staff did.", no_args_is_help=True)

WhichChannel = Annotated[str, typer.Option("--channel", help="sms, whatsapp or telegram.")]
Address = Annotated[str, typer.Option("--address", help="The number, or the chat's id on Telegram.")]
Who = Annotated[str, typer.Option("--as", help="Who does it, for the audit; you by default.")]
Sure = Annotated[bool, typer.Option("--yes", help="Don't ask whether you are sure.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(person_app, name="person", no_args_is_help=True)
    app.add_typer(audit_app, name="audit")
    app.command()(forget)


@person_app.command("export")
def export_person(
    channel: WhichChannel,
    address: Address,
    who: Who = "",
    as_json: Annotated[bool, typer.Option("--json", help="As data and not as text.")] = False,
    yes: Sure = False,
) -> None:
    """Print everything that is held about a person, on every channel of the same number.

    Read it before you hand it over: a note on a hand-over may be about somebody else as well. Make sure that
    whoever asks is that person and has the phone now: numbers change hands.
    """
    with product() as built:
        _confirm("Print everything that this person told?", yes=yes)
        with built.store.write() as session:
            contacts = _found(session, built, channel, address)
            held = Export(session, built.keys).of(contacts)
            _note(session, built, who, "person_exported", contacts)
    typer.echo(json.dumps(held, indent=2, ensure_ascii=False) if as_json else as_text(held))


@person_app.command("erase")
def erase_person(channel: WhichChannel, address: Address, who: Who = "", yes: Sure = False) -> None:
    """Remove everything that a person told, on every channel of the same number.

    It is what DELETE does. A keyed hash stays, so that nobody texts them again until they write START.
    """
    with product() as built:
        _confirm("Remove all that this person told? It can't be undone.", yes=yes)
        with built.store.write() as session:
            contacts = _found(session, built, channel, address)
            _note(session, built, who, "person_erased", contacts)
            erase(session, built.keys, contacts[0], built.clock())
            forget_if_erased(session, built.keys, contacts[0].id, built.clock())
        built.store.checkpoint()
    typer.echo("All that they told is removed. What has left already can't be called back.")


@person_app.command("withdraw")
def withdraw_person(channel: WhichChannel, address: Address, who: Who = "", yes: Sure = False) -> None:
    """Take back every yes of a person: no later release uses their words. What they told stays."""
    with product() as built:
        _confirm("Take back every yes of this person?", yes=yes)
        with built.store.write() as session:
            contacts = _found(session, built, channel, address)
            count = withdraw(session, contacts[0], built.clock())
            _note(session, built, who, "consents_withdrawn", contacts)
    typer.echo(f"Consents taken back: {count}. The next digest doesn't use their words.")


@audit_app.command("list")
def list_audit(
    limit: Annotated[int, typer.Option(min=1, help="How many, from the newest on.")] = 50,
    by: Annotated[str, typer.Option(help="Only what this person did.")] = "",
) -> None:
    """Show what staff did, newest first. Who did it is a keyed hash: ask for a name with --by."""
    with product() as built, built.store.read() as session:
        hashes = actor(built.keys, by) if by else ()
        for row in before(session, None, limit):
            if by and row.actor not in hashes:
                continue
            about = f"{row.about} {row.about_id}" if row.about else ""
            line = (
                f"{row.number:>6}  {row.at:%Y-%m-%d %H:%M:%S}  {row.actor.hex()[-8:]}  {row.action}  {about}"
            )
            typer.echo(line.rstrip())


@audit_app.command("verify")
def verify_audit() -> None:
    """Check that no row was changed and none taken out. Note down what it prints, away from this machine."""
    with product() as built, built.store.read() as session:
        outcome = verify(session, built.keys)
    if outcome.broken_at is not None:
        typer.echo(f"Row {outcome.broken_at} was changed, or the one before it was taken out.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{outcome.count} rows, none changed. The last link is {outcome.last_link or 'none yet'}.")


def forget() -> None:
    """Remove now what may no longer be kept; otherwise it is done at night while serving."""
    with product() as built:
        removed = built.retention.run()
    for name, count in removed.items():
        typer.echo(f"{name.replace('_', ' ')}: {count}")
    if not removed:
        typer.echo("Nothing is kept longer than it may be.")


def _confirm(question: str, *, yes: bool) -> None:
    if not yes:
        typer.confirm(question, abort=True, err=True)


def _found(session: Session, built: Product, channel: str, address: str) -> Sequence[Contact]:
    """Every contact of the person at an address; the one there first."""
    if channel not in get_args(ChannelName):
        raise typer.BadParameter(f"Choose one of {', '.join(get_args(ChannelName))}.", param_hint="--channel")
    known: ChannelName = channel  # type: ignore[assignment]  # one of them, as just seen
    normal = normal_number(address) if channel in ONE_NUMBER else address.strip()
    contact = People(built.keys, built.clock).find(session, known, normal or address)
    if contact is None:
        raise typer.BadParameter("Nothing is held about anybody there.", param_hint="--address")
    return [contact, *(one for one in contacts_of(session, contact.person) if one.id != contact.id)]


def _note(session: Session, built: Product, who: str, action: Action, contacts: Sequence[Contact]) -> None:
    for contact in contacts:
        record(session, built.keys, built.clock(), whoever(who), action, "contact", contact.id)
