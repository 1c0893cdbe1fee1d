"""DONE counts as the first line of what the broker wrote, alone on it, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.done import says_done

NOTICE = "> We received part 1 of 2.\n> Reply with the word DONE.\n"


@pytest.mark.parametrize(
    "text",
    [
        "DONE",
        "done",
        "Done\n",
        "\r\n\r\n  DONE  \r\n-- \r\nDana Reyes\r\n",
        "DONE\n\nOn Monday, Electronics Center wrote:\n" + NOTICE,
        "On Monday, Electronics Center wrote:\n" + NOTICE + "\nDONE\n",
        NOTICE + "DONE",
        "On Monday, we wrote:\n\n" + NOTICE + "DONE",
    ],
)
def test_the_word_alone_in_the_first_line_says_it(text: str) -> None:
    assert says_done(text)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "\n\n",
        "Done.",
        "DONE!",
        "DONE, thank you",
        "We are DONE",
        "Not yet\nDONE",
        "We will tell you when:\nDONE",
        "> DONE",
        NOTICE,
        "On Monday, we wrote:\n" + NOTICE,
        "UNDONE",
        "DONE DONE",
        "\n" * 5 + "x\n" + "DONE",
    ],
)
def test_anything_else_is_a_letter_for_a_person(text: str | None) -> None:
    assert not says_done(text)


def test_it_is_looked_for_in_the_first_two_hundred_lines() -> None:
    """Whatever the length of a body, it is read in no time."""
    assert says_done("> quoted\n" * 199 + "DONE")
    assert not says_done("> quoted\n" * 200 + "DONE")


@given(st.text("DONEdone .!>:x", min_size=1).map(str.strip).filter(lambda line: line and line[0] != ">"))
def test_only_the_first_line_of_the_brokers_own_words_counts(line: str) -> None:
    assert says_done(f"{line}\nDONE") is (line.casefold() == "done")
