"""An employer's sign-in on loopback: OpenID Connect with real signatures, PKCE and refresh tokens that change."""

import base64
import contextlib
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT: Final = ("listened", "a secret of the client")


@cache
def new_key(kid: str, number: int = 1) -> RSAKey:  # noqa: ARG001 - it tells keys of one name apart
    """A key of that name; another number is another key. Each is made once, because making one is slow."""
    return RSAKey.generate_key(2048, {"kid": kid})


@dataclass
class Employer:
    """The sign-in, and what a test does to it."""

    clock: Callable[[], datetime]
    url: str = ""
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Their claims, by subject."""
    who: str = ""
    """The subject of whoever sits before the browser."""
    changed: dict[str, Any] = field(default_factory=dict)
    """What ID tokens say instead."""
    is_away: bool = False
    gives_refresh: bool = True
    refreshes_id: bool = True
    asked: int = 0
    """How often its token endpoint was asked."""
    error: str = ""
    """What the token endpoint answers with instead."""
    key: RSAKey = field(default_factory=lambda: new_key("one"))
    signer: RSAKey | None = None
    """A key to sign with that is not published."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refreshes: dict[str, str] = field(default_factory=dict)

    def about(self) -> dict[str, Any]:
        """What it says of itself."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "scopes_supported": ["openid", "offline_access"] if self.gives_refresh else ["openid"],
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Whoever sits there signs in: where their browser is sent."""
        assert asked["client_id"] == CLIENT[0]
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**asked, "sub": self.who}
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def token(self, asked: dict[str, str], authorization: str) -> dict[str, Any]:
        """What the token endpoint answers."""
        self.asked += 1
        given = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        if self.error or given != ":".join(CLIENT):
            return {"error": self.error or "invalid_client"}
        if asked["grant_type"] == "refresh_token":
            sub = self.refreshes.pop(asked["refresh_token"], "")
            return self._tokens(sub, None) if sub in self.people else {"error": "invalid_grant"}
        begun = self.codes.pop(asked["code"], None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(asked["code_verifier"].encode()).digest())
        if not begun or begun["code_challenge"] != proof.decode().rstrip("="):
            return {"error": "invalid_grant"}
        return self._tokens(begun["sub"], begun["nonce"])

    def _tokens(self, sub: str, nonce: str | None) -> dict[str, Any]:
        made: dict[str, Any] = {"access_token": f"of {sub}", "token_type": "Bearer", "expires_in": 3600}
        if self.gives_refresh:
            made["refresh_token"] = secrets.token_urlsafe(16)
            self.refreshes[made["refresh_token"]] = sub
        if nonce or self.refreshes_id:
            made["id_token"] = self._signed(sub, nonce)
        return made

    def _signed(self, sub: str, nonce: str | None) -> str:
        now = int(self.clock().timestamp())
        claims = {"iss": self.url, "aud": CLIENT[0], "sub": sub, "iat": now, "exp": now + 3600}
        said = claims | ({"nonce": nonce} if nonce else {}) | self.people[sub] | self.changed
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, said, self.signer or self.key)


@contextlib.contextmanager
def employer(clock: Callable[[], datetime]) -> Iterator[Employer]:
    """An employer's sign-in for as long as the block lasts."""
    made = Employer(clock)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                self.send_response(302)
                self.send_header("Location", made.authorize(asked))
                self.end_headers()
            elif parts.path == "/userinfo":
                sub = self.headers["Authorization"].removeprefix("Bearer of ")
                known = sub in made.people
                self._say({"sub": sub, **made.people[sub]} if known else {}, 200 if known else 401)
            elif parts.path == "/keys":
                self._say({"keys": [made.key.as_dict(private=False)]})
            else:
                self._say(made.about())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            asked = {name: values[0] for name, values in parse_qs(body).items()}
            answer = made.token(asked, self.headers["Authorization"])
            self._say(answer, 400 if "error" in answer else 200)

        def log_message(self, *_arguments: Any) -> None:
            """Nothing is printed."""

        def _say(self, answer: dict[str, Any], status: int = 200) -> None:
            self.send_response(503 if made.is_away else status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b"" if made.is_away else json.dumps(answer).encode())

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield made
        server.shutdown()
        thread.join(5)
