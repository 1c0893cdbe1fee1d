"""Tracking numbers: written and found again, and what their check character catches."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.work_item import TRACKING_ALPHABET, find_tracking, tracking_number

TEAMS = st.integers(0, 10).map(lambda team: f"{team:03}")
YEARS = st.integers(2013, 2112)
SERIALS = st.integers(1, 999_999_999)
NUMBERS = st.builds(tracking_number, team=TEAMS, year=YEARS, serial=SERIALS)


def digits_of(number: str) -> list[int]:
    return [place for place, character in enumerate(number) if character.isdigit() and place < len(number) - 1]


def test_the_alphabet_has_31_characters_none_of_which_looks_like_another() -> None:
    assert len(set(TRACKING_ALPHABET)) == 31
    assert not set("ILOUZ") & set(TRACKING_ALPHABET)


def test_a_number_is_checked_modulo_31() -> None:
    """007 26 000123 is 726000123, which leaves 25: the character S."""
    assert tracking_number(team="007", year=2026, serial=123) == "CEE-007-26-000123-S"


@given(NUMBERS, st.text(max_size=20), st.text(max_size=20))
def test_a_number_that_was_written_is_found(number: str, before: str, after: str) -> None:
    assert number in find_tracking(f"{before} {number} {after}")
    assert find_tracking(f"[{number}]") == find_tracking(number.lower()) == (number,)


@given(NUMBERS, st.data())
def test_one_wrong_digit_is_always_caught(number: str, data: st.DataObject) -> None:
    """31 is prime and no difference of two digits is a multiple of it."""
    place = data.draw(st.sampled_from(digits_of(number)))
    other = data.draw(st.sampled_from("0123456789").filter(lambda digit: digit != number[place]))
    assert find_tracking(number[:place] + other + number[place + 1 :]) == ()


@given(NUMBERS, st.sampled_from(TRACKING_ALPHABET))
def test_a_wrong_check_character_is_always_caught(number: str, other: str) -> None:
    assert (find_tracking(number[:-1] + other) == (number,)) is (other == number[-1])


@given(NUMBERS)
def test_any_two_digits_swapped_are_caught(number: str) -> None:
    """10 has order 15 modulo 31, and a number has at most 14 digits."""
    for one, other in combinations(digits_of(number), 2):
        swapped = list(number)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        assert find_tracking("".join(swapped)) == ((number,) if number[one] == number[other] else ())


@given(st.builds(tuple, st.lists(NUMBERS, max_size=5)))
def test_several_numbers_are_found_in_their_order(numbers: tuple[str, ...]) -> None:
    assert find_tracking(" and ".join(numbers)) == numbers


@given(st.text())
def test_any_text_can_be_searched(text: str) -> None:
    assert find_tracking(text) == () or "-" in text


@pytest.mark.parametrize(
    "text", ["CEE-007-26-000123-K", "CEE-07-26-000123-S", "XCEE-007-26-000123-S", "CEE-007-26-000123-Sx"]
)
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert find_tracking(text) == ()
