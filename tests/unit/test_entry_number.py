"""Entry numbers: written and read the same, repaired by name, their check digit as CATAIR Appendix E has it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.entry_number import EntryNumber, check_digit, find_entry_spans, read_entry_number

FILER_CODES = st.from_regex(r"[A-Z0-9]{3}", fullmatch=True)
NUMBERS = st.from_regex(r"[0-9]{7}", fullmatch=True)


def vectors() -> list[list[str]]:
    lines = (Path(__file__).parent / "data" / "entry_number_vectors.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")][1:]


@pytest.mark.parametrize(("filer_code", "number", "given_digit", "right_digit", "verdict", "origin"), vectors())
def test_the_check_digit_is_that_of_the_published_vectors(
    filer_code: str, number: str, given_digit: str, right_digit: str, verdict: str, origin: str
) -> None:
    entry_number = EntryNumber(filer_code=filer_code, number=number, check_digit=given_digit)
    assert check_digit(filer_code, number) == right_digit, origin
    assert entry_number.check_digit_fits == (verdict == "valid"), origin


@given(FILER_CODES, NUMBERS)
def test_an_entry_number_written_and_read_is_the_same(filer_code: str, number: str) -> None:
    written = EntryNumber(filer_code=filer_code, number=number, check_digit=check_digit(filer_code, number))
    assert EntryNumber.read(str(written)) == written
    assert written.check_digit_fits
    reading = read_entry_number(str(written))
    assert reading is not None
    assert (reading.entry_number, reading.repairs) == (written, ())


@given(FILER_CODES, NUMBERS, st.integers(1, 9))
def test_a_wrong_check_digit_is_caught(filer_code: str, number: str, off: int) -> None:
    wrong = str((int(check_digit(filer_code, number)) + off) % 10)
    assert not EntryNumber(filer_code=filer_code, number=number, check_digit=wrong).check_digit_fits


@given(NUMBERS, st.integers(0, 6), st.integers(1, 9))
def test_one_mistyped_digit_is_caught(number: str, place: int, off: int) -> None:
    mistyped = number[:place] + str((int(number[place]) + off) % 10) + number[place + 1 :]
    assert check_digit("B76", mistyped) != check_digit("B76", number)


@pytest.mark.parametrize(
    ("text", "written", "repairs"),
    [
        ("345-67890123", "345-67890123", ()),
        ("345-6789012-3", "345-67890123", ("entry-form",)),
        ("34567890123", "345-67890123", ("entry-form",)),
        ("345 6789012 3", "345-67890123", ("entry-form",)),
        ("345-678 90123", "345-67890123", ("entry-form",)),
        ("345.6789012.3", "345-67890123", ("entry-form",)),
        ("#345-67890123", "345-67890123", ("entry-form",)),
        ("b76-03245278", "B76-03245278", ("entry-case",)),
        ("b76 0324527 8", "B76-03245278", ("entry-case", "entry-form")),
    ],
)
def test_an_entry_number_is_read_in_the_forms_that_filers_use(
    text: str, written: str, repairs: tuple[str, ...]
) -> None:
    reading = read_entry_number(text)
    assert reading is not None
    assert (str(reading.entry_number), reading.repairs) == (written, repairs)


@pytest.mark.parametrize(
    "text",
    ["", "345-6789012", "345-678901234", "34-567890123", "345-6789O123", "345-٦٧٨٩٠١٢٣", "é45-67890123", "9" * 100_000],
)
def test_what_is_no_entry_number_is_none(text: str) -> None:
    assert read_entry_number(text) is None
    assert EntryNumber.read(text) is None


def test_only_the_exact_form_can_be_made() -> None:
    with pytest.raises(ValueError, match="filer code"):
        EntryNumber(filer_code="34", number="6789012", check_digit="3")


def test_entry_numbers_are_found_in_running_text() -> None:
    text = "DR Studio 345 345-67890123 and 234 5678901 7, not 345-678901"
    assert [text[start:end] for start, end in find_entry_spans(text)] == ["345-67890123", "234 5678901 7"]
