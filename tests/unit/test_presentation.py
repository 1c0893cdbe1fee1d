"""The presentation time: which clock it is taken from, how strong it is, and when it is disputed."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.policy import Policy
from cee_mailbot.domain.presentation import Basis, Clocks, Presentation, Strength, present
from parsers.dates import Hop, ReadDate, read_date
from tests.unit.clocks_of import ARRIVED, at, clocks, date, hop

LOS_ANGELES = "America/Los_Angeles"
BORDER = Policy(border_hosts=frozenset({"mx.cbp.dhs.gov"}))


def shown(given_clocks: Clocks, policy: Policy | None = None) -> Presentation:
    return present(given_clocks, zone=LOS_ANGELES, policy=policy or Policy())


def border(minutes: float | None) -> Hop:
    return hop(minutes, by="MX.cbp.dhs.gov")


def test_the_words_that_are_kept_and_shown() -> None:
    """They stand in databases, in JSON and in docs/time.md."""
    assert [str(one) for one in Basis][:3] == ["date", "received", "arrival"]
    assert [str(one) for one in Strength] == ["A", "B", "C"]


# --- the basis -------------------------------------------------------------------------------------------------


def test_the_date_of_the_message_counts() -> None:
    found = shown(clocks(-1))
    assert (found.basis, found.instant, found.strength, found.flags) == (Basis.DATE, at(-1), Strength.B, ())


@pytest.mark.parametrize("hops", [(), (hop(None),), (hop(0.5),)], ids=["none", "unreadable", "later-than-arrival"])
def test_without_a_date_and_a_usable_hop_the_arrival_counts(hops: tuple[Hop, ...]) -> None:
    found = shown(clocks(None, *hops))
    assert (found.basis, found.instant, found.strength) == (Basis.ARRIVAL, ARRIVED, Strength.C)


def test_without_a_date_the_earliest_hop_that_is_not_later_than_arrival_counts() -> None:
    found = shown(clocks(None, hop(3), hop(-2), hop(-9), hop(None)))
    assert (found.basis, found.instant, found.strength) == (Basis.RECEIVED, at(-9), Strength.C)


@pytest.mark.parametrize(("minutes", "disputed"), [(-60, False), (-60.02, True)])
def test_a_hop_that_stands_for_the_date_is_disputed_like_one(minutes: float, *, disputed: bool) -> None:
    """Without a Date the earliest hop counts, and the sender may have written it."""
    assert shown(clocks(None, hop(minutes))).disputed is disputed


@pytest.mark.parametrize(("sent", "disputed"), [(5, False), (5.02, True)])
def test_a_date_that_cannot_be_is_a_dispute_though_no_hop_tells(sent: float, *, disputed: bool) -> None:
    assert shown(clocks(sent)).disputed is disputed


@pytest.mark.parametrize(("minutes", "disputed"), [(-6, False), (-6.02, True)])
def test_a_relays_clock_may_be_five_minutes_slow(minutes: float, *, disputed: bool) -> None:
    assert shown(clocks(-1, hop(minutes))).disputed is disputed


def test_nothing_is_signed_unless_it_is_said() -> None:
    unsaid = Clocks(date=date(-1), date_headers=1, hops=(), arrived_at=ARRIVED, first_seen_at=ARRIVED)
    assert shown(unsaid).strength is Strength.B


def test_a_hop_at_the_very_moment_of_arrival_counts() -> None:
    assert shown(clocks(None, hop(0))).basis is Basis.RECEIVED


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("Wed, 05 Sep 2018 29:24:05 +0700", "F35-hour-29"),
        ("Wed, 32 Sep 2018 10:00:00 +0000", "F53-day-32"),
        ("Wed, 05 Sep 2018 10:00:00 +9999", "F53-zone"),
        ("Wed, 05 Sep 2018 10:00:00", "F51-no-zone"),
        ("Wed, 05 Sep 2018 10:00:00 BST", "F53-bst"),
        ("yesterday", "words"),
    ],
    ids=str,
)
def test_a_date_that_is_no_time_is_never_guessed(written: str, why: str) -> None:  # noqa: ARG001 - the case's name
    unreadable = Clocks(
        date=read_date(written), date_headers=1, hops=(hop(-1),), arrived_at=ARRIVED, first_seen_at=ARRIVED
    )
    assert (shown(unreadable).basis, shown(unreadable).strength) == (Basis.RECEIVED, Strength.C)


@pytest.mark.parametrize(
    ("sent", "basis"), [(5, Basis.DATE), (5.02, Basis.RECEIVED), (60 * 24 * 365 * 24, Basis.RECEIVED)]
)
def test_f48_a_date_later_than_arrival_by_more_than_five_minutes_cannot_be(sent: float, basis: Basis) -> None:
    assert shown(clocks(sent, hop(-1))).basis is basis


def test_two_dates_leave_the_first_and_a_flag() -> None:
    found = shown(clocks(-1, headers=2, signed=True))
    assert (found.basis, found.instant, found.strength, found.flags) == (
        Basis.DATE,
        at(-1),
        Strength.C,
        ("two-dates",),
    )


# --- strength and dispute --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sent", "disputed"), [(-60, False), (-60.02, True), (-60 * 24 * 400, True)])
def test_a_date_more_than_sixty_minutes_before_arrival_is_disputed_and_stands(sent: float, *, disputed: bool) -> None:
    found = shown(clocks(sent, signed=True))
    assert (found.basis, found.instant) == (Basis.DATE, at(sent))
    assert found.disputed is disputed
    assert found.strength is (Strength.C if disputed else Strength.A)


@pytest.mark.parametrize(
    ("signed", "sent", "strength"),
    [(True, -1, Strength.A), (False, -1, Strength.B), (True, None, Strength.C), (True, 6, Strength.C)],
)
def test_only_a_signed_date_within_tolerance_is_strong(sent: float | None, strength: Strength, *, signed: bool) -> None:
    assert shown(clocks(sent, hop(-1), signed=signed)).strength is strength


def test_the_borders_hop_is_what_a_date_is_compared_with() -> None:
    """A mailbox that was down for two hours makes no date disputed."""
    held_up = clocks(-121, border(-120))
    assert not shown(held_up, BORDER).disputed
    assert shown(held_up, BORDER).observed == at(-120)
    assert shown(held_up).disputed


def test_without_a_date_the_borders_hop_counts_before_those_below_it() -> None:
    """They are the sender's to write; and a border's time that is later than arrival can't be right."""
    found = shown(clocks(None, border(-3), hop(-50)), BORDER)
    assert (found.basis, found.instant) == (Basis.RECEIVED, at(-3))
    at_arrival = shown(clocks(None, border(0), hop(-50)), BORDER)
    assert (at_arrival.basis, at_arrival.instant) == (Basis.RECEIVED, ARRIVED)
    after = shown(clocks(None, border(1), hop(-50)), BORDER)
    assert (after.basis, after.instant, after.observed) == (Basis.ARRIVAL, ARRIVED, ARRIVED)
    unreadable = shown(clocks(None, border(None), hop(-50)), BORDER)
    assert (unreadable.basis, unreadable.instant) == (Basis.ARRIVAL, ARRIVED)


