"""One instant, whatever zone the machine is in, whatever the offset of the sender, whatever the clocks of a port do."""

import os
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cee_mailbot.domain.assembly import Part, PartSet, Stage, deciding_part
from cee_mailbot.domain.item_clock import ClockedItem, timeliness_of
from cee_mailbot.domain.office_hours import OfficeHours, next_opening
from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.presentation import Basis, Clocks, Presentation, Strength, present
from cee_mailbot.domain.routing import local_zone, shipped_centers
from cee_mailbot.domain.working_days import Closure
from parsers.dates import Hop, ReadDate, read_date
from parsers.port import port_table

MACHINES = ("UTC", "America/New_York", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Apia", "Europe/Dublin")


@pytest.fixture(autouse=True, params=MACHINES)
def machine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The zone that the machine itself is in: no answer may depend on it."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


def zone_of(port: str) -> str:
    return local_zone(port, shipped_centers()["007"])


def sent(written: str, *, port: str, policy: Policy | None = None, later: float = 30) -> Presentation:
    """A message that arrived `later` seconds after the time its Date names, at a port of entry."""
    read = read_date(written)
    assert read.instant is not None, read.why_not
    arrived = read.instant.astimezone(UTC) + timedelta(seconds=later)
    clocks = Clocks(date=read, date_headers=1, hops=(), arrived_at=arrived, first_seen_at=arrived)
    return present(clocks, zone=zone_of(port), policy=policy or Policy())


# --- the nights on which clocks change ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "port", "utc", "local"),
    [
        # The clocks go back at 2:00: 1:30 comes twice, an hour apart, and the offset tells which it was.
        ("Sun, 01 Nov 2026 01:30:00 -0500", "3901", "2026-11-01T06:30", "2026-11-01T01:30:00-05:00"),
        ("Sun, 01 Nov 2026 01:30:00 -0600", "3901", "2026-11-01T07:30", "2026-11-01T01:30:00-06:00"),
        ("Sun, 01 Nov 2026 01:30:00 CDT", "3901", "2026-11-01T06:30", "2026-11-01T01:30:00-05:00"),
        ("Sun, 01 Nov 2026 01:30:00 CST", "3901", "2026-11-01T07:30", "2026-11-01T01:30:00-06:00"),
        ("Sun, 01 Nov 2026 01:30:00 -0700", "2704", "2026-11-01T08:30", "2026-11-01T01:30:00-07:00"),
        ("Sun, 01 Nov 2026 01:30:00 -0800", "2704", "2026-11-01T09:30", "2026-11-01T01:30:00-08:00"),
        # They go forward at 2:00: 2:30 -0600 is an instant all the same, half past three on the port's clock.
        ("Sun, 08 Mar 2026 02:30:00 -0600", "3901", "2026-03-08T08:30", "2026-03-08T03:30:00-05:00"),
        ("Sun, 08 Mar 2026 01:59:59 -0600", "3901", "2026-03-08T07:59:59", "2026-03-08T01:59:59-06:00"),
        # Ports whose clocks never change.
        ("Sun, 01 Nov 2026 01:30:00 -0700", "2605", "2026-11-01T08:30", "2026-11-01T01:30:00-07:00"),
        ("Sun, 08 Mar 2026 02:30:00 -0700", "2605", "2026-03-08T09:30", "2026-03-08T02:30:00-07:00"),
        ("Sun, 08 Mar 2026 02:30:00 -0400", "4909", "2026-03-08T06:30", "2026-03-08T02:30:00-04:00"),
        ("Sun, 01 Nov 2026 01:30:00 -1000", "3201", "2026-11-01T11:30", "2026-11-01T01:30:00-10:00"),
        ("Mon, 02 Nov 2026 01:30:00 +1000", "3211", "2026-11-01T15:30", "2026-11-02T01:30:00+10:00"),
    ],
)
def test_a_message_sent_while_clocks_change_is_the_right_instant(written: str, port: str, utc: str, local: str) -> None:
    found = sent(written, port=port)
    assert found.instant == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert found.local.isoformat() == local
    assert (found.basis, found.strength, found.flags) == (Basis.DATE, Strength.B, ())


