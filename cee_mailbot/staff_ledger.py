"""What the store promises of what staff keep: drafts, saved lists, and who looks at which item."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

TO_FILER = ("reply", "return", "transfer", "transfer-to-port")
"""The drafts of what a filer will read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What a person has begun to write on an item, and when it was last kept (UTC)."""

    text: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class SavedView:
    """A list under a name: a person's own, or, with `team`, that of everybody who sees the team.

    `search` and `sort` are as the address of the list has them.
    """

    id: int
    name: str
    person: str
    team: str | None
    search: str
    sort: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimFacts:
    """Whose an item is, since when, and when that person last used the claim (UTC).

    `since` is None where the history does not tell it; `used` is None for an item that waits or is closed, whose claim
    does not end by itself. `zone` is that of the item's port.
    """

    person: str
    since: datetime | None
    used: datetime | None
    zone: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Presence:
    """Who is at an item, and whether that person is writing something that the filer will read."""

    person: str
    writing: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class WokenFacts:
    """Why an item that waited is back, and since when (UTC)."""

    why: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class BackFacts:
    """An item that is back from waiting, by its numbers, and of which time zone its port is."""

    tracking: str
    entry_number: str | None
    team: str
    zone: str
    woken: WokenFacts


class StaffQuestions(Protocol):
    """Reads of what staff keep."""

    def drafts(self, tracking: str, *, person: str) -> Mapping[str, Draft]:
        """What this person has begun to write on an item, by what it is to become (`note`, `reply`, ...)."""

    def saved_views(self, *, person: str) -> tuple[SavedView, ...]:
        """This person's own lists, and those of all teams, by name."""

    def saved_view(self, view: int) -> SavedView | None:
        """One saved list, or None when there is none."""

    def claims(self, trackings: Collection[str]) -> Mapping[str, ClaimFacts]:
        """Those of these items that are somebody's, by their numbers."""

    def woken(self, trackings: Collection[str]) -> Mapping[str, WokenFacts]:
        """Those of these items that are back, and that nobody has done anything about since, by their numbers."""

    def back(self, person: str) -> Sequence[BackFacts]:
        """This person's items that are back, as `woken` has them; what came back last first."""

    def others_at(
        self, trackings: Collection[str], *, person: str, since: datetime
    ) -> Mapping[str, Sequence[Presence]]:
        """Who else has looked at these items since then, by their numbers and by name."""

    def tags_in_use(self, teams: Collection[str]) -> Sequence[str]:
        """Tags that these teams use, by name: those on the open items of each that changed last."""


class StaffWrites(Protocol):
    """Writes of what staff keep; none of it is history."""

    def keep_draft(self, tracking: str, kind: str, text: str, *, person: str) -> None:
        """Keeps what a person has begun to write; an empty text forgets it."""

    def save_view(self, view: SavedView) -> None:
        """Keeps a list under its name; the id given is none of its own."""

    def forget_view(self, view: int) -> None:
        """Forgets a saved list, if there is one."""

    def note_viewing(self, tracking: str, *, person: str) -> None:
        """Notes that a person looks at an item now."""
