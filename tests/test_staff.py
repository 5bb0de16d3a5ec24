"""Accounts: invited, signed in with a password and a code, kept out when tried too often, and gone when removed."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from console import NOW, QUICK, House
from typer.testing import CliRunner

from bot.audit import verify
from bot.cli import app
from bot.console import signing_in
from bot.console.accounts import Refused
from bot.console.guard import Guard
from bot.console.passwords import Passwords, step_of_code
from models.audit import before
from models.base import new_id
from models.handovers import Alert
from models.landlords import Recipient

EMAIL = "mo@operator.example"
PASSWORD = "three unlikely words"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Two landlords and nobody yet."""
    made = House(tmp_path)
    yield made
    made.close()


def code(house: House, secret: str) -> str:
    """What the authenticator app shows now."""
    return pyotp.TOTP(secret).at(house.now)


def join(house: House, token: str) -> str:
    """Set the account up through its page; gives the secret that the page showed."""
    page = house.ask("GET", f"/console/invitation/{token}")
    assert page.status == 200
    secret = "".join(re.findall(r'class="secret">([A-Z2-7 ]+)<', page.text)[0].split())
    form = {"password": PASSWORD, "code": code(house, secret)}
    done = house.ask("POST", f"/console/invitation/{token}", form=form)
    assert (done.status, done.to) == (303, "/console/sign-in"), done.plain
    return secret


def sign_in(house: House, secret: str, **changed: str) -> tuple[int, str, str]:
    """Try to sign in through the page: (status, where to, what the cookie was set to)."""
    form = {"email": EMAIL, "password": PASSWORD, "code": code(house, secret), **changed}
    answer = house.ask("POST", "/console/sign-in", form=form)
    cookie = re.match(r"listened=([\w-]+);", answer.headers.get("set-cookie", ""))
    return answer.status, answer.to, cookie[1] if cookie else ""


def test_from_invitation_to_first_page_and_out(house: House) -> None:
    """The link sets up a password and an app once; with both somebody is in, and signing out is for good."""
    token = house.accounts.add(EMAIL, house.ours, "moderator", "a test")
    assert token
    secret = join(house, token)
    assert house.ask("GET", f"/console/invitation/{token}").status == 404
    house.now += timedelta(minutes=1)
    status, to, cookie = sign_in(house, secret)
    assert (status, to) == (303, "/console/")
    house.cookies[EMAIL] = cookie
    assert house.ask("GET", "/console/", EMAIL).to == f"/console/{house.ours}/today"
    assert "Nothing waits for you." in house.ask("GET", f"/console/{house.ours}/today", EMAIL).plain
    assert house.ask("POST", "/console/sign-out", EMAIL).status == 303
    assert house.ask("GET", "/console/", EMAIL).to == "/console/sign-in"


def test_each_of_the_three_must_be_right_and_a_code_works_once(house: House) -> None:
    """A wrong address, password or code gets the same answer; the code that was used before is wrong."""
    token = house.accounts.add(EMAIL, house.ours, "moderator", "a test")
    assert token
    secret = join(house, token)
    answers = {sign_in(house, secret)}  # the code with which the account was set up
    house.now += timedelta(minutes=1)
    answers |= {
        sign_in(house, secret, email="nobody@operator.example"),
        sign_in(house, secret, password="three likely words"),
        sign_in(house, secret, code="000000"),
        sign_in(house, secret, code=""),
    }
    assert answers == {(400, "", "")}
    assert sign_in(house, secret)[0] == 303
    assert sign_in(house, secret)[0] == 400
    early = pyotp.TOTP(secret).at(house.now + timedelta(seconds=30))
    assert sign_in(house, secret, code=early)[0] == 303  # a clock that is half a minute fast
    assert step_of_code(secret, "no digits", house.now, None) is None


