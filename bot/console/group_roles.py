"""Which groups at the employer's sign-in have which role here: SSO_GROUPS, read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.console.roles import ROLES, Role


class GroupProblem(ValueError):
    """SSO_GROUPS can't be read. Says which entry, and what it should look like."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a group gives.

    Args:
        role: the role.
        landlord: for which landlord, by name; "" for the only one.
    """

    role: Role
    landlord: str = ""


def read_group_roles(text: str) -> Mapping[str, frozenset[Given]]:
    """What each group gives.

    Args:
        text: `group=role` or `group=role@landlord`, with `;` between them. A group may stand there twice.

    Raises:
        GroupProblem: when an entry is not of that form.
    """
    given: dict[str, set[Given]] = {}
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        group, _, what = entry.rpartition("=")
        name, _, landlord = what.partition("@")
        role = next((one for one in ROLES if one == name.strip()), None)
        if role is None or not group.strip():
            raise GroupProblem(
                f"{entry} should look like GROUP=role or GROUP=role@Landlord; roles: {', '.join(ROLES)}"
            )
        given.setdefault(group.strip(), set()).add(Given(role, landlord.strip()))
    return {group: frozenset(roles) for group, roles in given.items()}


def given_to(groups: Collection[str], map_: Mapping[str, frozenset[Given]]) -> frozenset[Given]:
    """What somebody in these groups gets."""
    return frozenset().union(*(map_[group] for group in groups if group in map_))
