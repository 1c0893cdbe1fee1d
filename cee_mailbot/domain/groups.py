"""What people may do by the groups that the agency's own sign-in puts them in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cee_mailbot.domain.roles import Person, Role


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupRule:
    """What being in a group gives: a role, for some teams or all (None). Names of groups are compared exactly."""

    group: str
    role: Role
    teams: frozenset[str] | None = None


def person_in(name: str, groups: Collection[str], rules: Sequence[GroupRule]) -> Person | None:
    """The person with the highest role that one of these groups gives; None when none of them gives any.

    The teams are those of the rules that give this role: a role is never lent to the teams of a lower one.
    """
    found = [rule for rule in rules if rule.group in groups]
    if not found:
        return None
    rising = list(Role)
    role = max((rule.role for rule in found), key=rising.index)
    teams: frozenset[str] | None = frozenset()
    for rule in found:
        if rule.role is role and teams is not None:
            teams = None if rule.teams is None else teams | rule.teams
    return Person(name=name, role=role, teams=teams)
