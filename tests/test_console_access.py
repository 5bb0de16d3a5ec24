"""Who may open what: every route of the app, as every role, here and elsewhere, exactly as the table says."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from console import House
from starlette.routing import Route

from bot.console.access import as_markdown
from bot.console.page import Page
from bot.console.roles import ROLES
from bot.console.routes import PAGES
from bot.conversation.hand_overs import ROLES as HAND_OVER_ROLES

ROOT = Path(__file__).resolve().parents[1]
BESIDE_THE_TABLE = {"/console", "/console/{rest:path}", "/console/static/icon.svg"}
NO_SUCH_ID = 7
FORM = {"nobody": "yes", "reason": "recognisable", "kind": "complaint", "note": "done", "do": "take"}
"""What makes every form complete, so that a refusal is for whose thing it is."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two landlords; one person a role for the first, who is told of everything there; things of the second."""
    made = House(tmp_path_factory.mktemp("access"))
    made.everybody()
    for role in HAND_OVER_ROLES:
        made.on_duty(person("duty"), role)
    yield made
    made.close()


@pytest.fixture(scope="module")
def things(house: House) -> dict[str, int]:
    """One of each thing that an address may name, all of the other landlord, by what the path calls it."""
    return {
        "story": house.told("they came when they said", house.theirs),
        "hand_over": house.hand_over("fire_gas_electrical", "I smell gas", house.theirs),
        "release": house.release(house.theirs),
        "request": house.request(house.theirs),
        "response": house.response(house.theirs),
        "key": house.api_key(house.theirs),
        "contact": house.on_duty("night@quay.example", "duty", house.theirs),
        "workshop": house.workshop(house.theirs),
    }


def names_in(page: Page) -> list[str]:
    """What the path of a page names."""
    return [part[1:-1] for part in page.path.split("/") if part.startswith("{")]


def path_of(page: Page, landlord_id: int, things: Mapping[str, int] | None = None) -> str:
    """A page's address; with ids of things that nobody has, unless some are given."""
    named: dict[str, str | int] = {"token": "nothing", **(things or {}), "landlord": landlord_id}
    return page.url(**{name: named.get(name, NO_SUCH_ID) for name in names_in(page)})


def person(role: str) -> str:
    """The one person who has a role."""
    return f"{role}-ours@staff.example"


def test_every_route_has_its_row(house: House) -> None:
    """What the app answers under /console is the table, the style sheet and the picture, and nothing else."""
    served = {
        (method, route.path)
        for route in house.app.routes
        if isinstance(route, Route) and route.path.startswith("/console")
        for method in (route.methods or set()) - {"HEAD"}
    }
    beside = {(m, p) for m, p in served if p in BESIDE_THE_TABLE or p.endswith(".css")}
    tabled = {
        (page.method, "/console" + page.path.replace("}", ":int}").replace("{token:int}", "{token:str}"))
        for page in PAGES
    }
    assert served - beside == tabled
    assert len({page.name for page in PAGES}) == len(PAGES)


def test_the_docs_say_the_same() -> None:
    """docs/console-access.md is the table (make console-access)."""
    assert (ROOT / "docs" / "console-access.md").read_text(encoding="utf-8") == as_markdown(PAGES)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_route_as_each_role(house: House, page: Page, role: str) -> None:
    """As the table says: yes or 403 for one's own landlord, and 404 for any other."""
    if page.name in ("sign_out", "sign_out_everywhere"):
        pytest.skip("it ends the login that the other tests need; see test_staff.py")
    here = house.ask(page.method, path_of(page, house.ours), person(role))
    if page.scope == "landlord":
        assert (here.status == 403) == (role not in page.may), here.status
        elsewhere = house.ask(page.method, path_of(page, house.theirs), person(role))
        nowhere = house.ask(page.method, path_of(page, NO_SUCH_ID), person(role))
        assert (elsewhere.status, nowhere.status) == (404, 404)
        assert elsewhere.plain == nowhere.plain
        assert "Quay Homes" not in elsewhere.text
    else:
        assert here.status != 403
    assert here.status < 500


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if set(names_in(page)) - {"landlord", "token"}],
    ids=lambda page: page.name,
)
def test_another_landlords_things(house: House, things: dict[str, int], page: Page, role: str) -> None:
    """Through one's own landlord's address nothing of another landlord opens or changes: 404, as if it were not there."""
    assert set(names_in(page)) - {"landlord"} <= set(things), "add one of these to the things"
    answer = house.ask(page.method, path_of(page, house.ours, things), person(role), FORM)
    assert answer.status == (404 if role in page.may else 403)
    elsewhere = house.ask(page.method, path_of(page, house.theirs, things), person(role), FORM)
    assert elsewhere.status == 404


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_route_without_a_login(house: House, page: Page) -> None:
    """Whoever is not signed in is sent to sign in, and nothing happens."""
    for cookie in ("", "listened=nothing"):
        answer = house.ask(page.method, path_of(page, house.ours), cookie=cookie)
        if page.scope == "anybody":
            assert answer.status in (
                200,
                400,
                404,
                429,
            )  # the form, a wrong password, a link that opens nothing
        else:
            assert (answer.status, answer.to.partition("?")[0]) == (303, "/console/sign-in")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_route_is_guarded(house: House, page: Page) -> None:
    """Another site can neither post nor load it, another name for us opens nothing, and the policy is strict."""
    path, who = path_of(page, house.ours), person("auditor")
    there = "https://elsewhere.example"
    assert house.ask(page.method, path, who, host="rebound.example").status == 421
    embedded = house.ask(page.method, path, who, sec_fetch_site="cross-site", sec_fetch_mode="no-cors")
    assert embedded.status == 403
    if page.method == "POST":
        assert house.ask("POST", path, who, origin=there).status == 403
        assert (
            house.ask("POST", path, who, sec_fetch_site="cross-site", sec_fetch_mode="navigate").status == 403
        )
        assert house.ask("POST", path, who, sec_fetch_site="same-site").status == 403
        assert house.ask("POST", path, who, origin="null").status == 403
    policy = embedded.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "data:" not in policy


def test_a_link_from_elsewhere_leads_here(house: House) -> None:
    """A link in a mail is followed from another site, and that is how people come."""
    page = house.ask(
        "GET",
        f"/console/{house.ours}/today",
        person("duty"),
        sec_fetch_site="cross-site",
        sec_fetch_mode="navigate",
    )
    assert page.status == 200


def test_what_is_not_there_is_404(house: House) -> None:
    """Ids larger than the database takes, other names, other methods: a plain answer and no error."""
    who = person("operator")
    assert house.ask("GET", f"/console/{2**70}/staff", who).status == 404
    assert house.ask("GET", "/console/nothing/here", who).status == 404
    assert house.ask("POST", f"/console/{house.ours}/today", who).status in (404, 405)


def test_too_large_a_form_is_refused(house: House) -> None:
    """A form takes what people type, and no more."""
    form = {"email": "a" * 100_000}
    assert house.ask("POST", "/console/sign-in", form=form).status == 413