def test_a_border_whose_clock_is_fast_casts_no_doubt_on_a_date() -> None:
    assert shown(clocks(-1, border(90)), BORDER).flags == ()


@pytest.mark.parametrize(
    ("minutes", "rule", "basis", "instant"),
    [
        (-60, "observed", Basis.RECEIVED, at(-60)),
        (-61, "observed", Basis.ARRIVAL, ARRIVED),
        (-61, "sent", Basis.RECEIVED, at(-61)),
    ],
)
def test_without_a_date_a_hop_from_long_before_counts_unless_the_observed_time_does(
    minutes: float, rule: Any, basis: Basis, instant: datetime
) -> None:
    found = shown(clocks(None, hop(minutes)), Policy(disputed_time=rule))
    assert (found.basis, found.instant) == (basis, instant)


def test_of_two_border_hops_the_topmost_counts() -> None:
    """Anybody can write a lower one in the border's name."""
    forged = clocks(-500, hop(0), border(-1), hop(-100), border(-499))
    assert shown(forged, BORDER).disputed
    assert shown(forged, BORDER).observed == at(-1)


def test_a_border_hop_without_a_time_leaves_arrival_to_compare_with() -> None:
    """A lower one in the border's name may be forged, and does not take its place."""
    assert shown(clocks(-61, border(None), border(-61)), BORDER).observed == ARRIVED


