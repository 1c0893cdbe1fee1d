"""The search box: what is typed, and the address that it becomes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.queue_search import Search, read_search, write_search

PIECES = (
    "team:",
    "007",
    "is:",
    "Is:",
    "mine",
    '"',
    " ",
    ":",
    "account:",
    "Nokia Inc",
    "x",
    "RE:",
    "due:",
    "today",
    "q:",
)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=40))
def test_an_address_finds_what_was_typed(typed: str) -> None:
    """Else `Claim next item` would take from another list than the one that is shown."""
    search = read_search(typed)
    again = read_search(write_search(search))
    assert (again, len(again.unread)) == (search, len(search.unread))


@pytest.mark.parametrize(
    ("typed", "search"),
    [
        ("Team:007 IS:unclaimed", Search(team="007", unclaimed=True)),
        ('"is:mine" nokia', Search(text="is:mine nokia")),
        ("RE:papers PO:12", Search(text="RE:papers PO:12")),
        ('account:"Nokia Inc" Due:Today', Search(account="Nokia Inc", due="today")),
    ],
)
def test_what_is_typed_is_read(typed: str, search: Search) -> None:
    assert read_search(typed) == search


def test_a_token_that_means_nothing_is_told() -> None:
    assert read_search("tem:007 team:7").unread == ("tem:007", "team:7")


def test_a_second_token_of_a_kind_is_told_and_does_not_stand_for_both() -> None:
    """`tag:fta tag:urgent` was the list of all that is urgent, and a bulk job of it changed more than was meant."""
    search = read_search("tag:fta TAG:fta tag:urgent flag:a has:b is:new is:closed")
    assert (search.tag, search.flag, search.state) == ("fta", "a", "new")
    assert search.unread == ("tag:urgent", "has:b", "is:closed")
