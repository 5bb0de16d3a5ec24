"""Signing in with a work account: only whom the employer vouches for, in the roles of their groups, and no longer."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from console import NOW, House
from employer import CLIENT, Employer, employer, new_key
from pydantic import SecretStr

from bot.audit import actor
from bot.checks import check
from bot.console.work_accounts import ASKED_EVERY, UNASKED
from models.audit import before
from models.staff import staff_by_lookup, staff_with_roles

EMAIL = "ama@harbour.example"
ROLES = (
    "readers=reader@Harbour Homes; duty team=duty@Harbour Homes; duty team=auditor@Quay Homes; "
    "mods=moderator@Harbour Homes"
)


@pytest.fixture
def work() -> Iterator[Employer]:
    """The employer's sign-in, with Ama before the browser; she is in the duty team."""
    with employer(lambda: NOW) as made:
        made.people["a-1"] = {"email": EMAIL, "email_verified": True, "groups": ["duty team", "choir"]}
        made.who = "a-1"
        yield made


@pytest.fixture
def house(tmp_path: Path, work: Employer) -> Iterator[House]:
    """Two landlords, and that sign-in."""
    made = House(tmp_path, given=settings(work))
    work.clock = made.clock
    yield made
    made.close()


def settings(work: Employer, groups: str = ROLES) -> dict[str, Any]:
    """What an operator sets."""
    client_id, secret = CLIENT
    return {
        "sso_issuer": work.url,
        "sso_client_id": client_id,
        "sso_client_secret": secret,
        "sso_groups": groups,
    }


def cookie(answer: Any, name: str) -> str:
    """What a cookie was set to."""
    return next(iter(re.findall(rf"(?:^|, ){name}=([\w=-]*);", answer.headers.get("set-cookie", ""))), "")


def go(house: House, onward: str = "") -> tuple[str, str]:
    """Go to the employer's sign-in and through it: (where it sends the browser back to, what the browser keeps)."""
    begun = house.ask("GET", f"/console/sso?next={onward}")
    assert begun.status == 303, begun.plain
    there = httpx.get(begun.to, trust_env=False)
    assert there.status_code == 302
    back = urlsplit(there.headers["location"])
    return f"{back.path}?{back.query}", cookie(begun, "listened-begun")


def come_in(house: House, email: str = EMAIL) -> Any:
    """Sign in with the work account; gives the last answer."""
    back, kept = go(house)
    answer = house.ask(
        "GET", back, cookie=f"listened-begun={kept}", sec_fetch_site="cross-site", sec_fetch_mode="navigate"
    )
    house.cookies[email] = cookie(answer, "listened")
    return answer


def is_in(house: House, email: str = EMAIL) -> bool:
    """Whether the next click of somebody opens their page."""
    return house.ask("GET", "/console/account", email).status == 200


def roles(house: House) -> set[tuple[str, int, bool]]:
    """(role, landlord id, whether by group) of everybody."""
    with house.product.store.read() as session:
        found = staff_with_roles(session, [house.ours, house.theirs])
        return {(role.role, role.landlord_id, role.by_group) for _, role in found}


def test_from_the_button_to_the_first_page(house: House) -> None:
    """The page has a button; the groups' roles are there at once; the account is the same the next time."""
    page = house.ask("GET", "/console/sign-in")
    assert "Sign in with your work account" in page.plain
    answer = come_in(house)
    assert (answer.status, answer.to) == (303, "/console/")
    assert cookie(answer, "listened-begun") == ""
    assert roles(house) == {("duty", house.ours, True), ("auditor", house.theirs, True)}
    assert EMAIL in house.ask("GET", "/console/account", EMAIL).plain
    come_in(house)
    with house.product.store.read() as session:
        assert [row.action for row in before(session, None, 9)].count("staff_joined") == 1


def test_one_goes_on_to_where_one_wanted(house: House) -> None:
    """A link in an alert leads to its page, by the sign-in; and never to another site."""
    wanted = f"/console/{house.ours}/hand-overs"
    back, kept = go(house, wanted)
    assert house.ask("GET", back, cookie=f"listened-begun={kept}").to == wanted
    back, kept = go(house, "https://elsewhere.example/")
    assert house.ask("GET", back, cookie=f"listened-begun={kept}").to == "/console/"


