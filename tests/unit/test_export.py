"""The queue as CSV: what is written is read back, and no cell acts."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.export import COLUMNS, cell, csv_of
from cee_mailbot.domain.facts import ItemFacts

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ITEM = ItemFacts(
    tracking="CEE-007-26-000001-A",
    team="007",
    state="new",
    outcome=None,
    code="DR",
    account="NokiaInc",
    entry_number="345-67890123",
    port="2704",
    presented_at=AT,
    presented_local=AT,
    zone="America/Los_Angeles",
    basis="date",
    strength="B",
    received_at=AT,
    due=None,
    assignee=None,
    flags=("check-digit", "two-dates"),
    parts_received=1,
    parts_expected=None,
    missing=(),
    documents=1,
    messages=(1, 2),
    sender="broker@filer.example",
    linked=(),
    created_at=AT,
    updated_at=AT,
)
HARMFUL = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")
CELLS = st.text(max_size=30) | st.builds(
    lambda blanks, first, rest: blanks + first + rest,
    st.text(" \t\u00a0", max_size=3),
    st.sampled_from(HARMFUL),
    st.text(max_size=20),
)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_the_headings_are_the_names_of_the_contract() -> None:
    [row] = rows(csv_of([ITEM]))
    assert list(row) == list(COLUMNS)
    assert (row["team"], row["flags"], row["messages"], row["due"]) == ("007", "check-digit two-dates", "1 2", "")
    assert row["presented_at"] == "2026-03-02T15:00:00+00:00"


def test_lines_end_in_crlf() -> None:
    """RFC 4180."""
    assert csv_of([ITEM]).count("\r\n") == 2
    assert csv_of([]).endswith("\r\n")


@given(CELLS, CELLS)
def test_what_is_written_is_read_back_and_no_cell_begins_a_formula(account: str, sender: str) -> None:
    """A legal subject line may name an importer `=cmd|...`."""
    [row] = rows(csv_of([replace(ITEM, account=account, sender=sender)]))
    for written, text in ((row["account"], account), (row["sender"], sender)):
        assert written in (text, f"'{text}")
        assert not written.startswith(HARMFUL)
        assert not written.lstrip().startswith(HARMFUL)


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "  =1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\uff1d1"])
def test_a_cell_that_could_act_begins_with_an_apostrophe(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["NokiaInc", "345-67890123", "a=b", ""])
def test_a_plain_cell_stays_as_it_is(text: str) -> None:
    assert cell(text) == text
