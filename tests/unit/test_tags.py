"""What can be a tag."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.tags import LONGEST_TAG, read_tag, why_no_tag

WORDS = st.from_regex(r"[0-9a-z]{1,5}(-[0-9a-z]{1,5}){0,3}", fullmatch=True)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("fta-claim", "fta-claim"),
        (" FTA-Claim\n", "fta-claim"),
        ("2026", "2026"),
        ("a", "a"),
        ("a" * LONGEST_TAG, "a" * LONGEST_TAG),
    ],
)
def test_letters_digits_and_dashes_between_them_are_a_tag(text: str, tag: str) -> None:
    assert read_tag(text) == tag


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        "-a",
        "a-",
        "a--b",
        "a b",
        "a_b",
        "#a",
        "a:b",
        "=1",
        "é",
        "\N{KELVIN SIGN}",
        "٣",
        "a\nb",
        "a\0",
        "a" * 41,
    ],
)
def test_anything_else_is_none_and_the_sentence_shows_one(text: str) -> None:
    assert read_tag(text) is None
    assert "such as fta-claim" in why_no_tag(text)


def test_where_nothing_is_written_a_tag_is_asked_for() -> None:
    assert why_no_tag(" ") == "give a tag: 1 to 40 letters and digits, with dashes between them, such as fta-claim"


@pytest.mark.parametrize(
    "number",
    [
        "123-45-6789",
        "12-345678900",
        "12-3456789ab",
        "ssn-123456789",
        "claim-123-45-6789",
        "123-45-6789-2nd-look",
        "fraud-12-3456789-2026",
        "123-45-6789-123-45-6789",
        "cbp-261234-12345",
    ],
)
def test_an_importers_number_is_none_and_stays_out_of_the_sentence(number: str) -> None:
    """Tags are shown, searched for and exported in clear."""
    assert read_tag(number) is None
    assert re.search("[0-9]{4}-?[0-9]*[0-9]{3}|[0-9]-[0-9]{2}-[0-9]", why_no_tag(number)) is None


@given(WORDS.filter(lambda word: read_tag(word) is not None))
def test_a_tag_is_its_own_reading(word: str) -> None:
    assert read_tag(word) == read_tag(word.upper()) == word


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert read_tag(text) is None or len(read_tag(text) or "") <= LONGEST_TAG
