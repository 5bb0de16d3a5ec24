"""`listened staff`: who may use the console."""

from typing import Annotated

import typer

from bot.app import Product
from bot.cli.common import mail_address, product, the_landlord, whoever
from bot.console.accounts import Accounts, Refused
from bot.console.roles import ROLES, Role
from bot.wording import load_wording
from models.landlords import all_landlords

staff_app = typer.Typer(help="Who may use the console.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="Their e-mail address.")]
WhichRole = Annotated[str, typer.Option("--role", help=f"One of: {', '.join(ROLES)}.")]
WhichLandlord = Annotated[
    str | None, typer.Option("--landlord", help="For which landlord; not needed while there is one.")
]
Who = Annotated[str, typer.Option("--as", help="Who does it, for the audit; you by default.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(staff_app, name="staff")


@staff_app.command("add")
def add(email: Email, role: WhichRole, landlord: WhichLandlord = None, who: Who = "") -> None:
    """Give somebody a role. For somebody new, print the link with which they set up their account."""
    address, wanted = mail_address(email), _role(role)
    with product() as built:
        owner = the_landlord(built, landlord)
        try:
            token = _accounts(built).add(address, owner.id, wanted, whoever(who))
        except Refused as refused:
            raise _sentence(refused) from None
        typer.echo(f"{address} is {role} for {owner.name}.")
        if token:
            _show_link(built, token)


@staff_app.command("take")
def take(email: Email, role: WhichRole, landlord: WhichLandlord = None, who: Who = "") -> None:
    """Take a role away. Without any role left, the account is removed."""
    with product() as built:
        owner = the_landlord(built, landlord)
        try:
            _accounts(built).take(mail_address(email), owner.id, _role(role), whoever(who))
        except Refused as refused:
            raise _sentence(refused) from None
    typer.echo("Done: it holds from their next click on.")


@staff_app.command("remove")
def remove(email: Email, who: Who = "") -> None:
    """Remove somebody: they are out at once, everywhere."""
    with product() as built:
        try:
            _accounts(built).remove(mail_address(email), whoever(who))
        except Refused as refused:
            raise _sentence(refused) from None
    typer.echo("Removed, and signed out everywhere.")


@staff_app.command("invite")
def invite(email: Email, who: Who = "") -> None:
    """Print a new link for somebody who lost theirs, their password or their phone; the old ones open nothing."""
    with product() as built:
        try:
            token = _accounts(built).invite_again(mail_address(email), whoever(who))
        except Refused as refused:
            raise _sentence(refused) from None
        _show_link(built, token)


@staff_app.command("list")
def list_staff() -> None:
    """Show everybody and their roles."""
    with product() as built:
        with built.store.read() as session:
            names = {landlord.id: landlord.name for landlord in all_landlords(session)}
        for account in _accounts(built).of(list(names)):
            roles = ", ".join(f"{role} for {names[landlord_id]}" for landlord_id, role in account.roles)
            typer.echo(f"{account.email}  {roles}{'' if account.joined else '  (not set up yet)'}")


def _accounts(built: Product) -> Accounts:
    return Accounts(built.store, built.keys, built.clock)


def _role(role: str) -> Role:
    if role not in ROLES:
        raise typer.BadParameter(f"Choose one of {', '.join(ROLES)}.", param_hint="--role")
    return role


def _sentence(refused: Refused) -> typer.BadParameter:
    return typer.BadParameter(load_wording("bot.console").text("en", refused.key, **refused.values))


def _show_link(built: Product, token: str) -> None:
    typer.echo("Give them this link, which works once, within seven days:")
    typer.echo(f"{built.settings.public_base_url or 'http://127.0.0.1:8000'}/console/invitation/{token}")