def test_both_half_past_ones_of_the_night_are_an_hour_apart() -> None:
    first, second = (sent(f"Sun, 01 Nov 2026 01:30:00 {offset}", port="3901") for offset in ("-0500", "-0600"))
    assert second.instant - first.instant == timedelta(hours=1)
    assert first.local.replace(tzinfo=None) == second.local.replace(tzinfo=None)


@pytest.mark.parametrize(
    ("port", "local"),
    [
        ("3901", "2026-07-01T00:30:00-05:00"),
        ("2605", "2026-06-30T22:30:00-07:00"),
        ("2704", "2026-06-30T22:30:00-07:00"),
        ("3201", "2026-06-30T19:30:00-10:00"),
        ("4909", "2026-07-01T01:30:00-04:00"),
        ("3211", "2026-07-01T15:30:00+10:00"),
        ("1001", "2026-07-01T01:30:00-04:00"),
        ("9999", "2026-06-30T22:30:00-07:00"),  # no such port: the Center's clock, Los Angeles
    ],
)
def test_one_instant_has_the_date_of_its_port(port: str, local: str) -> None:
    assert sent("Wed, 01 Jul 2026 05:30:00 +0000", port=port).local.isoformat() == local


# --- what stands for a zone ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        ("-0000", 0),
        ("+0000", 0),
        ("GMT", 0),
        ("UT", 0),
        ("Z", 0),
        ("EST", 5),
        ("EDT", 4),
        ("CST", 6),
        ("CDT", 5),
        ("MST", 7),
        ("MDT", 6),
        ("PST", 8),
        ("PDT", 7),
    ],
)
def test_a_zone_name_has_the_value_of_the_standard_in_every_season(zone: str, hours: int) -> None:
    """RFC 5322 4.3: `EDT` in January is four hours all the same; `-0000` is an instant that says nothing of a place."""
    for month in ("Jan", "Jul"):
        found = sent(f"15 {month} 2026 10:00:00 {zone}", port="3901")
        assert found.instant.hour == 10 + hours
        assert found.basis is Basis.DATE


@pytest.mark.parametrize("zone", ["", "BST", "CET", "IST", "HST", "ChST", "America/Chicago", "A", "+9999", "-1401"])
def test_what_is_no_zone_is_never_guessed(zone: str) -> None:
    arrived = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    date = read_date(f"Mon, 02 Mar 2026 10:00:00 {zone}")
    clocks = Clocks(date=date, date_headers=1, hops=(), arrived_at=arrived, first_seen_at=arrived)
    found = present(clocks, zone="America/Chicago", policy=Policy())
    assert (date.instant, found.basis, found.instant, found.strength) == (None, Basis.ARRIVAL, arrived, Strength.C)


# --- a dispute ----------------------------------------------------------------------------------------------------


def test_a_disputed_time_stands_or_gives_way_as_the_site_says_across_the_change_of_clocks() -> None:
    """1:30 by the old clock, seen at 1:31 by the new: 61 minutes lie between, and the port's clock shows one."""
    written = "Sun, 01 Nov 2026 01:30:00 -0500"
    stands = sent(written, port="3901", later=61 * 60)
    gives_way = sent(written, port="3901", later=61 * 60, policy=Policy(disputed_time="observed"))
    assert (stands.flags, stands.basis, stands.strength) == (("date-disputed",), Basis.DATE, Strength.C)
    assert stands.local.isoformat() == "2026-11-01T01:30:00-05:00"
    assert (gives_way.flags, gives_way.basis, gives_way.strength) == (("date-disputed",), Basis.ARRIVAL, Strength.C)
    assert gives_way.local.isoformat() == "2026-11-01T01:31:00-06:00"
    assert stands.observed == gives_way.observed == gives_way.instant
    assert sent(written, port="3901", later=59 * 60).flags == ()


# --- the two policies, compared in one place -----------------------------------------------------------------------

T0 = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)


def part(row: int, number: int, minute: int, *, offset: int = 0, is_copy: bool = False) -> Part:
    """Sent `minute` minutes after T0, written with an offset of so many hours."""
    at = (T0 + timedelta(minutes=minute)).astimezone(timezone(timedelta(hours=offset)))
    return Part(
        message=row,
        number=number,
        total=3,
        sent_at=at,
        arrived_at=at,
        documents=frozenset({str(row)}),
        size=1,
        is_copy=is_copy,
    )