def test_an_answer_that_was_not_asked_for_lets_nobody_in(house: House) -> None:
    """Another browser, a changed state, a code of another sign-in, a second use, and eleven minutes: none gets in."""
    back, kept = go(house)
    other_back, other_kept = go(house)
    code = re.findall(r"code=([^&]+)", other_back)[0]
    tries = (
        (back, ""),
        (back, other_kept),
        (back, kept[:-8] + "AAAAAAAA"),
        (re.sub(r"state=[^&]+", "state=x", back), kept),
        (re.sub(r"code=[^&]+", f"code={code}", back), kept),
    )
    for path, cookie_value in tries:
        answer = house.ask("GET", path, cookie=f"listened-begun={cookie_value}")
        assert answer.status == 400
        assert "Please try again" in answer.plain
        assert cookie(answer, "listened") == ""
    assert house.ask("GET", back, cookie=f"listened-begun={kept}").status == 303
    assert house.ask("GET", back, cookie=f"listened-begun={kept}").status == 400
    back, kept = go(house)
    house.pass_time(minutes=11)
    assert house.ask("GET", back, cookie=f"listened-begun={kept}").status == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "http://127.0.0.1:1"},
        {"aud": "another"},
        {"nonce": "x"},
        {"exp": 1},
        {"sub": None},
        {"azp": "another"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_token_that_is_not_for_us_lets_nobody_in(
    house: House, work: Employer, changed: dict[str, Any]
) -> None:
    """Signed by the right key, but of another issuer, for another client, of another visit, or too old."""
    work.changed = changed
    assert come_in(house).status == 400
    assert roles(house) == set()


def test_a_token_of_another_key_lets_nobody_in_and_a_new_key_does(house: House, work: Employer) -> None:
    """What the published keys do not verify is nothing; when the employer changes its keys they are fetched."""
    work.signer = new_key("one", 2)
    assert come_in(house).status == 400
    work.signer, work.key = None, new_key("two")
    assert come_in(house).status == 303


def test_whom_the_employer_removes_is_out(house: House, work: Employer) -> None:
    """Within fifteen seconds a click asks nobody; after that it asks, and whoever is gone is out for good."""
    come_in(house)
    asked = work.asked
    del work.people["a-1"]
    assert is_in(house)
    assert work.asked == asked
    house.now += ASKED_EVERY * 1.1
    assert not is_in(house)
    assert house.ask("GET", "/console/", EMAIL).to == "/console/sign-in"
    with house.product.store.read() as session:
        assert before(session, None, 1)[0].action == "sign_in_ended"


def test_many_clicks_ask_again_and_again(house: House, work: Employer) -> None:
    """Refresh tokens change each time, and somebody who is known stays in."""
    come_in(house)
    asked = work.asked
    for _ in range(5):
        house.now += ASKED_EVERY * 1.1
        assert is_in(house)
    assert work.asked == asked + 5


def test_roles_follow_groups(house: House, work: Employer) -> None:
    """Another group is another role from the next question on; what an operator gave stays; without any, out."""
    come_in(house)
    house.accounts.add(EMAIL, house.theirs, "operator", "a test")
    work.people["a-1"]["groups"] = ["mods"]
    house.now += ASKED_EVERY * 1.1
    assert house.ask("GET", f"/console/{house.ours}/hand-overs", EMAIL).status == 403
    assert roles(house) == {("moderator", house.ours, True), ("operator", house.theirs, False)}
    work.people["a-1"]["groups"] = []
    house.now += ASKED_EVERY * 1.1
    assert house.ask("GET", f"/console/{house.ours}/today", EMAIL).status == 404
    house.accounts.take(EMAIL, house.theirs, "operator", "a test")
    assert not is_in(house)
    assert "has no role here" in come_in(house).plain


def test_whom_an_operator_removes_is_out(house: House) -> None:
    """At the next click, whatever the employer says."""
    come_in(house)
    house.accounts.remove(EMAIL, "a test")
    assert not is_in(house)


def test_roles_that_exclude_each_other(house: House, work: Employer) -> None:
    """Somebody in both groups is told which two; somebody who gets into both is out."""
    work.people["a-1"]["groups"] = ["readers", "mods"]
    assert "Nobody has that and" in come_in(house).plain
    assert roles(house) == set()
    work.people["a-1"]["groups"] = ["readers"]
    come_in(house)
    work.people["a-1"]["groups"] = ["readers", "mods"]
    house.now += ASKED_EVERY * 1.1
    assert not is_in(house)


@pytest.mark.parametrize("gone", ["away", "secret"])
def test_while_the_employer_gives_no_answer(house: House, work: Employer, gone: str) -> None:
    """Nobody is thrown out for ten minutes, nor let in; then everybody is out until it answers."""
    come_in(house)
    work.is_away, work.error = gone == "away", "invalid_client" if gone == "secret" else ""
    house.now += ASKED_EVERY * 1.1
    assert is_in(house)
    house.now += UNASKED
    assert not is_in(house)


def test_the_page_says_that_there_is_no_answer(house: House, work: Employer) -> None:
    """The form for passwords stays, and the sentence says what to do."""
    work.is_away = True
    answer = house.ask("GET", "/console/sso")
    assert answer.status == 503
    assert "gives no answer" in answer.plain
    assert 'name="password"' in answer.text


def test_a_no_is_shown_as_a_code_and_nothing_else(house: House) -> None:
    """What else comes along in the address is not shown: anybody could write it there."""
    answer = house.ask("GET", "/console/sso/back?error=access_denied&error_description=Ring+09001234567")
    assert answer.status == 403
    assert "access_denied" in answer.plain
    assert "0900" not in answer.text
    assert "unknown" in house.ask("GET", "/console/sso/back?error=%3Cb%3EHi").plain


def test_an_address_alone_takes_nothing_over(house: House, work: Employer) -> None:
    """Not an account with a password, nor one that is bound to somebody else; nor an address that is not checked."""
    come_in(house)
    work.people["a-2"] = {**work.people["a-1"]}
    work.who = "a-2"
    assert "another account" in come_in(house).plain
    work.people["a-2"]["email_verified"] = False
    assert "has checked" in come_in(house).plain
    house.accounts.add("mo@harbour.example", house.ours, "operator", "a test")
    _set_password(house, "mo@harbour.example")
    work.people["a-2"] = {"email": "mo@harbour.example", "groups": ["mods"]}
    assert "another account" in come_in(house).plain


def test_an_invited_person_may_come_by_either_way(house: House, work: Employer) -> None:
    """An account that an operator made for an address is bound to whoever comes with it; its link then opens nothing."""
    work.people["a-1"] = {"preferred_username": EMAIL}
    token = house.accounts.add(EMAIL, house.ours, "operator", "a test")
    assert come_in(house).status == 303
    assert house.ask("GET", f"/console/invitation/{token}").status == 404
    listed = house.ask("GET", f"/console/{house.ours}/staff", EMAIL)
    assert "Signs in with a work account" in listed.plain
    assert "Send a new link" not in listed.plain
    again = house.ask("POST", f"/console/{house.ours}/staff/invite", EMAIL, {"email": EMAIL})
    assert (again.status, "no link to send" in again.plain) == (400, True)


@pytest.mark.parametrize("refresh", [True, False])
def test_providers_that_say_less(house: House, work: Employer, *, refresh: bool) -> None:
    """Without a refresh token, or without an ID token beside it, the userinfo endpoint is asked."""
    work.gives_refresh, work.refreshes_id = refresh, False
    come_in(house)
    house.now += ASKED_EVERY * 1.1
    assert is_in(house)
    del work.people["a-1"]
    house.now += ASKED_EVERY * 1.1
    assert not is_in(house)


def test_without_it_nothing_of_it_is_there(tmp_path: Path) -> None:
    """No button, and nothing at its addresses."""
    house = House(tmp_path)
    assert "work account" not in house.ask("GET", "/console/sign-in").plain
    assert house.ask("GET", "/console/sso").status == 404
    assert house.ask("GET", "/console/sso/back?code=x&state=y").status == 404
    house.close()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "Staff may come in"),
        ({"sso_groups": "mods"}, "should look like GROUP=role"),
        ({"sso_groups": "mods=king"}, "should look like GROUP=role"),
        ({"sso_groups": "mods=moderator"}, "say which landlord"),
        ({"sso_groups": "mods=moderator@Nowhere"}, "no landlord is called Nowhere"),
        ({"sso_issuer": "http://login.example"}, "must begin with https"),
        ({"sso_client_secret": ""}, "SSO_CLIENT_SECRET"),
        ({"public_base_url": ""}, "PUBLIC_BASE_URL: people come back"),
    ],
)
def test_what_check_says(house: House, changed: dict[str, Any], said: str) -> None:
    """`listened check` finds what would keep people out."""
    found = check(house.settings.model_copy(update=changed | _secret(changed)))
    sentences = [one.sentence for one in found if one.about == "Sign-in"]
    assert any(said in sentence for sentence in sentences), sentences


def _secret(changed: dict[str, Any]) -> dict[str, Any]:
    return {name: SecretStr(value) for name, value in changed.items() if name.endswith("secret")}


def _set_password(house: House, email: str) -> None:
    with house.product.store.write() as session:
        person = staff_by_lookup(session, actor(house.product.keys, email))
        assert person
        person.password = house.product.keys.seal("staff", person.id, "password", "a hash")
