"""Figures for pictures: every number is counted once, in the place where people look for it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.pictures import (
    INTAKE_HOURS,
    in_words,
    intake_per_hour,
    mailbox_state,
    pressing,
    split_submissions,
    what_needs_me,
    why_not_processed,
)

NOW = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
PACIFIC = "America/Los_Angeles"
STATUSES = ("enqueued", "assembling", "rejected", "held", "duplicate", "ignored")


def test_what_is_due_at_the_end_of_the_day_at_the_port_is_due_today() -> None:
    """Midnight of the port lies in the next day of UTC."""
    end_of_day = datetime(2026, 11, 21, 7, 59, 59, tzinfo=UTC)
    assert pressing(end_of_day, NOW, PACIFIC) == "today"
    assert pressing(end_of_day + timedelta(days=1), NOW, PACIFIC) == "soon"
    assert pressing(end_of_day + timedelta(days=9), NOW, PACIFIC) == "later"
    assert pressing(NOW - timedelta(seconds=1), NOW, PACIFIC) == "overdue"
    assert pressing(None, NOW, PACIFIC) == "none"


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
    made = [(team, NOW + span if span is not None else None, PACIFIC, items, 0) for team, span, items in counts]
    found = what_needs_me(made, NOW, {"001": "Chemicals", "007": "Electronics"})
    assert sum(row.total for row in found.rows) == sum(items for _, _, items in counts)
    assert [row.name for row in found.rows] == ["001 Chemicals", "007 Electronics"]
    assert all(row.total <= found.longest for row in found.rows)


def test_the_sentence_says_what_is_pressing_and_free() -> None:
    late, today = NOW - timedelta(days=1), NOW + timedelta(hours=1)
    counts = [("007", late, PACIFIC, 1, 1), ("007", today, PACIFIC, 3, 2), ("007", None, PACIFIC, 9, 9)]
    found = what_needs_me(counts, NOW, {"007": "Electronics"})
    assert found.sentence == "1 item is overdue and 3 items are due today; nobody has claimed 3 of them."
    assert found.rows[0].searches[1] == "team:007 due:today"


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
    found = why_not_processed(counts, 30)
    assert [(row.name, row.total) for row in found.rows] == [("entry-invalid", 6), ("code-unknown", 5)]
    assert found.sentence == (
        "In the last 30 days the most frequent reason was entry-invalid (6 of 11); most came from b.example (9)."
    )
    assert why_not_processed({}, 30).sentence == "In the last 30 days every message was processed."


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
