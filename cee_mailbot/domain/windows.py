"""The stretches of time by which lists and pictures sort items: how soon they are due, and how old they are.

Both are instants for the whole country, so that a list and the number that leads to it are the same question.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from cee_mailbot.domain.working_days import add_working_days, is_working_day

Window = tuple[datetime | None, datetime | None]

PRESSING = ("overdue", "today", "soon", "later", "none")
DUE_WORDS = (*PRESSING, "week")
SOON_DAYS = 2
# Each age with its least and its greatest number of working days.
AGES: dict[str, tuple[int, int | None]] = {
    "0-1": (0, 1),
    "2-3": (2, 3),
    "4-5": (4, 5),
    "6-10": (6, 10),
    "over-10": (11, None),
}
_DAY = timedelta(days=1)
# A day has ended on the Pacific coast, where the last of the Centers' offices are, at eight in UTC.
_NIGHT = timedelta(hours=8)


def due_window(word: str, now: datetime) -> Window:
    """The first instant of a due date that a word or a day (`2026-11-30`) means, and the first that it does no more.

    A due date is the end of a day at the port, of which any 24 hours have one; the last second of a day in Guam and in
    Hawaii both lie between its noon and the next in UTC. `soon` ends with the second working day after today.
    """
    if word == "none":
        return None, None
    if word == "overdue":
        return None, now
    if word in ("today", "week"):
        return now, now + (7 * _DAY if word == "week" else _DAY)
    if word in ("soon", "later"):
        last = noon(add_working_days((now - _DAY / 2).date(), SOON_DAYS, None) + _DAY)
        return (now + _DAY, last) if word == "soon" else (last, None)
    return noon(date.fromisoformat(word)), noon(date.fromisoformat(word)) + _DAY


def noon(day: date) -> datetime:
    """Noon of a day in UTC."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def pressing(due: datetime | None, now: datetime) -> str:
    """Which of `PRESSING` a due date belongs to."""
    if due is None:
        return "none"
    return next(word for word in PRESSING[:-1] if within(due, due_window(word, now)))


def within(instant: datetime, window: Window) -> bool:
    """Whether an instant lies in a window."""
    first, before = window
    return (first is None or first <= instant) and (before is None or instant < before)


def age_window(word: str, now: datetime) -> Window:
    """When items of an age of `AGES` were received: so many working days ago, by the national calendar."""
    least, most = AGES[word]
    days = iter(_days_back(now))
    ends = [next(days) for _ in range((least if most is None else most + 1) + 1)]
    before = None if least == 0 else ends[least]
    return (None if most is None else ends[most + 1]), before


def _days_back(now: datetime) -> Iterable[datetime]:
    """The instants before which something came that is at least 0, 1, 2, ... working days old."""
    day = (now - _NIGHT).date()
    while True:
        yield datetime(day.year, day.month, day.day, tzinfo=UTC) + _DAY + _NIGHT
        while not is_working_day(day, None):
            day -= _DAY
        day -= _DAY
