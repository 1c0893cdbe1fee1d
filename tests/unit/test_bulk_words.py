"""What is said of bulk jobs, in one sentence each."""

import pytest

from cee_mailbot.domain.bulk import foretold, told


@pytest.mark.parametrize(
    ("will", "cannot", "words"),
    [
        (45, [("claimed by Lee", 2)], "47 items: 45 will change, 2 cannot (claimed by Lee)"),
        (1, [], "1 item: 1 will change, 0 cannot"),
        (4_997, [("claimed by Lee", 2), ("it is closed", 1)],
         "5,000 items: 4,997 will change, 3 cannot (2 claimed by Lee, 1 it is closed)"),
    ],
)  # fmt: skip
def test_a_preview_says_how_many_and_why_not(will: int, cannot: list[tuple[str, int]], words: str) -> None:
    assert foretold(will, cannot) == words


def test_a_job_says_how_far_it_is_and_in_the_end_what_became_of_all() -> None:
    assert told(to_do=7, changed=38, not_changed=2) == "40 of 47 items done: 38 changed, 2 not"
    assert told(to_do=0, changed=45, not_changed=2) == "47 items: 45 changed, 2 not"
