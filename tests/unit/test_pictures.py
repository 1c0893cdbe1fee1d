"""Figures for pictures: every number is counted once, in the place where people look for it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.flow_picture import Passage, flow, in_hours, percentile
from cee_mailbot.domain.mail_pictures import (
    INTAKE_HOURS,
    completed_submissions,
    intake_per_hour,
    split_submissions,
    why_not_processed,
)
from cee_mailbot.domain.pictures import Outage, how_old, in_words, mailbox_state, what_needs_me
from cee_mailbot.domain.windows import AGES, DUE_WORDS, PRESSING, age_window, due_window, pressing, within
from cee_mailbot.domain.working_days import Closure, is_working_day

NOW = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
STATUSES = ("enqueued", "assembling", "rejected", "held", "duplicate", "ignored")


def test_what_is_due_at_the_end_of_the_day_at_the_port_is_due_today() -> None:
    """Midnight of the port lies in the next day of UTC."""
    end_of_day = datetime(2026, 11, 21, 7, 59, 59, tzinfo=UTC)
    assert pressing(end_of_day, NOW) == "today"
    assert pressing(end_of_day + timedelta(days=4), NOW) == "soon", "Tuesday is the second working day after a Friday"
    assert pressing(end_of_day + timedelta(days=5), NOW) == "later"
    assert pressing(NOW - timedelta(seconds=1), NOW) == "overdue"
    assert pressing(None, NOW) == "none"


@given(st.timedeltas(timedelta(days=-40), timedelta(days=40)), st.timedeltas(timedelta(0), timedelta(days=400)))
def test_every_due_date_lies_in_one_window_and_every_age_in_one(span: timedelta, later: timedelta) -> None:
    """What a picture counts is what the list that it leads to finds."""
    now = NOW + later
    assert [word for word in PRESSING[:-1] if within(now + span, due_window(word, now))] == [pressing(now + span, now)]
    received = now - abs(span)
    assert len([age for age in AGES if within(received, age_window(age, now))]) == 1


def test_an_age_is_in_working_days() -> None:
    """On the Friday before Thanksgiving's week: Thursday is one day old, the Monday before last is nine."""
    ages = {
        days: next(age for age in AGES if within(NOW - timedelta(days=days), age_window(age, NOW)))
        for days in range(30)
    }
    assert [ages[days] for days in (0, 1, 2, 3, 4, 7, 8)] == ["0-1", "0-1", "2-3", "2-3", "4-5", "4-5", "6-10"]
    assert not is_working_day((NOW - timedelta(days=9)).date(), None), "Veterans Day"
    assert (ages[14], ages[15], ages[16]) == ("6-10", "6-10", "over-10")
    assert set(PRESSING) < set(DUE_WORDS)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("001", "007")),
            st.none() | st.timedeltas(timedelta(days=-30), timedelta(days=30)),
            st.integers(1, 50),
        ),
        max_size=30,
    )
)
def test_every_open_item_is_in_one_piece_of_one_bar(counts: list[tuple[str, timedelta | None, int]]) -> None:
    made = [(team, NOW + span if span is not None else None, items, 0) for team, span, items in counts]
    found = what_needs_me(made, NOW, {"001": "Chemicals", "007": "Electronics"})
    assert sum(row.total for row in found.rows) == sum(items for _, _, items in counts)
    assert [row.name for row in found.rows] == ["001 Chemicals", "007 Electronics"]
    assert all(row.total <= found.longest for row in found.rows)


def test_the_sentence_says_what_is_pressing_and_free() -> None:
    late, today = NOW - timedelta(days=1), NOW + timedelta(hours=1)
    counts = [("007", late, 1, 1), ("007", today, 3, 2), ("007", None, 9, 9)]
    found = what_needs_me(counts, NOW, {"007": "Electronics"})
    assert found.sentence == "1 item is overdue and 3 items are due today; nobody has claimed 3 of them."
    assert found.rows[0].searches[1] == "team:007 due:today"
    both = what_needs_me(counts, NOW, {"001": "Chemicals", "007": "Electronics"})
    assert both.sentence.endswith("Most are in Electronics: 4, 3 of them unclaimed.")


def test_old_items_stand_in_the_cell_of_their_age() -> None:
    found = how_old({"007": (9, 7, 4, 2, 1)}, {"001": "Chemicals", "007": "Electronics"})
    assert [row.numbers for row in found.rows] == [(0, 0, 0, 0, 0), (2, 3, 2, 1, 1)]
    assert [found.shade(number) for number in (0, 1, 2, 3)] == [0, 2, 3, 4]
    assert found.sentence == "1 item is older than 10 working days; most are in 007 Electronics (1)."


@given(
    st.lists(
        st.tuples(st.timedeltas(timedelta(0), timedelta(hours=INTAKE_HOURS - 1)), st.sampled_from(STATUSES)),
        max_size=50,
    )
)
def test_every_message_of_two_days_is_in_one_hour(arrivals: list[tuple[timedelta, str]]) -> None:
    found = intake_per_hour([(NOW - ago, status) for ago, status in arrivals], NOW)
    assert len(found.rows) == INTAKE_HOURS
    assert sum(row.total for row in found.rows) == len(arrivals)
    queued = sum(status == "enqueued" for _, status in arrivals)
    assert sum(row.numbers[0] for row in found.rows) == queued
    assert f"{len(arrivals)} messages came" in found.sentence


