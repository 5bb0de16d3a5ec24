"""What is kept: one file a subject, each with its tables and the queries on them.

Importing this package imports every table, so that `Base.metadata` is complete. Nothing here knows an
encryption key: whatever a person told, or can be reached by, arrives already sealed, as bytes.
"""

from models import (
    api_keys,
    audit,
    conversations,
    handovers,
    inbound,
    labels,
    landlords,
    lookup_keys,
    moderation,
    outbound,
    participants,
    people,
    providers,
    releases,
    requests,
    responses,
    scopes,
    staff,
    stories,
    visits,
    workshops,
)
from models.base import Base
from models.store import Store

__all__ = [
    "Base",
    "Store",
    "api_keys",
    "audit",
    "conversations",
    "handovers",
    "inbound",
    "labels",
    "landlords",
    "lookup_keys",
    "moderation",
    "outbound",
    "participants",
    "people",
    "providers",
    "releases",
    "requests",
    "responses",
    "scopes",
    "staff",
    "stories",
    "visits",
    "workshops",
]
