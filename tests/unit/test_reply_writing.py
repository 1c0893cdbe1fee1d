"""The reply that an outcome asks for, as far as it is not about how it reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cee_mailbot.reply_writing import thread_of
from parsers.mail import read_mail
from tests.support.mails import mail


def thread(subject: str) -> str:
    return thread_of(read_mail(mail(subject=subject)).subject)


@pytest.mark.parametrize(
    "subject",
    ["Hello there", "RE: Hello there", "re: FW: AW: hello  THERE", "Re[2]: Hello there", "Fwd:Re:Hello there"],
)
def test_f56_the_prefixes_that_robots_pile_up_make_no_other_thread(subject: str) -> None:
    assert thread(subject) == "hello there"


def test_other_words_make_another_thread() -> None:
    assert thread("Hello there 2") != thread("Hello there")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_subject_has_a_thread_of_bounded_length(subject: str) -> None:
    found = thread(subject)
    assert len(found) <= 200
    assert found == " ".join(found.split())
