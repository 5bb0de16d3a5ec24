"""What the console's pages work with, of a product."""

from collections.abc import Callable, Sequence

from bot.app.build import Product
from bot.console.accounts import Accounts
from bot.console.group_roles import read_group_roles
from bot.console.guard import Guard
from bot.console.page import Office
from bot.console.passwords import Passwords
from bot.console.render import Renderer
from bot.console.roles import Role
from bot.console.signing_in import SigningIn
from bot.console.work_accounts import WorkAccounts
from bot.handover import queue_alert
from bot.settings import SettingsProblem


def office_of(product: Product, visitors: Sequence[Role] = ()) -> Office:
    """What the console's pages work with.

    Args:
        product: everything.
        visitors: in the demo, the roles that a visitor may switch to.
    """
    settings = product.settings
    signing_in = SigningIn(product.store, product.keys, Passwords(), product.clock)
    accounts = Accounts(product.store, product.keys, product.clock)
    return Office(
        store=product.store,
        keys=product.keys,
        clock=product.clock,
        guard=Guard(settings.public_base_url),
        signing_in=signing_in,
        accounts=accounts,
        hand_overs=product.hand_overs,
        visits=product.visits,
        workshops=product.workshops,
        invitations=product.invitations,
        hours=product.hours,
        responses=product.responses,
        landlords=product.landlords,
        api_keys=product.api_keys,
        recipients=product.recipients,
        workroom=product.workroom,
        room=product.room,
        numbers=settings.numbers,
        lines=settings.lines,
        renderer=Renderer(product.staff_wording),
        base_url=settings.public_base_url,
        digest_time=settings.digest_time,
        operator=settings.operator_name,
        post=_post_of(product),
        visitors=visitors,
        work_accounts=_work_accounts(product, accounts, signing_in),
    )


def _post_of(product: Product) -> Callable[[str, str, str], bool]:
    """Queues a mail to staff; False where no mail server is configured."""

    def post(address: str, subject: str, body: str) -> bool:
        if not product.settings.smtp_url.get_secret_value():
            return False
        with product.store.write() as session:
            queue_alert(session, product.keys, "mail", address, subject, body, product.clock())
        product.bell.ring()
        return True

    return post


def _work_accounts(product: Product, accounts: Accounts, signing_in: SigningIn) -> WorkAccounts | None:
    """The employer's sign-in, where one is set.

    Raises:
        SettingsProblem: when the extra that it needs is not installed.
        GroupProblem: when SSO_GROUPS can't be read.
    """
    settings, keys, clock = product.settings, product.keys, product.clock
    if not settings.sso_issuer:
        return None
    try:
        from bot.console.sso import SingleSignOn  # noqa: PLC0415 - an extra
        from bot.console.sso_provider import Provider  # noqa: PLC0415 - an extra
    except ImportError:
        raise SettingsProblem("SSO_ISSUER needs more: pip install 'listened[sso]'") from None
    client = settings.sso_client_id, settings.sso_client_secret.get_secret_value()
    provider = Provider(settings.sso_issuer, clock)
    sso = SingleSignOn(provider, client, settings.sso_groups_claim, settings.public_base_url, keys, clock)
    groups = read_group_roles(settings.sso_groups)
    return WorkAccounts(product.store, keys, sso, groups, accounts, signing_in, clock)
