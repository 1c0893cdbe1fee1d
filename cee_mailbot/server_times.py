"""What a server's answer says of time: for how long it wants to be left alone, and how far its clock is from ours."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# As the sign-in by Kerberos and by tokens bears with ("Maximum tolerance for computer clock synchronization").
MOST_APART = timedelta(minutes=5)
_MOST_DIGITS = 18  # more tell nothing that fewer do not: whoever asks has a longest wait of its own


def seconds_asked(headers: Mapping[str, str]) -> float | None:
    """Seconds, 0 or more, that `Retry-After` asks for (RFC 9110 section 10.2.3); None where it is missing or nonsense.

    A date is taken by the server's own clock, which stands beside it.
    """
    asked = headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdecimal():
        return float(asked[:_MOST_DIGITS])
    until = _instant(asked)
    if until is None:
        return None
    now = _instant(headers.get("Date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def clock_skew(headers: Mapping[str, str]) -> timedelta | None:
    """How far the server's clock was ahead of ours when it answered; None where it told no time."""
    told = _instant(headers.get("Date", ""))
    return told - datetime.now(UTC) if told else None


def clocks_apart(who: str, skew: timedelta | None) -> str:
    """What to do about a server's clock and ours that differ by more than sign-ins bear with; empty when they agree."""
    if skew is None or abs(skew) <= MOST_APART:
        return ""
    return f"our clock and that of {who} are {round(abs(skew).total_seconds() / 60)} min apart; set ours by NTP"


def _instant(date: str) -> datetime | None:
    """The instant that an HTTP date tells, in UTC; None for anything else, years beyond all calendars among it."""
    try:
        told = parsedate_to_datetime(date)
        return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
