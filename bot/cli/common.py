"""What commands have in common."""

import contextlib
import getpass
from collections.abc import Iterator
from typing import Annotated

import typer

from bot.app import Product, build
from bot.conversation.join_codes import codes_in
from bot.log import set_up_logging
from bot.mail import tidy_address
from bot.migrations import is_current
from bot.settings import Settings, SettingsProblem, load_settings
from models.landlords import Landlord, all_landlords, landlord_named
from models.workshops import Workshop, workshop_of

WhichLandlord = Annotated[
    str | None, typer.Option("--landlord", help="Which one; not needed while there is one.")
]
WhichWorkshop = Annotated[str, typer.Argument(metavar="CODE", help="The workshop's code, such as HAT347.")]


def settings() -> Settings:
    """The settings, with logging set up by them."""
    loaded = load_settings()
    set_up_logging(loaded.log_level)
    return loaded


@contextlib.contextmanager
def product() -> Iterator[Product]:
    """The whole product, on a database that is up to date.

    Raises:
        SettingsProblem: when it can't be put together.
    """
    loaded = settings()
    if not loaded.operator_name:
        raise SettingsProblem("OPERATOR_NAME is not set. To see all that is missing: listened check")
    built = build(loaded)
    try:
        if not is_current(built.store):
            raise SettingsProblem("The tables are missing or old. Run: listened migrate")
        yield built
    finally:
        built.close_database()


def whoever(name: str = "") -> str:
    """Who does this, for the audit: the name given, or that of the account at this computer."""
    return name.strip() or getpass.getuser()


def the_landlord(built: Product, name: str | None) -> Landlord:
    """The landlord of that name; without a name, the only one.

    Raises:
        typer.BadParameter: when there is none, or more than one and no name was given.
    """
    with built.store.read() as session:
        landlords = all_landlords(session)
        found = landlord_named(session, name) if name else None
    if found:
        return found
    names = ", ".join(landlord.name for landlord in landlords) or "none yet; see listened landlord add --help"
    if name:
        raise typer.BadParameter(f"There is no landlord of that name. There is: {names}")
    if len(landlords) != 1:
        raise typer.BadParameter(f"Say which landlord with --landlord. There is: {names}")
    return landlords[0]


def mail_address(email: str) -> str:
    """An e-mail address, tidied.

    Raises:
        typer.BadParameter: when it is none.
    """
    address = tidy_address(email)
    if address is None:
        raise typer.BadParameter("That is no e-mail address.", param_hint="EMAIL")
    return address


def the_workshop(built: Product, code: str) -> Workshop:
    """The workshop with that code, however it is typed.

    Raises:
        typer.BadParameter: when there is none.
    """
    with built.store.read() as session:
        found = next((one for typed in codes_in(code) if (one := workshop_of(session, typed))), None)
    if found is None:
        raise typer.BadParameter(
            "There is no workshop with that code. See: listened workshop list", param_hint="CODE"
        )
    return found
