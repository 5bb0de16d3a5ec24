"""The values that cross the edge between channels and conversation, and the contract of a channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

ChannelName = Literal["sms", "whatsapp", "telegram"]


@dataclass(frozen=True, slots=True, repr=False)
class Incoming:
    """One message from a person.

    Args:
        channel: which channel it came on.
        account: our number or bot that it was sent to.
        external_id: the provider's id of the message, unique in that account.
        address: where an answer goes: a number, a chat id, or any opaque id that the provider gives.
        text: the words, exactly as they came.
        received_at: when the provider or we received it.
        choice: the button that was pressed, as "step:number", when it was a button.
        callback: what the provider wants back at once so that the button stops spinning.
        unreadable: what kind of thing came that is no text ("voice", "photo" …); `text` is its caption.
    """

    channel: ChannelName
    account: str
    external_id: str
    address: str
    text: str
    received_at: datetime
    choice: str | None = None
    callback: str | None = None
    unreadable: str | None = None

    def __repr__(self) -> str:
        """Say where it came from, never who wrote or what."""
        return f"<Incoming on {self.channel}>"


@dataclass(frozen=True, slots=True)
class Button:
    """A button: what it says, and what comes back when it is pressed ("step:number")."""

    label: str
    choice: str


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """Words ready to be sent. Buttons always have typed equivalents in the words."""

    text: str
    buttons: tuple[Button, ...] = ()

    def __repr__(self) -> str:
        """Say how long it is, never what it says."""
        return f"<Reply of {len(self.text)} characters>"


@dataclass(frozen=True, slots=True, repr=False)
class WebRequest:
    """What a channel needs of a request: header names in lower case, the raw body, and the raw query."""

    headers: Mapping[str, str]
    body: bytes
    query: str = ""

    def __repr__(self) -> str:
        """Say how large it is, never what it holds."""
        return f"<WebRequest of {len(self.body)} bytes>"


class Unverified(Exception):
    """The request does not prove that it comes from the provider."""


class Unreadable(Exception):
    """The request is from the provider, or claims to be, but can't be read."""


class SendFailed(Exception):
    """A message could not be sent.

    Args:
        code: the provider's code, or our own word; never its text, which may quote a person.
        outcome: `retry` (certainly not sent, try later), `failed` (will never work), `stopped` (the person
            must not be written to again) or `unknown` (it may have been sent).
        after: for `retry`, the seconds that the provider asked us to wait.
    """

    def __init__(
        self, code: str, outcome: Literal["retry", "failed", "stopped", "unknown"], after: float | None = None
    ) -> None:
        super().__init__(code)
        self.code = code
        self.outcome = outcome
        self.after = after


class Channel(Protocol):
    """What every channel can do."""

    name: ChannelName
    account: str
    """Our own number or bot on this channel."""
    body_limit: int
    """The largest webhook body that is read, in bytes."""
    accepted: tuple[bytes, str]
    """The body and content type that tell the provider that a message is safely stored."""

    def read(self, request: WebRequest) -> Incoming | None:
        """Check where a request comes from, then read it. None: nothing for us in it.

        Raises:
            Unverified: before anything of the body is believed.
            Unreadable: when it is not what the provider sends.
        """

    async def acknowledge(self, incoming: Incoming) -> None:
        """Give the provider what it wants back at once, if anything. May fail without harm."""

    async def send(self, address: str, reply: Reply) -> str:
        """Send a message; gives the provider's id of it.

        Raises:
            SendFailed: when it was not, or perhaps not, sent.
        """

    async def close(self) -> None:
        """Let go of connections."""
