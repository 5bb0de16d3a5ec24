"""What Twilio's error codes mean for a message and its person. Data, and the one rule for unknown codes.

Each code is described at https://www.twilio.com/docs/api/errors/<code>. Twilio adds and changes codes
without notice, so a code that is not here falls to what its HTTP status says.
"""

from collections.abc import Mapping
from typing import Final

from bot.conversation.messages import Outcome, SendFailed

OUTCOMES: Final[Mapping[int, Outcome]] = {
    # Nothing of ours goes out until somebody mends it.
    20003: "down",  # wrong credentials
    20005: "down",  # the account is not active
    # A bare status without a code of Twilio's: the credentials, or whoever answers is not Twilio.
    301: "down",
    302: "down",
    307: "down",
    308: "down",
    401: "down",
    403: "down",
    404: "down",
    # Certainly not sent: later.
    429: "retry",
    20429: "retry",  # too many requests
    63018: "retry",  # WhatsApp's own rate limit
    21611: "retry",  # our queue at Twilio is full
    30001: "retry",  # the same, found out later
    30003: "retry",  # the handset is off or out of reach
    # Perhaps sent: "it is possible for a customer to receive multiple messages", says the page of 20500.
    20500: "unknown",
    # The person said stop.
    21610: "stopped",  # by a carrier's keyword
    63014: "stopped",  # blocked by an action of theirs on WhatsApp
    # Nothing will ever reach this address.
    21211: "unreachable",  # no valid number
    21612: "unreachable",  # no route to it from our number
    21614: "unreachable",  # not a mobile
    30005: "unreachable",  # unknown handset
    30006: "unreachable",  # a landline, or a carrier that can't be reached
    63003: "unreachable",  # not an address of this channel
    63024: "unreachable",  # not a recipient that may be written to
    # May not be sent until the person writes.
    63016: "held",  # outside WhatsApp's 24 hours
    # This message is lost; sending it again would not help or might double it.
    30004: "failed",  # blocked
    30007: "failed",  # filtered by a carrier
    30008: "failed",  # reason unknown
    30036: "failed",  # too old by the time its turn came, as we asked
    63032: "failed",  # Meta chose not to deliver it
    63049: "failed",  # the same
}


def meaning(code: int, status: int = 400, after: float | None = None) -> SendFailed:
    """What an error means.

    Args:
        code: Twilio's code, or the HTTP status where it gave none.
        status: the HTTP status; of a status callback, which has none, leave it out.
        after: the seconds that Twilio asked us to wait.
    """
    outcome = OUTCOMES.get(code) or _by_status(status)
    return SendFailed(str(code), outcome, after if outcome in ("retry", "down") else None)


def _by_status(status: int) -> Outcome:
    if status == 401:
        return "down"
    if status == 429:
        return "retry"
    return "unknown" if status >= 500 else "failed"
