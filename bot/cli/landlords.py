"""`listened landlord` and `line`: setting up who is asked about."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from bot.audit import record
from bot.cli.common import WhichLandlord, mail_address, product, the_landlord, whoever
from bot.conversation.hand_overs import ROLES
from bot.landlords import LandlordProblem, Told
from models.landlords import Landlord, all_landlords
from models.scopes import BadPool, set_pool

landlord_app = typer.Typer(help="Landlords.", no_args_is_help=True)
line_app = typer.Typer(help="Numbers and bots, and whose they are.", no_args_is_help=True)

ARGUMENTS = ("name", "email", "account")
"""What is not written with two dashes before it."""


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
    with product() as built, _said():
        built.landlords.add(name, complaints, emergency, timezone, whoever())
    typer.echo(
        f"{name} is set up. Next, who is told of a hazard at once: listened landlord contact EMAIL --role duty"
    )


@landlord_app.command("set")
def set_landlord(
    landlord: WhichLandlord = None,
    complaints: Annotated[str | None, typer.Option(help="How to complain, in a sentence.")] = None,
    emergency: Annotated[str | None, typer.Option(help="The line for urgent repairs, day and night.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Whose clock its Mondays go by.")] = None,
) -> None:
    """Change what a landlord's tenants are told; what is not given stays."""
    with product() as built, _said():
        owner = the_landlord(built, landlord)
        built.landlords.change(
            owner,
            complaints or owner.complaints,
            emergency or owner.emergency,
            timezone or owner.timezone,
            whoever(),
        )
    typer.echo(f"From now on {owner.name}'s tenants are told so.")


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
    remove: Annotated[bool, typer.Option("--remove", help="Tell this address no more.")] = False,
) -> None:
    """Add somebody who is told at once of hazards, safety, complaints or allegations; or take them off."""
    address = mail_address(email)
    with product() as built, _said():
        owner = the_landlord(built, landlord)
        if remove:
            built.landlords.tell_no_more(
                owner, _contact(built.landlords.told(owner), role, address), whoever()
            )
            typer.echo(f"From now on {address} is not told ({role}).")
            return
        built.landlords.tell(owner, role, address, sms, whoever())
    typer.echo(f"From now on {address} is told ({role}) when something about {owner.name} needs somebody.")


@landlord_app.command("contacts")
def list_contacts(
    landlord: Annotated[
        str | None, typer.Option(help="Whose contacts; not needed while there is one landlord.")
    ] = None,
) -> None:
    """Show who is told of what."""
    with product() as built:
        told = built.landlords.told(the_landlord(built, landlord))
    for role in ROLES:
        addresses = ", ".join(one.email for one in told if one.role == role)
        typer.echo(f"{role:<13} {addresses or 'nobody yet'}")


@line_app.command("add")
def add_line(
    account: Annotated[str, typer.Argument(help="The number (+447700900000) or the bot's id.")],
    channel: Annotated[str, typer.Option(help="sms, whatsapp or telegram.")],
    landlord: Annotated[str, typer.Option(help="Whose line it is.")],
) -> None:
    """Say whose a number or bot is. Needed once there are two landlords."""
    with product() as built, _said():
        owner = the_landlord(built, landlord)
        built.landlords.give_line(owner, channel, account, whoever())
    typer.echo(f"What comes in there is about {owner.name}.")


@line_app.command("list")
def list_lines(landlord: WhichLandlord = None) -> None:
    """Show the numbers and bots that are a landlord's."""
    with product() as built:
        for line in built.landlords.lines(the_landlord(built, landlord)):
            typer.echo(f"{line.channel:<10}{line.account}")


def _contact(told: Sequence[Told], role: str, address: str) -> int:
    found = (one.id for one in told if one.role == role and one.email.casefold() == address.casefold())
    number = next(found, None)
    if number is None:
        raise LandlordProblem("email", "This address is not told. To see who is: listened landlord contacts")
    return number


@contextmanager
def _said() -> Iterator[None]:
    """What is wrong is said in a sentence, with the name of what it is about."""
    try:
        yield
    except LandlordProblem as problem:
        name = problem.field
        raise typer.BadParameter(
            str(problem), param_hint=name.upper() if name in ARGUMENTS else f"--{name}"
        ) from None