def decided(*parts: Part) -> tuple[int, int]:
    """The row that decides under `completing` and under `first`."""
    whole = PartSet(submission=1, stage=Stage.ASSEMBLING, parts=parts)
    completing = deciding_part(whole, Policy(presentation="completing"))
    return completing.message, deciding_part(whole, Policy(presentation="first")).message


@pytest.mark.parametrize(
    ("parts", "completing", "first"),
    [
        ([part(1, 1, 0), part(2, 2, 10), part(3, 3, 20)], 3, 1),
        # By order of sending, not of arrival or of number.
        ([part(1, 3, 0), part(2, 1, 30), part(3, 2, 10)], 2, 1),
        # By instants: 01:30 -0600 is later than 01:50 -0500, though the wall clock says otherwise.
        ([part(1, 1, 0), part(2, 2, 50, offset=-5), part(3, 3, 90, offset=-6)], 3, 1),
        # Of copies of one part the earliest counts, whichever came first.
        ([part(1, 1, 0), part(2, 2, 40), part(3, 3, 20), part(4, 2, 10, is_copy=True)], 3, 1),
        ([part(1, 1, 30), part(2, 2, 10), part(3, 3, 20), part(4, 1, 0, is_copy=True)], 3, 4),
    ],
    ids=["in-order", "out-of-order", "by-instant", "copy-sent-earlier", "first-is-a-copy"],
)
def test_completing_is_the_latest_part_and_first_the_earliest(parts: list[Part], completing: int, first: int) -> None:
    assert decided(*parts) == (completing, first)


@given(st.permutations(range(4)))
def test_no_order_of_arrival_changes_who_decides(order: list[int]) -> None:
    parts = [part(1, 1, 0), part(2, 2, 40), part(3, 3, 20), part(4, 2, 10, is_copy=True)]
    assert decided(*(parts[index] for index in order)) == (3, 1)


# --- timeliness and openings on the port's clock -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("port", "day", "on_time"),
    [("2704", 10, True), ("3201", 10, True), ("1001", 11, False), ("4909", 11, False)],
)
def test_the_working_day_is_that_of_the_port(port: str, day: int, *, on_time: bool) -> None:
    """06:30 UTC after the last day: still that day in Los Angeles and Honolulu, the next in New York and San Juan."""
    at = datetime(2026, 3, 17, 6, 30, tzinfo=UTC)
    item = ClockedItem(
        submission=1,
        tracking="x",
        code="DR",
        port=port,
        zone=zone_of(port),
        presented_at=at,
        received_at=at,
        entry_date=datetime(2026, 3, 2, tzinfo=UTC).date(),
    )
    found = timeliness_of(item)
    assert found is not None
    assert (found.day, found.on_time) == (day, on_time)


HOURS = OfficeHours(opens=datetime(2026, 1, 1, 8, 30).time(), closes=datetime(2026, 1, 1, 16, 30).time())  # noqa: DTZ001
SNOW = Closure(port="3901", first=datetime(2026, 11, 2).date(), last=datetime(2026, 11, 2).date(), reason="snow")  # noqa: DTZ001


@pytest.mark.parametrize(
    ("presented", "port", "opens"),
    [
        ("2026-11-03T08:30:00-06:00", "3901", None),
        ("2026-11-03T16:30:00-06:00", "3901", None),
        ("2026-11-03T08:29:59-06:00", "3901", "2026-11-03T08:30:00-06:00"),
        ("2026-11-03T16:30:01-06:00", "3901", "2026-11-04T08:30:00-06:00"),
        ("2026-10-30T19:00:00-05:00", "2605", "2026-11-02T08:30:00-07:00"),
        ("2026-10-30T17:00:00-05:00", "3901", "2026-11-03T08:30:00-06:00"),  # a weekend, the clocks, a snow day
        ("2026-11-10T20:00:00-06:00", "3901", "2026-11-12T08:30:00-06:00"),  # Veterans Day
        ("2026-11-03T15:00:00-06:00", "3211", "2026-11-04T08:30:00+10:00"),  # seven in the morning there
        ("1985-11-03T03:00:00-06:00", "3901", None),
        ("2091-11-03T03:00:00-06:00", "3901", None),
    ],
)
def test_an_out_of_hours_presentation_shows_the_next_opening(presented: str, port: str, opens: str | None) -> None:
    at = datetime.fromisoformat(presented)
    found = next_opening(at, hours=HOURS, zone=zone_of(port), port=port, closures=iter([SNOW]))
    assert (found.isoformat() if found else None) == opens
    assert next_opening(at, hours=None, zone=zone_of(port), port=port) is None


