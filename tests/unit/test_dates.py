"""The strict reading of dates."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.dates import read_date, read_hop

READABLE = {
    "Wed, 05 Sep 2018 09:24:05 +0700": "2018-09-05T09:24:05+07:00",
    "5 Sep 2018 09:24:05 -0000": "2018-09-05T09:24:05+00:00",
    "Mon, 05 Sep 2018 09:24:05 +0000": "2018-09-05T09:24:05+00:00",
    "5 Sep 2018 09:24 EST": "2018-09-05T09:24:00-05:00",
    "5 sep 2018 09:24:05 pdt": "2018-09-05T09:24:05-07:00",
    "5 Sep 2018 09:24:05 Z": "2018-09-05T09:24:05+00:00",
    "5 Sep 18 09:24:05 GMT": "2018-09-05T09:24:05+00:00",
    "5 Sep 98 09:24:05 UT": "1998-09-05T09:24:05+00:00",
    "5 Sep 118 09:24:05 UT": "2018-09-05T09:24:05+00:00",
    "Wed , 5 (fifth) Sep 2018 09 : 24 : 05 +0000": "2018-09-05T09:24:05+00:00",
    "Wed,\r\n 5 Sep 2018\t9:24:05 +0000": "2018-09-05T09:24:05+00:00",
    "Mi, 5 Sep 2018 09:24:05 +0200": "2018-09-05T09:24:05+02:00",
    "29 Feb 2024 23:59:60 +0000": "2024-03-01T00:00:00+00:00",
    "31 Dec 9998 23:59:59 -1200": "9998-12-31T23:59:59-12:00",
}
NOT_READABLE = {
    "": "missing",
    " \r\n ": "missing",
    "yesterday": "unreadable",
    "2018-09-05T09:24:05Z": "unreadable",
    "Wed Sep  5 09:24:05 2018": "unreadable",
    "5 Sep 2018": "unreadable",
    "5 Sep 2018 09:24:05 +07:00": "unreadable",
    "5 Sep 2018 09:24:05.123456789 +0700 m=+349": "unreadable",
    "5 Sep 2018 09:24:05 +0000" + " " * 300: "unreadable",
    "5 Foo 2018 09:24:05 +0000": "unreadable",
    "32 Sep 2018 09:24:05 +0000": "impossible",
    "30 Feb 2018 09:24:05 +0000": "impossible",
    "29 Feb 2023 09:24:05 +0000": "impossible",
    "0 Sep 2018 09:24:05 +0000": "impossible",
    "5 Sep 2018 24:00:00 +0000": "impossible",
    "5 Sep 2018 23:60:00 +0000": "impossible",
    "5 Sep 2018 23:59:61 +0000": "impossible",
    "5 Sep 2018 09:24:05 +0060": "impossible",
    "5 Sep 2018 09:24:05 -1500": "impossible",
    "5 Sep 1969 09:24:05 +0000": "impossible",
    "5 Sep 9999 09:24:05 -1200": "impossible",
    "5 Sep 12018 09:24:05 +0000": "impossible",
    "5 Sep 2018 09:24:05": "no-zone",
    "5 Sep 2018 09:24:05 CET": "no-zone",
    "5 Sep 2018 09:24:05 BST": "no-zone",
    "5 Sep 2018 09:24:05 A": "no-zone",
    "5 Sep 2018 09:24:05 UTC": "no-zone",
}


@pytest.mark.parametrize(("written", "expected"), READABLE.items())
def test_reads_every_form_of_the_rfc(written: str, expected: str) -> None:
    date = read_date(written)
    assert date.instant is not None
    assert date.instant.isoformat() == expected
    assert (date.zone_known, date.why_not, date.raw) == (True, None, written)


@pytest.mark.parametrize(("written", "why_not"), NOT_READABLE.items())
def test_what_is_no_date_is_told_by_a_code(written: str, why_not: str) -> None:
    date = read_date(written)
    assert (date.instant, date.zone_known, date.why_not) == (None, False, why_not)


def test_an_absent_header_is_missing() -> None:
    assert read_date(None).why_not == "missing"


@pytest.mark.parametrize(
    "written",
    [
        "Wed, 05 Sep 2018 29:24:05 +0700",
        "Wed, 32 Sep 2018 09:24:05 +0700",
        "Wed, 05 Sep 2018 09:24:05 +9999",
    ],
)
def test_F35_F53_a_time_that_cannot_be_is_neither_a_crash_nor_a_guess(written: str) -> None:
    assert read_date(written).why_not == "impossible"


def test_F52_a_comment_after_the_zone_is_no_part_of_the_date() -> None:
    date = read_date("Wed, 05 Sep 2018 09:24:05 -0300 (-03 (a \\) b))")
    assert date.instant == datetime(2018, 9, 5, 12, 24, 5, tzinfo=UTC)


@given(
    st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(9998, 12, 30)),  # noqa: DTZ001 - zone is added
    st.integers(min_value=-14 * 60, max_value=14 * 60),
)
def test_a_date_written_and_read_is_the_same(moment: datetime, minutes: int) -> None:
    instant = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    read = read_date(format_datetime(instant)).instant
    assert read == instant
    assert read is not None
    assert read.utcoffset() == instant.utcoffset()


@given(st.text())
def test_no_text_raises_and_a_result_is_an_instant_or_a_reason(text: str) -> None:
    date = read_date(text)
    assert (date.instant is None) == (date.why_not is not None)
    assert date.instant is None or date.instant.utcoffset() is not None


def test_a_hop_tells_its_host_and_time() -> None:
    hop = read_hop(
        "from mail.broker.example (mail [192.0.2.1]; x) by MX.Border.example. (Postfix) with ESMTPS id 4\r\n"
        " for <cee@example.gov>; Wed, 05 Sep 2018 09:24:05 -0300 (-03)"
    )
    assert (hop.from_, hop.by) == ("mail.broker.example", "mx.border.example")
    assert hop.at.instant == datetime(2018, 9, 5, 12, 24, 5, tzinfo=UTC)


def test_F40_an_unreadable_hop_is_kept_as_text() -> None:
    written = "by a.example with HTTP; 2024-01-02 10:00:00.123456789 +0000 UTC m=+349.1"
    hop = read_hop(written)
    assert (hop.raw, hop.by, hop.at.why_not) == (written, "a.example", "unreadable")


def test_a_hop_without_semicolon_has_no_time() -> None:
    hop = read_hop("(qmail 22 invoked by uid 0)")
    assert (hop.by, hop.from_, hop.at.why_not) == (None, None, "missing")


def test_an_open_comment_does_not_swallow_the_time_of_a_hop() -> None:
    assert read_hop("by a.example (oops; Wed, 05 Sep 2018 09:24:05 +0000").at.instant is not None


@given(st.text())
def test_no_text_makes_the_reading_of_a_hop_raise(text: str) -> None:
    assert read_hop(text).raw == text
