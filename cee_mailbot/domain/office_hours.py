"""Office hours of a port, a setting: for what is presented outside them, when the port opens next."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from cee_mailbot.domain.working_days import Closure, add_working_days, is_working_day

# Sent times come from strangers: the calendar of working days is asked only for years that it can know.
FIRST_YEAR = 1990
LAST_YEAR = 2090


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeHours:
    """When a port is open on a working day, on its own clock; both moments are within. Raises ValueError."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        """Refuses hours that never begin."""
        if self.opens >= self.closes:
            raise ValueError("office hours end after they begin, on one day")


def next_opening(
    presented: datetime,
    *,
    hours: OfficeHours | None,
    zone: str,
    port: str | None,
    closures: Iterable[Closure] = (),
) -> datetime | None:
    """When the port opens after an out-of-hours presentation, on its own clock; None within hours or without any.

    It says what an office would have said of the paper; it never changes the stamp.
    """
    local = presented.astimezone(ZoneInfo(zone))
    if hours is None or not FIRST_YEAR <= local.year <= LAST_YEAR:
        return None
    known = tuple(closures)
    today = is_working_day(local.date(), port, known)
    if today and hours.opens <= local.time() <= hours.closes:
        return None
    early = today and local.time() < hours.opens
    day: date = local.date() if early else add_working_days(local.date(), 1, port, known)
    return datetime.combine(day, hours.opens, tzinfo=ZoneInfo(zone))