def test_a_lower_hop_raises_a_dispute() -> None:
    """A relay had the message long before its date says it was sent."""
    assert shown(clocks(-1, hop(-30))).disputed
    assert shown(clocks(-1, hop(-30))).instant == at(-1)


def test_a_lower_hop_never_settles_a_dispute() -> None:
    """A date two hours old stays disputed though a relay, as the sender tells, took it two hours ago."""
    assert shown(clocks(-120, hop(-120))).disputed


@pytest.mark.parametrize(
    ("hops", "basis", "instant"),
    [((border(-3),), Basis.RECEIVED, at(-3)), ((hop(-3),), Basis.ARRIVAL, ARRIVED), ((), Basis.ARRIVAL, ARRIVED)],
)
def test_a_site_may_let_the_observed_time_stand_in_a_dispute(
    hops: tuple[Hop, ...], basis: Basis, instant: datetime
) -> None:
    policy = Policy(border_hosts=BORDER.border_hosts, disputed_time="observed")
    found = shown(clocks(-90, *hops), policy)
    assert (found.basis, found.instant, found.disputed, found.strength) == (basis, instant, True, Strength.C)


def test_an_undisputed_date_stands_though_a_site_prefers_the_observed_time() -> None:
    assert shown(clocks(-59), Policy(disputed_time="observed")).instant == at(-59)


# --- the local date --------------------------------------------------------------------------------------------


def test_the_legal_date_is_the_ports() -> None:
    late = Clocks(
        date=read_date("Tue, 03 Mar 2026 02:30:00 +0000"),
        date_headers=1,
        hops=(),
        arrived_at=datetime(2026, 3, 3, 2, 31, tzinfo=UTC),
        first_seen_at=ARRIVED,
    )
    assert present(late, zone="America/New_York", policy=Policy()).local.isoformat() == "2026-03-02T21:30:00-05:00"
    assert present(late, zone="Pacific/Guam", policy=Policy()).local.date().isoformat() == "2026-03-03"


@pytest.mark.parametrize(
    ("sent", "local"),
    [
        ("Sun, 08 Mar 2026 09:59:59 +0000", "2026-03-08T01:59:59-08:00"),
        ("Sun, 08 Mar 2026 10:00:00 +0000", "2026-03-08T03:00:00-07:00"),
        ("Sun, 01 Nov 2026 08:30:00 +0000", "2026-11-01T01:30:00-07:00"),
        ("Sun, 01 Nov 2026 09:30:00 +0000", "2026-11-01T01:30:00-08:00"),
    ],
)
def test_daylight_saving_changes_no_instant(sent: str, local: str) -> None:
    read = read_date(sent)
    assert read.instant is not None
    found = shown(
        Clocks(date=read, date_headers=1, hops=(), arrived_at=read.instant, first_seen_at=read.instant),
    )
    assert found.instant == read.instant
    assert found.local.isoformat() == local


@pytest.mark.parametrize("field", ["arrived_at", "first_seen_at"])
def test_a_clock_without_a_zone_is_refused(field: str) -> None:
    times: dict[str, Any] = {"arrived_at": ARRIVED, "first_seen_at": ARRIVED, field: ARRIVED.replace(tzinfo=None)}
    with pytest.raises(ValueError, match="zone"):
        Clocks(date=read_date(None), date_headers=0, hops=(), **times)


