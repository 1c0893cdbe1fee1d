"""Figures as pictures: each has a sentence that says what it shows, and rows of numbers that are drawn and tabled."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

DUE_COLUMNS = ("overdue", "today", "soon", "later", "none")
DUE_NAMES = ("Overdue", "Today", "Next 3 days", "Later", "No date")
INTAKE_COLUMNS = ("Queued", "Waiting", "Not processed", "Held", "Other")
INTAKE_HOURS = 48
MOST_REASONS = 12
LATE_AFTER = timedelta(minutes=15)
_SOON = timedelta(days=3)
_WAITED = (("under 6 hours", 6), ("6 to 12 hours", 12), ("12 to 24 hours", 24), ("over 24 hours", None))
_INTAKE: Mapping[str, int] = {
    "enqueued": 0, "supplement": 0, "correspondence": 0, "assembling": 1, "rejected": 2, "held": 3,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureRow:
    """One bar: its name, a number for each column, and the search that lists what each counts ("" for none)."""

    name: str
    numbers: tuple[int, ...]
    searches: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """The length of the bar."""
        return sum(self.numbers)


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """One picture: its name for programs, title, sentence, what the rows and the columns are, and the rows."""

    name: str
    title: str
    sentence: str
    of: str
    columns: tuple[str, ...]
    rows: tuple[PictureRow, ...]

    @property
    def longest(self) -> int:
        """The longest bar, at least 1: axes begin at zero."""
        return max([1, *(row.total for row in self.rows)])


def pressing(due: datetime | None, now: datetime, zone: str) -> str:
    """Which of `DUE_COLUMNS` a due date belongs to, by the calendar of its port."""
    if due is None:
        return "none"
    local = ZoneInfo(zone)
    if due < now:
        return "overdue"
    if due.astimezone(local).date() == now.astimezone(local).date():
        return "today"
    return "soon" if due - now < _SOON else "later"


def what_needs_me(
    counts: Iterable[tuple[str, datetime | None, str, int, int]], now: datetime, names: Mapping[str, str]
) -> Picture:
    """Open items by Center and how pressing they are; `counts` are team, due (UTC), zone, items and unclaimed ones."""
    teams: dict[str, Counter[str]] = {team: Counter() for team in names}
    free = 0
    for team, due, zone, items, unclaimed in counts:
        column = pressing(due, now, zone)
        teams[team][column] += items
        free += unclaimed if column in ("overdue", "today") else 0
    rows = tuple(
        PictureRow(
            name=f"{team} {names[team]}",
            numbers=tuple(found[column] for column in DUE_COLUMNS),
            searches=(f"team:{team} due:overdue", f"team:{team} due:today", "", "", f"team:{team} due:none"),
        )
        for team, found in teams.items()
    )
    late, today = (sum(found[column] for found in teams.values()) for column in ("overdue", "today"))
    sentence = f"{_items(late)} overdue and {_items(today)} due today; nobody has claimed {free} of them."
    title = "What needs me now"
    return Picture(name="needs", title=title, sentence=sentence, of="Center", columns=DUE_NAMES, rows=rows)


def _items(count: int) -> str:
    return f"{count} item is" if count == 1 else f"{count} items are"


def intake_per_hour(arrivals: Iterable[tuple[datetime, str]], now: datetime) -> Picture:
    """Messages of the last 48 hours by the hour (UTC) in which they arrived, and what became of them."""
    last = now.replace(minute=0, second=0, microsecond=0)
    hours = {last - timedelta(hours=back): [0] * len(INTAKE_COLUMNS) for back in range(INTAKE_HOURS - 1, -1, -1)}
    for at, status in arrivals:
        hour = at.replace(minute=0, second=0, microsecond=0)
        if hour in hours:
            hours[hour][_INTAKE.get(status, len(INTAKE_COLUMNS) - 1)] += 1
    rows = tuple(PictureRow(name=f"{hour:%b %d, %H:00}", numbers=tuple(found)) for hour, found in hours.items())
    total, queued = sum(row.total for row in rows), sum(row.numbers[0] for row in rows)
    busiest = max(rows, key=lambda row: row.total)
    said = f"; the busiest hour was {busiest.name} UTC with {busiest.total}" if total else ""
    sentence = f"{total} messages came in the last {INTAKE_HOURS} hours, {queued} of them into the queue{said}."
    title = "Intake per hour"
    return Picture(name="intake", title=title, sentence=sentence, of="Hour (UTC)", columns=INTAKE_COLUMNS, rows=rows)


def why_not_processed(refusals: Mapping[tuple[str, str], int], days: int) -> Picture:
    """Reasons for which messages were rejected or held, the most frequent first; by reason and sender's domain."""
    reasons: Counter[str] = Counter()
    domains: Counter[str] = Counter()
    for (reason, domain), number in refusals.items():
        reasons[reason] += number
        domains[domain] += number
    ranked = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_REASONS]
    rows = tuple(PictureRow(name=reason, numbers=(number,)) for reason, number in ranked)
    sentence = f"In the last {days} days every message was processed."
    if rows:
        worst, number = min(domains.items(), key=lambda pair: (-pair[1], pair[0]))
        sentence = (
            f"In the last {days} days the most frequent reason was {rows[0].name} ({rows[0].total} of "
            f"{reasons.total()}); most came from {worst or 'senders without an address'} ({number})."
        )
    title = "Why messages were not processed"
    return Picture(name="refusals", title=title, sentence=sentence, of="Reason", columns=("Messages",), rows=rows)


def split_submissions(waiting_since: Iterable[datetime], now: datetime) -> Picture:
    """Submissions that wait for parts, by how long they have waited."""
    waits = [now - since for since in waiting_since]
    counts = [0] * len(_WAITED)
    for wait in waits:
        until = (hours is None or wait < timedelta(hours=hours) for _, hours in _WAITED)
        counts[next(at for at, fits in enumerate(until) if fits)] += 1
    rows = tuple(
        PictureRow(name=name, numbers=(count,), searches=("is:assembling",))
        for (name, _), count in zip(_WAITED, counts, strict=True)
    )
    sentence = "No submission waits for parts."
    if waits:
        hours = int(max(waits) / timedelta(hours=1))
        waiting = "1 submission waits" if len(waits) == 1 else f"{len(waits)} submissions wait"
        sentence = f"{waiting} for parts, the oldest for {hours} hour{'' if hours == 1 else 's'}."
    title = "Split submissions"
    return Picture(name="split", title=title, sentence=sentence, of="Waiting", columns=("Submissions",), rows=rows)


def mailbox_state(error: str | None, last_completed: datetime | None, now: datetime) -> str:
    """`down` when the last poll failed, `late` when the last good one is long ago or there was none, else `up`."""
    if error:
        return "down"
    return "late" if last_completed is None or now - last_completed > LATE_AFTER else "up"


def in_words(span: timedelta) -> str:
    """A span of time, roughly: `under a minute`, `12 minutes`, `3 hours`, `2 days`."""
    seconds = max(0, int(span.total_seconds()))
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= unit:
            count = seconds // unit
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "under a minute"
