"""What the operations take: the options of the commands of the same name."""

from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, JsonValue

from cee_mailbot.domain.bulk import MOST_ITEMS
from cee_mailbot.domain.tags import LONGEST_TAG, TAG_PATTERN, read_tag, why_no_tag
from cee_mailbot.domain.work_item import Closing
from cee_mailbot.web.api.operation import Given

LONGEST_TEXT = 20_000
MOST_ROWS = 1_000
MOST_JOBS = 100
USUAL_ROWS = 100
MOST_FIELDS = 50
LARGEST_ROW = 2**63 - 1
_YEARS = range(1990, 2101)


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("the character U+0000 can't be stored; leave it out")
    return text


def _tag(text: str) -> str:
    if (word := read_tag(text)) is None:
        raise ValueError(why_no_tag(text))
    return word


def _of_our_time(at: datetime) -> datetime:
    if at.year not in _YEARS:
        raise ValueError(f"the year must lie between {_YEARS.start} and {_YEARS.stop - 1}")
    return at


def _day_of_our_time(day: date) -> date:
    if day.year not in _YEARS:
        raise ValueError(f"the year must lie between {_YEARS.start} and {_YEARS.stop - 1}")
    return day


Text = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_storable)]
Word = Annotated[str, Field(max_length=500), AfterValidator(_storable)]
_TAG_SCHEMA: dict[str, JsonValue] = {"minLength": 1, "maxLength": LONGEST_TAG, "pattern": TAG_PATTERN}
Tag = Annotated[str, AfterValidator(_tag), Field(json_schema_extra=_TAG_SCHEMA)]
Instant = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
Day = Annotated[date, AfterValidator(_day_of_our_time)]
RowId = Annotated[int, Field(ge=1, le=LARGEST_ROW)]
Rows = Annotated[int, Field(ge=1, le=MOST_ROWS)]
Skipped = Annotated[int, Field(ge=0, le=LARGEST_ROW)]


class QueueQuery(Given):
    """The filters of `queue list`."""

    team: Word | None = None
    state: Word | None = None
    code: Word | None = None
    entry: Word | None = None
    account: Word | None = None
    flag: Word | None = None
    tag: Tag | None = None
    assignee: Word | None = None
    text: Word | None = None
    due_before: Instant | None = None
    sort: Word = "presented_at"
    limit: Rows = USUAL_ROWS
    offset: Skipped = 0


class ElsewhereQuery(Given):
    """The filters of `queue elsewhere`."""

    team: Word | None = None
    state: Word | None = None
    code: Word | None = None
    entry: Word | None = None
    limit: Rows = USUAL_ROWS


class MessagesQuery(Given):
    """The filters of `messages list`."""

    mailbox: Word | None = None
    status: Word | None = None
    text: Word | None = None
    limit: Rows = USUAL_ROWS
    offset: Skipped = 0


class RepliesQuery(Given):
    """The filters of `replies list`."""

    kind: Word | None = None
    state: Word | None = None
    to: Word | None = None
    limit: Rows = USUAL_ROWS
    offset: Skipped = 0


class Seen(Given):
    """What every act may say: the `version` that the caller saw, and the `id` of the newest line of `history`."""

    version: Annotated[int, Field(ge=0, le=LARGEST_ROW)] | None = None
    seen: Annotated[int, Field(ge=0, le=LARGEST_ROW)] = 0


class WithReason(Seen):
    """An act that may be given a reason."""

    reason: Text = ""


class WithNeededReason(Seen):
    """An act that must be given a reason."""

    reason: Text


class Noting(Seen):
    """`queue note`."""

    text: Text


class Tagging(Seen):
    """`queue tag` and `queue untag`."""

    tag: Tag


class Waiting(WithReason):
    """`queue wait`."""

    until: Instant | None = None


class ClosingIt(WithReason):
    """`queue close`."""

    outcome: Closing


class Replying(Seen):
    """`queue reply`: words, or an approved text or macro by its name, with what is to stand in its `fields`."""

    text: Text = ""
    approved_text: Word | None = None
    macro: Word | None = None
    fields: Annotated[dict[Word, Text], Field(max_length=MOST_FIELDS, default_factory=dict)]


class Transferring(WithNeededReason):
    """`queue transfer`: to the team of another Center, or to the port."""

    team: Word | None = None
    port: bool = False


class Splitting(WithReason):
    """`queue split`."""

    message: RowId


class Moving(Splitting):
    """`queue move`."""

    to: Word


class Joining(WithReason):
    """`queue join`; `other` is the item that is emptied."""

    other: Word


class Presenting(WithNeededReason):
    """`queue set-presentation`."""

    at: Instant


class EntryDate(Seen):
    """`queue set-entry-date`; null: it is not known after all."""

    date: Day | None


class Releasing(Given):
    """`messages release`."""

    line: Word | None = None


class Nothing(Given):
    """An act that takes nothing; the body may be left out."""


class BulkGiven(Given):
    """One act on many items: those named, or all that the search finds, and the fields of the act."""

    act: Word
    items: Annotated[tuple[Word, ...], Field(max_length=MOST_ITEMS)] = ()
    search: Word | None = None
    reason: Text = ""
    text: Text = ""
    tag: Tag | None = None
    outcome: Closing | None = None
    team: Word | None = None
    until: Instant | None = None


class BulkJobsQuery(Given):
    """How many bulk jobs are wanted; the rows of each are counted."""

    limit: Annotated[int, Field(ge=1, le=MOST_JOBS)] = 20


class BulkRowsQuery(Given):
    """Which rows of a bulk job are wanted."""

    limit: Rows = USUAL_ROWS
    offset: Skipped = 0


class ClosureGiven(Given):
    """`closures add`; without a port for all, without a last day for the first alone."""

    port: Word | None = None
    first: Day
    last: Day | None = None
    reason: Text
