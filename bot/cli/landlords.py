"""`listened landlord` and `line`: setting up who is asked about."""

from typing import Annotated, get_args
from zoneinfo import ZoneInfo

import typer

from bot.audit import record
from bot.cli.common import mail_address, product, the_landlord, whoever
from bot.conversation.hand_overs import ROLES
from bot.conversation.messages import ChannelName
from bot.conversation.segments import plain, segments
from bot.conversation.speech import Facts, reply_for
from bot.conversation.turn import Say
from bot.numbers import is_uk_mobile, normal_number
from bot.wording import DEFAULT, load_wording
from models.base import new_id
from models.handovers import DutyContact, contacts_for
from models.landlords import (
    Landlord,
    Line,
    all_landlords,
    landlord_named,
    line_for,
    name_key,
)
from models.scopes import BadPool, set_pool

MOST_PARTS = 2
"""Text messages: nothing that a tenant is told may cost more, whatever stands in it."""

NEVER_ALONE = ("preview", "response")
"""Texts that hold words of others: of the teller, who asked for them, and of staff, which are measured by themselves."""

landlord_app = typer.Typer(help="Landlords.", no_args_is_help=True)
line_app = typer.Typer(help="Numbers and bots, and whose they are.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(landlord_app, name="landlord")
    app.add_typer(line_app, name="line")


@landlord_app.command("add")
def add_landlord(
    name: Annotated[str, typer.Argument(help="As tenants know it.")],
    complaints: Annotated[str, typer.Option(help='How to complain, in a sentence: "call 01632 960100".')],
    emergency: Annotated[str, typer.Option(help="The line for urgent repairs, day and night.")],
    timezone: Annotated[str, typer.Option(help="Whose clock its Mondays go by.")] = "Europe/London",
) -> None:
    """Add a landlord. It needs a way to complain and an emergency line: every tenant is told both."""
    if not complaints.strip():
        raise typer.BadParameter("Say how to complain, in a sentence.", param_hint="--complaints")
    if sum(map(str.isdigit, emergency)) < 3:
        raise typer.BadParameter("That is no phone number.", param_hint="--emergency")
    try:
        ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        raise typer.BadParameter("Write it like Europe/London.", param_hint="--timezone") from None
    with product() as built, built.store.write() as session:
        facts = Facts(built.settings.operator_name, name, complaints, emergency, built.settings.lines)
        too_long = longest_text(facts)
        if too_long > MOST_PARTS:
            raise typer.BadParameter(
                f"A text to tenants would take {too_long} parts with these words. Shorten them, or use plain letters.",
                param_hint="--complaints",
            )
        if landlord_named(session, name):
            raise typer.BadParameter(f"{name} is there already.", param_hint="NAME")
        landlord_id = new_id()
        record(session, built.keys, built.clock(), whoever(), "landlord_added", "landlord", landlord_id)
        session.add(
            Landlord(
                id=landlord_id,
                name=" ".join(name.split()),
                name_key=name_key(name),
                complaints=complaints.strip(),
                emergency=emergency.strip(),
                timezone=timezone,
                created_at=built.clock(),
            )
        )
    typer.echo(
        f"{name} is set up. Next, who is told of a hazard at once: listened landlord contact EMAIL --role duty"
    )


def longest_text(facts: Facts) -> int:
    """How many parts the dearest English text to a tenant takes, with these facts in it."""
    wording = load_wording("bot.conversation")
    says = (Say(key) for key in wording.keys(DEFAULT) if key not in NEVER_ALONE)
    return max(segments(plain(reply_for(wording, DEFAULT, say, facts).text)).parts for say in says)


@landlord_app.command("list")
def list_landlords() -> None:
    """Show every landlord."""
    with product() as built, built.store.read() as session:
        for landlord in all_landlords(session):
            typer.echo(f"{landlord.name}  emergency {landlord.emergency}  complaints: {landlord.complaints}")


@landlord_app.command("pool")
def pool(
    name: Annotated[str, typer.Argument(help="What the pool is called in its digests.")],
    landlords: Annotated[
        list[str] | None,
        typer.Argument(help="All landlords that are to be in it, at least three; none to end the pool."),
    ] = None,
) -> None:
    """Count small landlords together, so that there is something to say; no digest names one of them."""
    with product() as built:
        together = [the_landlord(built, one) for one in landlords or ()]
        with built.store.write() as session:
            members = [session.get_one(Landlord, one.id) for one in together]
            try:
                made = set_pool(session, name, members, built.clock())
            except BadPool as problem:
                raise typer.BadParameter(str(problem), param_hint="LANDLORDS") from None
            record(
                session, built.keys, built.clock(), whoever(), "pool_set", "pool", made.id if made else None
            )
    if made is None:
        typer.echo(f"{name} has ended. From now on each of its landlords is counted alone.")
        return
    typer.echo(f"From now on {made.name} is counted together: {', '.join(one.name for one in members)}.")


@landlord_app.command("contact")
def add_contact(
    email: Annotated[str, typer.Argument(help="Who is told by mail.")],
    role: Annotated[
        str,
        typer.Option(
            help="duty (hazards), safeguarding (people's safety), second (allegations against staff) or complaints."
        ),
    ],
    landlord: Annotated[
        str | None, typer.Option(help="Whose contact; not needed while there is one landlord.")
    ] = None,
    sms: Annotated[str, typer.Option(help="A UK mobile that is texted as well.")] = "",
) -> None:
    """Add somebody who is told at once of hazards, safety, complaints or allegations."""
    if role not in ROLES:
        raise typer.BadParameter(f"Choose one of {', '.join(ROLES)}.", param_hint="--role")
    address = mail_address(email)
    mobile = normal_number(sms) if sms else None
    if sms and not (mobile and is_uk_mobile(mobile)):
        raise typer.BadParameter("That is no UK mobile.", param_hint="--sms")
    with product() as built:
        owner = the_landlord(built, landlord)
        contact_id = new_id()
        contact = DutyContact(
            id=contact_id,
            landlord_id=owner.id,
            role=role,
            lookup=built.keys.lookup("duty", address.casefold()),
            email=built.keys.seal("duty_contact", contact_id, "email", address),
            mobile=built.keys.seal("duty_contact", contact_id, "mobile", mobile) if mobile else None,
            created_at=built.clock(),
        )
        with built.store.write() as session:
            if any(one.lookup == contact.lookup for one in contacts_for(session, owner.id, [role])):
                raise typer.BadParameter("This address has that role already.", param_hint="EMAIL")
            session.add(contact)
            now = built.clock()
            record(session, built.keys, now, whoever(), "duty_contact_added", "duty_contact", contact_id)
    typer.echo(f"From now on {address} is told ({role}) when something about {owner.name} needs somebody.")


@landlord_app.command("contacts")
def list_contacts(
    landlord: Annotated[
        str | None, typer.Option(help="Whose contacts; not needed while there is one landlord.")
    ] = None,
) -> None:
    """Show who is told of what."""
    with product() as built:
        owner = the_landlord(built, landlord)
        with built.store.read() as session:
            for role in ROLES:
                told = contacts_for(session, owner.id, [role])
                addresses = [built.keys.open("duty_contact", one.id, "email", one.email) for one in told]
                typer.echo(f"{role:<13} {', '.join(addresses) or 'nobody yet'}")


@line_app.command("add")
def add_line(
    account: Annotated[str, typer.Argument(help="The number (+447700900000) or the bot's id.")],
    channel: Annotated[str, typer.Option(help="sms, whatsapp or telegram.")],
    landlord: Annotated[str, typer.Option(help="Whose line it is.")],
) -> None:
    """Say whose a number or bot is. Needed once there are two landlords."""
    if channel not in get_args(ChannelName):
        raise typer.BadParameter(f"Choose one of {', '.join(get_args(ChannelName))}.", param_hint="--channel")
    with product() as built:
        owner = the_landlord(built, landlord)
        with built.store.write() as session:
            line = line_for(session, channel, account)
            if line is None:
                line = Line(id=new_id(), channel=channel, account=account, landlord_id=owner.id)
                session.add(line)
            line.landlord_id = owner.id
            record(session, built.keys, built.clock(), whoever(), "line_added", "line", line.id)
    typer.echo(f"What comes in there is about {owner.name}.")
