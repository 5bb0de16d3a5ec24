"""The values that cross the edge between channels and conversation, and the contract of a channel."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

ChannelName = Literal["sms", "whatsapp", "telegram"]
CarrierWord = Literal["stop", "start", "help"]


@dataclass(frozen=True, slots=True, repr=False)
class Incoming:
    """One message from a person.

    Args:
        channel: which channel it came on.
        account: our number or bot that it was sent to.
        external_id: the provider's id of this event, unique in that account: the same id twice is one event.
        address: where an answer goes: a number, a chat id, or any opaque id that the provider gives.
        text: the words, exactly as they came.
        received_at: when the provider or we received it.
        choice: the button that was pressed, as "step:number", when it was a button.
        callback: what the provider wants back at once so that the button stops spinning.
        unreadable: what kind of thing came that is no text ("voice", "photo" …); `text` is its caption.
        message_id: the provider's id of the message whose words these are; an edit names it again.
        edited: whether these words take the place of what that message said before.
        source: where a deep link says that the person comes from (an estate, a workshop); never who they are.
        carrier: what the carrier has already done and confirmed by itself on this word.
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
    message_id: str = ""
    edited: bool = False
    source: str | None = None
    carrier: CarrierWord | None = None

    def __repr__(self) -> str:
        """Say where it came from, never who wrote or what."""
        return f"<Incoming on {self.channel}>"


@dataclass(frozen=True, slots=True, repr=False)
class Departure:
    """A person has blocked us, which is a STOP without a word."""

    channel: ChannelName
    account: str
    external_id: str
    address: str
    received_at: datetime

    def __repr__(self) -> str:
        """Say where it came from, never who left."""
        return f"<Departure on {self.channel}>"


@dataclass(frozen=True, slots=True, repr=False)
class Intrusion:
    """Somebody put us into a group, where a story would be told to everybody: we leave it."""

    chat: str

    def __repr__(self) -> str:
        """Never say which chat."""
        return "<Intrusion>"


DeliveryState = Literal["sent", "delivered", "failed"]


@dataclass(frozen=True, slots=True)
class Report:
    """What a provider says has become of a message of ours.

    Args:
        outbound_id: our own id of the message, where the provider repeats it; None where it doesn't.
        provider_id: the provider's id of it.
        state: how far it has come.
        failure: for `failed`, what that means for the message and its person.
    """

    outbound_id: int | None
    provider_id: str
    state: DeliveryState
    failure: "SendFailed | None" = None


Arrival = Incoming | Departure | Intrusion | Report


@dataclass(frozen=True, slots=True)
class Button:
    """A button: what it says, and what comes back when it is pressed ("step:number")."""

    label: str
    choice: str


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """Words ready to be sent. Buttons always have typed equivalents in the words.

    Args:
        text: the words.
        buttons: what may be pressed instead of typed.
        key: which sentence it is, for channels that send approved templates.
        values: what the sentence is filled with, in the order of its placeholders.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    key: str = ""
    values: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Say how long it is, never what it says."""
        return f"<Reply of {len(self.text)} characters>"


@dataclass(frozen=True, slots=True, repr=False)
class Outgoing:
    """One message on its way out.

    Args:
        id: our id of it, which a provider may repeat when it reports.
        address: to whom.
        reply: what it says.
        language: what it says it in.
        valid_for: seconds after which it must not arrive any more; None for the provider's default.
        last_heard: when this person last wrote on this channel; None when never.
        now: the current time.
    """

    id: int
    address: str
    reply: Reply
    language: str
    valid_for: int | None
    last_heard: datetime | None
    now: datetime

    def __repr__(self) -> str:
        """Say which row it is, never to whom or what."""
        return f"<Outgoing {self.id}>"


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


Outcome = Literal["retry", "down", "held", "failed", "unreachable", "stopped", "unknown"]


class SendFailed(Exception):
    """A message could not be sent.

    Args:
        code: the provider's code, or our own word; never its text, which may quote a person.
        outcome: `retry` (certainly not sent, try later), `down` (nothing of ours can be sent on this channel
            for now), `held` (may not be sent until the person writes), `failed` (will never work),
            `unreachable` (nothing will ever reach this address), `stopped` (the person must not be written
            to again) or `unknown` (it may have been sent).
        after: for `retry` and `down`, the seconds that the provider asked us to wait.
    """

    def __init__(self, code: str, outcome: Outcome, after: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.outcome = outcome
        self.after = after


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a channel may be used.

    Args:
        per_chat: seconds between two messages to one person.
        per_second: messages a second in all.
    """

    per_chat: float = 0.0
    per_second: float = 30.0


class Reader(Protocol):
    """What reads a provider's requests."""

    @property
    def name(self) -> str:
        """Which provider or channel, for the log."""

    @property
    def body_limit(self) -> int:
        """The largest body that is read, in bytes."""

    @property
    def accepted(self) -> tuple[bytes, str]:
        """The body and content type that tell the provider that an event is safely stored."""

    def read(self, request: WebRequest) -> Arrival | None:
        """Check where a request comes from, then read it. None: nothing for us in it.

        Raises:
            Unverified: before anything of the body is believed.
            Unreadable: when it is not what the provider sends.
        """

    async def acknowledge(self, arrival: Arrival) -> None:
        """Give the provider what it wants back at once, if anything. May fail without harm."""


class Channel(Reader, Protocol):
    """What every channel can do."""

    account: str
    """Our own number or bot on this channel."""
    pace: Pace

    async def send(self, outgoing: Outgoing) -> str:
        """Send a message; gives the provider's id of it.

        Raises:
            SendFailed: when it was not, or perhaps not, sent.
        """

    async def prepare(self) -> None:
        """Tell the provider what it must know before it can work for us. May fail without harm."""

    async def close(self) -> None:
        """Let go of connections."""


class Reconciling(Protocol):
    """A channel whose provider keeps a list of what it received for us, and deletes its copies on request."""

    name: ChannelName
    account: str

    async def received_since(self, moment: datetime) -> Sequence[Incoming]:
        """Every message that the provider received for us since then, oldest first.

        Raises:
            SendFailed: when the provider can't be asked.
        """

    async def clear(self, external_id: str, *, entirely: bool) -> None:
        """Make the provider forget a message's words, or the message entirely. Gone already is no error.

        Raises:
            SendFailed: when it was not, or perhaps not, done.
        """


class Polling(Protocol):
    """A channel that can fetch what came in, where the provider can't call us."""

    name: ChannelName
    account: str

    async def poll(self, take_in: Callable[[Arrival], Awaitable[object]]) -> None:
        """Fetch and take in until cancelled; what was fetched is confirmed only after it was taken in.

        Raises:
            SecondPoller: when somebody else fetches for the same account.
        """


class SecondPoller(Exception):
    """Somebody else fetches this bot's messages: two would tear every conversation in half."""
