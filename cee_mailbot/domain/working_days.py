"""Working days at a port: Monday to Friday, less national holidays, less the port's snow days.

"Business day" is a weekday, Monday to Friday, less the national holidays of 19 CFR 101.6(a) (19 CFR 101.1, 165.1).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from parsers.port import find_port

# A closure without an end would leave a due date nowhere to go: a longer one is entered again.
LONGEST_CLOSURE = timedelta(days=366)

# When a day begins until which an item waits, on the clock of its port.
MORNING = time(8, 0)

# Whose day it is where a closure names no port.
_ALL_PORTS = "America/New_York"

_SATURDAY = 5
_DAY = timedelta(days=1)
_PORT = re.compile(r"[0-9]{4}", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True)
class Closure:
    """A snow day, or several: from `first` to `last`, both included, at one port or (`port` None) at all.

    "Circumstances ranging from system transmission issues to natural disasters which close a particular port are
    identified as 'snow days'" (Center test procedures). Raises ValueError when it can be no closure.
    """

    port: str | None
    first: date
    last: date
    reason: str

    def __post_init__(self) -> None:
        """Refuses what would count wrongly or never end."""
        if self.port is not None and not _PORT.fullmatch(self.port):
            raise ValueError(f"{self.port!r} is no port: four digits, or none for all ports")
        if isinstance(self.first, datetime) or isinstance(self.last, datetime):
            raise ValueError("a closure has days, not times")  # noqa: TRY004 - one error for every bad closure
        if not timedelta(0) <= self.last - self.first < LONGEST_CLOSURE:
            raise ValueError("a closure ends on or after its first day, and within 366 days")
        if not self.reason.strip():
            raise ValueError("a closure needs a reason")

    def covers(self, day: date, port: str | None) -> bool:
        """Whether it closes this port on this day; where the port is unknown, only a closure of all ports does."""
        return self.first <= day <= self.last and self.port in {None, port}

    def holds_at(self, instant: datetime) -> bool:
        """Whether it is a day of the closure at this instant (zoned), by the clock of its port."""
        port = find_port(self.port or "")
        day = instant.astimezone(ZoneInfo((port.time_zone if port else None) or _ALL_PORTS)).date()
        return self.first <= day <= self.last


@lru_cache(maxsize=256)
def national_holidays(year: int) -> Mapping[date, str]:
    """The holidays of the federal government in one year, by date, on the days they are observed too.

    Those of 5 U.S.C. 6103(a), moved from Saturday to Friday and from Sunday to Monday (6103(b); Executive Order
    11582), and the single days closed by executive order that the library knows. Inauguration Day is none: 6103(c)
    gives it to employees in and around Washington alone. State and local holidays are none.
    """
    from holidays import GOVERNMENT, country_holidays  # noqa: PLC0415 - a second of a start, for few commands

    calendar = country_holidays("US", years=year, categories=GOVERNMENT, observed=True, language="en_US")
    return MappingProxyType(dict(calendar))


def day_off(day: date, port: str | None, closures: Iterable[Closure] = ()) -> str | None:
    """Why a day is no working day at the port, in words, or None when it is one."""
    if day.weekday() >= _SATURDAY:
        return "weekend"
    holiday = national_holidays(day.year).get(day)
    return holiday or next((closure.reason for closure in closures if closure.covers(day, port)), None)


def is_working_day(day: date, port: str | None, closures: Iterable[Closure] = ()) -> bool:
    """Whether a day counts as a working day at the port."""
    return day_off(day, port, closures) is None


def add_working_days(from_day: date, n: int, port: str | None, closures: Iterable[Closure] = ()) -> date:
    """The `n`th working day after `from_day`, which itself does not count (19 CFR 142.12(b)); `n` 0 is `from_day`."""
    if n < 0:
        raise ValueError("working days are counted forward")
    known = tuple(closures)
    day = from_day
    while n:
        day += _DAY
        n -= is_working_day(day, port, known)
    return day


def working_days_between(after: date, until: date, port: str | None, closures: Iterable[Closure] = ()) -> int:
    """How many working days lie after `after`, up to and including `until`; 0 when there is none."""
    known = tuple(closures)
    days = (after + timedelta(days=ahead) for ahead in range(1, (until - after).days + 1))
    return sum(is_working_day(day, port, known) for day in days)


def working_day_number(entry_day: date, presented_day: date, port: str | None, closures: Iterable[Closure] = ()) -> int:
    """On which working day after `entry_day` something was presented: 1 is the first, 0 the day itself or earlier.

    What is presented on a day off counts as on the next working day: so the number is within the days allowed
    exactly when the day is not after the due date.
    """
    if presented_day <= entry_day:
        return 0
    return working_days_between(entry_day, presented_day - _DAY, port, closures) + 1


def days_off_between(
    after: date, until: date, port: str | None, closures: Iterable[Closure] = ()
) -> tuple[tuple[date, str], ...]:
    """The weekdays after `after`, up to and including `until`, that did not count, each with its reason."""
    known = tuple(closures)
    days = (after + timedelta(days=ahead) for ahead in range(1, (until - after).days + 1))
    weekdays = (day for day in days if day.weekday() < _SATURDAY)
    return tuple((day, reason) for day in weekdays if (reason := day_off(day, port, known)))
