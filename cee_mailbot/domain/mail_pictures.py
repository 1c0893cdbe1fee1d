"""Pictures of the mail: what came in hour by hour, why not all of it was processed, and what waits for its parts."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from cee_mailbot.domain.pictures import Outage, Picture, PictureRow
from cee_mailbot.domain.working_days import Closure

INTAKE_COLUMNS = ("Queued", "Waiting", "Not processed", "Held", "Other")
INTAKE_HOURS = 48
MOST_REASONS = 12
_HOUR = timedelta(hours=1)
_WAITED = (("under 6 hours", 6), ("6 to 12 hours", 12), ("12 to 24 hours", 24), ("over 24 hours", None))
_TOOK = (("under 1 hour", 1), ("1 to 4", 4), ("4 to 12", 12), ("12 to 24", 24), ("over 24 hours", None))
_INTAKE: Mapping[str, int] = {
    "enqueued": 0, "supplement": 0, "correspondence": 0, "assembling": 1, "rejected": 2, "held": 3,
}  # fmt: skip


def intake_per_hour(
    arrivals: Iterable[tuple[datetime, str]],
    now: datetime,
    *,
    closures: Iterable[Closure] = (),
    unread: Iterable[Outage] = (),
) -> Picture:
    """Messages of the last 48 hours by the hour (UTC) in which they arrived, and what became of them.

    Hours of snow days (`closures`), which begin and end at midnight of their port, are marked, and those in which a
    mailbox could not be read (`unread`).
    """
    last = now.replace(minute=0, second=0, microsecond=0)
    hours = {last - timedelta(hours=back): [0] * len(INTAKE_COLUMNS) for back in range(INTAKE_HOURS - 1, -1, -1)}
    for at, status in arrivals:
        hour = at.replace(minute=0, second=0, microsecond=0)
        if hour in hours:
            hours[hour][_INTAKE.get(status, len(INTAKE_COLUMNS) - 1)] += 1
    snow, silent = tuple(closures), tuple(unread)
    rows = tuple(
        PictureRow(name=f"{hour:%b %d, %H:00}", numbers=tuple(found), note=_what_happened(hour, snow, silent))
        for hour, found in hours.items()
    )
    total, queued = sum(row.total for row in rows), sum(row.numbers[0] for row in rows)
    busiest = max(rows, key=lambda row: row.total)
    said = f"; the busiest hour was {busiest.name} UTC with {busiest.total}" if total else ""
    return Picture(
        name="intake",
        title="Intake per hour",
        sentence=f"{total} messages came in the last {INTAKE_HOURS} hours, {queued} of them into the queue{said}.",
        of="Hour (UTC)",
        columns=INTAKE_COLUMNS,
        rows=rows,
        drawn="columns",
    )


def _what_happened(hour: datetime, closures: Iterable[Closure], unread: Iterable[Outage]) -> str:
    days = [
        f"{one.reason} ({f'port {one.port}' if one.port else 'all ports'})" for one in closures if one.holds_at(hour)
    ]
    silent = {one.mailbox for one in unread if one.began < hour + _HOUR and (one.ended is None or one.ended > hour)}
    return "; ".join((*days, *(f"{name} could not be read" for name in sorted(silent))))


def why_not_processed(refusals: Mapping[tuple[str, str], int], days: int) -> tuple[Picture, Picture]:
    """Reasons for which messages were rejected or held, the most frequent first, and whose messages they were."""
    reasons: Counter[str] = Counter()
    domains: Counter[str] = Counter()
    for (reason, domain), number in refusals.items():
        reasons[reason] += number
        domains[domain or "senders without an address"] += number
    rows, senders = _ranked(reasons), _ranked(domains)
    sentence = f"In the last {days} days every message was processed."
    help_whom = "Nobody needs a call or a guide."
    if rows:
        worst = senders[0]
        sentence = (
            f"In the last {days} days the most frequent reason was {rows[0].name} ({rows[0].total} of "
            f"{reasons.total()}); most came from {worst.name} ({worst.total})."
        )
        help_whom = f"{worst.name} sent {worst.total} of {reasons.total()}: a call or a guide would help most there."
    more = ("Show messages that were not processed", "/unprocessed?what=rejected")
    return (
        Picture(
            name="refusals",
            title="Why messages were not processed",
            sentence=sentence,
            of="Reason",
            columns=("Messages",),
            rows=rows,
            drawn="pareto",
            more=more,
        ),
        Picture(
            name="senders",
            title="Who needs a call or a guide",
            sentence=help_whom,
            of="Domain",
            columns=("Messages",),
            rows=senders,
        ),
    )


def _ranked(counts: Counter[str]) -> tuple[PictureRow, ...]:
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_REASONS]
    return tuple(PictureRow(name=name, numbers=(number,)) for name, number in ranked)


def split_submissions(waiting_since: Iterable[datetime], now: datetime) -> Picture:
    """Submissions that wait for parts, by how long they have waited."""
    waits = [now - since for since in waiting_since]
    rows = tuple(
        PictureRow(name=name, numbers=(count,), searches=("is:assembling",))
        for name, count in _by_length(waits, _WAITED)
    )
    sentence = "No submission waits for parts."
    if waits:
        hours = int(max(waits) / _HOUR)
        waiting = "1 submission waits" if len(waits) == 1 else f"{len(waits)} submissions wait"
        sentence = f"{waiting} for parts, the oldest for {hours} hour{'' if hours == 1 else 's'}."
    return Picture(
        name="split",
        title="Split submissions",
        sentence=sentence,
        of="Waiting",
        columns=("Submissions",),
        rows=rows,
        more=("Show submissions that wait for parts", "/?q=is:assembling"),
    )


def completed_submissions(took: Iterable[timedelta], days: int) -> Picture:
    """Split submissions that entered the queue, by how long after their first part: a histogram."""
    spans = list(took)
    rows = tuple(PictureRow(name=name, numbers=(count,)) for name, count in _by_length(spans, _TOOK))
    sentence = f"No split submission entered the queue in the last {days} days."
    if spans:
        soon = sum(row.total for row in rows[:2])
        sentence = f"{soon} of {len(spans)} split submissions of the last {days} days were in the queue within 4 hours."
    return Picture(
        name="completed",
        title="How long split submissions took",
        sentence=sentence,
        of="After the first part",
        columns=("Submissions",),
        rows=rows if spans else (),
        drawn="columns",
    )


def _by_length(spans: Iterable[timedelta], lengths: tuple[tuple[str, int | None], ...]) -> list[tuple[str, int]]:
    counts = [0] * len(lengths)
    for span in spans:
        until = (hours is None or span < timedelta(hours=hours) for _, hours in lengths)
        counts[next(at for at, fits in enumerate(until) if fits)] += 1
    return [(name, count) for (name, _), count in zip(lengths, counts, strict=True)]