def test_reasons_are_ranked_and_the_sender_who_needs_help_is_named() -> None:
    counts = {("entry-invalid", "a.example"): 2, ("code-unknown", "b.example"): 5, ("entry-invalid", "b.example"): 4}
    found, senders = why_not_processed(counts, 30)
    assert found.shares == (55, 100)
    assert [(row.name, row.total) for row in senders.rows] == [("b.example", 9), ("a.example", 2)]
    assert [(row.name, row.total) for row in found.rows] == [("entry-invalid", 6), ("code-unknown", 5)]
    assert found.sentence == (
        "In the last 30 days the most frequent reason was entry-invalid (6 of 11); most came from b.example (9)."
    )
    assert why_not_processed({}, 30)[0].sentence == "In the last 30 days every message was processed."


def test_waiting_submissions_stand_where_their_wait_belongs() -> None:
    waits = [NOW - timedelta(hours=hours) for hours in (1, 6, 11, 12, 30)]
    found = split_submissions(waits, NOW)
    assert [row.total for row in found.rows] == [1, 2, 1, 1]
    assert found.sentence == "5 submissions wait for parts, the oldest for 30 hours."
    assert split_submissions([], NOW).sentence == "No submission waits for parts."


def test_a_mailbox_is_up_late_or_down() -> None:
    assert mailbox_state(None, NOW - timedelta(minutes=1), NOW) == "up"
    assert mailbox_state(None, NOW - timedelta(hours=1), NOW) == "late"
    assert mailbox_state(None, None, NOW) == "late"
    assert mailbox_state("no answer", NOW, NOW) == "down"
    spans = [timedelta(seconds=5), timedelta(seconds=60), timedelta(minutes=119), timedelta(days=2)]
    assert [in_words(span) for span in spans] == ["under a minute", "1 minute", "1 hour", "2 days"]


BOTH = "electronics could not be read; textiles could not be read"


def test_hours_of_snow_days_and_of_silent_mailboxes_are_marked() -> None:
    snow = Closure(port="2704", first=NOW.date(), last=NOW.date(), reason="Snow")
    # Read again at half past ten yesterday, and not at all since half past three today.
    over, lasting = (NOW - timedelta(hours=hours) for hours in (31, 2))
    silent = [
        Outage(mailbox="electronics", began=over - timedelta(minutes=50), ended=over),
        Outage(mailbox="electronics", began=lasting),
        Outage(mailbox="textiles", began=over - timedelta(minutes=20), ended=over),
    ]
    found = intake_per_hour([], NOW, closures=[snow], unread=silent)
    notes = [row.note for row in found.rows]
    assert notes[-1] == "Snow (port 2704); electronics could not be read"
    assert notes[-4] == "Snow (port 2704)"
    assert notes[-34:-30] == ["", "electronics could not be read", BOTH, ""]
    assert notes[0] == ""
    assert len(found.notes) == 4


@pytest.mark.parametrize(
    ("port", "utc"),
    [("2704", "Nov 20, 08:00"), (None, "Nov 20, 05:00"), ("3201", "Nov 20, 10:00")],
)
def test_a_snow_day_begins_at_midnight_of_its_port(port: str | None, utc: str) -> None:
    """Los Angeles, all ports by the clock of New York, Honolulu: not at midnight UTC, which is the afternoon before."""
    day = date(2026, 11, 20)
    snow = Closure(port=port, first=day, last=day, reason="Snow")
    found = intake_per_hour([], datetime(2026, 11, 21, 12, tzinfo=UTC), closures=[snow])
    marked = [row.name for row in found.rows if row.note]
    assert (marked[0], len(marked)) == (utc, 24)


def test_split_submissions_that_are_whole_are_sorted_by_how_long_they_took() -> None:
    found = completed_submissions([timedelta(minutes=20), timedelta(hours=5), timedelta(days=3)], 30)
    assert [row.total for row in found.rows] == [1, 0, 1, 0, 1]
    assert found.sentence == "1 of 3 split submissions of the last 30 days were in the queue within 4 hours."
    assert completed_submissions([], 30).rows == ()


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=9)), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_one_of_the_values_and_covers_its_share(spans: list[timedelta], share: float) -> None:
    found = percentile(spans, share)
    assert found in spans
    assert sum(span <= found for span in spans) >= share * len(spans)
    assert percentile([], share) is None


def test_each_type_has_two_lines_of_four_steps() -> None:
    def passage(code: str, *hours: int | None) -> Passage:
        steps = [None if one is None else NOW + timedelta(hours=one) for one in hours]
        return Passage(code=code, presented=NOW, acknowledged=steps[0], claimed=steps[1], decided=steps[2])

    found = flow([passage("DR", 1, 2, 3), passage("DR", 1, 4, None), passage("PR", -1, None, None)], 30)
    assert [(line.name, line.share) for line in found.lines] == [
        ("DR", "half of all"), ("DR", "nine of ten"), ("PR", "half of all"), ("PR", "nine of ten"),
    ]  # fmt: skip
    hour = timedelta(hours=1)
    assert found.lines[1].spans == (0 * hour, hour, 4 * hour, 3 * hour)
    assert found.lines[2].spans == (0 * hour, 0 * hour, None, None), "a reply is never before the papers"
    assert found.longest == 4 * hour
    assert found.sentence == "1 of 3 items of 30 days are decided, half of them within 3.0 hours."
    assert flow([], 30).lines == ()
    assert [in_hours(timedelta(minutes=one)) for one in (1, 59, 60, 90)] == [
        "1 minute",
        "59 minutes",
        "1.0 hours",
        "1.5 hours",
    ]
