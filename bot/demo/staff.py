"""The demo's staff: one person a role, and a way to be each of them at once. Nothing of this is served outside of it."""

from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.app.office import office_of
from bot.audit import actor
from bot.console.roles import ROLES, Role
from bot.conversation.hand_overs import ROLES as HAND_OVER_ROLES
from bot.demo.stage import Stage
from models.base import new_id
from models.handovers import DutyContact
from models.landlords import Landlord, all_landlords
from models.staff import staff_by_lookup

PATH: Final = "/demo/staff"


def staff_routes(stage: Stage) -> list[Route]:
    """Hires one person a role, and gives the address that lets the visitor in as one of them."""
    office = office_of(stage.product, ROLES)
    with stage.product.store.read() as session:
        landlord = all_landlords(session)[0]
    for role in ROLES:
        office.accounts.add(_email(role), landlord.id, role, "the demo")
    with stage.product.store.write() as session:
        for told_of in HAND_OVER_ROLES:
            session.add(_duty_contact(stage, landlord, told_of))

    def let_in(role: Role) -> str:
        with stage.product.store.write() as session:
            person = staff_by_lookup(session, actor(stage.product.keys, _email(role)))
            if person is None:
                raise LookupError("the demo's staff are gone")
            return office.signing_in.let_in(session, person)

    async def become(request: Request) -> Response:
        guard = office.guard
        if not (guard.is_our_host(request.headers) and guard.comes_from_us("POST", request.headers)):
            return PlainTextResponse("Only the demo's own pages may ask for that.", 403)
        asked = str((await request.form()).get("role"))
        role = next((one for one in ROLES if one == asked), None)
        if role is None:
            return PlainTextResponse("There is no such role.", 404)
        token = await stage.product.threads.run(lambda: let_in(role))
        response = RedirectResponse("/console/", 303)
        guard.let_in(response, token)
        return response

    return [Route(PATH, become, methods=["POST"])]


def _duty_contact(stage: Stage, landlord: Landlord, role: str) -> DutyContact:
    keys, contact_id, email = stage.product.keys, new_id(), _email("duty")
    return DutyContact(
        id=contact_id,
        landlord_id=landlord.id,
        role=role,
        lookup=keys.lookup("duty", email),
        email=keys.seal("duty_contact", contact_id, "email", email),
        created_at=stage.clock(),
    )


def _email(role: Role) -> str:
    return f"{role}@listening.example"
