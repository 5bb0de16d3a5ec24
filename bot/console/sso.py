"""Single sign-on: the employer's own sign-in, by OpenID Connect's code flow with PKCE, through Authlib.

Between going there and coming back, everything that must match (state, nonce, PKCE's secret) lies sealed in a cookie
of the same browser, so an answer that was not asked for from there lets nobody in. Afterwards the provider is asked
again and again, with what it gave us to hold, whether it still knows the person.
"""

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jws import JWSRegistry

from bot.console.sso_provider import TIMEOUT_SECONDS, Provider
from bot.console.vouching import Away, Known, NotVouchedFor
from bot.log import get_logger, log_error
from bot.privacy.keys import KeyProblem, Keyring

LASTS: Final = timedelta(minutes=10)
"""How long somebody may take at their employer's page."""
LEEWAY_SECONDS: Final = 60
ALGORITHMS: Final = ["RS256", "PS256", "ES256"]
PATH: Final = "/console/sso/back"
NOT_OF_THE_PERSON: Final = frozenset(
    ("invalid_client", "unauthorized_client", "temporarily_unavailable", "server_error", "slow_down")
)
"""Errors of the token endpoint that say nothing about who signs in (RFC 6749 §5.2)."""


@dataclass(frozen=True, slots=True, repr=False)
class Begun:
    """What is kept in the browser of somebody who has gone to sign in."""

    state: str
    nonce: str
    verifier: str
    onward: str
    until: float


