"""Approved texts: fields are filled in from the item, and what nobody filled in is named."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.domain.approved_texts import unfilled
from cee_mailbot.errors import UserError
from cee_mailbot.rendering import approved_texts


def test_the_shipped_texts_leave_something_to_the_person_who_sends_them() -> None:
    texts = approved_texts()
    assert texts
    assert all(one.title and unfilled(one.text) for one in texts.values())


def test_a_site_adds_its_own_and_changes_a_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "texts.toml").write_text('[mine]\ntitle = "Mine"\ntext = "x"\n[unreadable]\ntitle = "Other"\n')
    texts = approved_texts(tmp_path)
    assert texts["mine"].text == "x"
    assert texts["unreadable"].title == "Other"
    assert "password" in texts["unreadable"].text, "what it does not change stays"


def test_a_text_without_a_title_is_refused(tmp_path: Path) -> None:
    (tmp_path / "texts.toml").write_text('[mine]\ntext = "x"\n')
    with pytest.raises(UserError, match=r"\[mine\] needs a title"):
        approved_texts(tmp_path)


@given(st.text(alphabet="[]a b\n", max_size=40))
def test_a_field_is_found_wherever_it_stands(around: str) -> None:
    assert "which page" in unfilled(f"{around} [[which page]] {around}")


def test_single_brackets_are_no_fields() -> None:
    assert unfilled("[CEE-007-26-000123-S] and [page 2]") == ()
