"""Access tokens for mail servers that take no password: OAuth client credentials, as Exchange Online wants them.

Exchange Online turns basic sign-in for SMTP off by default at the end of December 2026; what it takes
instead is XOAUTH2 with a token of an application that may send as the mailbox.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import httpx

from bot.log import get_logger
from bot.mail import MailServer, MailSettingsProblem, TokenProblem, mail_server
from bot.settings import Settings

TIMEOUT_SECONDS: Final = 15.0
EARLY: Final = timedelta(minutes=2)
"""A token that ends sooner than that is not used any more."""
SHORTEST: Final = 60
"""Seconds that a token is thought to last when the server does not say."""


class Tokens:
    """Fetches access tokens, and keeps each until shortly before it ends.

    Args:
        url: the token endpoint.
        client_id: the application's id.
        client_secret: its secret.
        scope: what the token is for.
        clock: gives the current time, aware.
    """

    def __init__(
        self, url: str, client_id: str, client_secret: str, scope: str, clock: Callable[[], datetime]
    ) -> None:
        self._url = url
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
            "scope": scope,
        }
        self._clock = clock
        self._token = ""
        self._ends: datetime | None = None
        self._fetching = asyncio.Lock()

    async def get(self) -> str:
        """A token that is good for a while.

        Raises:
            TokenProblem: when none is to be had.
        """
        async with self._fetching:
            if self._ends is None or self._clock() > self._ends - EARLY:
                self._token, seconds = await self._fetch()
                self._ends = self._clock() + timedelta(seconds=seconds)
        return self._token

    async def _fetch(self) -> tuple[str, int]:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
                answer = await client.post(self._url, data=self._form)
            answer.raise_for_status()
            given = answer.json()
            return str(given["access_token"]), int(given.get("expires_in", SHORTEST))
        except httpx.HTTPStatusError as error:
            get_logger().error("mail_token_refused", status=error.response.status_code)
        except (httpx.HTTPError, KeyError, TypeError, ValueError):
            get_logger().error("mail_token_not_got")
        # From nothing: the error before it holds the form, and that the secret.
        raise TokenProblem


def mail_server_of(settings: Settings, clock: Callable[[], datetime]) -> MailServer | None:
    """The mail server that is configured; None when none is.

    Raises:
        MailSettingsProblem: when its settings can't be used.
    """
    smtp_url = settings.smtp_url.get_secret_value()
    if not smtp_url:
        return None
    url, secret = settings.smtp_oauth_token_url, settings.smtp_oauth_client_secret.get_secret_value()
    if not url:
        return mail_server(smtp_url, settings.mail_from)
    if not (settings.smtp_oauth_client_id and secret):
        raise MailSettingsProblem("SMTP_OAUTH_CLIENT_ID and SMTP_OAUTH_CLIENT_SECRET must be set as well")
    tokens = Tokens(url, settings.smtp_oauth_client_id, secret, settings.smtp_oauth_scope, clock)
    return mail_server(smtp_url, settings.mail_from, tokens.get)