class SingleSignOn:
    """Sends people to their employer's sign-in, reads who comes back, and asks again later.

    Args:
        provider: the employer's sign-in.
        client: what we are called there, and what proves that it is us.
        groups_claim: the claim that holds somebody's groups.
        base_url: where our own pages are.
        keys: to seal what goes along in the cookie.
        clock: gives the current time, aware.
    """

    def __init__(  # noqa: PLR0913 - what is configured
        self,
        provider: Provider,
        client: tuple[str, str],
        groups_claim: str,
        base_url: str,
        keys: Keyring,
        clock: Callable[[], datetime],
    ) -> None:
        self.provider = provider
        self._client_id, self._secret = client
        self._groups_claim = groups_claim
        self._base_url = base_url
        self._keys = keys
        self._clock = clock

    def begin(self, onward: str) -> tuple[str, str]:
        """Where to send somebody, and what the cookie is to hold meanwhile.

        Args:
            onward: where they wanted to go.

        Raises:
            Away: when the provider can't be reached.
        """
        state, nonce, verifier = (secrets.token_urlsafe(size) for size in (24, 24, 48))
        begun = Begun(state, nonce, verifier, onward, (self._clock() + LASTS).timestamp())
        about = self.provider.described().about
        with self._session(about) as session:
            url, _ = session.create_authorization_url(
                about["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        sealed = self._keys.seal("sso", 0, "begun", json.dumps(astuple(begun)))
        return str(url), base64.urlsafe_b64encode(sealed).decode().rstrip("=")  # which a cookie would quote

    def finish(self, cookie: str, query: Mapping[str, str]) -> tuple[Known, str]:
        """Who came back, and where they wanted to go.

        Args:
            cookie: what the cookie held.
            query: what the provider sent along.

        Raises:
            NotVouchedFor: when it does not fit together, is too old, or is not signed by the provider.
            Away: when the provider can't be reached.
        """
        begun = self._begun(cookie)
        same = secrets.compare_digest(query.get("state", "").encode(), begun.state.encode())
        if not same or self._clock().timestamp() > begun.until:
            raise NotVouchedFor
        about = self.provider.described().about

        def ask(session: Any) -> Any:
            code = query.get("code", "")
            return session.fetch_token(about["token_endpoint"], code=code, code_verifier=begun.verifier)

        return self._who(self._token(about, ask), begun.nonce), begun.onward

    def again(self, held: str) -> Known:
        """Ask whether somebody is still known, and in which groups they are now.

        Args:
            held: what came with them last time.

        Raises:
            NotVouchedFor: when the provider says no.
            Away: when it can't be asked.
        """
        about = self.provider.described().about
        kind, _, value = held.partition(" ")
        if kind == "access":
            return self._told(about, {"access_token": value})

        def ask(session: Any) -> Any:
            return session.refresh_token(about["token_endpoint"], refresh_token=value)

        token = {"refresh_token": value, **self._token(about, ask)}
        return self._who(token, None) if token.get("id_token") else self._told(about, token)

    def _begun(self, cookie: str) -> Begun:
        try:
            sealed = base64.urlsafe_b64decode(f"{cookie}==")
            return Begun(*json.loads(self._keys.open("sso", 0, "begun", sealed)))
        except (ValueError, TypeError, KeyProblem):
            raise NotVouchedFor from None

    def _token(self, about: Mapping[str, Any], ask: Callable[[Any], Any]) -> dict[str, Any]:
        """What the token endpoint answers."""
        try:
            with self._session(about) as session:
                return dict(ask(session))
        except OAuthError as error:
            if error.error in NOT_OF_THE_PERSON:
                get_logger().error("sso_client_refused", code=error.error)
                raise Away from None
            raise NotVouchedFor from None
        except (OSError, ValueError, TypeError) as error:  # what requests raises is an OSError
            raise self.provider.away(error) from None

    def _who(self, token: Mapping[str, Any], nonce: str | None) -> Known:
        """Whoever a token of the provider is about, once its signature and its claims are found right."""
        issuer = self.provider.described().about["issuer"]
        wanted = {"iss": issuer, "aud": self._client_id}
        options = {name: {"essential": True, "value": value} for name, value in wanted.items()}
        params = {"client_id": self._client_id, "access_token": token.get("access_token"), "nonce": nonce}
        try:
            signed = self._verified(str(token["id_token"]))
            claims = CodeIDToken(signed.claims, signed.header, options, params)
            claims.validate(now=int(self._clock().timestamp()), leeway=LEEWAY_SECONDS)
            return self._known(claims, token)
        except (JoseError, KeyError, ValueError, TypeError) as error:
            log_error("sso_token_wrong", error)
            raise NotVouchedFor from None

    def _verified(self, id_token: str) -> jwt.Token:
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        try:
            return jwt.decode(id_token, self.provider.described().keys, registry=registry)
        except InvalidKeyIdError:  # it may sign with a new one
            return jwt.decode(id_token, self.provider.described(anew=True).keys, registry=registry)

    def _told(self, about: Mapping[str, Any], token: Mapping[str, Any]) -> Known:
        """Whoever a token is about, as the provider tells by its userinfo endpoint."""
        try:
            bearer = {"Authorization": f"Bearer {token['access_token']}"}
            answer = self.provider.get(about["userinfo_endpoint"], bearer)
            if answer.status_code in (401, 403):
                raise NotVouchedFor
            return self._known(answer.raise_for_status().json(), token)
        except (httpx.HTTPError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise self.provider.away(error) from None

    def _known(self, claims: Mapping[str, Any], token: Mapping[str, Any]) -> Known:
        groups = claims.get(self._groups_claim)
        if groups is None and self._groups_claim in (claims.get("_claim_names") or ()):
            get_logger().error("sso_too_many_groups")  # Entra leaves more than 200 out
        refresh = token.get("refresh_token")
        return Known(
            subject=str(claims["sub"]),
            email=str(claims.get("email") or claims.get("preferred_username") or ""),
            verified=claims.get("email_verified") is not False,
            groups=frozenset(map(str, groups)) if isinstance(groups, list) else frozenset(),
            held=f"refresh {refresh}" if refresh else f"access {token['access_token']}",
        )

    def _session(self, about: Mapping[str, Any]) -> Any:
        by_form = "client_secret_post" in (about.get("token_endpoint_auth_methods_supported") or ())
        lasting = " offline_access" if "offline_access" in (about.get("scopes_supported") or ()) else ""
        session = OAuth2Session(
            self._client_id,
            self._secret,
            token_endpoint_auth_method="client_secret_post" if by_form else "client_secret_basic",
            redirect_uri=f"{self._base_url}{PATH}",
            scope=f"openid email profile{lasting}",
            code_challenge_method="S256",
            default_timeout=TIMEOUT_SECONDS,
        )
        session.trust_env = False
        return session
