"""Who on the staff may do what: four roles, each of which may do all that the one before it may, for some teams."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person on the staff is trusted with, in rising order."""

    VIEWER = "viewer"
    SPECIALIST = "specialist"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"


_RANK = {role: rank for rank, role in enumerate(Role)}


class Scope(StrEnum):
    """What a token of the API may be used for, whatever else its account may do."""

    READ = "read"
    ACT = "act"
    ADMIN = "admin"


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who has signed in: the name that the history gives, the role, and the teams it holds for (None: all)."""

    name: str
    role: Role
    teams: frozenset[str] | None = None

    def sees(self, team: str) -> bool:
        """Whether this team's items are this person's business at all."""
        return self.teams is None or team in self.teams

    def may(self, needed: Role, team: str | None = None) -> bool:
        """Whether the person has this role or a higher one; with `team`, for that team."""
        return _RANK[self.role] >= _RANK[needed] and (team is None or self.sees(team))

    def teams_among(self, teams: Collection[str]) -> tuple[str, ...]:
        """Those of these teams that the person may see, in order."""
        return tuple(sorted(team for team in teams if self.sees(team)))
