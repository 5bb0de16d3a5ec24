"""The policy of moderation: data in moderation_policy.toml, published and used as it stands there."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Policy:
    """What a moderator asks before words leave, and why words are set aside."""

    checks: tuple[str, ...]
    reasons: Mapping[str, str]
    """The sentence of each reason, by its key."""


@cache
def load_policy() -> Policy:
    """The policy."""
    plain = tomllib.loads((resources.files("bot") / "moderation_policy.toml").read_text("utf-8"))
    reasons = {one["key"]: one["text"] for one in plain["reason"]}
    return Policy(tuple(one["text"] for one in plain["check"]), reasons)
