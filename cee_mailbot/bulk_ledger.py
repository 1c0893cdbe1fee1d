"""What the store promises of bulk jobs: one act on many items, foretold first and then carried out row by row."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from cee_mailbot.domain.bulk import BulkRowState, BulkState
from cee_mailbot.domain.roles import Person

if TYPE_CHECKING:
    from cee_mailbot.questions import WorklistQuery  # the questions are those of bulk jobs too

BULK_LEASE = timedelta(minutes=2)
"""How long a job is one worker's after each row; a row takes a moment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkItem:
    """An item that could be a row of a job, as it stands now."""

    tracking: str
    version: int
    team: str
    state: str
    assignee: str | None
    entry_number: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewBulkJob:
    """A job as it is foretold: whose it is, the act with its fields, and the list that the items were chosen from.

    `until` is how long the role of `person` holds without being asked for again, None where an account of ours gives
    it. `more` tells that the list has more items than a job may; `undoes` is the job whose changes this one takes back.
    """

    person: Person
    act: str
    fields: Mapping[str, str] = field(default_factory=dict)
    search: str = ""
    more: bool = False
    until: datetime | None = None
    undoes: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class NewBulkRow:
    """One item of a job with the version that was seen; `why` it can't be changed, None for what will be."""

    tracking: str
    version: int
    entry_number: str | None = None
    why: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkJobFacts:
    """A job as other programs see it, with how many of its items are in each state; times are UTC.

    `search` is the list that the items were chosen from, empty where they were chosen one by one.
    """

    id: int
    person: str
    act: str
    fields: Mapping[str, str]
    search: str
    more: bool
    undoes: int | None
    state: BulkState
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    stopped_by: str | None
    to_do: int
    changed: int
    not_changed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkRowFacts:
    """What became of one item; `why` it was not or cannot be changed, `at` when that was found or done (UTC)."""

    tracking: str
    version: int
    entry_number: str | None
    state: BulkRowState
    why: str | None
    at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkReason:
    """Why items are not changed, and how many."""

    why: str
    items: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkTask:
    """The next row of a job that is under way, and all that is needed to carry it out.

    `zone` is that of the item's port, empty where there is no such item.
    """

    job: int
    number: int
    tracking: str
    version: int
    zone: str
    person: Person
    until: datetime | None
    act: str
    fields: Mapping[str, str]


class BulkQuestions(Protocol):
    """Reads about bulk jobs."""

    def bulk_job(self, job: int) -> BulkJobFacts | None:
        """A job, or None when there is none."""

    def bulk_jobs(self, *, person: str | None, limit: int) -> tuple[BulkJobFacts, ...]:
        """The newest jobs of a person, or everybody's (None), newest first."""

    def bulk_rows(self, job: int, *, limit: int, offset: int = 0) -> tuple[BulkRowFacts, ...]:
        """Rows of a job: what is not changed first, then what is, then what is to do; each in the job's order."""

    def bulk_reasons(self, job: int, *, limit: int) -> tuple[BulkReason, ...]:
        """Why rows are not changed, the most frequent first."""

    def bulk_changed(self, job: int) -> tuple[tuple[str, int], ...]:
        """The items that a job changed, each with its version after that."""

    def bulk_items(self, trackings: Collection[str]) -> Mapping[str, BulkItem]:
        """Those of these items that there are, by their numbers."""

    def bulk_list(self, query: "WorklistQuery") -> tuple[BulkItem, ...]:
        """The first items of a list in its order, up to its limit."""

    def last_to_change(self, trackings: Collection[str]) -> Mapping[str, str]:
        """Who did the last act on each of these items, which a look at it is not; `SYSTEM` for what came by itself."""

    def bulk_turn(self) -> tuple[BulkTask, ...]:
        """The next row of each job that is under way, the job that was started first first."""


class BulkWrites(Protocol):
    """Writes of bulk jobs; the acts on the items are history, the jobs are not."""

    def bulk_job(self, job: int) -> BulkJobFacts | None:
        """As `BulkQuestions.bulk_job`."""

    def open_bulk_jobs(self, person: str) -> int:
        """How many jobs of a person are under way."""

    def add_bulk_job(self, job: NewBulkJob, rows: Sequence[NewBulkRow]) -> int:
        """A new job, foretold and not started; its row id. Forgets the oldest previews of a person who makes many."""

    def start_bulk_job(self, job: int, fields: Mapping[str, str], *, person: Person, until: datetime | None) -> None:
        """Lets a previewed job be carried out, with these fields and the role and teams that its person has now.

        Raises `NotAllowedError` for any other.
        """

    def stop_bulk_job(self, job: int, *, actor: str) -> None:
        """Ends a job that is under way: what is not done stays undone. Raises `NotAllowedError` for any other."""

    def stop_all_bulk_jobs(self, *, actor: str) -> None:
        """Ends every job that is under way."""

    def take_bulk_row(self, task: BulkTask) -> None:
        """Makes the job this process's for `BULK_LEASE`, and the row this transaction's.

        Raises `BusyError` when another process has the job, when it was stopped, or when the row is done already.
        """

    def end_bulk_row(self, task: BulkTask, why: str | None) -> bool:
        """Writes down, with the act itself, that the row is changed (`why` None) or not; whether it was the last.

        With the last one the job is finished.
        """

    def forget_bulk_jobs(self, *, previewed: timedelta, ended: timedelta) -> int:
        """Forgets previews that nobody started for so long, and jobs that ended so long ago: how many."""