def test_trying_is_limited_by_account_and_by_address(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """After ten wrong tries not even the right password gets in; a quarter of an hour later it does."""
    token = house.accounts.add(EMAIL, house.ours, "moderator", "a test")
    assert token
    secret = join(house, token)
    house.now += timedelta(minutes=1)
    for _ in range(signing_in.MOST_BY_ACCOUNT):
        with pytest.raises(Refused, match="refused"):
            house.signing_in.sign_in(EMAIL.upper(), "wrong", "000000", "192.0.2.1")
    assert sign_in(house, secret)[0] == 429
    house.now += signing_in.WINDOW + timedelta(seconds=1)
    assert sign_in(house, secret)[0] == 303
    monkeypatch.setattr(signing_in, "MOST_BY_ADDRESS", 12)
    for number in range(12):
        with pytest.raises(Refused, match="refused"):
            house.signing_in.sign_in(f"{number}@operator.example", "wrong", "000000", "192.0.2.2")
    with pytest.raises(Refused, match="too_often"):
        house.signing_in.sign_in("new@operator.example", "wrong", "000000", "192.0.2.2")


def test_passwords_that_are_easy_to_guess_are_refused(house: House) -> None:
    """Too short, repeating, or with one's own name in it: each with a sentence, and the link still works."""
    token = house.accounts.add("agatha@operator.example", house.ours, "moderator", "a test")
    assert token
    for password, sentence in (
        ("short", "too short"),
        ("aaaaaaaaaaaaaa", "repeats itself"),
        ("Agatha was here", "Your address stands"),
        ("x1y2z3" * 40, "too long"),
    ):
        form = {"password": password, "code": "000000"}
        answer = house.ask("POST", f"/console/invitation/{token}", form=form)
        assert answer.status == 400
        assert sentence in answer.plain
    form = {"password": PASSWORD, "code": "000000"}
    assert "six digits were not right" in house.ask("POST", f"/console/invitation/{token}", form=form).plain
    join(house, token)


def test_a_login_ends(house: House) -> None:
    """An hour after the last click, and twelve hours after signing in; each click within the hour counts."""
    house.hire("duty", house.ours)
    who = "duty-ours@staff.example"
    for _ in range(13):
        house.now += timedelta(minutes=55)
        assert house.ask("GET", "/console/account", who).status == 200
    house.now += timedelta(minutes=10)
    assert house.ask("GET", "/console/account", who).status == 303
    house.cookies[who] = house.let_in(who)
    house.now += timedelta(minutes=61)
    assert house.ask("GET", "/console/account", who).status == 303


def test_who_is_removed_is_out_at_once(house: House) -> None:
    """A role that is taken holds from the next click on; a removed account opens nothing."""
    who = house.hire("operator", house.ours)
    house.accounts.add(who, house.ours, "duty", "a test")
    house.accounts.take(who, house.ours, "operator", "a test")
    assert house.ask("GET", f"/console/{house.ours}/staff", who).status == 403
    house.accounts.remove(who, "a test")
    assert house.ask("GET", f"/console/{house.ours}/today", who).status == 303
    again = house.hire("duty", house.ours)
    assert house.ask("POST", "/console/account/sign-out-everywhere", again).status == 303
    assert house.ask("GET", "/console/account", again).status == 303


def test_nobody_decides_and_reads(house: House) -> None:
    """Moderator and reader, moderator and organiser, operator and reader: not for one landlord, but for two."""
    for first, second in (("moderator", "reader"), ("organiser", "moderator"), ("reader", "operator")):
        email = f"{first}.{second}@staff.example"
        house.accounts.add(email, house.ours, first, "a test")  # type: ignore[arg-type]
        with pytest.raises(Refused, match="clash"):
            house.accounts.add(email, house.ours, second, "a test")  # type: ignore[arg-type]
        house.accounts.add(email, house.theirs, second, "a test")  # type: ignore[arg-type]


def test_who_gets_the_digests_by_mail_is_no_moderator(house: House) -> None:
    """The rule counts mailboxes as well."""
    keys, recipient_id = house.product.keys, new_id()
    with house.product.store.write() as session:
        session.add(
            Recipient(
                id=recipient_id,
                landlord_id=house.ours,
                lookup=keys.lookup("recipient", EMAIL),
                address=keys.seal("recipient", recipient_id, "address", EMAIL),
                audience="landlord",
                every="weekly",
                created_at=NOW,
            )
        )
    with pytest.raises(Refused, match="gets_digests"):
        house.accounts.add("Mo@Operator.example", house.ours, "moderator", "a test")


def test_an_operator_gives_and_takes_roles_on_the_page(house: House) -> None:
    """Somebody new gets a mail with a link; what can't be is said in a sentence; oneself can't be locked out."""
    boss = house.hire("operator", house.ours)
    page = f"/console/{house.ours}/staff"
    done = house.ask("POST", f"{page}/add", boss, {"email": EMAIL, "role": "moderator"})
    assert (done.status, "on its way to" in done.plain) == (200, True)
    with house.product.store.read() as session:
        mail = session.query(Alert).one()
        body = house.product.keys.open("alert", mail.id, "body", mail.body)
        assert house.product.keys.open("alert", mail.id, "address", mail.address) == EMAIL
    token = re.findall(r"/console/invitation/([\w-]+)", body)[0]
    assert house.ask("GET", f"/console/invitation/{token}").status == 200
    assert token not in done.text
    for form, sentence in (
        ({"email": EMAIL, "role": "reader"}, "has the role moderator"),
        ({"email": EMAIL, "role": "moderator"}, "already"),
        ({"email": "nonsense", "role": "duty"}, "no e-mail address"),
        ({"email": EMAIL, "role": "king"}, "Choose one of the roles"),
    ):
        answer = house.ask("POST", f"{page}/add", boss, form)
        assert (answer.status, sentence in answer.plain) == (400, True), answer.plain
    refused = house.ask("POST", f"{page}/take", boss, {"email": boss, "role": "operator"})
    assert "Another operator can" in refused.plain
    assert house.ask("POST", f"{page}/take", boss, {"email": EMAIL, "role": "moderator"}).status == 303
    assert EMAIL not in house.ask("GET", page, boss).text


def test_an_operator_takes_over_no_account_of_another_landlord(house: House) -> None:
    """A new link is refused for somebody with a role elsewhere: it would open what is there too."""
    boss, other = house.hire("operator", house.ours), house.hire("operator", house.theirs)
    page = f"/console/{house.ours}/staff"
    house.ask("POST", f"{page}/add", boss, {"email": other, "role": "auditor"})
    refused = house.ask("POST", f"{page}/invite", boss, {"email": other})
    assert (refused.status, "not yours" in refused.plain) == (400, True)
    assert house.ask("GET", "/console/account", other).status == 200
    assert house.ask("POST", f"{page}/invite", boss, {"email": "nobody@x.example"}).status == 400


def test_signing_in_leads_to_our_own_pages_only(house: House) -> None:
    """Where somebody wanted to go is kept, unless it is not ours."""
    wanted = f"/console/{house.ours}/today"
    asked = house.ask("GET", wanted)
    assert asked.to == f"/console/sign-in?next={wanted.replace('/', '%2F')}"
    assert f'name="next" value="{wanted}"' in house.ask("GET", asked.to).text
    for bad in (
        "https://elsewhere.example",
        "//elsewhere.example",
        "/console/\\elsewhere",
        "/console//../x.example",
    ):
        page = house.ask("GET", f"/console/sign-in?next={bad}").text
        onward = re.findall(r'name="next" value="([^"]*)"', page)[0]
        assert onward.startswith("/console/")
        assert "elsewhere.example" not in onward


def test_the_cookie_is_ours_alone() -> None:
    """Over https it is a __Host- cookie; it is never readable by scripts, and never sent by other sites' forms."""
    guard = Guard("https://listened.example")
    assert guard.cookie == "__Host-listened"
    assert guard.is_our_host({"host": "Listened.example:443"})
    assert guard.is_our_host({"host": "[::1]:8000"})
    assert not guard.is_our_host({"host": "listened.example.evil.example"})
    assert not guard.is_our_host({})


def test_everything_is_in_the_audit(house: House) -> None:
    """Each step is a row, and the chain holds."""
    token = house.accounts.add(EMAIL, house.ours, "moderator", "a test")
    assert token
    secret = join(house, token)
    house.now += timedelta(minutes=1)
    sign_in(house, secret)
    house.accounts.remove(EMAIL, "a test")
    with house.product.store.read() as session:
        actions = [row.action for row in before(session, None, 10)]
        assert verify(session, house.product.keys).broken_at is None
    assert actions == ["staff_removed", "signed_in", "staff_joined", "staff_invited", "role_given"]


def test_passwords_are_hashed_slowly_and_nothing_opens_without_one() -> None:
    """Argon2id with RFC 9106's parameters for little memory; an account without a password lets nobody in."""
    assert Passwords().hash("a").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert not QUICK.is_right(None, "nobody has this password")
    assert QUICK.is_right(QUICK.hash("a"), "a")


def test_the_command_line_makes_the_first_account(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """`listened staff`: add, list, invite, take, remove; what can't be is said in a sentence."""
    for name in ("data_keys", "lookup_keys", "operator_name", "database_url", "public_base_url"):
        value = getattr(house.settings, name)
        monkeypatch.setenv(name.upper(), getattr(value, "get_secret_value", lambda value=value: value)())
    monkeypatch.setattr("bot.cli.common.set_up_logging", lambda _level: None)
    run = CliRunner()

    def listened(*words: str) -> tuple[int, str]:
        done = run.invoke(app, ["staff", *words])
        return done.exit_code, done.output

    here = ("--landlord", "Harbour Homes")
    status, said = listened("add", EMAIL, "--role", "operator", *here)
    assert (status, "http://127.0.0.1:8000/console/invitation/" in said) == (0, True)
    join(house, re.findall(r"/invitation/([\w-]+)", said)[0])
    assert listened("add", EMAIL, "--role", "reader", *here)[0] == 2
    assert listened("add", EMAIL, "--role", "king", *here)[0] == 2
    assert listened("add", EMAIL, "--role", "duty", *here)[0] == 0
    assert f"{EMAIL}  operator for Harbour Homes, duty for Harbour Homes" in listened("list")[1]
    assert "/console/invitation/" in listened("invite", EMAIL)[1]
    assert listened("take", EMAIL, "--role", "duty", *here)[0] == 0
    assert listened("take", EMAIL, "--role", "duty", *here)[0] == 2
    assert listened("remove", EMAIL)[0] == 0
    assert listened("remove", EMAIL)[0] == 2
    assert listened("invite", EMAIL)[0] == 2
    status, said = listened("list")
    assert EMAIL not in said
