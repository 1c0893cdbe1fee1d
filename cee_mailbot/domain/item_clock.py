"""What the clocks say of one item: how it stands to its deadline, and on which day it is due.

Advice, marked "computed, not a ruling" (see `timeliness`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from cee_mailbot.domain.routing import PROGRAM_TEAM, Center, due_to_answer
from cee_mailbot.domain.timeliness import EARLIEST_YEAR, LATEST_YEAR, Start, Timeliness, due_for, timeliness
from cee_mailbot.domain.working_days import Closure

# The last second of a day: presentation is judged by its day at the port, at whatever hour.
END_OF_DAY = time(23, 59, 59)


@dataclass(frozen=True, kw_only=True, slots=True)
class ClockedItem:
    """An item as its clocks see it; times are aware, `zone` is the port's, `due` what is written down now."""

    submission: int
    tracking: str
    code: str | None
    port: str | None
    zone: str
    presented_at: datetime
    received_at: datetime
    entry_date: date | None = None
    due: datetime | None = None


def starts_of(item: ClockedItem) -> dict[Start, date]:
    """The starts that are known: the day of entry, and that a protest is filed when it is received (174.12(f))."""
    starts: dict[Start, date] = {}
    if item.entry_date is not None:
        starts[Start.ENTRY] = item.entry_date
    if item.code == "PR":
        starts[Start.PROTEST] = _local_day(item.received_at, item.zone)
    return starts


def timeliness_of(item: ClockedItem, closures: Iterable[Closure] = ()) -> Timeliness | None:
    """How the item stands to the clock that it answers, or None where no start is known."""
    return timeliness(
        item.code or "",
        starts_of(item),
        presented_on=_local_day(item.presented_at, item.zone),
        received_on=_local_day(item.received_at, item.zone),
        port=item.port,
        closures=closures,
    )


def due_of(item: ClockedItem, closures: Iterable[Closure] = ()) -> datetime | None:
    """The end, at the port, of the day on which the item is due, in UTC; None where no start is known.

    It is the day by which CBP must act where such a clock runs, as on a protest; else the sender's own last day.
    """
    starts, code, known = starts_of(item), item.code or "", tuple(closures)
    due = due_for(code, starts, runs_for="cbp", port=item.port, closures=known) or due_for(
        code, starts, runs_for="trade", port=item.port, closures=known
    )
    return datetime.combine(due.on, END_OF_DAY, tzinfo=ZoneInfo(item.zone)).astimezone(UTC) if due else None


def due_when_enqueued(code: str | None, port: str | None, zone: str, received_at: datetime) -> datetime | None:
    """The due date of a new item: only what is filed on receipt has a start that is known already."""
    item = ClockedItem(
        submission=0,
        tracking="",
        code=code,
        port=port,
        zone=zone,
        presented_at=received_at,
        received_at=received_at,
    )
    return due_of(item)


def due_in_queue(item: ClockedItem, center: Center, closures: Iterable[Closure] = ()) -> datetime | None:
    """When an item is due in a Center's queue: the program office answers in 15 days, elsewhere its type decides."""
    if center.team == PROGRAM_TEAM:
        return due_to_answer(item.received_at, center.time_zone)
    return due_of(item, closures)


def moved_due(before: ClockedItem, was: datetime | None, now: datetime | None) -> bool:
    """Whether a due date that was computed anew takes the place of the one written down: never of a person's."""
    return was != now and before.due == was


def is_entry_date(day: date) -> bool:
    """Whether a day can be one of entry; one far off is a slip of the year."""
    return EARLIEST_YEAR <= day.year <= LATEST_YEAR


def timeliness_facts(found: Timeliness) -> dict[str, Any]:
    """All of it by name, in the names that other programs rely on; `words` is the sentence for people."""
    due, deadline = found.due, found.due.deadline
    return {
        "clock": deadline.clock,
        "judged_by": found.judged_by,
        "judged_on": found.judged_on,
        "started_on": due.started_on,
        "day": found.day,
        "allowed": due.allowed,
        "unit": str(deadline.unit),
        "due": due.on,
        "on_time": found.on_time,
        "skipped": [{"day": day, "reason": reason} for day, reason in due.skipped],
        "authority": deadline.authority,
        "confirmed": deadline.confirmed,
        "words": found.sentence,
    }


def _local_day(instant: datetime, zone: str) -> date:
    return instant.astimezone(ZoneInfo(zone)).date()
