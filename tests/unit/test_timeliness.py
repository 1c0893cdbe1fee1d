"""Working days, snow days and due dates: known cases of the calendar, and the laws that hold for every day."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.timeliness import (
    NOT_A_RULING,
    Start,
    Timeliness,
    Unit,
    due_for,
    due_in_words,
    shipped_deadlines,
    timeliness,
)
from cee_mailbot.domain.working_days import (
    Closure,
    add_working_days,
    day_off,
    days_off_between,
    is_working_day,
    national_holidays,
    working_day_number,
    working_days_between,
)

PORT = "2704"
STORM = Closure(port=PORT, first=date(2026, 2, 23), last=date(2026, 2, 24), reason="Snow storm")
OUTAGE = Closure(port=None, first=date(2026, 2, 25), last=date(2026, 2, 25), reason="ACE outage")


def day(text: str) -> date:
    return date.fromisoformat(text)


# --- The calendar -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("2026-01-01", "New Year's Day"),
        ("2026-01-19", "Birthday of Martin Luther King, Jr."),
        ("2026-02-16", "Washington's Birthday"),
        ("2026-05-25", "Memorial Day"),
        ("2026-06-19", "Juneteenth National Independence Day"),
        ("2026-07-03", "Independence Day (observed)"),
        ("2026-07-04", "weekend"),
        ("2026-09-07", "Labor Day"),
        ("2026-10-12", "Columbus Day"),
        ("2026-11-11", "Veterans Day"),
        ("2026-11-26", "Thanksgiving Day"),
        ("2026-12-25", "Christmas Day"),
        ("2021-06-18", "Juneteenth National Independence Day (observed)"),
        ("2021-07-05", "Independence Day (observed)"),
        ("2021-12-31", "New Year's Day (observed)"),
        ("2023-01-02", "New Year's Day (observed)"),
        ("2024-12-24", "Christmas Eve"),
    ],
)
def test_a_national_holiday_is_no_working_day_where_it_is_observed(when: str, why: str) -> None:
    assert day_off(day(when), PORT) == why


@pytest.mark.parametrize(
    "when",
    [
        "2026-07-06",  # the Monday after an Independence Day observed on Friday
        "2026-11-27",  # the Friday after Thanksgiving
        "2020-06-19",  # Juneteenth, a year before it was a holiday
        "2021-01-20",  # Inauguration Day, a holiday around Washington alone
        "2026-04-03",  # Good Friday
        "2026-12-24",
        "2024-02-29",
    ],
)
def test_what_is_no_national_holiday_is_a_working_day(when: str) -> None:
    assert is_working_day(day(when), PORT)


def test_there_are_eleven_holidays_a_year_by_statute() -> None:
    names = {name.removesuffix(" (observed)") for name in national_holidays(2026).values()}
    assert len(names) == 11


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        ("2026-11-23", 3, "2026-11-27"),  # over Thanksgiving
        ("2026-11-18", 10, "2026-12-03"),
        ("2026-06-26", 10, "2026-07-13"),  # over an observed Independence Day
        ("2026-12-18", 10, "2027-01-05"),  # over Christmas and New Year
        ("2021-12-17", 10, "2022-01-04"),  # over both, observed on the Fridays before
        ("2024-02-28", 1, "2024-02-29"),
        ("2025-02-28", 1, "2025-03-03"),
        ("2026-03-07", 1, "2026-03-09"),  # from a Saturday
        ("2026-03-07", 0, "2026-03-07"),
    ],
)
def test_working_days_added(start: str, n: int, end: str) -> None:
    assert add_working_days(day(start), n, PORT) == day(end)


@pytest.mark.parametrize(
    ("entry", "presented", "number"),
    [
        ("2026-11-18", "2026-11-18", 0),
        ("2026-11-18", "2026-11-17", 0),
        ("2026-11-18", "2026-11-25", 5),
        ("2026-11-18", "2026-11-26", 6),  # Thanksgiving counts as the Friday after it
        ("2026-11-18", "2026-11-27", 6),
        ("2026-11-18", "2026-11-28", 7),
    ],
)
def test_the_working_day_of_a_presentation(entry: str, presented: str, number: int) -> None:
    assert working_day_number(day(entry), day(presented), PORT) == number


def test_working_days_are_counted_forward() -> None:
    with pytest.raises(ValueError, match="forward"):
        add_working_days(day("2026-03-02"), -1, PORT)


# --- Snow days --------------------------------------------------------------------------------------------------


def test_a_snow_day_counts_out_at_its_port_only() -> None:
    start = day("2026-02-20")
    assert add_working_days(start, 3, PORT, [STORM, OUTAGE]) == day("2026-03-02")
    assert add_working_days(start, 3, "4601", [STORM, OUTAGE]) == day("2026-02-26")
    assert add_working_days(start, 3, None, [STORM, OUTAGE]) == day("2026-02-26")


def test_days_left_out_are_named_and_weekends_are_not() -> None:
    assert days_off_between(day("2026-02-13"), day("2026-02-25"), PORT, [STORM, OUTAGE]) == (
        (day("2026-02-16"), "Washington's Birthday"),
        (day("2026-02-23"), "Snow storm"),
        (day("2026-02-24"), "Snow storm"),
        (day("2026-02-25"), "ACE outage"),
    )


def test_closures_may_come_from_a_generator() -> None:
    assert add_working_days(day("2026-02-20"), 2, PORT, (one for one in [STORM])) == day("2026-02-26")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"port": "401"}, "four digits"),
        ({"port": "\uff12\uff17\uff10\uff14"}, "four digits"),
        ({"last": date(2026, 2, 22)}, "ends on or after"),
        ({"last": date(2027, 2, 24)}, "within 366 days"),
        ({"reason": " "}, "reason"),
        ({"first": datetime(2026, 2, 23, 8)}, "not times"),  # noqa: DTZ001 - what is refused
    ],
)
def test_what_cannot_be_a_closure_is_refused(change: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        replace(STORM, **change)  # type: ignore[arg-type]


# --- The clocks -------------------------------------------------------------------------------------------------


def test_every_clock_is_read_with_its_authority() -> None:
    rows = {row.clock: row for row in shipped_deadlines()}
    assert len(rows) == 22
    assert all(row.authority and row.starts_from for row in rows.values())
    filing = rows["entry_summary_filing"]
    assert (filing.amount, filing.unit, filing.authority) == (10, Unit.WORKING_DAYS, "19 CFR 142.12(b)")
    assert {row.confirmed for row in rows.values()} == {"yes", "secondary", "doc"}


def test_every_start_begins_exactly_one_clock() -> None:
    starts = [row.start for row in shipped_deadlines() if row.start]
    assert sorted(starts) == sorted(Start)


def test_a_clock_of_no_fixed_day_or_of_no_subject_code_is_never_computed() -> None:
    left = {row.clock for row in shipped_deadlines() if row.start is None}
    codeless = {row.clock for row in shipped_deadlines() if row.subject_code is None}
    assert left == codeless | {"protest_court", "adcvd_reimbursement_certificate"}


def stands(code: str, starts: dict[Start, str], presented: str, received: str | None = None) -> Timeliness | None:
    days = {start: day(text) for start, text in starts.items()}
    return timeliness(
        code, days, presented_on=day(presented), received_on=day(received or presented), port=PORT, closures=[STORM]
    )


@pytest.mark.parametrize(
    ("code", "starts", "presented", "clock", "number", "due", "on_time"),
    [
        ("DR", {Start.ENTRY: "2026-11-18"}, "2026-12-03", "entry_summary_filing", 10, "2026-12-03", True),
        ("DR", {Start.ENTRY: "2026-11-18"}, "2026-12-04", "entry_summary_filing", 11, "2026-12-03", False),
        ("DR", {Start.ENTRY: "2026-11-18"}, "2026-12-05", "entry_summary_filing", 12, "2026-12-03", False),
        ("DR", {Start.ENTRY: "2026-11-18"}, "2026-11-16", "entry_summary_filing", 0, "2026-12-03", True),
        ("DR", {Start.ENTRY: "2026-02-13"}, "2026-03-03", "entry_summary_filing", 9, "2026-03-04", True),
        # Papers sent on a demand answer the demand, long after the summary was due.
        (
            "DR", {Start.ENTRY: "2026-03-02", Start.DEMAND: "2026-05-04"}, "2026-06-03",
            "entry_records_on_demand", 30, "2026-06-03", True,
        ),
        # Before the demand they cannot have answered it.
        (
            "DR", {Start.ENTRY: "2026-03-02", Start.DEMAND: "2026-05-04"}, "2026-03-20",
            "entry_summary_filing", 14, "2026-03-16", False,
        ),
        ("F28", {Start.REQUEST: "2026-03-03"}, "2026-04-02", "form_28_response", 30, "2026-04-02", True),
        ("F28", {Start.REQUEST: "2026-03-03"}, "2026-03-01", "form_28_response", 0, "2026-04-02", True),
        # 30 days end on Saturday 4 April 2026: Monday is for a person to decide, Tuesday is late.
        ("F28", {Start.REQUEST: "2026-03-05"}, "2026-04-06", "form_28_response", 32, "2026-04-04", None),
        ("F28", {Start.REQUEST: "2026-03-05"}, "2026-04-07", "form_28_response", 33, "2026-04-04", False),
        # Rejected on the third working day: the rest of the ten.
        (
            "R", {Start.ENTRY: "2026-03-02", Start.REJECTION: "2026-03-05"}, "2026-03-16",
            "summary_reject_resubmit", 7, "2026-03-16", True,
        ),
        # Rejected on the ninth, or long after: never less than two.
        (
            "R", {Start.ENTRY: "2026-03-02", Start.REJECTION: "2026-03-13"}, "2026-03-17",
            "summary_reject_resubmit", 2, "2026-03-17", True,
        ),
        (
            "R", {Start.ENTRY: "2026-03-02", Start.REJECTION: "2026-05-21"}, "2026-05-27",
            "summary_reject_resubmit", 3, "2026-05-26", False,
        ),
        ("5D", {Start.IMPORTATION: "2024-02-29"}, "2025-02-28", "claim_520d", None, "2025-02-28", True),
        ("5D", {Start.IMPORTATION: "2023-02-28"}, "2024-02-29", "claim_520d", None, "2024-02-28", False),
        ("PD", {Start.LOSS_NOTICE: "2024-01-31"}, "2024-03-01", "prior_disclosure_tender", 30, "2024-03-01", True),
    ],
)  # fmt: skip
def test_how_a_submission_stands_to_its_clock(  # noqa: PLR0913
    code: str,
    starts: dict[Start, str],
    presented: str,
    clock: str,
    number: int | None,
    due: str,
    *,
    on_time: bool | None,
) -> None:
    found = stands(code, starts, presented)
    assert found is not None
    assert (found.due.deadline.clock, found.day, found.due.on) == (clock, number, day(due))
    assert found.on_time is on_time


@pytest.mark.parametrize("code", ["PR", "PD"])
def test_protests_and_prior_disclosures_are_judged_by_their_receipt(code: str) -> None:
    starts = {Start.PROTESTED_DECISION: "2026-01-05", Start.DISCLOSURE: "2026-06-04"}
    assert (in_time := stands(code, starts, "2026-07-06", "2026-07-02"))
    assert (in_time.judged_by, in_time.judged_on, in_time.on_time) == ("received", day("2026-07-02"), True)
    assert (late := stands(code, starts, "2026-07-02", "2026-07-08"))
    assert (late.judged_by, late.on_time) == ("received", False)


@pytest.mark.parametrize("code", ["DR", "F28", "5D", "R"])
def test_everything_else_is_judged_by_its_presentation(code: str) -> None:
    starts = dict.fromkeys([Start.ENTRY, Start.REQUEST, Start.IMPORTATION, Start.REJECTION], "2026-03-02")
    assert (found := stands(code, starts, "2026-03-04", "2029-03-04"))
    assert (found.judged_by, found.judged_on, found.on_time) == ("presented", day("2026-03-04"), True)


@pytest.mark.parametrize(
    ("code", "starts", "presented"),
    [
        ("DR", {}, "2026-03-04"),
        ("PR", {Start.ENTRY: "2026-03-02"}, "2026-03-04"),
        ("R", {Start.REJECTION: "2026-03-02"}, "2026-03-04"),  # two days, or the rest of ten: nobody can tell
        ("A", {Start.ENTRY: "2026-03-02"}, "2026-03-04"),
        ("I", {Start.ENTRY: "2026-03-02"}, "2026-03-04"),
        ("DR", {Start.ENTRY: "0202-03-02"}, "2026-03-04"),
        ("DR", {Start.ENTRY: "9999-12-31"}, "2026-03-04"),
        ("DR", {Start.ENTRY: "2026-03-02"}, "9998-03-04"),
        ("XX", {Start.ENTRY: "2026-03-02"}, "2026-03-04"),
    ],
)
def test_nothing_is_computed_from_a_start_that_is_not_known(
    code: str, starts: dict[Start, str], presented: str
) -> None:
    assert stands(code, starts, presented) is None


def test_it_always_says_that_it_is_no_ruling_and_why() -> None:
    assert (found := stands("DR", {Start.ENTRY: "2026-02-13"}, "2026-03-03"))
    assert (found.words, found.due.words) == (NOT_A_RULING, NOT_A_RULING)
    assert found.due.skipped == (
        (day("2026-02-16"), "Washington's Birthday"),
        (day("2026-02-23"), "Snow storm"),
        (day("2026-02-24"), "Snow storm"),
    )
    assert found.sentence == (
        "presented 2026-03-03: day 9 of 10 working days from time of entry (2026-02-13), due 2026-03-04: on time; "
        "19 CFR 142.12(b); computed, not a ruling"
    )


def test_a_doubtful_source_and_a_doubtful_day_are_said() -> None:
    assert (found := stands("F28", {Start.REQUEST: "2026-03-05"}, "2026-04-06"))
    assert found.due.day_off == "weekend"
    assert "undecided, the last day is no working day" in found.sentence
    assert "not read in the rule itself" in found.sentence


def test_each_side_has_its_own_due_date() -> None:
    starts = {Start.PROTESTED_DECISION: day("2026-01-05"), Start.PROTEST: day("2026-07-02")}
    assert (trade := due_for("PR", starts, port=PORT))
    assert (cbp := due_for("PR", starts, runs_for="cbp", port=PORT))
    assert (trade.on, cbp.on) == (day("2026-07-04"), day("2028-07-02"))
    starts[Start.ACCELERATION] = day("2026-08-03")
    assert (cbp := due_for("PR", starts, runs_for="cbp", port=PORT))
    assert (cbp.deadline.clock, cbp.on) == ("protest_accelerated", day("2026-09-02"))
    assert due_for("PR", {Start.ENTRY: day("2026-01-05")}, port=PORT) is None


@pytest.mark.parametrize(
    ("today", "words"),
    [
        ("2026-12-03", "Due today"),
        ("2026-12-02", "Due in 1 working day"),
        ("2026-11-25", "Due in 5 working days"),
        ("2026-12-04", "Overdue by 1 working day"),
        ("2026-12-07", "Overdue by 2 working days"),
    ],
)
def test_a_due_date_in_words(today: str, words: str) -> None:
    assert due_in_words(day("2026-12-03"), day(today), PORT) == words


def test_a_due_date_across_a_weekend_in_words() -> None:
    friday, saturday = day("2026-12-04"), day("2026-12-05")
    assert due_in_words(saturday, friday, PORT) == "Due before the next working day"
    assert due_in_words(friday, saturday, PORT) == "Overdue"


# --- Laws -------------------------------------------------------------------------------------------------------

DAYS = st.dates(date(1991, 1, 1), date(2089, 12, 31))
COUNTS = st.integers(1, 40)
PORTS = st.sampled_from([None, PORT, "4601"])


@st.composite
def closures_near(draw: st.DrawFn, start: date) -> Closure:
    first = start + timedelta(days=draw(st.integers(-20, 60)))
    last = first + timedelta(days=draw(st.integers(0, 20)))
    return Closure(port=draw(PORTS), first=first, last=last, reason="Closed")


@st.composite
def places(draw: st.DrawFn) -> tuple[date, str | None, list[Closure]]:
    start = draw(DAYS)
    return start, draw(PORTS), draw(st.lists(closures_near(start), max_size=3))


Place = tuple[date, str | None, list[Closure]]


@given(places(), COUNTS)
def test_adding_working_days_lands_on_a_working_day_of_that_number(place: Place, n: int) -> None:
    start, port, closures = place
    end = add_working_days(start, n, port, closures)
    assert is_working_day(end, port, closures)
    assert working_day_number(start, end, port, closures) == n
    assert working_days_between(start, end, port, closures) == n


@given(places(), COUNTS, st.integers(-5, 90))
def test_a_day_is_within_the_number_exactly_when_it_is_not_after_the_due_date(place: Place, n: int, ahead: int) -> None:
    start, port, closures = place
    presented = start + timedelta(days=ahead)
    within = working_day_number(start, presented, port, closures) <= n
    assert within == (presented <= add_working_days(start, n, port, closures))


@given(places(), COUNTS)
def test_a_closure_only_ever_postpones(place: Place, n: int) -> None:
    start, port, closures = place
    ends = [add_working_days(start, n, port, closures[:count]) for count in range(len(closures) + 1)]
    assert ends == sorted(ends)


@given(places(), COUNTS, st.integers(0, 30))
def test_a_later_start_or_a_longer_clock_never_ends_sooner(place: Place, n: int, later: int) -> None:
    start, port, closures = place
    end = add_working_days(start, n, port, closures)
    assert add_working_days(start + timedelta(days=later), n, port, closures) >= end
    assert add_working_days(start, n + 1, port, closures) > end


@given(places(), COUNTS, COUNTS)
def test_working_days_add_up(place: Place, first: int, second: int) -> None:
    start, port, closures = place
    middle = add_working_days(start, first, port, closures)
    end = add_working_days(start, first + second, port, closures)
    assert add_working_days(middle, second, port, closures) == end


@given(
    st.sampled_from(sorted({row.subject_code for row in shipped_deadlines() if row.subject_code})),
    st.dictionaries(st.sampled_from(Start), st.dates()),
    st.dates(),
    st.dates(),
    PORTS,
)
def test_no_date_raises_and_a_verdict_agrees_with_its_due_date(
    code: str, starts: dict[Start, date], presented: date, received: date, port: str | None
) -> None:
    found = timeliness(code, starts, presented_on=presented, received_on=received, port=port)
    if found is not None:
        assert found.judged_on == (received if code in {"PR", "PD"} else presented)
        assert (found.on_time is True) == (found.judged_on <= found.due.on)
        assert found.words == NOT_A_RULING
