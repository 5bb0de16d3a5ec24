"""Where the link in an alert leads: to the console, or, for a contact without an account there, to a page of its own."""

import hmac
from typing import Final

from sqlalchemy.orm import Session

from bot.audit import actor
from bot.privacy.keys import Keyring
from models.handovers import HandOver
from models.staff import can_sign_in_as

OPERATOR: Final = 0
"""Stands for the operator's own address for alerts, which is no contact of a landlord."""


class Links:
    """Makes the links, and knows them again.

    Args:
        keys: to prove that a link is ours.
        base_url: where our own pages are.
    """

    def __init__(self, keys: Keyring, base_url: str) -> None:
        self._keys = keys
        self._base_url = base_url

    def to(self, session: Session, made: HandOver, contact_id: int, email: str) -> str:
        """Where an alert to one address leads.

        Args:
            session: a transaction.
            made: the hand-over.
            contact_id: who is told of it, or `OPERATOR`.
            email: their address.
        """
        if self.signs_in(session, made, email):
            return f"{self._base_url}{console_path(made)}"
        proof = self._proofs(made.id, contact_id)[0]
        return f"{self._base_url}/hand-over/{made.id}/{contact_id}/{proof}"

    def signs_in(self, session: Session, made: HandOver, email: str) -> bool:
        """Whether whoever has that address opens it on the console."""
        return can_sign_in_as(session, actor(self._keys, email), made.landlord_id, "duty")

    def is_ours(self, hand_over_id: int, contact_id: int, proof: str) -> bool:
        """Whether we gave such a link out."""
        known = self._proofs(hand_over_id, contact_id)
        return any(hmac.compare_digest(proof.encode(), one.encode()) for one in known)

    def _proofs(self, hand_over_id: int, contact_id: int) -> list[str]:
        return [made.hex() for made in self._keys.proofs("hand_over", str(hand_over_id), str(contact_id))]


def console_path(made: HandOver) -> str:
    """Where a hand-over is on the console."""
    return f"/console/{made.landlord_id}/hand-overs/{made.id}"
