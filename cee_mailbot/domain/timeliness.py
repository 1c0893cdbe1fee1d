"""The clocks that run on a submission: when they end, and whether it came in time.

Advice for staff, always marked "computed, not a ruling". Nothing is computed from a start that is not known.
"""

import csv
from calendar import isleap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Literal

from cee_mailbot.domain.working_days import (
    Closure,
    add_working_days,
    day_off,
    days_off_between,
    working_day_number,
    working_days_between,
)

NOT_A_RULING = "computed, not a ruling"

RECEIVED_GOVERNS = frozenset({"PR", "PD"})
"""Filed when CBP receives them: protests (19 CFR 174.12(f)) and prior disclosures (162.74(d)(2))."""

# Dates come from papers and from people: a slip in the year gives no date rather than a wrong one.
EARLIEST_YEAR = 1990
LATEST_YEAR = 2090

_FEBRUARY_29 = (2, 29)


class Unit(StrEnum):
    """What a clock counts."""

    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    YEARS = "years"


class Start(StrEnum):
    """What starts a clock; its day comes from the papers or from staff."""

    ENTRY = "entry"
    DEMAND = "demand"
    REJECTION = "rejection"
    ENTRY_SUMMARY = "entry-summary"
    REQUEST = "request"
    PROPOSED_NOTICE = "proposed-notice"
    PROTESTED_DECISION = "protested-decision"
    PROTEST = "protest"
    EXCLUSION_PROTEST = "exclusion-protest"
    ACCELERATION = "acceleration"
    IMPORTATION = "importation"
    DISCLOSURE = "disclosure"
    ORAL_DISCLOSURE = "oral-disclosure"
    LOSS_NOTICE = "loss-notice"