# --- laws ------------------------------------------------------------------------------------------------------

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(1971, 1, 1), datetime(9997, 1, 1), timezones=ZONES)  # noqa: DTZ001 - zones are drawn
ARRIVALS = st.datetimes(datetime(2013, 1, 1), datetime(2050, 1, 1), timezones=ZONES)  # noqa: DTZ001
NEAR = st.integers(-7200, 7200).map(lambda seconds: timedelta(seconds=seconds))


def _read(instant: datetime | None) -> ReadDate:
    why_not = None if instant else "unreadable"
    return ReadDate(raw="x", instant=instant, zone_known=instant is not None, why_not=why_not)


@st.composite
def _clocks(draw: st.DrawFn) -> Clocks:
    arrived = draw(ARRIVALS)
    times = st.one_of(st.none(), INSTANTS, NEAR.map(lambda by: arrived + by))
    hosts = st.sampled_from([None, "relay.example", "mx.cbp.dhs.gov"])
    hops = st.builds(lambda by, when: Hop(raw="x", by=by, from_=None, at=_read(when)), hosts, times)
    return Clocks(
        date=_read(draw(times)),
        date_headers=draw(st.integers(0, 3)),
        hops=tuple(draw(st.lists(hops, max_size=4))),
        arrived_at=arrived,
        first_seen_at=draw(ARRIVALS),
        date_signed=draw(st.booleans()),
    )


POLICIES = st.builds(
    Policy,
    disputed_time=st.sampled_from(["sent", "observed"]),
    border_hosts=st.sampled_from([frozenset(), frozenset({"mx.cbp.dhs.gov"})]),
)


@given(_clocks(), POLICIES)
def test_any_clocks_give_one_time_that_is_one_of_them(some: Clocks, policy: Policy) -> None:
    """Never an error, never an invented time, and the same evidence gives the same answer."""
    found = shown(some, policy)
    assert found == shown(some, policy)
    evidence = {some.date.instant, some.arrived_at, *(one.at.instant for one in some.hops)}
    assert found.instant in evidence
    assert found.observed in evidence
    assert found.instant.utcoffset() == found.observed.utcoffset() == timedelta(0)
    assert found.local == found.instant


@given(_clocks(), POLICIES, ARRIVALS)
def test_f47_when_the_bot_first_saw_a_message_changes_nothing(some: Clocks, policy: Policy, seen: datetime) -> None:
    later = Clocks(
        date=some.date,
        date_headers=some.date_headers,
        hops=some.hops,
        arrived_at=some.arrived_at,
        first_seen_at=seen,
        date_signed=some.date_signed,
    )
    assert shown(later, policy) == shown(some, policy)


@given(_clocks(), POLICIES)
def test_the_grade_follows_from_basis_and_doubts(some: Clocks, policy: Policy) -> None:
    found = shown(some, policy)
    plain = found.basis is Basis.DATE and not found.flags
    expected = (Strength.A if some.date_signed else Strength.B) if plain else Strength.C
    assert found.strength is expected


@given(_clocks(), POLICIES)
def test_a_plain_sent_time_lies_within_tolerance_of_what_others_saw(some: Clocks, policy: Policy) -> None:
    found = shown(some, policy)
    if found.basis is Basis.DATE:
        assert found.instant == some.date.instant
        assert found.instant - some.arrived_at <= policy.date_future_tolerance
    if found.strength is not Strength.C:
        assert found.observed - found.instant <= policy.date_past_tolerance
        assert found.instant - found.observed <= policy.date_future_tolerance


@given(_clocks(), POLICIES)
def test_no_hop_of_the_senders_makes_a_disputed_time_undisputed(some: Clocks, policy: Policy) -> None:
    """Hops below the border's are the sender's to write."""
    lower = Hop(raw="x", by="relay.example", from_=None, at=_read(some.date.instant))
    more = Clocks(
        date=some.date,
        date_headers=some.date_headers,
        hops=(*some.hops, lower),
        arrived_at=some.arrived_at,
        first_seen_at=some.first_seen_at,
        date_signed=some.date_signed,
    )
    if shown(some, policy).disputed:
        assert shown(more, policy).disputed
