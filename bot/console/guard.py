"""The guard: which hosts are ours, which requests come from our own pages, and what a browser may do with them."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.responses import Response

LOOPBACK: Final = frozenset(("127.0.0.1", "localhost", "[::1]"))
SAFE_METHODS: Final = frozenset(("GET", "HEAD"))
BEGUN_SECONDS: Final = 600

HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    # Not no-referrer: with that, a browser says of our own forms that they come from nowhere (Origin: null).
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Decides from a request's headers alone whether it may go on.

    Args:
        base_url: PUBLIC_BASE_URL; "" while there is none, and then only this machine's own names are ours.
    """

    def __init__(self, base_url: str) -> None:
        address = urlsplit(base_url)
        self._hosts = LOOPBACK | ({_name(address.netloc)} if address.netloc else set())
        self.is_secure = address.scheme == "https"

    @property
    def cookie(self) -> str:
        """What the cookie is called. Browsers take one named __Host- only from us, and over https alone."""
        return "__Host-listened" if self.is_secure else "listened"

    @property
    def begun_cookie(self) -> str:
        """What the cookie is called that goes along while somebody signs in at their employer's."""
        return f"{self.cookie}-begun"

    def is_our_host(self, headers: Mapping[str, str]) -> bool:
        """Whether the request is meant for us: another name that points here may be somebody's trick."""
        return _name(headers.get("host", "")) in self._hosts

    def comes_from_us(self, method: str, headers: Mapping[str, str]) -> bool:
        """Whether a request may do what it asks, as far as its headers tell.

        A page of another site may lead here by a link, and no more: neither post our forms nor load our pages
        into its own. Browsers say so in Sec-Fetch-Site (https://www.w3.org/TR/fetch-metadata/); older ones
        say in Origin where a form comes from.
        """
        site = headers.get("sec-fetch-site")
        if method in SAFE_METHODS:
            return site != "cross-site" or headers.get("sec-fetch-mode") == "navigate"
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != headers.get("host"):
            return False
        return site == "same-origin" or (site is None and origin is not None)

    def let_in(self, response: Response, token: str) -> None:
        """Give the browser the cookie of a login. Lax and not Strict: links in our mails lead here."""
        response.set_cookie(
            self.cookie, token, path="/", secure=self.is_secure, httponly=True, samesite="lax"
        )

    def begin(self, response: Response, begun: str) -> None:
        """Let the browser keep what must come back from the employer's sign-in, for a little."""
        response.set_cookie(
            self.begun_cookie,
            begun,
            max_age=BEGUN_SECONDS,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
        )

    def let_out(self, response: Response) -> None:
        """Take the cookie away."""
        response.delete_cookie(self.cookie, path="/", secure=self.is_secure, httponly=True, samesite="lax")


def _name(netloc: str) -> str:
    """A host without its port."""
    return (
        netloc.casefold()
        if netloc.endswith("]")
        else netloc.rpartition(":")[0].casefold() or netloc.casefold()
    )