# A clock that is not here is kept for people to read and never computed: it has no fixed day, ends elsewhere (the
# court), counts backwards, or bears on no subject code.
_STARTS = MappingProxyType(
    {
        "entry_summary_filing": Start.ENTRY,
        "entry_records_on_demand": Start.DEMAND,
        "summary_reject_resubmit": Start.REJECTION,
        "cbp_may_reject": Start.ENTRY_SUMMARY,
        "form_28_response": Start.REQUEST,
        "form_29_proposed_response": Start.PROPOSED_NOTICE,
        "protest_filing": Start.PROTESTED_DECISION,
        "protest_decision": Start.PROTEST,
        "protest_decision_exclusion": Start.EXCLUSION_PROTEST,
        "protest_accelerated": Start.ACCELERATION,
        "claim_520d": Start.IMPORTATION,
        "prior_disclosure_more_data": Start.DISCLOSURE,
        "prior_disclosure_oral_confirm": Start.ORAL_DISCLOSURE,
        "prior_disclosure_tender": Start.LOSS_NOTICE,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadline:
    """One row of `data/deadlines.tsv`: from what moment, how long, for whom, by which rule.

    `starts_from` is the moment in words, `start` the same as a value (None: not computed). `confirmed` says where
    the rule was read: `yes` in the rule or a CBP publication, `secondary` elsewhere, `doc` in CBP's own process.
    """

    clock: str
    subject_code: str | None
    starts_from: str
    start: Start | None
    amount: int
    unit: Unit
    runs_for: Literal["trade", "cbp"]
    authority: str
    confirmed: Literal["yes", "secondary", "doc"]
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """The last day of a clock whose start is known, and how it was found.

    `skipped` are the weekdays that a working-day clock left out. `day_off` says why the last day of another clock is
    no working day: whether the next one will do, its rule does not say, and nothing is moved.
    """

    deadline: Deadline
    started_on: date
    on: date
    allowed: int
    skipped: tuple[tuple[date, str], ...] = ()
    day_off: str | None = None
    words: str = NOT_A_RULING


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeliness:
    """How a submission stands to its clock; `day` counts from the start in the clock's days (None for years).

    `on_time` is None where only a person can tell: it came after a last day that is no working day, and not later
    than the next working day.
    """

    due: Due
    judged_by: Literal["presented", "received"]
    judged_on: date
    day: int | None
    on_time: bool | None
    words: str = NOT_A_RULING

    @property
    def sentence(self) -> str:
        """All of it in one line, for a page or a terminal."""
        due, deadline = self.due, self.due.deadline
        unit = deadline.unit.replace("_", " ")
        count = f"{due.allowed} {unit}" if self.day is None else f"day {self.day} of {due.allowed} {unit}"
        verdict = {True: "on time", False: "late", None: "undecided, the last day is no working day"}[self.on_time]
        source = "" if deadline.confirmed == "yes" else ", not read in the rule itself"
        return (
            f"{self.judged_by} {self.judged_on}: {count} from {deadline.starts_from} ({due.started_on}), "
            f"due {due.on}: {verdict}; {deadline.authority}{source}; {self.words}"
        )


@lru_cache(maxsize=1)
def shipped_deadlines() -> tuple[Deadline, ...]:
    """Every clock of `data/deadlines.tsv`, in its order, read when first asked for."""
    text = files("cee_mailbot.domain").joinpath("data", "deadlines.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader((line for line in text.splitlines() if not line.startswith("#")), delimiter="\t")
    return tuple(_deadline(row) for row in rows)


def _deadline(row: dict[str, str]) -> Deadline:
    return Deadline(
        clock=row["clock"],
        subject_code=row["subject_code"] or None,
        starts_from=row["from"],
        start=_STARTS.get(row["clock"]),
        amount=int(row["amount"]),
        unit=Unit(row["unit"]),
        runs_for="trade" if row["runs_for"] == "trade" else "cbp",
        authority=row["authority"],
        confirmed="yes" if row["confirmed"] == "yes" else "doc" if row["confirmed"] == "doc" else "secondary",
        note=row["note"] or "",
    )


def timeliness(
    code: str,
    starts: Mapping[Start, date],
    *,
    presented_on: date,
    received_on: date,
    port: str | None,
    closures: Iterable[Closure] = (),
) -> Timeliness | None:
    """How a message with this subject code stands to the clock it answers, or None when no start is known.

    Both days are local at the port of entry. Of several clocks the one that began last counts, of those that had
    begun when it came: papers sent on a demand answer the demand.
    """
    judged_by: Literal["presented", "received"] = "received" if code in RECEIVED_GOVERNS else "presented"
    day = received_on if judged_by == "received" else presented_on
    known = tuple(closures)
    dues = _dues(code, starts, "trade", port, known)
    if not dues or not _is_plausible(day):
        return None
    due = max([one for one in dues if one.started_on <= day] or dues, key=_began)
    return Timeliness(
        due=due,
        judged_by=judged_by,
        judged_on=day,
        day=_day_number(due, day, port, known),
        on_time=_is_on_time(due, day, port, known),
    )


def due_for(
    code: str,
    starts: Mapping[Start, date],
    *,
    runs_for: Literal["trade", "cbp"] = "trade",
    port: str | None,
    closures: Iterable[Closure] = (),
) -> Due | None:
    """The due date of an item: of the clocks that run for one side, the one that began last; None without a start."""
    return max(_dues(code, starts, runs_for, port, tuple(closures)), key=_began, default=None)


def due_in_words(due_on: date, today: date, port: str | None, closures: Iterable[Closure] = ()) -> str:
    """How far off a due date is: "Due today", "Due in 3 working days", "Overdue by 2 working days"."""
    if due_on == today:
        return "Due today"
    overdue = due_on < today
    count = working_days_between(min(due_on, today), max(due_on, today), port, closures)
    if not count:
        return "Overdue" if overdue else "Due before the next working day"
    return f"{'Overdue by' if overdue else 'Due in'} {count} working day{'s' if count > 1 else ''}"


def _dues(
    code: str, starts: Mapping[Start, date], runs_for: str, port: str | None, closures: tuple[Closure, ...]
) -> list[Due]:
    clocks = (row for row in shipped_deadlines() if row.subject_code == code and row.runs_for == runs_for)
    return [due for row in clocks if (due := _due(row, starts, port, closures))]


def _due(
    deadline: Deadline, starts: Mapping[Start, date], port: str | None, closures: tuple[Closure, ...]
) -> Due | None:
    start = starts.get(deadline.start) if deadline.start else None
    if start is None or not _is_plausible(start):
        return None
    on = _last_day(deadline, start, port, closures)
    if deadline.start is Start.REJECTION:
        # Rejected before the 10th working day: what is left of the 10, never less than 2. So both starts must be known.
        summary = _due(_summary_filing(), starts, port, closures)
        if summary is None:
            return None
        on = max(on, summary.on)
    if deadline.unit is not Unit.WORKING_DAYS:
        off = day_off(on, port, closures)
        return Due(deadline=deadline, started_on=start, on=on, allowed=deadline.amount, day_off=off)
    allowed = working_days_between(start, on, port, closures)
    skipped = days_off_between(start, on, port, closures)
    return Due(deadline=deadline, started_on=start, on=on, allowed=allowed, skipped=skipped)


def _summary_filing() -> Deadline:
    return next(row for row in shipped_deadlines() if row.start is Start.ENTRY)


def _last_day(deadline: Deadline, start: date, port: str | None, closures: tuple[Closure, ...]) -> date:
    """The day on which a clock ends; the day it starts does not count."""
    if deadline.unit is Unit.WORKING_DAYS:
        return add_working_days(start, deadline.amount, port, closures)
    if deadline.unit is Unit.CALENDAR_DAYS:
        return start + timedelta(days=deadline.amount)
    year = start.year + deadline.amount
    # From 29 February to the last of February: for whoever must act, the safer of the two readings.
    leap_day = (start.month, start.day) == _FEBRUARY_29 and not isleap(year)
    return start.replace(year=year, day=28) if leap_day else start.replace(year=year)


def _day_number(due: Due, day: date, port: str | None, closures: tuple[Closure, ...]) -> int | None:
    if due.deadline.unit is Unit.YEARS:
        return None
    if due.deadline.unit is Unit.WORKING_DAYS:
        return working_day_number(due.started_on, day, port, closures)
    return max((day - due.started_on).days, 0)


def _is_on_time(due: Due, day: date, port: str | None, closures: tuple[Closure, ...]) -> bool | None:
    if day <= due.on:
        return True
    doubtful = due.day_off is not None and day <= add_working_days(due.on, 1, port, closures)
    return None if doubtful else False


def _is_plausible(day: date) -> bool:
    return EARLIEST_YEAR <= day.year <= LATEST_YEAR


def _began(due: Due) -> date:
    return due.started_on