def test_office_hours_end_after_they_begin() -> None:
    with pytest.raises(ValueError, match="after they begin"):
        OfficeHours(opens=HOURS.closes, closes=HOURS.opens)
    with pytest.raises(ValueError, match="after they begin"):
        OfficeHours(opens=HOURS.opens, closes=HOURS.opens)


# --- nothing but evidence and rules ---------------------------------------------------------------------------------

BY = st.sampled_from([None, "relay.example", "mx.cbp.dhs.gov"])
TIMES = st.datetimes(datetime(2026, 10, 31), datetime(2026, 11, 3), timezones=st.just(UTC))  # noqa: DTZ001
READ = st.one_of(st.none(), TIMES).map(
    lambda at: ReadDate(raw="x", instant=at, zone_known=at is not None, why_not=None if at else "missing")
)
EVIDENCE = st.builds(
    Clocks,
    date=READ,
    date_headers=st.integers(0, 2),
    hops=st.lists(st.builds(lambda by, at: Hop(raw="x", by=by, from_=None, at=at), BY, READ), max_size=3).map(tuple),
    arrived_at=TIMES,
    first_seen_at=TIMES,
    date_signed=st.booleans(),
)
# Rules that have nothing to say of the time: `presentation` compares parts, and comes after.
OTHER_RULES = st.fixed_dictionaries(
    {
        "subject": st.sampled_from(["lenient", "strict"]),
        "presentation": st.sampled_from(["completing", "first"]),
        "quiet_period": st.timedeltas(timedelta(0), timedelta(days=1)),
        "oversize": st.sampled_from(["accept", "reject"]),
        "own_domains": st.sampled_from([frozenset(), frozenset({"filer.example"})]),
        "trusted_authserv_ids": st.sampled_from([frozenset(), frozenset({"mx.cbp.dhs.gov"})]),
        "office_hours": st.sampled_from([None, HOURS]),
    }
)
RULES = st.builds(
    Policy,
    disputed_time=st.sampled_from(["sent", "observed"]),
    border_hosts=st.sampled_from([frozenset(), frozenset({"mx.cbp.dhs.gov"})]),
)


@settings(deadline=None)  # the first example of a zone reads its table
@given(EVIDENCE, RULES, OTHER_RULES, TIMES, st.sampled_from(MACHINES), st.integers())
def test_the_presentation_depends_on_evidence_and_the_rules_of_time_alone(
    evidence: Clocks, rules: Policy, other: dict[str, object], seen: datetime, zone: str, seed: int
) -> None:
    """Everything else is shuffled: other rules, when we saw it, the machine's zone, how instants are written."""
    expected = present(evidence, zone="America/Chicago", policy=rules)
    os.environ["TZ"] = zone
    time.tzset()
    random.seed(seed)
    shuffled = replace(evidence, first_seen_at=seen, **_rewritten(evidence))
    policy = replace(rules, **other)  # type: ignore[arg-type]
    assert present(shuffled, zone="America/Chicago", policy=policy) == expected


def _rewritten(evidence: Clocks) -> dict[str, object]:
    """The same instants with other offsets, the same headers in other words."""
    away = timezone(timedelta(hours=random.randint(-12, 14)))  # noqa: S311

    def again(read: ReadDate) -> ReadDate:
        return replace(read, raw="other words", instant=read.instant.astimezone(away) if read.instant else None)

    hops = tuple(replace(hop, raw="other", from_="elsewhere", at=again(hop.at)) for hop in evidence.hops)
    return {"date": again(evidence.date), "hops": hops, "arrived_at": evidence.arrived_at.astimezone(away)}


def test_every_active_port_has_a_clock() -> None:
    for port in port_table().values():
        if port.status == "active":
            assert sent("Sun, 01 Nov 2026 01:30:00 -0500", port=port.code).local.utcoffset() is not None
