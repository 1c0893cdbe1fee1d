"""What servers' answers say of time, nonsense and dates beyond all calendars among it."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from cee_mailbot.server_times import clock_skew, clocks_apart, seconds_asked

NOON = "Fri, 20 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("1000000000", 1e9),
        ("9" * 5000, 1e18),
        ("Fri, 20 Nov 2026 12:02:00 GMT", 120.0),
        ("Fri, 20 Nov 2026 12:02:00 -0000", 120.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("\u0661\u0662", None),
        ("Fri, 20 Nov 99999999999 12:00:00 GMT", None),
    ],
)
def test_what_a_server_asks_for_is_read_by_its_own_clock(retry_after: str, seconds: float | None) -> None:
    asked = seconds_asked({"Retry-After": retry_after, "Date": NOON})
    assert asked == (pytest.approx(seconds) if seconds is not None else None)


@pytest.mark.parametrize(
    "date", ["", "noon", "Mon, 01 Jan 99999999999 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2300"]
)
def test_a_clock_that_tells_no_time_is_none(date: str) -> None:
    """A server's header must not end a pass with an error of the program's own."""
    assert clock_skew({"Date": date}) is None
    assert seconds_asked({"Retry-After": "60", "Date": date}) == 60


def test_clocks_that_differ_are_told_and_others_are_not() -> None:
    ahead = clock_skew({"Date": format_datetime(datetime.now(UTC) + timedelta(minutes=12))})
    assert clocks_apart("x", ahead) == "our clock and that of x are 12 min apart; set ours by NTP"
    assert clocks_apart("x", timedelta(minutes=-5)) == clocks_apart("x", None) == ""
