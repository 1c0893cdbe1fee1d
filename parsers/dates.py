"""The strict reading of a `Date` and of `Received` hops: an instant with its zone, or why there is none."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import pairwise

from parsers.lexical import strip_comments

MISSING = "missing"
UNREADABLE = "unreadable"
IMPOSSIBLE = "impossible"
NO_ZONE = "no-zone"

# Longer than any date with comments that a mail program writes; what is longer is not read at all.
LONGEST_DATE = 256
LONGEST_HOP = 16 * 1024

# The widest zones in use are -12:00 and +14:00.
WIDEST_ZONE = 14 * 60
EARLIEST_YEAR = 1970
LATEST_YEAR = 9998
LEAP_SECOND = 60

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
WEEKDAYS = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})

# RFC 5322 section 4.3. It calls the military letters unreliable and they are no zone here; only `Z` is UTC in
# every program that writes it.
ZONE_NAMES = {
    "ut": 0,
    "gmt": 0,
    "z": 0,
    "est": -300,
    "edt": -240,
    "cst": -360,
    "cdt": -300,
    "mst": -420,
    "mdt": -360,
    "pst": -480,
    "pdt": -420,
}

_YEAR = re.compile(r"[0-9]{2,9}", re.ASCII)
_DAY = re.compile(r"[0-9]{1,2}", re.ASCII)
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?", re.ASCII)
_OFFSET = re.compile(r"([+-])([0-9]{2})([0-9]{2})", re.ASCII)
_GLUED_ZONE = re.compile(r"([0-9:]+)([+-][0-9]{4}|[A-Za-z]{1,5})", re.ASCII)
_ZONE_WORD = re.compile(r"[A-Za-z]{1,5}", re.ASCII)
_COLON = re.compile(r"\s*:\s*")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadDate:
    """A date as it was read; `instant` is aware, in the offset as written, or None and `why_not` says why.

    `why_not` is one of `missing`, `unreadable`, `impossible` (in form, but no such time) and `no-zone`.
    """

    raw: str
    instant: datetime | None
    zone_known: bool
    why_not: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Hop:
    """One `Received` header: which host took the message, from whom, and when, each as that host wrote it."""

    raw: str
    by: str | None
    from_: str | None
    at: ReadDate


class _Fault(Exception):  # noqa: N818 - what is wrong with a text is a result
    """Raised inside this module with the stable code of what keeps a date from being read."""


def read_date(raw: str | None) -> ReadDate:
    """Return the instant that a `Date` field names (RFC 5322 sections 3.3 and 4.3), or why there is none.

    Nothing is guessed: an hour 29 or a zone +9999 is `impossible`, a zone name not of the RFC is `no-zone`.
    """
    if raw is None or not raw.strip():
        return ReadDate(raw=raw or "", instant=None, zone_known=False, why_not=MISSING)
    try:
        instant = _instant(raw)
    except _Fault as fault:
        return ReadDate(raw=raw, instant=None, zone_known=False, why_not=str(fault))
    return ReadDate(raw=raw, instant=instant, zone_known=True, why_not=None)


def read_hop(raw: str) -> Hop:
    """Return what one `Received` header says (RFC 5321 section 4.4); what it does not say is None."""
    text = strip_comments(raw[:LONGEST_HOP])
    # A comment that is never closed has swallowed the date: then the text as it stands is searched.
    clauses, semicolon, date = (text if ";" in text else raw[:LONGEST_HOP]).rpartition(";")
    words = (clauses if semicolon else text).split()
    return Hop(
        raw=raw,
        by=_clause(words, "by"),
        from_=_clause(words, "from"),
        at=read_date(date) if semicolon else read_date(None),
    )


def _clause(words: list[str], name: str) -> str | None:
    """Return the word after `name`, without brackets and the final dot of a host name."""
    for word, value in pairwise(words):
        if word.lower() == name:
            return value.strip("[]<>,").rstrip(".").lower() or None
    return None


def _instant(raw: str) -> datetime:
    """Return the instant of `day month year time zone`, a weekday before it left unread. Raises _Fault."""
    if len(raw) > LONGEST_DATE:
        raise _Fault(UNREADABLE)
    words = _words(strip_comments(raw))
    if len(words) not in {4, 5}:
        raise _Fault(UNREADABLE)
    midnight = _midnight(*words[:3])
    moment = midnight + _time_of_day(words[3])
    if len(words) == 4:  # noqa: PLR2004 - all but the zone
        raise _Fault(NO_ZONE)
    zone = timezone(timedelta(minutes=_offset(words[4])))
    return moment.replace(tzinfo=zone)


def _words(text: str) -> list[str]:
    """Return day, month, year, time and zone as written.

    The weekday decides nothing, so a wrong or foreign one is left out like a right one. Blanks around the
    colons of the time are an obsolete form (section 4.3).
    """
    weekday, comma, rest = text.partition(",")
    if comma and weekday.strip() and not weekday.strip().isalpha():
        raise _Fault(UNREADABLE)
    words = _COLON.sub(":", rest if comma else text).split()
    if words and words[0][:3].lower() in WEEKDAYS:
        words = words[1:]
    if len(words) == 4 and (glued := _GLUED_ZONE.fullmatch(words[3])):  # noqa: PLR2004 - `10:00:00+0200`
        words = [*words[:3], *glued.groups()]
    return words


def _midnight(day: str, month: str, year: str) -> datetime:
    """Return the beginning of a day, naive. Raises _Fault when it is no day of the calendar."""
    if not (_DAY.fullmatch(day) and month.lower() in MONTHS and _YEAR.fullmatch(year)):
        raise _Fault(UNREADABLE)
    full = _full_year(year)
    if not EARLIEST_YEAR <= full <= LATEST_YEAR:
        raise _Fault(IMPOSSIBLE)
    try:
        return datetime(full, MONTHS[month.lower()], int(day))  # noqa: DTZ001 - the zone is set by the caller
    except ValueError:
        raise _Fault(IMPOSSIBLE) from None


def _full_year(written: str) -> int:
    """Return the year in full: 00-49 are of this century, other short ones count from 1900 (section 4.3)."""
    year = int(written)
    if len(written) == 2:  # noqa: PLR2004 - two digits
        return year + (2000 if year < 50 else 1900)  # noqa: PLR2004 - the RFC's own limit
    return year + 1900 if len(written) == 3 else year  # noqa: PLR2004 - three digits


def _time_of_day(written: str) -> timedelta:
    """Return the time since midnight; a leap second is the instant that follows it. Raises _Fault."""
    clock = _CLOCK.fullmatch(written)
    if clock is None:
        raise _Fault(UNREADABLE)
    hour, minute, second = (int(figures or 0) for figures in clock.groups())
    if hour > 23 or minute > 59 or second > LEAP_SECOND:  # noqa: PLR2004 - the clock's own limits
        raise _Fault(IMPOSSIBLE)
    return timedelta(hours=hour, minutes=minute, seconds=second)


def _offset(written: str) -> int:
    """Return the minutes east of Greenwich that a zone stands for. Raises _Fault."""
    if written.lower() in ZONE_NAMES:
        return ZONE_NAMES[written.lower()]
    offset = _OFFSET.fullmatch(written)
    if offset is None:
        raise _Fault(NO_ZONE if _ZONE_WORD.fullmatch(written) else UNREADABLE)
    sign, hours, minutes = offset.groups()
    total = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or total > WIDEST_ZONE:  # noqa: PLR2004 - minutes of an hour
        raise _Fault(IMPOSSIBLE)
    return -total if sign == "-" else total
