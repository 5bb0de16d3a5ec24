"""What an employer's sign-in says of somebody: who it is, or that it is nobody it knows, or nothing at all."""

from dataclasses import dataclass


class Away(Exception):
    """The employer's sign-in could not be asked, or said nothing that can be used."""


class NotVouchedFor(Exception):
    """It does not vouch for whoever it is, or what came does not belong to what we asked."""


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """Whom it vouches for."""

    subject: str
    """Who it is: the same person always has the same, and nobody else ever."""
    email: str
    verified: bool
    """False where it says that the address may not be theirs."""
    groups: frozenset[str]
    held: str
    """What to ask with whether they are still known."""
